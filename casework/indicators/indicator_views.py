"""Indicators as people read them: within the reader's scope, with the names of the places."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from casework.access import schools_for
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.indicators.freezing import baseline, values_before
from casework.indicators.indicators import (
    REGION,
    Fraction,
    Measured,
    is_share,
    level_of,
    measured,
    region_of,
)
from casework.reports.beside import year_words
from casework.reports.report_numbers import year_before
from models.cycle import Cycle
from models.school import School, Territory
from opora.words import Sentence, Words
from programmes.definition import Programme
from programmes.indicators import Direction, Target
from templates.reports import Cell, Report, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """One indicator in one place; shares as decimals, None where nothing is known."""

    indicator: str
    words: Words
    group: str | None
    place: str
    place_name: str
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    unknown: int
    baseline: Decimal | None
    change: Decimal | None
    cluster: Decimal | None
    region: Decimal | None
    year_before: Decimal | None
    direction: Direction
    target: str
    reached: bool | None
    source: str | None
    is_share: bool  # else a plain number


def indicator_rows(
    session: Session, acting: Acting, cycle: Cycle, *, place: str | None = None
) -> list[IndicatorRow]:
    """Every indicator of the cycle's programme in each place that the reader may see, or in one.

    The region's own values are everybody's (S2-10); a municipality's belong to those who see a
    school of it, a school's to those who see the school.
    """
    region = region_of(session, cycle)
    names = _names(session, acting, cycle)
    declared = region.programme.indicators.indicators
    keys = [key for key, one in declared.items() if place is None or level_of(place) is one.level]
    before = baseline(session, region)
    earlier = values_before(session, region, keys)
    return [
        _row(one, region.programme, names[one.place], earlier.get(key, {}).get(one.place))
        for key in keys
        for one in measured(region, key, before.get(key, {}))
        if one.place in names and place in {None, one.place}
    ]


def _names(session: Session, acting: Acting, cycle: Cycle) -> Mapping[str, str]:
    """Place → name, of the places within the reader's scope."""
    rows = session.execute(
        select(School.code, School.name, Territory.code, Territory.name)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(School.register_key == cycle.register_key, schools_for(session, acting))
    ).all()
    found = {REGION: ""}
    for school, name, territory, territory_name in rows:
        found[f"school:{school}"] = name
        found[f"territory:{territory}"] = territory_name
    return found


def _row(one: Measured, programme: Programme, name: str, earlier: Fraction | None) -> IndicatorRow:
    indicator = programme.indicators.indicators[one.indicator]
    target = indicator.target
    told = ""
    if target is not None:
        told = (
            f"≥ {target.at_least}"
            if target.at_least is not None
            else f"≤ {target.at_most}"
            if target.at_most is not None
            else f"> {target.above}"
        )
    return IndicatorRow(
        indicator=one.indicator,
        words=indicator.words,
        group=indicator.group,
        place=one.place,
        place_name=name,
        numerator=one.fraction.numerator,
        denominator=one.fraction.denominator if indicator.denominator else None,
        value=one.fraction.value,
        unknown=one.fraction.unknown,
        baseline=one.baseline,
        change=one.change,
        cluster=one.cluster,
        region=one.region,
        year_before=earlier.value if earlier else None,
        direction=indicator.direction,
        target=told,
        reached=one.reached,
        source=indicator.source,
        is_share=is_share(programme, one.indicator),
    )


# --- as a report ----------------------------------------------------------------------------------

REACHED = {True: Sentence("reached"), False: Sentence("not reached"), None: None}
_COLUMNS = (
    Sentence("Indicator"),
    Sentence("Where"),
    Sentence("Value"),
    Sentence("Baseline"),
    Sentence("Cluster"),
    Sentence("Region"),
    Sentence("Target"),
    Sentence("Reached"),
    Sentence("Not known"),
)


def indicators_report(
    session: Session, acting: Acting, cycle: Cycle, title: Words, *, place: str | None = None
) -> Report:
    """The same rows, a table for each group of indicators; of one place, if it is named."""
    rows = indicator_rows(session, acting, cycle, place=place)
    on = acting.on(programme_of(session, cycle).zone)
    groups: dict[str | None, list[IndicatorRow]] = {}
    for one in rows:
        groups.setdefault(one.group, []).append(one)
    declared = programme_of(session, cycle).indicators
    earlier = year_before(session, cycle)
    columns = (*_COLUMNS, *((year_words(earlier.year),) if earlier else ()))
    judged = [one.reached for one in rows if one.reached is not None]
    return Report(
        title=Sentence("Indicators of {year}", {"year": str(cycle.year)}),
        subtitle=title,
        on=on,
        glance=(
            (Sentence("Targets reached"), sum(judged)),
            (Sentence("Targets judged"), len(judged)),
        ),
        tables=[
            Table(
                title=declared.groups.get(group or "") or Sentence("Indicators"),
                columns=columns,
                rows=[
                    _cells(one, declared.indicators[one.indicator].target)[: len(columns)]
                    for one in several
                ],
            )
            for group, several in groups.items()
        ],
    )


def _cells(one: IndicatorRow, target: Target | None) -> tuple[Cell, ...]:
    where: Cell = one.place_name or Sentence("the region")
    numbers = (one.value, one.baseline, one.cluster, one.region)
    shown = [number_cell(number, is_share=one.is_share) for number in numbers]
    goal = target_cell(target, is_share=one.is_share)
    before = number_cell(one.year_before, is_share=one.is_share)
    return (one.words, where, *shown, goal, REACHED[one.reached], one.unknown, before)


def number_cell(number: Decimal | None, *, is_share: bool) -> Cell:
    """A share in per cent, another number as it is written, to two places."""
    if number is None or is_share:
        return number
    return int(number) if number == int(number) else float(round(number, 2))


_BETTER = {
    "baseline": Sentence("better than the baseline"),
    "cluster": Sentence("better than the cluster"),
    "region": Sentence("better than the region"),
}


def target_cell(target: Target | None, *, is_share: bool) -> Cell:
    """What is to be reached, in words."""
    if target is None:
        return None
    if target.above is not None:
        return _BETTER[target.above]
    bound = target.at_least if target.at_least is not None else target.at_most
    number = Decimal(bound or 0) * (100 if is_share else 1)
    told = {"number": number.normalize() + 0}
    if target.at_least is not None:
        return Sentence("at least {number}%" if is_share else "at least {number}", told)
    return Sentence("at most {number}%" if is_share else "at most {number}", told)
