"""Schools that seek a partner and whoever may be one, gathered from the register and earlier years."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, func, or_, select

from analysis.looking import Look
from analysis.markets import Candidate, Position, Seeker
from analysis.partner_rules import Partners, Pool
from analysis.traits import read_trait
from analysis.weighing import weigh
from casework.cycles.supported import Supported
from casework.pairs.wishes import Wishes
from models.case import Case
from models.cycle import Cycle
from models.pairing import Participation
from models.school import School
from opora.words import in_language
from programmes.definition import Programme
from states.stage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierYears:
    """What became of earlier pairs: who helped well how often, whom not to give again; who improved."""

    experience: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    improved: Mapping[str, int] = field(default_factory=dict)  # school → the year of its last one


def earlier_years(session: Session, cycle: Cycle, failed: Sequence[Outcome]) -> EarlierYears:
    """Cycles of the same register before this one."""
    before = (Cycle.register_key == cycle.register_key, Cycle.year < cycle.year)
    ended = select(School.code, Case.outcome, Cycle.year, Case.id)
    ended = ended.join(Case, col(Case.school_id) == col(School.id))
    ended = ended.join(Cycle, col(Cycle.id) == col(Case.cycle_id)).where(*before)
    rows = session.exec(ended.order_by(col(Cycle.year), col(Case.id))).all()
    improved = {code: year for code, outcome, year, _ in rows if outcome is Outcome.IMPROVED}
    helpers = _helpers(session, [case_id or 0 for *_, case_id in rows])
    experience: dict[str, int] = {}
    spent: dict[str, set[str]] = {}
    for code, outcome, _, case_id in rows:
        helper = helpers.get(case_id or 0)
        if helper is None:
            continue
        if outcome is Outcome.IMPROVED:
            experience[helper] = experience.get(helper, 0) + 1
        elif outcome in failed:
            spent.setdefault(code, set()).add(helper)
    return EarlierYears(
        experience=experience,
        failed={code: frozenset(ones) for code, ones in spent.items()},
        improved=improved,
    )


def _helpers(session: Session, case_ids: Sequence[int]) -> dict[int, str]:
    newest = select(func.max(Participation.id)).group_by(col(Participation.case_id))
    rows = session.exec(
        select(Participation.case_id, Participation.candidate).where(
            col(Participation.id).in_(newest)
        )
    )
    wanted = set(case_ids)
    return {case_id: candidate for case_id, candidate in rows if case_id in wanted}


# --- who seeks ------------------------------------------------------------------------------------


def seekers_of(
    cohort: Supported,
    wishes: Wishes,
    earlier: EarlierYears,
    ranks: Mapping[str, Sequence[float | None]],
) -> list[Seeker]:
    """Every case of the cohort."""
    rules, found = cohort.programme.partners, []
    for code, school in cohort.schools.items():
        look = cohort.looks.get(code)
        weakest = weakest_of(ranks.get(code, ()))
        found.append(
            Seeker(
                key=code,
                territory=look.school.territory if look else "",
                kind=school.kind,
                alike=_alike(rules, look),
                position=_position(rules, look),
                weakest=weakest,
                theme=rules.strengths[weakest].theme if weakest is not None else None,
                barred=wishes.barred.get(cohort.cases[code].id or 0, frozenset()),
                failed=earlier.failed.get(code, frozenset()),
            )
        )
    return found


def ranks_of(rules: Partners, looks: Mapping[str, Look]) -> dict[str, tuple[float | None, ...]]:
    """For each strength the share of the judged schools that are not better; equals count half."""
    columns = [
        _ranks({c: read_trait(look, one).number for c, look in looks.items()}, one.better)
        for one in rules.strengths
    ]
    return {code: tuple(column.get(code) for column in columns) for code in looks}


def _ranks(numbers: Mapping[str, Decimal | None], better: str) -> dict[str, float]:
    sign = 1 if better == "higher" else -1
    known = {code: sign * number for code, number in numbers.items() if number is not None}
    ordered = sorted(known.values())
    first: dict[Decimal, int] = {}
    last: dict[Decimal, int] = {}
    for place, number in enumerate(ordered):
        first.setdefault(number, place)
        last[number] = place + 1
    return {code: (first[n] + last[n]) / (2 * len(ordered)) for code, n in known.items()}


def weakest_of(ranks: Sequence[float | None]) -> int | None:
    """The place of the lowest rank; of equals the first."""
    known = [(rank, place) for place, rank in enumerate(ranks) if rank is not None]
    return min(known)[1] if known else None


def _alike(rules: Partners, look: Look | None) -> tuple[str | None, ...]:
    return tuple(_text(look, rule.fact) for rule in rules.alike)


def _text(look: Look | None, fact: str | None) -> str | None:
    value = look.value(fact)[0].value if look and fact else None
    return None if value is None else str(value)


def _position(rules: Partners, look: Look | None) -> Position | None:
    found = [_text(look, fact) for fact in (rules.distance.latitude, rules.distance.longitude)]
    return (float(found[0]), float(found[1])) if found[0] and found[1] else None


# --- who may help ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Whoever may help, and what people call them."""

    candidates: tuple[Candidate, ...]
    names: Mapping[str, str]


