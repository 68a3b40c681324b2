"""Why a school's verdict is what it is: every comparison that was made, and how far it was decided by."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from analysis.conditions import (
    Bottom,
    CategoryTest,
    FactTest,
    ParameterName,
    Procedures,
    Run,
    RunLength,
    Unrated,
    YearCount,
    Years,
    parts,
)
from analysis.declared import Declared
from analysis.findings import Finding, Input
from analysis.looking import Look
from analysis.measures import Measure
from analysis.school_facts import Scalar
from analysis.weighing import Standing, standing, weigh

_ORDERED = frozenset({"below", "at_most", "above", "at_least"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """One value against one threshold.

    `away` is value less limit, in the fact's own unit; `pupils` how many more (or, below zero,
    fewer) of the part a share is taken of would turn the comparison, with the whole `of` as it is.
    """

    seen: Input
    comparison: str
    limit: Scalar
    parameter: str | None
    holds: bool | None
    away: Decimal | None = None
    pupils: int | None = None
    of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One category as it was weighed: the outcome, its comparisons, all that was looked at."""

    category: str
    finding: Finding
    distances: tuple[Distance, ...]
    standings: tuple[Standing, ...] = ()  # its places, where the rule looks at the bottom


def reading(look: Look, category: str) -> Reading:
    """How the category was weighed for the school."""
    condition = look.rules.categories[category].when
    made = list(asked(look, condition))
    distances = [_distance(at, one) for at, one in made if isinstance(one, FactTest)]
    places = [standing(at, one.bottom) for at, one in made if isinstance(one, Bottom)]
    return Reading(
        category=category,
        finding=weigh(look, condition),
        distances=tuple(dict.fromkeys(distances)),  # two parts of a rule may ask the same
        standings=tuple(dict.fromkeys(found for found in places if found is not None)),
    )


def asked(look: Look, condition: Declared) -> Iterator[tuple[Look, FactTest | Bottom]]:
    """Every comparison of the condition with the look in which it is made: year by year."""
    match condition:
        case Bottom():
            yield look, condition
            for _, part in parts(condition):
                yield from asked(look, part)
        case FactTest():
            yield look.within(condition.procedure).back(condition.year), condition
        case CategoryTest():
            yield from asked(look, look.rules.categories[condition.category].when)
        case Years(years=count) | Run(run=count):
            for year in _years_looked_at(look, count):
                yield from asked(look.back(year - look.year), count.when)
        case Procedures():
            for procedure in _procedures_looked_at(look, condition):
                yield from asked(look.within(procedure), condition.procedures.when)
        case _:
            for _, part in parts(condition):
                yield from asked(look, part)


def _procedures_looked_at(look: Look, condition: Procedures) -> list[str]:
    among = condition.procedures.among
    taken = sorted(look.school.results.get(look.year, {}))
    return [one for one in taken if among is None or one in among]


def _years_looked_at(look: Look, count: YearCount | RunLength) -> list[int]:
    span = look.count(count.of_last if isinstance(count, YearCount) else count.at_least)
    if count.unrated is not Unrated.SKIPPED:
        return [look.year - n for n in range(span)]
    known = {*look.school.years, *look.school.results}
    rated = [
        year
        for year in sorted((year for year in known if year <= look.year), reverse=True)
        if weigh(look.back(year - look.year), count.when).holds is not None
    ]
    return rated[:span] or [look.year]


def _distance(look: Look, test: FactTest) -> Distance:
    inputs = look.value(test.fact)
    operand = test.operand(test.comparison)
    limit = ", ".join(map(str, operand)) if isinstance(operand, tuple) else look.settled(operand)
    bare = test.model_copy(update={"year": 0, "procedure": None})  # the look stands there already
    away, pupils, of = None, None, None
    value = inputs[0].value
    if test.comparison in _ORDERED and not isinstance(value, str | None):
        away = Decimal(value) - Decimal(limit)
        pupils, of = _pupils(look.rules.measures.get(test.fact), inputs, test, Decimal(limit))
    return Distance(
        seen=inputs[0],
        comparison=test.comparison,
        limit=limit,
        parameter=operand.parameter if isinstance(operand, ParameterName) else None,
        holds=weigh(look, bare).holds,
        away=away,
        pupils=pupils,
        of=of,
    )


def _pupils(
    measure: Measure | None, inputs: tuple[Input, ...], test: FactTest, limit: Decimal
) -> tuple[int | None, int | None]:
    """How many of the part turn the comparison, and of how many; nothing where no number does."""
    if measure is None or measure.share is None:
        return None, None
    part, whole = (_first(inputs, name) for name in measure.sources)
    if not (isinstance(part, int) and isinstance(whole, int)):
        return None, None
    edge = limit * whole
    lowest = int(edge.to_integral_value(rounding="ROUND_CEILING"))  # the first at or above
    at_edge = edge == lowest
    if test.comparison in {"above", "at_most"} and at_edge:
        lowest += 1  # the first that lies above
    is_high = part >= lowest
    turned = lowest - 1 if is_high else lowest
    return (turned - part if 0 <= turned <= whole else None), whole


def _first(inputs: tuple[Input, ...], name: str) -> Scalar | None:
    return next((one.value for one in inputs[1:] if one.fact == name), None)
