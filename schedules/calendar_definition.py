"""What a programme says of its calendar: country, week, its own days off and at work, hours."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Literal, NoReturn

import holidays

from opora.words import Sentence, Words

LONGEST_SPAN = timedelta(days=366)
LONGEST_CALENDAR = timedelta(days=40 * 366)


def _yaml_name(name: str) -> str:
    return name.rstrip("_")  # `from` is no name in Python


YAML_FORM = {"alias_generator": _yaml_name, "validate_by_name": True, "extra": "forbid"}
"""How pydantic reads these dataclasses from a programme's files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDays:
    """One day (`on`) or a span (`from_`, `until`), its name, and the act that says so."""

    words: Words = field(hash=False)
    on: date | None = None
    from_: date | None = None
    until: date | None = None
    source: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = YAML_FORM

    def __post_init__(self) -> None:
        span = (self.from_ is None, self.until is None)
        if span != ((True, True) if self.on else (False, False)):
            _refuse(Sentence("give either `on`, or both `from` and `until`"))
        if not timedelta() <= self.last - self.first <= LONGEST_SPAN:
            _refuse(
                Sentence(
                    "`until` must lie 0 to {days} days after `from`",
                    {"days": str(LONGEST_SPAN.days)},
                )
            )

    @property
    def first(self) -> date:
        """The first day of the span."""
        return self.on or self.from_ or date.min

    @property
    def last(self) -> date:
        """The last day of the span, which belongs to it."""
        return self.on or self.until or date.min

    def days(self) -> Iterator[date]:
        """Every day of the span."""
        for distance in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=distance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From when until when people may be written to, as "HH:MM" in the region's zone.

    Texts, because YAML reads an unquoted 18:00 as the number 1080: to be refused, not guessed.
    """

    from_: str = "09:00"
    until: str = "18:00"

    __pydantic_config__: ClassVar[dict[str, Any]] = YAML_FORM

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            _refuse(Sentence("`until` must be later than `from`"))

    @property
    def opens(self) -> time:
        """The first minute of the working day."""
        return hour(self.from_)

    @property
    def closes(self) -> time:
        """The first minute after the working day."""
        return hour(self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDefinition:
    """A country's official calendar with the region's own days, known from `since` to `horizon`.

    `off` and `work` go before the official days; `weekend` names an ordinary day off.
    """

    country: str
    subdivision: str | None = None
    week: Literal[5, 6] = 5
    since: date = date(2018, 1, 1)
    horizon: date
    off: tuple[NamedDays, ...] = ()
    work: tuple[NamedDays, ...] = ()
    school_holidays: tuple[NamedDays, ...] = ()
    quiet_days: tuple[NamedDays, ...] = ()
    hours: Hours = field(default_factory=Hours)
    digest_hour: str = "08:00"
    weekend: Words = field(
        default_factory=lambda: {"ru": "выходной день", "en": "weekend"}, hash=False
    )

    __pydantic_config__: ClassVar[dict[str, Any]] = YAML_FORM

    def __post_init__(self) -> None:
        if self.week not in (5, 6):
            _refuse(Sentence("`week` is 5 or 6 days"))
        if not timedelta() <= self.horizon - self.since <= LONGEST_CALENDAR:
            _refuse(Sentence("`horizon` must lie after `since`, by no more than forty years"))
        if not hour(self.digest_hour) < self.hours.closes:
            _refuse(Sentence("`digest_hour` must be earlier than `hours: until`"))
        self._check_country()
        both = {day for span in self.off for day in span.days()} & {
            day for span in self.work for day in span.days()
        }
        if both:
            _refuse(
                Sentence(
                    "{day} is both in `off` and in `work`: leave one of them out",
                    {"day": str(min(both))},
                )
            )

    def _check_country(self) -> None:
        subdivisions = _countries().get(self.country)
        if subdivisions is None:
            _refuse(
                Sentence(
                    "no official calendar is known for the country “{country}”; e.g. RU or US",
                    {"country": self.country},
                )
            )
        elif self.subdivision is not None and self.subdivision not in subdivisions:
            _refuse(
                Sentence(
                    "the calendar of {country} knows no subdivision “{subdivision}”;"
                    " leave it out and list the region's days in `off`",
                    {"country": self.country, "subdivision": self.subdivision},
                )
            )


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries()


def hour(text: str) -> time:
    """The time of day that "HH:MM" says; anything else raises ValueError."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or text != f"{found:%H:%M}":
        _refuse(
            Sentence(
                '“{text}” is no time of day: write it like "09:00", in quotation marks',
                {"text": text},
            )
        )
    return found


def _refuse(problem: Sentence) -> NoReturn:
    raise ValueError(problem)
