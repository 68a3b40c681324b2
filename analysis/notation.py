"""A rule written in one line, for the grounds of a verdict and for logs."""

from analysis.conditions import (
    AllOf,
    AnyOf,
    CategoryTest,
    FactTest,
    Not,
    ParameterName,
    Procedures,
    SomeOf,
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
    match condition:
        case FactTest():
            return f"{condition.fact} {_SIGNS[condition.comparison]} {_operand(condition)}"
        case AllOf():
            return " and ".join(f"({written(part)})" for part in condition.all)
        case AnyOf():
            return " or ".join(f"({written(part)})" for part in condition.any)
        case SomeOf():
            of = "; ".join(written(part) for part in condition.of)
            return f"at least {_plain(condition.at_least)} of ({of})"
        case Not():
            return f"not ({written(condition.not_)})"
        case Years():
            count = condition.years
            span = f"{_plain(count.at_least)} of the last {_plain(count.of_last)} years"
            return f"{span}: ({written(count.when)})"
        case Procedures():
            wanted = condition.procedures
            return f"{_plain(wanted.at_least)} procedures: ({written(wanted.when)})"
        case CategoryTest():
            return f"category {condition.category}"
    return "always"


def _operand(test: FactTest) -> str:
    operand = test.operand(test.comparison)
    return ", ".join(map(_plain, operand)) if isinstance(operand, tuple) else _plain(operand)


def _plain(value: object) -> str:
    if isinstance(value, ParameterName):
        return value.parameter
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
