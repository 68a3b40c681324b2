"""Partners for a cohort: proposed as one optimal assignment, changed by persons, confirmed by a deed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlmodel import Session, col, select

from analysis.markets import Candidate, partner_market
from analysis.pairing import (
    CAPACITY,
    Binding,
    Market,
    Pairing,
    Weighed,
    best_for,
    binding,
    fingerprint_of,
    pair_up,
    weighed,
)
from casework.access import case_for, require
from casework.acting import Acting
from casework.cycles.supported import Supported, supported_in
from casework.grants import Right
from casework.pairs.partner_candidates import (
    candidates_of,
    earlier_years,
    ranks_of,
    seekers_of,
    weakest_of,
)
from casework.pairs.wishes import Helper, Wishes, wishes_of
from models.cycle import Cycle
from models.pairing import Participation
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from programmes.definition import Programme

CONFIRMED, FIXED = "confirmed", "fixed"
"""Pairs that a proposal leaves as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is proposed for one case. `held`: confirmed or fixed by a person; `binding`: why nobody."""

    case: int
    school: str
    name: str
    weakest: str | None
    candidate: str | None
    called: str | None
    pool: str | None
    score: int
    parts: Mapping[str, float]
    barriers: tuple[str, ...]  # that a person has set aside by fixing
    held: str | None
    binding: Binding | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole cohort paired; `digest` is the fingerprint of the pairs."""

    programme: Programme
    cohort: Supported
    market: Market
    pairing: Pairing
    held: Mapping[str, str]  # school → confirmed or fixed
    candidates: Mapping[str, Candidate]
    names: Mapping[str, str]
    weakest: Mapping[str, str | None]
    standing: Mapping[int, Participation] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return fingerprint_of(self.pairing)

    @property
    def fixed(self) -> dict[str, str]:
        """School → the candidate that stays."""
        chosen = self.pairing.chosen
        return {school: one for school in self.held if (one := chosen[school]) is not None}

    def pair_of(self, school: str) -> Pair:
        key = self.pairing.chosen[school]
        found = weighed(self.market, school, key) if key is not None else None
        return Pair(
            case=self.cohort.cases[school].id or 0,
            school=school,
            name=self.cohort.schools[school].name,
            weakest=self.weakest[school],
            candidate=key,
            called=self.names.get(key, key) if key is not None else None,
            pool=(self.candidates[key].pool or None) if key is not None else None,
            score=found.score if found else 0,
            parts=found.parts if found else {},
            barriers=found.barriers if found else (),
            held=self.held.get(school),
            binding=None if key is not None else binding(self.market, school),
        )

    @property
    def empty_pools(self) -> tuple[str, ...]:
        """Declared pools in which nobody is."""
        taken = {one.pool for one in self.candidates.values()}
        return tuple(p.key for p in self.programme.partners.pools if p.key not in taken)

    @property
    def pairs(self) -> list[Pair]:
        return [self.pair_of(school) for school in self.pairing.chosen]


def propose_partners(session: Session, cycle: Cycle, acting: Acting) -> Plan:
    """The best partners for all cases of the cycle, around what persons have fixed. Keeps nothing."""
    require(session, acting, Right.PAIR, cycle.register_key)
    return plan_for(session, cycle, acting)


def plan_for(session: Session, cycle: Cycle, acting: Acting) -> Plan:
    cohort = supported_in(session, cycle)
    programme, rules = cohort.programme, cohort.programme.partners
    if not rules.pools:
        raise NotReady(
            what=Sentence("The programme declares no pools of partners"),
            cure=Sentence("Add partners.yaml, or decide by hand: opora case decide"),
        )
    wishes = wishes_of(session, cycle, Helper.PARTNER)
    standing = standing_pairs(session, cycle)
    fixed, held = _held(cohort, wishes, standing)
    earlier = earlier_years(session, cycle, rules.failed)
    ranks = ranks_of(rules, cohort.looks)
    on = acting.on(programme.zone)
    offered = candidates_of(session, cohort, earlier, ranks, fixed.values(), on=on)
    market = partner_market(rules, seekers_of(cohort, wishes, earlier, ranks), offered.candidates)
    weakest = {code: weakest_of(ranks.get(code, ())) for code in cohort.schools}
    return Plan(
        programme=programme,
        cohort=cohort,
        market=market,
        pairing=pair_up(market, fixed),
        held=held,
        candidates={one.key: one for one in offered.candidates},
        names=offered.names,
        weakest={
            code: None if n is None else rules.strengths[n].name for code, n in weakest.items()
        },
        standing=standing,
    )


