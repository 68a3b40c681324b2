"""Trying other parameters before a list is signed: who would enter, who would leave. Nothing is kept."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from analysis.bulk_judging import BulkJudgement
from analysis.columns import FactTable
from analysis.hanging import hanging
from analysis.judging import judge_in_bulk
from analysis.looking import tried_parameters
from analysis.single_pupils import on_one_pupil, versions_by_one
from analysis.trying import Count, Moves, Overlap, counted, listed_in, moves, overlap
from analysis.verdicts import Judgement
from casework.access import require
from casework.acting import Acting
from casework.grants import Right
from casework.judgement.fact_columns import fact_columns
from casework.lists.listing import is_on_list
from models.cycle import Listing
from models.school import School, Territory
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from programmes.definition import Programme

MOST_VALUES = 101
"""Values of one sweep."""

_YEARS_BEFORE = 2
_MOST_COMPARED = 500  # schools whose versions are judged one by one among all others


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBefore:
    """The list of an earlier year: as it was kept (`version`), else by the same rules (None)."""

    year: int
    version: int | None
    listed: int
    now: Overlap
    then: Overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What other parameters would change. `on_one_pupil` is None where it cannot be told."""

    year: int
    parameters: Mapping[str, object]
    now: Judgement
    then: Judgement
    moves: Moves
    by_territory: Mapping[str | None, Count]
    by_peer_group: Mapping[str | None, Count]
    before: tuple[ListBefore, ...]
    on_one_pupil: tuple[str, ...] | None
    territories: Mapping[str, str]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """One value of a sweep against the declared one."""

    value: Decimal
    is_declared: bool
    listed: int
    by_peer_group: Mapping[str | None, int]
    entering: tuple[str, ...]
    leaving: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """`key=from..to:step`; the steps are counted from `first`."""

    key: str
    first: Decimal
    last: Decimal
    step: Decimal

    def values(self) -> Iterator[Decimal]:
        value = self.first
        while value <= self.last:
            yield value
            value += self.step


def try_parameters(
    session: Session,
    programme: Programme,
    year: int,
    parameters: Mapping[str, object],
    acting: Acting,
    *,
    grounds: bool = False,
) -> Trial:
    """The list with other parameters beside the list with the declared ones.

    Only with `grounds` every verdict of the trial says what it rests on.
    """
    rules = programme.identification
    schools = _schools(session, programme, year, acting)
    tried = tried_parameters(rules, parameters)
    now = _judged(programme, schools, year)
    then = judge_in_bulk(rules, schools, year, parameters, grounds=grounds)
    return Trial(
        year=year,
        parameters=tried,
        now=now,
        then=then,
        moves=moves(now, then),
        by_territory=counted(now, then, lambda one: one.territory),
        by_peer_group=counted(now, then, lambda one: one.peer_group),
        before=tuple(_lists_before(session, programme, year, now, then)),
        on_one_pupil=_on_one_pupil(programme, schools, year, parameters, then),
        territories=_territories(session, programme),
        names=_names(session, programme),
    )


def sweep(
    session: Session,
    programme: Programme,
    year: int,
    over: Range,
    acting: Acting,
    parameters: Mapping[str, object] | None = None,
    *,
    told: Callable[[int], None] = lambda _: None,
) -> list[Swept]:
    """The list for each value of one parameter; `told` hears how many values are done."""
    rules = programme.identification
    schools = _schools(session, programme, year, acting)
    fixed = dict(parameters or {})
    tried_parameters(rules, {**fixed, over.key: over.first})  # refuses what is no parameter
    declared = _judged(programme, schools, year, fixed)
    usual = _declared_value(programme, over.key)
    found = []
    for number, value in enumerate(over.values(), 1):
        then = _judged(programme, schools, year, {**fixed, over.key: value})
        changes = moves(declared, then)
        counts = counted(declared, then, lambda one: one.peer_group)
        found.append(
            Swept(
                value=value,
                is_declared=value == usual,
                listed=len(listed_in(then)),
                by_peer_group={group: count.then for group, count in counts.items()},
                entering=tuple(one.school for one in changes.entering),
                leaving=tuple(one.school for one in changes.leaving),
            )
        )
        told(number)
    return found


