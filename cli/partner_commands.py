"""The commands around partners: propose, show, why, fix, bar, free, confirm."""

from dataclasses import asdict
from typing import Annotated

import typer

from casework.cases.reading import cycle_of, zone_of_case
from casework.pairs.confirming_partners import Confirmation, confirm_partners, wish_partner
from casework.pairs.partnering import (
    CONFIRMED,
    Pair,
    Plan,
    WhyNot,
    propose_partners,
    show_pair,
    why_not,
)
from casework.pairs.wishes import Stance
from cli.door import Door, opened
from cli.options import (
    As,
    At,
    Basis,
    CaseId,
    Fingerprint,
    Json,
    OnlyCases,
    ProgrammeOption,
    Reason,
    Year,
    command,
)
from cli.pair_words import barrier_words, binding_words, parts_words, score_words, trait_words
from cli.programmes_named import key_of
from opora.words import Sentence
from programmes.definition import Programme

Candidate = Annotated[
    str,
    typer.Argument(metavar="CANDIDATE", help="A school's code, or an organisation's key."),
]

HELD = {"confirmed": Sentence("confirmed"), "fixed": Sentence("fixed by a person")}


@command("opora partner propose --programme yugra --year 2026 --json")
def propose(
    *,
    programme: ProgrammeOption,
    year: Year,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """One optimal assignment of all cases of the cycle under the programme's capacities and barriers:
    as many as possible get a partner, then the sum of scores is the largest there is. What was
    confirmed or fixed stays. Nothing is kept. The fingerprint may be given to `opora partner confirm`.
    """
    with opened(email, moment) as door:
        with door.look() as (session, acting):
            cycle = cycle_of(session, key_of(programme), year)
            plan = propose_partners(session, cycle, acting)
        _show_plan(door, plan, as_json=as_json)


def _show_plan(door: Door, plan: Plan, *, as_json: bool) -> None:

    pairs = plan.pairs
    if as_json:
        told = {"digest": plan.digest, "total": plan.pairing.total, "empty_pools": plan.empty_pools}
        door.out.json({**told, "pairs": list(map(asdict, pairs))})
        return
    door.out.table(
        [
            Sentence("Case"),
            Sentence("School"),
            Sentence("Weakest in"),
            Sentence("Partner"),
            Sentence("Name"),
            Sentence("Pool"),
            Sentence("Score"),
            Sentence("Remark"),
        ],
        [_row(plan.programme, one) for one in pairs],
    )
    for pool in plan.empty_pools:
        empty = {"pool": plan.programme.words(f"pool.{pool}")}
        door.out.tell(Sentence("Nobody is in the pool “{pool}”.", empty))
    said = {"digest": plan.digest, "alone": sum(one.candidate is None for one in pairs)}
    door.out.tell(Sentence("Fingerprint {digest}; without a partner: {alone}.", said))


def _row(programme: Programme, one: Pair) -> tuple[object, ...]:

    return (
        one.case,
        one.school,
        trait_words(programme, one.weakest) if one.weakest else None,
        one.candidate,
        one.called if one.called != one.candidate else None,
        programme.labels.get(f"pool.{one.pool}"),
        score_words(one.score) if one.candidate else None,
        _remark(programme, one),
    )


def _remark(programme: Programme, one: Pair) -> object:

    if one.binding is not None:
        return binding_words(programme, one.binding)
    if one.held == CONFIRMED:
        return HELD[one.held]
    barriers = [barrier_words(programme, barrier) for barrier in one.barriers]
    return [HELD[one.held], *barriers] if one.held else None


@command("opora partner show 17")
def show(case: CaseId, *, as_json: Json = False, email: As = None) -> None:
    """The proposed partner with the parts of its score, and the best of the others."""
    with opened(email) as door, door.look() as (session, acting):
        found = show_pair(session, case, acting)
        programme = found.programme
        if as_json:
            door.out.json(
                {"pair": asdict(found.pair), "others": [asdict(one) for one in found.others]}
            )
            return
        pair = found.pair
        door.out.pairs(
            [
                (Sentence("Case"), pair.case),
                (Sentence("School"), f"{pair.school} {pair.name}"),
                (Sentence("Weakest in"), pair.weakest and trait_words(programme, pair.weakest)),
                (Sentence("Partner"), pair.candidate and f"{pair.candidate} {pair.called}"),
                (Sentence("Pool"), programme.labels.get(f"pool.{pair.pool}")),
                (Sentence("Score"), score_words(pair.score) if pair.candidate else None),
                (Sentence("Parts"), list(parts_words(pair.parts))),
                (Sentence("Remark"), _remark(programme, pair)),
            ]
        )
        door.out.table(
            [Sentence("Other"), Sentence("Name"), Sentence("Score"), Sentence("Parts")],
            [
                (
                    one.candidate,
                    found.names.get(one.candidate),
                    score_words(one.score),
                    list(parts_words(one.parts)),
                )
                for one in found.others
            ],
        )


@command("opora partner why 17 010002")
def why(case: CaseId, candidate: Candidate, *, as_json: Json = False, email: As = None) -> None:
    """What forbids the pair; or, if nothing does, how much worse the whole would be with it, and which
    other schools would then get another partner.
    """
    with opened(email) as door, door.look() as (session, acting):
        found = why_not(session, case, candidate, acting)
        programme = found.programme
        if as_json:
            door.out.json(_why_data(found))
            return
        pair, other = found.pair, found.other
        door.out.table(
            [Sentence("Partner"), Sentence("Name"), Sentence("Score"), Sentence("Parts")],
            [
                (one, called, score_words(score), list(parts_words(parts)))
                for one, called, score, parts in (
                    (pair.candidate, pair.called, pair.score, pair.parts),
                    (other.candidate, found.called, other.score, other.parts),
                )
                if one is not None
            ],
        )
        if pair.candidate == other.candidate:
            door.out.tell(Sentence("It is the one that is proposed."))
            return
        for barrier in found.barriers:
            told = {"why": barrier_words(programme, barrier)}
            door.out.tell(Sentence("Not possible: {why}.", told))
        if found.loss is None:
            return
        cost = {"loss": score_words(found.loss), "alone": found.alone}
        door.out.tell(
            Sentence("Possible, but all scores together would be {loss} lower.", cost)
            if not found.alone
            else Sentence("Possible, but more schools would have nobody: {alone}.", cost)
        )
        door.out.tell_each(
            Sentence(
                "{school}: {was} → {new}", {"school": one, "was": was or "—", "new": new or "—"}
            )
            for one, was, new in found.changes
        )


def _why_data(found: WhyNot) -> dict[str, object]:

    return {
        "pair": asdict(found.pair),
        "other": asdict(found.other),
        "barriers": found.barriers,
        "loss": found.loss,
        "alone": found.alone,
        "changes": [{"school": one, "was": was, "new": new} for one, was, new in found.changes],
    }


@command("opora partner fix 17 010002 --reason 'the heads have agreed'")
def fix(
    case: CaseId,
    candidate: Candidate,
    *,
    reason: Reason = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The next proposal is worked out around this pair, whatever forbids it but the capacity. Of a
    confirmed pair it is the wish to change it: confirm again.
    """
    _wish(case, Stance.FIXED, candidate, reason, door=(email, moment, as_json))


@command("opora partner bar 17 010002 --reason 'the heads are related'")
def bar(
    case: CaseId,
    candidate: Candidate,
    *,
    reason: Reason = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The pair is not proposed any more: a conflict of interest, or another reason that is told."""
    _wish(case, Stance.BARRED, candidate, reason, door=(email, moment, as_json))


@command("opora partner free 17 010002 --reason 'settled'")
def free(
    case: CaseId,
    candidate: Candidate,
    *,
    reason: Reason = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Takes back what was fixed, barred or confirmed: the next proposal decides anew."""
    _wish(case, Stance.FREE, candidate, reason, door=(email, moment, as_json))


def _wish(
    case: int,
    stance: Stance,
    candidate: str,
    reason: str,
    *,
    door: tuple[str | None, str | None, bool],
) -> None:

    email, moment, as_json = door
    with opened(email, moment) as here:
        with here.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            plan = wish_partner(session, case, stance, candidate, acting, reason=reason)
        _show_plan(here, plan, as_json=as_json)


@command("opora partner confirm --programme yugra --year 2026 --basis 'order No. 12'")
def confirm(
    cases: OnlyCases = None,
    *,
    programme: ProgrammeOption,
    year: Year,
    basis: Basis = "",
    form: Annotated[
        str | None, typer.Option("--form", metavar="KEY", help="The form of the joint work.")
    ] = None,
    seen: Fingerprint = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Each pair becomes a decision of its case, which the move `partner` needs, and a participation of
    the partner in the cycle. Without cases the whole proposal; what is confirmed already stays.
    """
    said = Confirmation(basis=basis, cases=tuple(cases or ()), form=form, seen=seen)
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            cycle = cycle_of(session, key_of(programme), year)
            done = confirm_partners(session, cycle, said, acting)
        if as_json:
            door.out.json(asdict(done))
        told = {
            "confirmed": len(done.pairs),
            "standing": done.standing,
            "alone": len(done.alone),
        }
        door.out.tell(
            Sentence(
                "Confirmed {confirmed}, before that {standing}, without a partner {alone}.", told
            )
        )
