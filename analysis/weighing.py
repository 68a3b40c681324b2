"""Weighs a condition against one school: the closed table of forms is the whole evaluator."""

import operator
from collections.abc import Callable
from typing import Any

from analysis.conditions import (
    AllOf,
    Always,
    AnyOf,
    CategoryTest,
    FactTest,
    Not,
    Procedures,
    SomeOf,
    Unrated,
    Years,
)
from analysis.declared import Declared
from analysis.findings import Finding, Ground, at_least
from analysis.looking import MISSING, Look
from analysis.notation import tested, written

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "below": operator.lt,
    "at_most": operator.le,
    "above": operator.gt,
    "at_least": operator.ge,
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    **_ORDERS,
    "is": operator.eq,
    "is_not": operator.ne,
    "in": lambda value, wanted: value in wanted,
    "not_in": lambda value, wanted: value not in wanted,
}


def weigh(look: Look, condition: Declared) -> Finding:
    """True, false or unknown, with the grounds of what holds."""
    return _FORMS[type(condition)](look, condition)


def _fact(look: Look, test: FactTest) -> Finding:
    inputs = look.within(test.procedure).back(test.year).value(test.fact)
    value, reason = inputs[0].value, inputs[0].reason
    comparison = test.comparison
    operand = test.operand(comparison)
    settled = operand if isinstance(operand, tuple) else look.settled(operand)
    if comparison == "known":
        holds = (value is not None) is settled
    elif value is None:
        return Finding(holds=None, reasons=frozenset({reason or MISSING}), inputs=inputs)
    elif comparison in _ORDERS and isinstance(value, str) is not isinstance(settled, str):
        return Finding(holds=None, reasons=frozenset({MISSING}), inputs=inputs)
    else:
        holds = _COMPARISONS[comparison](value, settled)
    grounds = (Ground(tested(test, settled), inputs),) if holds else ()
    return Finding(holds=holds, grounds=grounds, inputs=inputs)


def _all(look: Look, condition: AllOf) -> Finding:
    return at_least(len(condition.all), [weigh(look, part) for part in condition.all])


def _any(look: Look, condition: AnyOf) -> Finding:
    return at_least(1, [weigh(look, part) for part in condition.any])


def _some(look: Look, condition: SomeOf) -> Finding:
    return at_least(look.count(condition.at_least), [weigh(look, part) for part in condition.of])


def _not(look: Look, condition: Not) -> Finding:
    inner = weigh(look, condition.not_)
    if inner.holds is None:
        return inner
    grounds = () if inner.holds else (Ground(written(condition), inner.inputs),)
    return Finding(holds=not inner.holds, grounds=grounds, inputs=inner.inputs)


def _years(look: Look, condition: Years) -> Finding:
    count = condition.years
    wanted, span = look.count(count.at_least), look.count(count.of_last)
    if count.unrated is Unrated.SKIPPED:
        rated = _rated_years(look, count.when, span)
        return at_least(wanted, rated) if rated else weigh(look, count.when)  # never rated
    findings = [weigh(look.back(-n), count.when) for n in range(span)]
    if count.unrated is Unrated.NO:
        findings = [one if one.holds is not None else Finding(holds=False) for one in findings]
    return at_least(wanted, findings)


def _rated_years(look: Look, condition: Declared, span: int) -> list[Finding]:
    """The last `span` years that can be judged, as far back as anything is known of the school."""
    known = {*look.school.years, *look.school.results}
    findings: list[Finding] = []
    for year in sorted((year for year in known if year <= look.year), reverse=True):
        finding = weigh(look.back(year - look.year), condition)
        if finding.holds is not None:
            findings.append(finding)
        if len(findings) == span:
            break
    return findings


def _procedures(look: Look, condition: Procedures) -> Finding:
    count = condition.procedures
    taken = sorted(look.school.results.get(look.year, {}))
    among = [one for one in taken if count.among is None or one in count.among]
    if not among:
        return Finding(holds=None, reasons=frozenset({MISSING}))
    return at_least(
        look.count(count.at_least), [weigh(look.within(one), count.when) for one in among]
    )


def _category(look: Look, condition: CategoryTest) -> Finding:
    return weigh(look, look.rules.categories[condition.category].when)


def _always(_: Look, condition: Always) -> Finding:
    return Finding(holds=condition.always)


_FORMS: dict[type[Declared], Callable[[Look, Any], Finding]] = {
    FactTest: _fact,
    AllOf: _all,
    AnyOf: _any,
    SomeOf: _some,
    Not: _not,
    Years: _years,
    Procedures: _procedures,
    CategoryTest: _category,
    Always: _always,
}
