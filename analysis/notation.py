"""A rule written in one line, for the grounds of a verdict and for logs."""

from collections.abc import Callable
from typing import Any

from analysis.conditions import (
    AllOf,
    Always,
    AnyOf,
    Bottom,
    CategoryTest,
    FactTest,
    Not,
    ParameterName,
    Procedures,
    Run,
    SomeOf,
    Unchanged,
    Years,
)
from analysis.declared import Declared

_SIGNS = {
    "is": "=",
    "is_not": "≠",
    "in": "in",
    "not_in": "not in",
    "below": "<",
    "at_most": "≤",
    "above": ">",
    "at_least": "≥",
    "known": "known =",
}


def written(condition: Declared) -> str:
    """`grade in D, F` or `2 of the last 3 years: (…)`."""
    return _FORMS[type(condition)](condition)


def tested(test: FactTest, against: object) -> str:
    """The test with the value that a parameter had: `share ≥ 0.30 (limit)`."""
    operand = test.operand(test.comparison)
    named = f" ({operand.parameter})" if isinstance(operand, ParameterName) else ""
    return f"{test.fact} {_SIGNS[test.comparison]} {_listed(against)}{named}"


def _some(condition: SomeOf) -> str:
    of = "; ".join(written(part) for part in condition.of)
    return f"at least {_plain(condition.at_least)} of ({of})"


def _years(condition: Years) -> str:
    count = condition.years
    span = f"{_plain(count.at_least)} of the last {_plain(count.of_last)} years"
    return f"{span}: ({written(count.when)})"


def _run(condition: Run) -> str:
    return f"{_plain(condition.run.at_least)} years running: ({written(condition.run.when)})"


def _bottom(condition: Bottom) -> str:
    body = condition.bottom
    size = f"{_plain(body.share)} share" if body.share is not None else _plain(body.count)
    end = {"ascending": "lowest", "descending": "highest"}[body.order]
    among = f" among ({written(body.among)})" if body.among else ""
    return f"{end} {size} by {body.of} within {body.within}{among}"


def _procedures(condition: Procedures) -> str:
    count = condition.procedures
    return f"{_plain(count.at_least)} procedures: ({written(count.when)})"


def _listed(operand: object) -> str:
    return ", ".join(map(_plain, operand)) if isinstance(operand, tuple) else _plain(operand)


def _plain(value: object) -> str:
    if isinstance(value, ParameterName):
        return value.parameter
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


_FORMS: dict[type[Declared], Callable[[Any], str]] = {
    FactTest: lambda one: (
        f"{one.fact} {_SIGNS[one.comparison]} {_listed(one.operand(one.comparison))}"
    ),
    AllOf: lambda one: " and ".join(f"({written(part)})" for part in one.all),
    AnyOf: lambda one: " or ".join(f"({written(part)})" for part in one.any),
    SomeOf: _some,
    Not: lambda one: f"not ({written(one.not_)})",
    Years: _years,
    Run: _run,
    Procedures: _procedures,
    Unchanged: lambda one: f"unchanged since the year before: {', '.join(one.unchanged)}",
    Bottom: _bottom,
    CategoryTest: lambda one: f"category {one.category}",
    Always: lambda one: "always" if one.always else "never",
}
