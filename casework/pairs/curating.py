"""Curators for a cohort: proposed as one optimal assignment, changed by persons, appointed by a deed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from analysis.markets import curator_market
from analysis.pairing import Binding, Market, Pairing, binding, fingerprint_of, pair_up, weighed
from casework.access import require
from casework.acting import Acting
from casework.cycles.supported import Supported, supported_in
from casework.grants import Right
from casework.pairs.curator_candidates import (
    Looking,
    curator_candidates,
    curator_seekers,
    email_of,
    looking_after,
)
from casework.pairs.wishes import Helper, wishes_of
from models.cycle import Cycle
from opora.errors import NotReady
from opora.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratorPair:
    """What is proposed for one case: `now` looks after it today, `to` should; `binding`: why nobody."""

    case: int
    school: str
    name: str
    now: str | None
    to: str | None
    called: str | None
    score: int
    parts: Mapping[str, float]
    is_fixed: bool
    binding: Binding | None

    @property
    def is_new(self) -> bool:
        return self.to is not None and self.to != self.now


@dataclass(frozen=True, kw_only=True)
class CuratorPlan:
    """A whole cohort with its curators; `loads`: how many each would have, of how many."""

    cohort: Supported
    market: Market
    pairing: Pairing
    looking: Looking
    fixed: Mapping[str, str]
    loads: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return fingerprint_of(self.pairing)

    @property
    def pairs(self) -> list[CuratorPair]:
        names = {one.email: one.name for one in self.looking.people.values()}
        emails = {key: one.email for key, one in self.looking.people.items()}
        found = []
        for school, to in self.pairing.chosen.items():
            seen = weighed(self.market, school, to) if to is not None else None
            found.append(
                CuratorPair(
                    case=self.cohort.cases[school].id or 0,
                    school=school,
                    name=self.cohort.schools[school].name,
                    now=emails.get(self.looking.holders.get(school, 0)),
                    to=to,
                    called=names.get(to or ""),
                    score=seen.score if seen else 0,
                    parts=seen.parts if seen else {},
                    is_fixed=school in self.fixed,
                    binding=None if to is not None else binding(self.market, school),
                )
            )
        return found


def propose_curators(session: Session, cycle: Cycle, acting: Acting) -> CuratorPlan:
    """The best curators for all cases of the cycle, around what persons have fixed. Keeps nothing."""
    require(session, acting, Right.PAIR, cycle.register_key)
    cohort = supported_in(session, cycle)
    on = acting.on(cohort.programme.zone)
    wishes = wishes_of(session, cycle, Helper.CURATOR)
    looking = looking_after(session, cohort)
    if not looking.people:
        raise NotReady(
            what=Sentence("Nobody can be a curator yet"),
            cure=Sentence("Name those who can: opora curator offer EMAIL"),
        )
    emails = {key: one.email for key, one in looking.people.items()}
    codes = {case.id: code for code, case in cohort.cases.items()}
    fixed = {
        codes[case_id]: email_of(emails, one)
        for case_id, one in wishes.fixed.items()
        if case_id in codes and email_of(emails, one) in emails.values()
    }
    market = curator_market(
        cohort.programme.partners.curators,
        curator_seekers(session, cohort, wishes, looking, on=on),
        curator_candidates(session, cohort, looking, list(fixed.values())),
    )
    pairing = pair_up(market, fixed)
    counts = Counter(pairing.chosen.values())
    return CuratorPlan(
        cohort=cohort,
        market=market,
        pairing=pairing,
        looking=looking,
        fixed=fixed,
        loads={
            key: (counts[key], most)
            for key, most in zip(market.candidates, market.capacities, strict=True)
        },
    )
