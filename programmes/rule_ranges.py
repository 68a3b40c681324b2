"""What a value can be at all, and what is left of it after several comparisons."""

from dataclasses import dataclass, field
from decimal import Decimal

from analysis.conditions import FactTest, ParameterName
from analysis.identification import Identification
from opora.words import Sentence


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; None is no end."""

    low: Decimal | None
    high: Decimal | None

    @property
    def sentence(self) -> Sentence:
        """Limits as a file writes them: with a point."""
        told = {"low": str(self.low), "high": str(self.high)}
        if self.low is None:
            return Sentence("at or below {high}", told)
        if self.high is None:
            return Sentence("at or above {low}", told)
        return Sentence("from {low} to {high}", told)


_OF_MEASURES = {
    "share": Range(Decimal(0), Decimal(1)),
    "percentile": Range(Decimal(0), Decimal(100)),
    "rank": Range(Decimal(1), None),
}


def range_of(found: Identification, name: str) -> Range | None:
    """What a fact is declared to lie in, or a measure cannot leave."""
    fact, measure = found.facts.get(name), found.measures.get(name)
    if fact is not None and (fact.minimum is not None or fact.maximum is not None):
        return Range(_decimal(fact.minimum), _decimal(fact.maximum))
    return _OF_MEASURES.get(measure.form) if measure is not None else None


def _decimal(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def holds_never_or_always(comparison: str, value: Decimal, span: Range) -> bool | None:
    """False: no value of the range passes; True: every one does; None: some."""
    low, high = span.low, span.high
    above_all = high is not None and value > high
    at_the_top = high is not None and value >= high
    below_all = low is not None and value < low
    at_the_foot = low is not None and value <= low
    never, always = {
        "below": (at_the_foot, above_all),
        "at_most": (below_all, at_the_top),
        "above": (at_the_top, below_all),
        "at_least": (above_all, at_the_foot),
        "is": (above_all or below_all, False),
        "is_not": (False, above_all or below_all),
    }.get(comparison, (False, False))
    return False if never else True if always else None


@dataclass(slots=True)
class Bounds:
    """What one value may still be after the comparisons seen so far; parameters bound nothing."""

    vocabulary: tuple[object, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False
    only: set[object] | None = None
    never: set[object] = field(default_factory=set)
    known: set[bool] = field(default_factory=set)

    def narrow(self, test: FactTest) -> None:
        operand = test.operand(test.comparison)
        match test.comparison, operand:
            case _, ParameterName():
                return
            case (("is" | "in"), _):
                wanted = set(operand) if isinstance(operand, tuple) else {operand}
                self.only = wanted if self.only is None else self.only & wanted
            case (("is_not" | "not_in"), _):
                self.never |= set(operand) if isinstance(operand, tuple) else {operand}
            case "known", bool():
                self.known.add(operand)
            case (("below" | "at_most"), int() | Decimal()):
                self._cap(Decimal(operand), is_open=test.comparison == "below")
            case (("above" | "at_least"), int() | Decimal()):
                self._lift(Decimal(operand), is_open=test.comparison == "above")
        if test.comparison != "known":
            self.known.add(True)

    @property
    def is_empty(self) -> bool:
        if len(self.known) > 1:
            return True
        if self._is_point_or_less and not (self.low == self.high and self._admits(self.low)):
            return True
        if self.only is not None:
            return not any(self._admits(value) for value in self.only)
        return bool(self.vocabulary) and not set(self.vocabulary) - self.never

    @property
    def _is_point_or_less(self) -> bool:
        return self.low is not None and self.high is not None and self.low >= self.high

    def _admits(self, value: object) -> bool:
        if value in self.never:
            return False
        if isinstance(value, str) or not isinstance(value, int | Decimal):
            return True
        under = (
            self.high is None or value < self.high or (value == self.high and not self.high_open)
        )
        over = self.low is None or value > self.low or (value == self.low and not self.low_open)
        return under and over

    def _cap(self, value: Decimal, *, is_open: bool) -> None:
        if self.high is None or value < self.high or (value == self.high and is_open):
            self.high, self.high_open = value, is_open

    def _lift(self, value: Decimal, *, is_open: bool) -> None:
        if self.low is None or value > self.low or (value == self.low and is_open):
            self.low, self.low_open = value, is_open