def range_of(
    programme: Programme, key: str, first: Decimal, last: Decimal, step: Decimal | None
) -> Range:
    """A range that can be swept; without a step the last decimal that was written decides."""
    usual = _declared_value(programme, key)
    if usual is None:
        cure = Sentence(
            "Only a number can be swept; name one: {known}", {"known": _numbers(programme)}
        )
        raise InputRefused(field="sweep", value=key, cure=cure)
    digits = max(0, *(-int(one.as_tuple().exponent) for one in (first, last)))
    step = Decimal(1).scaleb(-digits) if step is None else step
    count = (last - first) / step if step else Decimal(-1)
    if not 0 <= count < MOST_VALUES:
        cure = Sentence(
            "From the lower to the higher value, in {most} steps at most.",
            {"most": MOST_VALUES - 1},
        )
        raise InputRefused(field="sweep", value=f"{key}={first}..{last}:{step}", cure=cure)
    return Range(key, first, last, step)


def _declared_value(programme: Programme, key: str) -> Decimal | None:
    """None for words, and for what is no parameter of the programme."""
    name, _, group = key.partition(".")
    declared = programme.identification.parameters.get(name)
    if declared is None:
        return None
    value = declared.by_peer_group.get(group, declared.value)
    return None if isinstance(value, str) else Decimal(value)


def _numbers(programme: Programme) -> tuple[str, ...]:
    declared = programme.identification.parameters
    return tuple(key for key, one in declared.items() if not isinstance(one.value, str))


def _schools(session: Session, programme: Programme, year: int, acting: Acting) -> FactTable:
    require(session, acting, Right.IDENTIFY, programme.register)
    schools = fact_columns(session, programme, year, open_only=True)
    if not schools.present(year).any():
        raise NotReady(
            what=Sentence(
                "No school of the register {register} has facts of {year}",
                {"register": programme.register, "year": str(year)},
            ),
            cure=Sentence(
                "Import them first: opora import FILE --programme {programme} --profile NAME",
                {"programme": programme.key},
            ),
        )
    return schools


def _judged(
    programme: Programme,
    schools: FactTable,
    year: int,
    parameters: Mapping[str, object] | None = None,
) -> Judgement:
    """Only who is listed: nobody reads the grounds of a trial."""
    return judge_in_bulk(programme.identification, schools, year, parameters, grounds=False)


def _on_one_pupil(
    programme: Programme,
    schools: FactTable,
    year: int,
    parameters: Mapping[str, object],
    then: Judgement,
) -> tuple[str, ...] | None:
    """Rules that compare schools judge each version apart: not for more than some hundreds."""
    rules = programme.identification
    tried = tried_parameters(rules, parameters)
    if not hanging(rules).on_others:
        return on_one_pupil(rules, schools, year, then, tried)
    versions = versions_by_one(rules, schools, year, then, tried)
    if len({one.position for one in versions}) > _MOST_COMPARED:
        return None
    cohort = BulkJudgement(rules, schools, tried).bulk.cohort
    return on_one_pupil(rules, schools, year, then, tried, cohort)


# --- earlier lists --------------------------------------------------------------------------------


def _lists_before(
    session: Session, programme: Programme, year: int, now: Judgement, then: Judgement
) -> Iterator[ListBefore]:
    here, there = listed_in(now), listed_in(then)
    for earlier in range(year - 1, year - 1 - _YEARS_BEFORE, -1):
        version, listed = _kept_list(session, programme, earlier)
        if version is None:
            listed = _judged_list(session, programme, earlier)
        if listed is not None:
            yield ListBefore(
                year=earlier,
                version=version,
                listed=len(listed),
                now=overlap(here, listed),
                then=overlap(there, listed),
            )


def _kept_list(
    session: Session, programme: Programme, year: int
) -> tuple[int | None, frozenset[str] | None]:
    """The confirmed list of the year, else the newest, with what people decided above the rules."""
    kept = session.exec(
        select(Listing)
        .where(Listing.programme_key == programme.key, Listing.year == year)
        .order_by(col(Listing.confirmed_at).is_(None), col(Listing.version).desc())
    ).first()
    if kept is None:
        return None, None
    codes = select(School.code).where(
        School.register_key == programme.register, is_on_list(kept.id)
    )
    return kept.version, frozenset(session.exec(codes).all())


def _judged_list(session: Session, programme: Programme, year: int) -> frozenset[str] | None:
    """By the declared rules over that year's facts; None where there are none."""
    schools = fact_columns(session, programme, year, open_only=True)
    if not schools.present(year).any():
        return None
    return listed_in(_judged(programme, schools, year))


def _territories(session: Session, programme: Programme) -> dict[str, str]:
    rows = select(Territory.code, Territory.name).where(
        Territory.register_key == programme.register
    )
    return dict(session.exec(rows).all())


def _names(session: Session, programme: Programme) -> dict[str, str]:
    rows = select(School.code, School.name).where(School.register_key == programme.register)
    return dict(session.exec(rows).all())
