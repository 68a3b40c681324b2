"""Indicators worked out: numerator by denominator for each place, against baseline, cluster and region."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from sqlmodel import Session, col, select

from analysis.cluster_rules import Trait
from analysis.looking import Look
from analysis.phrasing import is_share as measures_share
from analysis.traits import judged_looks, read_trait
from analysis.weighing import weigh
from casework.cycles.versions import programme_of
from casework.indicators.indicator_sources import entered_numbers, record_numbers, task_numbers
from casework.judgement.known_facts import school_facts
from models.case import Case
from models.cycle import Cycle
from models.pairing import ClusterAssignment
from models.school import School, Territory
from programmes.definition import Programme
from programmes.indicators import (
    Among,
    Direction,
    Entered,
    EverySchool,
    FactSum,
    Indicator,
    Level,
    RecordCount,
    SchoolCount,
    Source,
    TaskCount,
)

REGION = ""
"""The place of the whole region; others are `territory:<code>` and `school:<code>`."""


@dataclass(frozen=True, slots=True)
class Fraction:
    """A numerator and its denominator (1 where none is declared); None: nothing is known.

    `unknown` schools had no number for the one or the other and are in neither: not known is
    never zero.
    """

    numerator: Decimal | None
    denominator: Decimal | None
    unknown: int = 0

    @property
    def value(self) -> Decimal | None:
        if self.numerator is None or not self.denominator:
            return None
        return self.numerator / self.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What indicators are worked out of: the cycle's schools, in the year's facts."""

    session: Session
    cycle: Cycle
    programme: Programme
    schools: Mapping[str, str]  # code → code of its territory
    supported: frozenset[str]
    clusters: Mapping[str, str]  # code → key of its cluster
    looks: Callable[[int], Mapping[str, Look]]

    def counted(self, indicator: Indicator) -> list[str]:
        """The schools that the indicator speaks of, by code."""
        if indicator.among is Among.CASES:
            return sorted(self.supported)
        return sorted(self.schools)

    def places(self, indicator: Indicator) -> dict[str, list[str]]:
        """Place → its schools."""
        counted = self.counted(indicator)
        if indicator.level is Level.REGION:
            return {REGION: counted}
        found: dict[str, list[str]] = {}
        for code in counted:
            at_school = indicator.level is Level.SCHOOL
            place = f"school:{code}" if at_school else f"territory:{self.schools[code]}"
            found.setdefault(place, []).append(code)
        return found


def level_of(place: str) -> Level:
    """Which indicators speak of the place."""
    levels = {"school": Level.SCHOOL, "territory": Level.MUNICIPALITY}
    return levels.get(place.partition(":")[0], Level.REGION)


def region_of(session: Session, cycle: Cycle) -> Region:
    """The cycle with its schools; facts of a year are read when an indicator asks for them."""
    programme = programme_of(session, cycle)
    rows = session.execute(
        select(School.code, Territory.code)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(School.register_key == cycle.register_key)
    ).all()
    of_cases = session.execute(
        select(School.code, Case.id)
        .join(Case, col(Case.school_id) == col(School.id))
        .where(Case.cycle_id == cycle.id)
    ).all()
    assigned = session.execute(
        select(ClusterAssignment.case_id, ClusterAssignment.cluster)
        .join(Case, col(Case.id) == col(ClusterAssignment.case_id))
        .where(Case.cycle_id == cycle.id)
        .order_by(col(ClusterAssignment.id))
    ).all()
    newest = {row[0]: row[1] for row in assigned}  # the later rows stand
    read: dict[int, Mapping[str, Look]] = {}

    def looks(year: int) -> Mapping[str, Look]:
        if year not in read:
            facts = school_facts(session, programme, year)
            read[year] = judged_looks(programme.identification, facts, year)
        return read[year]

    return Region(
        session=session,
        cycle=cycle,
        programme=programme,
        schools={row[0]: row[1] for row in rows},
        supported=frozenset(code for code, _ in of_cases),
        clusters={code: newest[case] for code, case in of_cases if case in newest},
        looks=looks,
    )


def fractions(region: Region, key: str) -> dict[str, Fraction]:
    """Place → the indicator's fraction there."""
    indicator = region.programme.indicators.indicators[key]
    numerator = _numbers(region, indicator.numerator, key, "numerator")
    denominator = (
        _numbers(region, indicator.denominator, key, "denominator")
        if indicator.denominator is not None
        else None
    )
    return {
        place: _fraction(place, codes, numerator, denominator)
        for place, codes in region.places(indicator).items()
    }


@dataclass(frozen=True)
class _Numbers:
    """Numbers by school, or by place where no single school has them."""

    by_school: Callable[[], Mapping[str, Decimal | None]] | None = None
    by_place: Callable[[str, Sequence[str]], Decimal | None] | None = None

    @cached_property
    def schools(self) -> Mapping[str, Decimal | None] | None:
        return self.by_school() if self.by_school is not None else None