def candidates_of(
    session: Session,
    cohort: Supported,
    earlier: EarlierYears,
    ranks: Mapping[str, Sequence[float | None]],
    fixed: Iterable[str],
    *,
    on: date,
) -> Offered:
    """Schools of the pools, declared organisations, and whomever persons have fixed beside them."""
    rules, register = cohort.programme.partners, cohort.programme.register
    open_still = or_(col(School.closed_on).is_(None), col(School.closed_on) > on)
    schools = {
        school.code: school
        for school in session.exec(
            select(School).where(School.register_key == register, open_still)
        )
    }
    serves = {pool.key: _served(pool, cohort) for pool in rules.pools}
    found = {one.key: one for one in _organisations(rules, serves)}
    for code, look in cohort.looks.items():
        pool = _pool_of(rules, look, earlier, cohort.year)
        if pool is not None and code in schools and code not in cohort.schools:
            one = _school(rules, schools[code], look, ranks[code])
            found[code] = replace(
                one,
                capacity=pool.capacity,
                pool=pool.key,
                preference=float(pool.preference),
                serves=serves[pool.key],
            )
    for key, many in Counter(fixed).items():  # what persons have fixed stands beside the pools
        if key not in found and key in schools and key in cohort.looks:
            found[key] = _school(rules, schools[key], cohort.looks[key], ranks[key])
        one = found.get(key) or Candidate(key=key, capacity=0, is_school=False)
        found[key] = replace(one, capacity=max(one.capacity, many))
    names = {code: school.name for code, school in schools.items()}
    return Offered(
        candidates=tuple(
            replace(one, experience=earlier.experience.get(key, 0)) for key, one in found.items()
        ),
        names=names | organisation_names(cohort.programme),
    )


def organisation_names(programme: Programme) -> dict[str, str]:
    """Organisations by key, in the programme's first language."""
    language = programme.languages[0]
    return {one.key: in_language(one.words, language) for one in programme.partners.organisations}


def _pool_of(rules: Partners, look: Look, earlier: EarlierYears, year: int) -> Pool | None:
    """The first pool that takes the school; one for organisations alone takes none."""
    for pool in rules.pools:
        if pool.when is None and pool.improved_within is None:
            continue
        last = earlier.improved.get(look.school.school)
        if pool.improved_within and (last is None or year - last > pool.improved_within):
            continue
        if pool.when is None or weigh(look, pool.when).holds:
            return pool
    return None


def _served(pool: Pool, cohort: Supported) -> frozenset[str] | None:
    if pool.serves is None:
        return None
    looks = ((code, cohort.looks.get(code)) for code in cohort.schools)
    return frozenset(code for code, look in looks if look and weigh(look, pool.serves).holds)


def _school(
    rules: Partners, school: School, look: Look, ranks: Sequence[float | None]
) -> Candidate:
    return Candidate(
        key=school.code,
        capacity=0,
        territories=frozenset({look.school.territory}),
        kind=school.kind,
        alike=_alike(rules, look),
        position=_position(rules, look),
        strengths=tuple(ranks),
        theme=_text(look, rules.theme),
    )


def _organisations(
    rules: Partners, serves: Mapping[str, frozenset[str] | None]
) -> Iterable[Candidate]:
    pools = {pool.key: pool for pool in rules.pools}
    for one in rules.organisations:
        placed = one.latitude is not None and one.longitude is not None
        yield Candidate(
            key=one.key,
            capacity=one.capacity,
            territories=frozenset({one.territory} if one.territory else ()),
            position=(float(one.latitude or 0), float(one.longitude or 0)) if placed else None,
            theme=one.theme,
            pool=one.pool,
            preference=float(pools[one.pool].preference),
            serves=serves[one.pool],
            is_school=False,
        )
