"""The commands around curators: offer, propose, fix, bar, free, confirm."""

from dataclasses import asdict
from typing import Annotated

import typer

from casework.cases.reading import cycle_of, zone_of_case
from casework.pairs.curating import CuratorPair, CuratorPlan, propose_curators
from casework.pairs.naming_curators import (
    Naming,
    Offer,
    confirm_curators,
    offer_curator,
    wish_curator,
)
from casework.pairs.wishes import Stance
from cli.door import Door, opened
from cli.options import (
    As,
    At,
    CaseId,
    DryRun,
    Fingerprint,
    Json,
    OnlyCases,
    PersonArgument,
    ProgrammeOption,
    Reason,
    Year,
    command,
)
from cli.pair_words import binding_words, parts_words, score_words
from cli.partner_commands import HELD
from cli.programmes_named import key_of, programme_named
from opora.words import Sentence


@command("opora curator offer anna@example.org --programme yugra --most 3 --territory 01")
def offer(
    person: PersonArgument,
    *,
    programme: ProgrammeOption,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=0, max=500, help="Schools; 0: no more.")
    ] = 3,
    territory: Annotated[
        list[str] | None,
        typer.Option("--territory", metavar="CODE", help="Where; may be repeated."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="KEY", help="Which languages; may be repeated."),
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Whoever looks after a school already is asked without this. A later word stands above."""
    with opened(email, moment) as door:
        region = programme_named(programme)
        said = Offer(most=most, territories=tuple(territory or ()), languages=tuple(language or ()))
        with door.deed(lambda _: region.zone) as (session, acting):
            row = offer_curator(session, region.register, person, said, acting)
            told = {"person": person, "most": row.most, "territories": row.territories}
        if as_json:
            door.out.json(told)
        door.out.tell(Sentence("{person} may be given {most} schools.", told))


@command("opora curator propose --programme yugra --year 2026")
def propose(
    *,
    programme: ProgrammeOption,
    year: Year,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """One optimal assignment of all cases of the cycle: capacity, municipality, language, conflicts,
    whoever looks after the school already, and an even load. Nothing is kept.
    """
    with opened(email, moment) as door:
        with door.look() as (session, acting):
            cycle = cycle_of(session, key_of(programme), year)
            plan = propose_curators(session, cycle, acting)
        _show(door, plan, as_json=as_json)


def _show(door: Door, plan: CuratorPlan, *, as_json: bool) -> None:

    pairs = plan.pairs
    if as_json:
        loads = {key: {"schools": held, "most": most} for key, (held, most) in plan.loads.items()}
        door.out.json(
            {
                "digest": plan.digest,
                "total": plan.pairing.total,
                "pairs": list(map(asdict, pairs)),
                "loads": loads,
            }
        )
        return
    door.out.table(
        [
            Sentence("Case"),
            Sentence("School"),
            Sentence("Curator now"),
            Sentence("Proposed"),
            Sentence("Score"),
            Sentence("Remark"),
        ],
        [
            (
                one.case,
                one.school,
                one.now,
                one.to,
                score_words(one.score) if one.to else None,
                _remark(plan, one),
            )
            for one in pairs
        ],
    )
    door.out.table(
        [Sentence("Curator"), Sentence("Schools"), Sentence("At most")],
        [(key, held, most) for key, (held, most) in plan.loads.items()],
    )
    told = {"digest": plan.digest, "alone": sum(one.to is None for one in pairs)}
    door.out.tell(Sentence("Fingerprint {digest}; without a curator: {alone}.", told))


def _remark(plan: CuratorPlan, one: CuratorPair) -> object:

    if one.binding is not None:
        return binding_words(plan.cohort.programme, one.binding)
    return HELD["fixed"] if one.is_fixed else list(parts_words(one.parts))


@command("opora curator fix 17 anna@example.org --reason 'knows the school'")
def fix(
    case: CaseId,
    person: PersonArgument,
    *,
    reason: Reason = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The next proposal is worked out around this pair, whatever forbids it but the capacity."""
    _wish(case, Stance.FIXED, person, reason, door=(email, moment, as_json))


@command("opora curator bar 17 anna@example.org --reason 'related to the head'")
def bar(
    case: CaseId,
    person: PersonArgument,
    *,
    reason: Reason = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The pair is not proposed any more: a conflict of interest, or another reason that is told."""
    _wish(case, Stance.BARRED, person, reason, door=(email, moment, as_json))


@command("opora curator free 17 anna@example.org --reason 'settled'")
def free(
    case: CaseId,
    person: PersonArgument,
    *,
    reason: Reason = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Takes back what was fixed or barred: the next proposal decides anew."""
    _wish(case, Stance.FREE, person, reason, door=(email, moment, as_json))


def _wish(
    case: int,
    stance: Stance,
    person: str,
    reason: str,
    *,
    door: tuple[str | None, str | None, bool],
) -> None:

    email, moment, as_json = door
    with opened(email, moment) as here:
        with here.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            plan = wish_curator(session, case, stance, person, acting, reason=reason)
        _show(here, plan, as_json=as_json)


@command("opora curator confirm --programme yugra --year 2026 --reason 'order No. 7' --dry-run")
def confirm(
    cases: OnlyCases = None,
    *,
    programme: ProgrammeOption,
    year: Year,
    reason: Reason = "",
    seen: Fingerprint = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Whoever is proposed is appointed, whoever looked after the school before is relieved, and the
    unfinished tasks of the curator follow. Without cases the whole proposal.
    """
    said = Naming(reason=reason, cases=tuple(cases or ()), seen=seen)
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            cycle = cycle_of(session, key_of(programme), year)
            done = confirm_curators(session, cycle, said, acting, dry_run=dry_run)
        if as_json:
            door.out.json({**asdict(done), "dry_run": dry_run})
        else:
            door.out.table(
                [
                    Sentence("Case"),
                    Sentence("School"),
                    Sentence("Curator now"),
                    Sentence("New curator"),
                ],
                [(one.case, one.school, one.now, one.to) for one in done.pairs],
            )
        told = {"curators": len(done.pairs), "tasks": done.tasks, "alone": len(done.alone)}
        door.out.tell(
            Sentence("Would appoint {curators}, tasks that follow {tasks}.", told)
            if dry_run
            else Sentence("Appointed {curators}, tasks that followed {tasks}.", told)
        )