def _fraction(
    place: str, codes: Sequence[str], numerator: _Numbers, denominator: _Numbers | None
) -> Fraction:
    """Sums over the schools for which both numbers are known."""
    parts = [part.schools for part in (numerator, denominator) if part and part.schools is not None]
    known = [code for code in codes if all(part.get(code) is not None for part in parts)]
    whole = _sum(denominator, place, known) if denominator is not None else Decimal(1)
    return Fraction(_sum(numerator, place, known), whole, len(codes) - len(known))


def _sum(numbers: _Numbers, place: str, codes: Sequence[str]) -> Decimal | None:
    if numbers.schools is None:
        return numbers.by_place(place, codes) if numbers.by_place is not None else None
    if not codes:
        return None
    return sum(
        (number for code in codes if (number := numbers.schools[code]) is not None), Decimal()
    )


def _numbers(region: Region, source: Source, key: str, part: str) -> _Numbers:
    session, cycle = region.session, region.cycle
    match source:
        case FactSum():
            looks = region.looks(cycle.year + source.year)
            trait = Trait(fact=source.fact)
            return _Numbers(
                by_school=lambda: {c: read_trait(k, trait).number for c, k in looks.items()}
            )
        case SchoolCount():
            looks = region.looks(cycle.year)
            return _Numbers(by_school=lambda: dict(_holding(source, looks.items())))
        case EverySchool():
            return _Numbers(by_school=lambda: dict.fromkeys(region.schools, Decimal(1)))
        case RecordCount():
            found = record_numbers(session, cycle, source)
        case TaskCount():
            found = task_numbers(session, cycle, source)
        case Entered():
            entered = entered_numbers(session, cycle, key, part)
            return _Numbers(by_place=lambda place, _: entered.get(place))
    return _Numbers(by_place=found.total)


def _holding(
    source: SchoolCount, looks: Iterable[tuple[str, Look]]
) -> Iterable[tuple[str, Decimal | None]]:
    for code, look in looks:
        holds = weigh(look, source.schools).holds
        yield code, None if holds is None else Decimal(holds)


# --- judged against what is to be reached ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One indicator in one place, with what it is compared with; None: not known."""

    indicator: str
    place: str
    fraction: Fraction
    baseline: Decimal | None
    cluster: Decimal | None  # of the schools of the same cluster together
    region: Decimal | None
    reached: bool | None

    @property
    def change(self) -> Decimal | None:
        """Since the baseline."""
        value = self.fraction.value
        return value - self.baseline if value is not None and self.baseline is not None else None


def is_share(programme: Programme, key: str) -> bool:
    """Whether its values are parts of a whole, to be told in per cent."""
    indicator = programme.indicators.indicators[key]
    numerator = indicator.numerator
    by_itself = isinstance(numerator, FactSum) and measures_share(
        programme.identification, numerator.fact
    )
    is_mean = isinstance(numerator, FactSum) and isinstance(indicator.denominator, EverySchool)
    return by_itself or (indicator.denominator is not None and not is_mean)


def measured(region: Region, key: str, baseline: Mapping[str, Fraction]) -> list[Measured]:
    """The indicator in each of its places; `baseline` is what was frozen at the first phase."""
    indicator = region.programme.indicators.indicators[key]
    found = fractions(region, key)
    whole = joined(found.values()).value
    clusters = _by_cluster(region, found)
    rows = []
    for place, fraction in sorted(found.items()):
        before = baseline[place].value if place in baseline else None
        cluster = clusters.get(region.clusters.get(place.partition(":")[2], ""))
        against = {"baseline": before, "cluster": cluster, "region": whole}
        rows.append(
            Measured(
                indicator=key,
                place=place,
                fraction=fraction,
                baseline=before,
                cluster=cluster,
                region=whole,
                reached=reached(indicator, fraction.value, against),
            )
        )
    return rows


def joined(found: Iterable[Fraction]) -> Fraction:
    """Several places as one: their numerators and denominators added up."""
    known = [one for one in found if one.numerator is not None and one.denominator is not None]
    if not known:
        return Fraction(None, None)
    return Fraction(
        sum((one.numerator or Decimal() for one in known), Decimal()),
        sum((one.denominator or Decimal() for one in known), Decimal()),
        sum(one.unknown for one in known),
    )


def _by_cluster(region: Region, found: Mapping[str, Fraction]) -> dict[str, Decimal | None]:
    groups: dict[str, list[Fraction]] = {}
    for place, fraction in found.items():
        kind, _, code = place.partition(":")
        if kind == "school" and code in region.clusters:
            groups.setdefault(region.clusters[code], []).append(fraction)
    return {cluster: joined(several).value for cluster, several in groups.items()}


def reached(
    indicator: Indicator, value: Decimal | None, against: Mapping[str, Decimal | None]
) -> bool | None:
    """Whether the target is reached; None where there is none, or where it cannot be known."""
    target = indicator.target
    if target is None or value is None:
        return None
    if target.at_least is not None:
        return value >= target.at_least
    if target.at_most is not None:
        return value <= target.at_most
    other = against[target.above or ""]
    if other is None:
        return None
    return value > other if indicator.direction is Direction.UP else value < other
