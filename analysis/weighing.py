"""Weighs a condition against one school: the closed table of forms is the whole evaluator."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analysis.cohort import Placed, place
from analysis.conditions import (
    AllOf,
    Always,
    AnyOf,
    Bottom,
    BottomShare,
    CategoryTest,
    FactTest,
    Not,
    Procedures,
    Run,
    SomeOf,
    Unchanged,
    Unrated,
    Years,
)
from analysis.declared import Declared
from analysis.findings import Finding, Ground, at_least
from analysis.looking import Look
from analysis.notation import tested, written
from analysis.reasons import MISSING, NOT_RANKED, TOO_FEW_PEERS
from analysis.standings import part_of, ranks

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "below": operator.lt,
    "at_most": operator.le,
    "above": operator.gt,
    "at_least": operator.ge,
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    **ORDERS,
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
    elif comparison in ORDERS and isinstance(value, str) is not isinstance(settled, str):
        return Finding(holds=None, reasons=frozenset({MISSING}), inputs=inputs)
    else:
        holds = COMPARE[comparison](value, settled)
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
    return _over_years(look, count.when, wanted, span, count.unrated)


def _run(look: Look, condition: Run) -> Finding:
    """All of the last so many years: a run that ends in the judged one."""
    length = look.count(condition.run.at_least)
    return _over_years(look, condition.run.when, length, length, condition.run.unrated)


def _over_years(
    look: Look, condition: Declared, wanted: int, span: int, unrated: Unrated
) -> Finding:
    if unrated is Unrated.SKIPPED:
        rated = _rated_years(look, condition, span)
        return at_least(wanted, rated) if rated else weigh(look, condition)  # never rated
    findings = [weigh(look.back(-n), condition) for n in range(span)]
    if unrated is Unrated.NO:
        findings = [one if one.holds is not None else Finding(holds=False) for one in findings]
    return at_least(wanted, findings)


def _rated_years(look: Look, condition: Declared, span: int) -> list[Finding]:
    """The last `span` years that can be judged, as far back as anything is known of the school."""
    known = {
        year for year in (*look.school.years, *look.school.results) if look.school.has_row(year)
    }
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


def _unchanged(look: Look, condition: Unchanged) -> Finding:
    """Whether each fact is that of the year before; what is not known then or now is unknown."""
    findings = [_same(look, name) for name in condition.unchanged]
    found = at_least(len(findings), findings)
    return _grounded(found, written(condition))


def _same(look: Look, name: str) -> Finding:
    inputs = (*look.value(name), *look.back(-1).value(name))
    now, before = inputs[0], look.back(-1).value(name)[0]
    if now.value is None or before.value is None:
        reason = now.reason if now.value is None else before.reason
        return Finding(holds=None, reasons=frozenset({reason or MISSING}), inputs=inputs)
    return Finding(holds=now.value == before.value, inputs=inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A school's place among those it is ranked with, and the last place that still counts."""

    fact: str
    year: int
    own: float  # the middle of several equal ones may be a half
    ranked: int
    limit: int


def standing(look: Look, body: BottomShare) -> Standing | None:
    """Where the school stands; None where it is not ranked, or too few are."""
    placed = place(look, body)
    if placed.reason is not None or placed.peers is None or placed.ranked < body.minimum:
        return None
    column = placed.peers.once(
        ("rank", body.order, body.ties), lambda peers: ranks(peers, body.order, body.ties)
    )
    return Standing(
        fact=body.of,
        year=look.year,
        own=float(column[placed.position]),
        ranked=placed.ranked,
        limit=_size(look, body, placed),
    )


def _bottom(look: Look, condition: Bottom) -> Finding:
    body = condition.bottom
    placed = place(look, body)
    if placed.reason == NOT_RANKED:
        return Finding(holds=False, inputs=placed.inputs)
    stands = standing(look, body)
    if stands is None:
        few = TOO_FEW_PEERS if placed.ranked < body.minimum else MISSING
        reasons = frozenset({placed.reason or few})
        return Finding(holds=None, reasons=reasons, inputs=placed.inputs)
    found = Finding(holds=stands.own <= stands.limit, inputs=placed.inputs)
    told = f"place {stands.own:g} of {stands.ranked}, the limit is {stands.limit}"
    return _grounded(found, f"{written(condition)}: {told}")


def _size(look: Look, body: BottomShare, placed: Placed) -> int:
    if body.share is None:
        return look.count(body.count)
    number = placed.ranked
    if body.out_of is not None and placed.peers is not None and look.cohort is not None:
        number = look.cohort.counted(body.out_of, placed.peers, placed.unit, look)
    return part_of(Decimal(look.settled(body.share)), number, body.rounding)


def _grounded(found: Finding, rule: str) -> Finding:
    if not found.holds:
        return found
    return Finding(holds=True, grounds=(Ground(rule, found.inputs),), inputs=found.inputs)


def _category(look: Look, condition: CategoryTest) -> Finding:
    """As the category is without its cap, which belongs to the judged year's list alone."""
    category = look.rules.categories[condition.category]
    found = weigh(look, category.when)
    if found.holds and any(weigh(look, one.when).holds for one in category.unless):
        return Finding(holds=False, inputs=found.inputs)
    return found


def _always(_: Look, condition: Always) -> Finding:
    return Finding(holds=condition.always)


_FORMS: dict[type[Declared], Callable[[Look, Any], Finding]] = {
    FactTest: _fact,
    AllOf: _all,
    AnyOf: _any,
    SomeOf: _some,
    Not: _not,
    Years: _years,
    Run: _run,
    Procedures: _procedures,
    Unchanged: _unchanged,
    Bottom: _bottom,
    CategoryTest: _category,
    Always: _always,
}
