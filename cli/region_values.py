"""Values of an invented school's facts: bad where the school is to be in trouble, calm everywhere else."""

import random
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from analysis.identification import FactType, Identification
from cli.region_rules import Leaning, Leanings, whole_of
from programmes.import_profiles import REQUIRED, Column, ImportProfile

_TEXTS = ("5", "A", "KG:5", "5-9", "A1", "123456")
"""Words for a column of any text; the first that its pattern takes."""

_YES_RARELY, _BLANK_RARELY = 0.15, 0.02
_STIR = 0.02
_FEWEST, _MOST = 40, 95  # of what is only counted
_YEARS_FROM = Decimal(1900)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Draws values. `leanings`: category → what its rule finds bad; `avoided` is drawn by nobody."""

    rules: Identification
    leanings: Mapping[str, Leanings]
    avoided: Leanings
    chance: random.Random

    def cells(
        self, profile: ImportProfile, school: str, troubles: Collection[str], *, year: int
    ) -> dict[str, str]:
        """Column → text, of one row."""
        drawn: dict[str, str] = {}
        found: dict[str, str] = {}
        wholes = whole_of(self.rules)
        columns = [one for one in profile.columns if one.fact and _holds_in(one, year)]
        for one in sorted(columns, key=lambda column: column.fact in wholes):
            fact = one.fact or ""
            if fact not in drawn:
                whole = drawn.get(wholes.get(fact, ""))
                drawn[fact] = self._drawn(one, school, troubles, whole)
            found[one.column] = _raw(one, drawn[fact])
        return found

    def _drawn(
        self, column: Column, school: str, troubles: Collection[str], whole: str | None
    ) -> str:
        """The value as the programme means it; an empty text where nothing is said."""
        fact = column.fact or ""
        leaning, is_bad = self._leaning(fact, troubles)
        may_be_blank = column.blank not in {None, REQUIRED} and not is_bad
        if may_be_blank and self.chance.random() < _BLANK_RARELY:
            return ""
        if whole:
            return self._part(int(whole), leaning, is_bad=is_bad)
        if column.type.is_number:
            return self._number(column, school, leaning, is_bad=is_bad)
        return self._word(column, leaning, is_bad=is_bad)

    def _leaning(self, fact: str, troubles: Collection[str]) -> tuple[Leaning | None, bool]:
        for key, leanings in self.leanings.items():
            if key in troubles and fact in leanings:
                return leanings[fact], True
        if fact in self.avoided:
            return self.avoided[fact], False
        every = (leanings[fact] for leanings in self.leanings.values() if fact in leanings)
        return next(every, None), False

    def _part(self, whole: int, leaning: Leaning | None, *, is_bad: bool) -> str:
        """A number of pupils out of `whole`."""
        limit = float(leaning.limit) if leaning and leaning.limit is not None else 0.5
        is_high = leaning.is_high if leaning else False
        low, high = _span(limit, 0.0, 1.0, is_high=is_high, is_bad=is_bad)
        return str(min(whole, max(0, round(whole * self.chance.uniform(low, high)))))

    def _number(self, column: Column, school: str, leaning: Leaning | None, *, is_bad: bool) -> str:
        """What is measured stays nearly the same from year to year; what is counted changes."""
        is_whole = column.type is FactType.INTEGER
        bounds = self._bounds(column)
        low, high = bounds
        if leaning is not None:
            limit = float(leaning.limit) if leaning.limit is not None else (low + high) / 2
            low, high = _span(limit, *bounds, is_high=leaning.is_high, is_bad=is_bad)
        elif not is_whole:
            low, high = low + (high - low) * 0.2, low + (high - low) * 0.6
        if is_whole:
            return str(round(self.chance.uniform(low, high)))
        steady = random.Random(f"{school}:{column.fact}")  # noqa: S311  the same each year
        value = steady.uniform(low, high) + self.chance.uniform(-_STIR, _STIR) * (high - low)
        text = f"{min(max(value, bounds[0]), bounds[1]):.2f}"
        return text.replace(".", ",") if column.decimal_comma else text

    def _bounds(self, column: Column) -> tuple[float, float]:
        """What the number can be; what is only counted is a few dozen."""
        fact = self.rules.facts[column.fact or ""]
        low = column.minimum if column.minimum is not None else fact.minimum
        high = column.maximum if column.maximum is not None else fact.maximum
        if column.type is FactType.INTEGER and (high is None or high > 1000):  # noqa: PLR2004
            least = float(low or 0)
            return max(_FEWEST, least), max(_MOST, least)
        return float(low if low is not None else 0), float(high if high is not None else 100)

    def _word(self, column: Column, leaning: Leaning | None, *, is_bad: bool) -> str:
        values = _vocabulary(self.rules, column)
        if not values:
            if column.pattern is None:
                return _TEXTS[0]
            return next((one for one in _TEXTS if re.fullmatch(column.pattern, one)), "")
        if leaning is not None and leaning.words:
            wanted = leaning.are_words_bad is is_bad
            fit = [one for one in values if (one in leaning.words) is wanted]
            return self.chance.choice(fit or values)
        if column.type is FactType.YES_NO:
            return "yes" if self.chance.random() < _YES_RARELY else "no"
        return self.chance.choice(values)


def _holds_in(column: Column, year: int) -> bool:
    """A place on the map is not invented, nor a year in which something happened."""
    since, until = column.since or year, column.until or year
    least = column.minimum if column.optional and column.minimum is not None else Decimal(0)
    return since <= year <= until and Decimal(0) <= least < _YEARS_FROM


def _vocabulary(rules: Identification, column: Column) -> list[str]:
    if isinstance(column.words, dict):
        return list(dict.fromkeys(map(str, column.words.values())))
    if column.words is not None:
        return list(column.words)
    if column.type is FactType.YES_NO:
        return ["yes", "no"]
    return [str(one) for one in rules.facts[column.fact or ""].values]


def _raw(column: Column, value: str) -> str:
    """The first raw word that means the value."""
    if isinstance(column.words, dict):
        return next((raw for raw, kept in column.words.items() if str(kept) == value), value)
    return value


def _span(
    limit: float, low: float, high: float, *, is_high: bool, is_bad: bool
) -> tuple[float, float]:
    """From … to: beyond the limit where it is bad, well on this side of it elsewhere."""
    if is_high is is_bad:
        room = high - limit
        return (
            (limit + room * 0.06, limit + room * 0.4)
            if is_bad
            else (
                limit + room * 0.15,
                limit + room * 0.7,
            )
        )
    room = limit - low
    return (limit - room * 0.4, limit - room * 0.06) if is_bad else (low, low + room * 0.4)