def _held(
    cohort: Supported, wishes: Wishes, standing: Mapping[int, Participation]
) -> tuple[dict[str, str], dict[str, str]]:
    """School → candidate that stays, and why: a newer wish goes before what was confirmed."""
    fixed: dict[str, str] = {}
    held: dict[str, str] = {}
    for code, case in cohort.cases.items():
        pair, wish = standing.get(case.id or 0), wishes.fixed.get(case.id or 0)
        if pair is not None and pair.id not in wishes.released:
            fixed[code], held[code] = pair.candidate, CONFIRMED
        elif wish is not None:
            fixed[code], held[code] = wish, FIXED
    return fixed, held


def standing_pairs(session: Session, cycle: Cycle) -> dict[int, Participation]:
    """Case → the confirmed pair that stands."""
    rows = session.exec(
        select(Participation)
        .where(Participation.cycle_id == cycle.id)
        .order_by(col(Participation.id))
    )
    return {row.case_id: row for row in rows}


def partner_of(session: Session, case_id: int) -> Participation | None:
    """The confirmed pair of a case; the caller has been shown the case."""
    return session.exec(
        select(Participation)
        .where(Participation.case_id == case_id)
        .order_by(col(Participation.id).desc())
    ).first()


# --- why, and why not -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """One case: what is proposed, and who else might be, the best first."""

    programme: Programme
    pair: Pair
    others: tuple[Weighed, ...]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """One candidate beside the proposed one.

    Without a barrier: by how much the whole would be worse, and which other schools would change.
    """

    programme: Programme
    pair: Pair
    other: Weighed
    called: str
    barriers: tuple[str, ...]
    loss: int | None = None
    alone: int = 0  # so many more schools would have nobody
    changes: tuple[tuple[str, str | None, str | None], ...] = ()


def show_pair(session: Session, case_id: int, acting: Acting, *, most: int = 5) -> Alternatives:
    """The proposed partner of a case, and the best of those that nothing forbids."""
    plan, school = plan_of(session, case_id, acting)
    others = best_for(plan.market, school, most + 1)
    pair = plan.pair_of(school)
    return Alternatives(
        programme=plan.programme,
        pair=pair,
        others=tuple(one for one in others if one.candidate != pair.candidate)[:most],
        names=plan.names,
    )


def why_not(session: Session, case_id: int, candidate: str, acting: Acting) -> WhyNot:
    """Why this candidate is not proposed for the case: a barrier, or what it would cost."""
    plan, school = plan_of(session, case_id, acting)
    if candidate not in plan.candidates:
        raise NotReady(
            what=Sentence("{candidate} is in no pool of partners", {"candidate": candidate}),
            cure=Sentence("A person may give it all the same: opora partner fix"),
        )
    pair, other = plan.pair_of(school), weighed(plan.market, school, candidate)
    called = plan.names.get(candidate, candidate)
    found = partial(WhyNot, programme=plan.programme, pair=pair, other=other, called=called)
    if other.barriers:
        return found(barriers=other.barriers)
    try:
        forced = pair_up(plan.market, {**plan.fixed, school: candidate})
    except InputRefused:  # everything it can take has been confirmed or fixed
        return found(barriers=(CAPACITY,))
    before, after = plan.pairing.chosen, forced.chosen
    return found(
        barriers=(),
        loss=plan.pairing.total - forced.total,
        alone=_alone(after) - _alone(before),
        changes=tuple(
            (one, before[one], after[one])
            for one in before
            if one != school and before[one] != after[one]
        ),
    )


def _alone(chosen: Mapping[str, str | None]) -> int:
    return sum(one is None for one in chosen.values())


def plan_of(session: Session, case_id: int, acting: Acting) -> tuple[Plan, str]:
    """The plan of the case's cycle, and the case's school."""
    held = case_for(session, acting, case_id)
    require(session, acting, Right.PAIR, held.cycle.register_key)
    plan = plan_for(session, held.cycle, acting)
    code = held.school.code if held.school else ""
    if code not in plan.pairing.chosen:
        raise NotReady(
            what=Sentence("The case {case} has ended already", {"case": case_id}),
            cure=Sentence("An exit made by mistake is undone by the move reopen."),
        )
    return plan, code
