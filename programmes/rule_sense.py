"""Whether rules make sense: what can never hold is a fault, what is only suspicious a warning."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

from analysis.conditions import (
    AllOf,
    Always,
    Bottom,
    FactTest,
    ParameterName,
    Run,
    SomeOf,
    YearCount,
    Years,
    parts,
)
from analysis.declared import Declared
from analysis.identification import Identification
from opora.words import Sentence
from programmes.faults import Finding, Place
from programmes.rule_ranges import Bounds, holds_never_or_always, range_of

Placed: TypeAlias = Sequence[tuple[Place, Declared]]


def check_sense(found: Identification, conditions: Placed) -> Iterator[Finding]:
    """Faults: what no school can ever meet, whatever its facts."""
    for place, condition in _all_parts(conditions):
        if isinstance(condition, FactTest):
            yield from _beyond(found, place, condition)
        elif isinstance(condition, AllOf):
            yield from _contradictions(found, place, condition)
        elif isinstance(condition, Bottom):
            share = condition.bottom.share
            for value, said in _values(found, share):
                if not 0 < Decimal(value) <= 1:
                    problem = Sentence(
                        "a share of {value}{said} is no part of the schools",
                        {"value": str(value), "said": said},
                    )
                    cure = Sentence("Write it between 0 and 1: 0.05.")
                    yield (*place, "bottom", "share"), problem, cure
    yield from _shares(found)
    yield from _divisions(found)


def warn_of_sense(found: Identification, conditions: Placed) -> Iterator[Finding]:
    """Warnings: what holds for everybody, and what a parameter's value makes impossible."""
    for place, condition in _all_parts(conditions):
        if isinstance(condition, FactTest):
            yield from _suspicious(found, place, condition)
        elif isinstance(condition, SomeOf):
            most = len(condition.of)
            yield from _too_many(found, (*place, "at_least"), condition.at_least, most)
        elif isinstance(condition, Years):
            yield from _years(found, (*place, "years"), condition.years)
        elif isinstance(condition, Run) and condition.run.at_least == 1:
            problem = Sentence("a run of one year is the year itself")
            cure = Sentence("Ask for 2 years or leave the run out.")
            yield (*place, "run", "at_least"), problem, cure
    yield from _groups(found)


def _all_parts(conditions: Placed) -> Iterator[tuple[Place, Declared]]:
    for place, condition in conditions:
        yield place, condition
        inside = [((*place, *step), part) for step, part in parts(condition)]
        yield from _all_parts(inside)


def _values(found: Identification, operand: object) -> Iterator[tuple[Decimal | int, str]]:
    """Every number that an operand may stand for, and the name it has."""
    if isinstance(operand, ParameterName):
        parameter = found.parameters.get(operand.parameter)
        if parameter is not None:
            for value in (parameter.value, *parameter.by_peer_group.values()):
                if not isinstance(value, str):
                    yield value, f" ({operand.parameter})"
    elif isinstance(operand, int | Decimal) and not isinstance(operand, bool):
        yield operand, ""


# --- single comparisons ---------------------------------------------------------------------------


def _beyond(found: Identification, place: Place, test: FactTest) -> Iterator[Finding]:
    span, comparison = range_of(found, test.fact), test.comparison
    operand = test.operand(comparison)
    if isinstance(operand, ParameterName) or span is None:
        return
    for value, _ in _values(found, operand):
        if holds_never_or_always(comparison, Decimal(value), span) is False:
            problem = Sentence(
                "{fact} lies {span}: this can never hold",
                {"fact": test.fact, "span": span.sentence},
            )
            cure = Sentence("Correct the limit, or what the fact can be.")
            yield (*place, comparison), problem, cure


def _suspicious(found: Identification, place: Place, test: FactTest) -> Iterator[Finding]:
    span, comparison = range_of(found, test.fact), test.comparison
    operand = test.operand(comparison)
    if span is None:
        return
    for value, said in _values(found, operand):
        holds = holds_never_or_always(comparison, Decimal(value), span)
        if holds is True:
            problem = Sentence(
                "{fact} lies {span}: with {value}{said} this always holds",
                {"fact": test.fact, "span": span.sentence, "value": str(value), "said": said},
            )
            yield (*place, comparison), problem, Sentence("Leave it out, or correct the limit.")
        elif holds is False and isinstance(operand, ParameterName):
            problem = Sentence(
                "{fact} lies {span}: with {value}{said} this can never hold",
                {"fact": test.fact, "span": span.sentence, "value": str(value), "said": said},
            )
            yield (*place, comparison), problem, Sentence("Correct the parameter.")


