"""What a kept ground says to people: its line, in the notation of the rule, as a sentence."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from analysis.conditions import Bottom, CategoryTest, FactTest, parts
from analysis.declared import Declared
from analysis.identification import Identification
from analysis.looking import Look
from analysis.notation import tested, written
from analysis.phrasing import Speaker, ValueWords
from analysis.school_facts import SchoolFacts
from analysis.weighing import weigh
from opora.words import Sentence

_PLACE = re.compile(
    r"(?P<rule>.+): place (?P<own>[\d.]+) of (?P<ranked>\d+), the limit is (?P<limit>\d+)"
)


class GroundWords:
    """The conditions of a programme, found again by the line that a ground keeps."""

    def __init__(self, rules: Identification, values: ValueWords) -> None:
        self._rules = rules
        self._values = values
        self._known: dict[str | None, Mapping[str, Sentence]] = {}

    def said(self, rule: str, group: str | None) -> Sentence | str:
        """With the limits of the peer group; a line that these rules do not know stays as it is."""
        if group not in self._known:
            self._known[group] = dict(self._lines(group))
        known = self._known[group]
        placed = _PLACE.fullmatch(rule)
        if placed is None or placed["rule"] not in known:
            return known.get(rule, rule)
        return Sentence(
            "{what}: place {own} of {ranked}, places up to {limit} count",
            {
                "what": known[placed["rule"]],
                "own": Decimal(placed["own"]),
                "ranked": placed["ranked"],
                "limit": placed["limit"],
            },
        )

    def _lines(self, group: str | None) -> Iterator[tuple[str, Sentence]]:
        nobody = SchoolFacts(school="", territory="")
        look = Look(rules=self._rules, school=nobody, year=0, weigh=weigh, group=group)
        speaker = Speaker(look, self._values)
        for category in self._rules.categories.values():
            for condition in _inside(category.when):
                yield _line(look, condition), speaker.said(condition)


def _inside(condition: Declared) -> Iterator[Declared]:
    yield condition
    if isinstance(condition, Bottom | CategoryTest):  # what they are made of is no ground itself
        return
    for _, part in parts(condition):
        yield from _inside(part)


def _line(look: Look, condition: Declared) -> str:
    if not isinstance(condition, FactTest):
        return written(condition)
    operand = condition.operand(condition.comparison)
    return tested(condition, operand if isinstance(operand, tuple) else look.settled(operand))
