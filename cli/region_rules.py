"""Which values a programme's rules find bad: what an invented region needs to know of any rule.

Only the direction is read from the rule and, where it names one, the limit. Who is on the list is
for the engine alone to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from analysis.conditions import (
    Bottom,
    CategoryTest,
    Condition,
    FactTest,
    Not,
    Order,
    ParameterName,
    parts,
)
from analysis.declared import Declared
from analysis.identification import Identification


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """What is bad of one fact: high or low numbers, on that side of `limit`, or these words."""

    is_high: bool = False
    limit: Decimal | None = None
    words: frozenset[str] = frozenset()
    are_words_bad: bool = True  # else all other words are


Leanings: TypeAlias = Mapping[str, Leaning]
"""Fact → what is bad of it."""

_HIGH, _LOW = {"above", "at_least"}, {"below", "at_most"}
_WORDS, _OTHER_WORDS = {"is", "in"}, {"is_not", "not_in"}
_LIKE_THEIR_SOURCES = {"share", "mean", "procedures", "years"}
"""Measures whose limit is one for what they are made of, too."""


def leanings_of(rules: Identification, condition: Condition) -> Leanings:
    """What makes the condition hold; the first word about a fact counts."""
    found: dict[str, Leaning] = {}
    _walk(rules, condition, found, is_turned=False)
    return found


def avoided(rules: Identification) -> Leanings:
    """What keeps a result from being one, and a school from being judged."""
    exceptions = [
        *(one for measure in rules.measures.values() for one in measure.unless),
        *rules.protections,
        *(one for category in rules.categories.values() for one in category.unless),
    ]
    found: dict[str, Leaning] = {}
    for one in exceptions:
        _walk(rules, one.when, found, is_turned=False)
    return found


def whole_of(rules: Identification) -> Mapping[str, str]:
    """Part → its whole, by the measures that are shares."""
    found = {}
    for measure in rules.measures.values():
        if measure.share is not None and measure.of is not None:
            found[measure.share] = measure.of
    return found


def _walk(
    rules: Identification, condition: Declared, found: dict[str, Leaning], *, is_turned: bool
) -> None:
    match condition:
        case FactTest():
            _add(rules, condition.fact, _of_test(rules, condition), found, is_turned=is_turned)
        case Bottom():
            body = condition.bottom
            leaning = Leaning(is_high=body.order is Order.DESCENDING)
            _add(rules, body.of, leaning, found, is_turned=is_turned)
            if body.among is not None:
                _walk(rules, body.among, found, is_turned=is_turned)
        case CategoryTest():
            one = rules.categories[condition.category]
            _walk(rules, one.when, found, is_turned=is_turned)
        case _:
            turned = is_turned is not isinstance(condition, Not)
            for _place, part in parts(condition):
                _walk(rules, part, found, is_turned=turned)


def _of_test(rules: Identification, test: FactTest) -> Leaning | None:
    operand = test.operand(test.comparison)
    if isinstance(operand, ParameterName):
        operand = rules.parameters[operand.parameter].value
    if test.comparison in _HIGH | _LOW:
        return Leaning(is_high=test.comparison in _HIGH, limit=Decimal(str(operand)))
    if test.comparison in _WORDS | _OTHER_WORDS:
        said = operand if isinstance(operand, tuple) else (operand,)
        return Leaning(words=frozenset(map(str, said)), are_words_bad=test.comparison in _WORDS)
    return None


def _add(
    rules: Identification,
    fact: str,
    leaning: Leaning | None,
    found: dict[str, Leaning],
    *,
    is_turned: bool,
) -> None:
    """Of a measure, the facts that it is made of lean; a limit holds for a share and a mean."""
    if leaning is None:
        return
    if is_turned:
        leaning = replace(
            leaning, is_high=not leaning.is_high, are_words_bad=not leaning.are_words_bad
        )
    measure = rules.measures.get(fact)
    if measure is None:
        found.setdefault(fact, leaning)
        return
    sources = measure.sources[:1] if measure.form == "share" else measure.sources
    if measure.form not in _LIKE_THEIR_SOURCES:
        leaning = replace(leaning, limit=None)
    for one in sources:
        _add(rules, one, leaning, found, is_turned=False)