def _contradictions(found: Identification, place: Place, condition: AllOf) -> Iterator[Finding]:
    """Comparisons of one value that cannot hold together."""
    bounds: dict[tuple[str, int, str | None], Bounds] = {}
    for test in _flat(condition):
        key = (test.fact, test.year, test.procedure)
        fact = found.facts.get(test.fact)
        known = bounds.setdefault(key, Bounds(fact.values if fact else ()))
        known.narrow(test)
        if known.is_empty:
            problem = Sentence(
                "the comparisons of {fact} contradict each other: they never all hold",
                {"fact": test.fact},
            )
            yield (*place, "all"), problem, Sentence("Correct one of them, or use any.")
            return


def _flat(condition: AllOf) -> Iterator[FactTest]:
    for part in condition.all:
        if isinstance(part, FactTest):
            yield part
        elif isinstance(part, AllOf):
            yield from _flat(part)


# --- counts and shares ----------------------------------------------------------------------------


def _too_many(found: Identification, place: Place, operand: object, most: int) -> Iterator[Finding]:
    if isinstance(operand, ParameterName):
        for value, said in _values(found, operand):
            if value > most:
                problem = Sentence(
                    "{value}{said} of {most} parts can never hold",
                    {"value": str(value), "said": said, "most": str(most)},
                )
                yield place, problem, Sentence("Correct the parameter.")


def _years(found: Identification, place: Place, count: YearCount) -> Iterator[Finding]:
    spans = [int(value) for value, _ in _values(found, count.of_last)]
    if not spans or count.at_least == count.of_last:
        return
    for value, said in _values(found, count.at_least):
        named = isinstance(count.at_least, ParameterName) or isinstance(
            count.of_last, ParameterName
        )
        if named and value > max(spans):
            problem = Sentence(
                "{value}{said} of the last {count} years can never hold",
                {"value": str(value), "said": said, "count": str(max(spans))},
            )
            yield (*place, "at_least"), problem, Sentence("Correct the parameter.")


def _shares(found: Identification) -> Iterator[Finding]:
    rule = found.territories
    for value, said in _values(found, rule.above if rule else None):
        if not 0 <= Decimal(value) < 1:
            problem = Sentence("{value} is no share", {"value": str(value)})
            if value >= 1:
                problem = Sentence(
                    "no share lies above {value}{said}", {"value": str(value), "said": said}
                )
            cure = Sentence("Write it from 0 to below 1: 0.5 is a half.")
            yield ("territories", "above"), problem, cure
    for key, category in found.categories.items():
        for value, said in _values(found, category.cap.share if category.cap else None):
            if not 0 <= Decimal(value) <= 1:
                problem = Sentence(
                    "a share of {value}{said} is no part of the schools",
                    {"value": str(value), "said": said},
                )
                cure = Sentence("Write it between 0 and 1.")
                yield ("categories", key, "cap", "share"), problem, cure


def _divisions(found: Identification) -> Iterator[Finding]:
    for key, measure in found.measures.items():
        place: Place = ("measures", key)
        under = measure.ratio[1] if measure.ratio else measure.of if measure.share else None
        if under is not None and _is_nothing(found, under):
            problem = Sentence(
                "{under} is always 0: nothing can be divided by it", {"under": under}
            )
            cure = Sentence("Name another whole.")
            yield place, problem, cure
        index = measure.index
        if index is not None and index.scale is not None and index.scale.spread == 0:
            problem = Sentence("a scale with a spread of 0 gives every school the same index")
            cure = Sentence("Write how far a deviation reaches.")
            yield (*place, "index", "scale", "spread"), problem, cure
        for position, term in enumerate(index.terms if index else ()):
            if term.weight == 0:
                problem = Sentence("the weight of {of} is 0", {"of": term.of})
                cure = Sentence("Leave it out, or weigh it.")
                yield (*place, "index", "terms", position), problem, cure


def _is_nothing(found: Identification, name: str) -> bool:
    fact, measure = found.facts.get(name), found.measures.get(name)
    if fact is not None:
        return fact.minimum == fact.maximum == 0
    difference = measure.difference if measure else None
    return difference is not None and difference[0] == difference[1]


def _groups(found: Identification) -> Iterator[Finding]:
    for position, group in enumerate(found.peer_groups[:-1]):
        if isinstance(group.when, Always) and group.when.always:
            place: Place = ("peer_groups", position + 1)
            problem = Sentence(
                "{key} takes every school: no one is left for the groups after it",
                {"key": group.key},
            )
            yield place, problem, Sentence("Put the group that takes everybody last.")
            return
