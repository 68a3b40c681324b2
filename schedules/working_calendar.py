"""Which days are worked, why the others are not, and when a person may be written to."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NoReturn
from zoneinfo import ZoneInfo

from opora.clock import day_of
from opora.errors import BeyondHorizon, InputRefused
from opora.words import Sentence, Words
from schedules.calendar_definition import CalendarDefinition, NamedDays, hour
from schedules.official_days import official_days

__all__ = [
    "PROLONG",
    "CalendarDefinition",
    "NamedDays",
    "WorkingCalendar",
    "in_utc",
    "next_sending_moment",
    "wall_moment",
]

PROLONG = Sentence(
    "Prolong “horizon” in the programme's calendar once the next days off are decreed."
)
BEGIN_EARLIER = "The calendar begins on {since}: set an earlier “since” in the programme."


@dataclass(frozen=True, slots=True)
class _Days:
    """All days of one definition: worked ones as sorted ordinals, the others with names."""

    working: tuple[int, ...]
    off: Mapping[int, Words]
    school_holidays: Mapping[int, Words]
    quiet: Mapping[int, Words]


@lru_cache(maxsize=64)
def _days(definition: CalendarDefinition) -> _Days:
    official = official_days(definition)
    off = {day.toordinal(): words for day, words in official.off.items()}
    own = _by_ordinal(definition.off)
    works = official.work | {day for span in definition.work for day in span.days()}
    worked = {day.toordinal() for day in works} - own.keys()
    span = range(definition.since.toordinal(), definition.horizon.toordinal() + 1)
    named: dict[int, Words] = {}
    for ordinal in span:
        weekend = (ordinal - 1) % 7 in official.weekend  # ordinal 1 was a Monday
        if ordinal in own:
            named[ordinal] = own[ordinal]
        elif ordinal not in worked and (ordinal in off or weekend):
            named[ordinal] = off.get(ordinal, definition.weekend)
    return _Days(
        working=tuple(ordinal for ordinal in span if ordinal not in named),
        off=named,
        school_holidays=_by_ordinal(definition.school_holidays),
        quiet=_by_ordinal(definition.quiet_days),
    )


def _by_ordinal(spans: tuple[NamedDays, ...]) -> dict[int, Words]:
    return {day.toordinal(): span.words for span in spans for day in span.days()}


class WorkingCalendar:
    """Arithmetic on working days. A day after the horizon raises BeyondHorizon, everywhere."""

    __slots__ = ("_days", "_hash", "definition")

    def __init__(self, definition: CalendarDefinition) -> None:
        self.definition = definition
        self._days = _days(definition)
        self._hash = hash(definition)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WorkingCalendar):
            return NotImplemented
        return self is other or self.definition == other.definition

    def is_working(self, day: date) -> bool:
        """Whether people work on `day`."""
        return self._known(day) not in self._days.off

    def why_off(self, day: date) -> Words | None:
        """The name of what makes `day` a day off; None on a working day."""
        return self._days.off.get(self._known(day))

    def school_holiday(self, day: date) -> Words | None:
        """The name of the school holidays that `day` belongs to, if any."""
        return self._days.school_holidays.get(self._known(day))

    def is_quiet(self, day: date) -> bool:
        """Whether the programme wants nobody written to on `day`."""
        return self._known(day) in self._days.quiet

    def next_working(self, day: date) -> date:
        """`day` itself when it is worked, else the next day that is."""
        return day if self.is_working(day) else self.plus_working_days(day, 1)

    def previous_working(self, day: date) -> date:
        """`day` itself when it is worked, else the last day before it that is."""
        return day if self.is_working(day) else self.plus_working_days(day, -1)

    def plus_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it when n < 0); n = 0 is `day` itself."""
        ordinal = self._known(day)
        if n == 0:
            return day
        working = self._days.working
        place = (
            bisect_right(working, ordinal) + n - 1 if n > 0 else bisect_left(working, ordinal) + n
        )
        if place >= len(working):
            self._refuse_beyond(self.definition.horizon.toordinal() + place - len(working) + 1)
        if place < 0:
            self._refuse_before(self.definition.since.toordinal() + place)
        return date.fromordinal(working[place])

    def plus_calendar_days(self, day: date, n: int) -> date:
        """The day `n` days after `day` (before it when n < 0), worked or not."""
        ordinal = self._known(day) + n
        if ordinal > self.definition.horizon.toordinal():
            self._refuse_beyond(ordinal)
        if ordinal < self.definition.since.toordinal():
            self._refuse_before(ordinal)
        return date.fromordinal(ordinal)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to `end`, `end` included; negative when `end` is earlier.

        So `plus_working_days(start, working_days_between(start, end)) == end` for a worked `end`.
        """
        first, last = self._known(start), self._known(end)
        find = bisect_right if first <= last else bisect_left
        return find(self._days.working, last) - find(self._days.working, first)

    def _known(self, day: date) -> int:
        """The ordinal of a day that the calendar knows."""
        ordinal = day.toordinal()
        if day > self.definition.horizon:
            self._refuse_beyond(ordinal)
        if day < self.definition.since:
            self._refuse_before(ordinal)
        return ordinal

    def _refuse_beyond(self, ordinal: int) -> NoReturn:
        day = date.fromordinal(min(ordinal, date.max.toordinal()))
        raise BeyondHorizon(horizon=self.definition.horizon, day=day, cure=PROLONG)

    def _refuse_before(self, ordinal: int) -> NoReturn:
        cure = Sentence(BEGIN_EARLIER, {"since": self.definition.since})
        raise InputRefused(field="day", value=date.fromordinal(max(ordinal, 1)), cure=cure)


Start = Literal["hours", "digest"]


def next_sending_moment(
    calendar: WorkingCalendar, at: datetime, zone: ZoneInfo, start: Start = "hours"
) -> datetime:
    """The first moment not before `at` when a letter may reach a person in `zone`, in UTC.

    That is a worked day, not quiet, from the opening hour (or the digest hour) until closing.
    """
    hours = calendar.definition.hours
    asked = in_utc(at)
    opens = hours.opens if start == "hours" else hour(calendar.definition.digest_hour)
    day = day_of(asked, zone)
    while True:
        day = calendar.next_working(day)
        moment = max(asked, wall_moment(day, opens, zone))
        inside = moment < wall_moment(day, hours.closes, zone) and day_of(moment, zone) == day
        if inside and not calendar.is_quiet(day):
            return moment
        day += timedelta(days=1)


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC; one without a zone raises ValueError."""
    if at.tzinfo is None:
        message = f"a naive moment says nothing: {at!r}"
        raise ValueError(message)
    return at.astimezone(UTC)


def wall_moment(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """When the clocks of `zone` first show `clock_time` on `day`, in UTC.

    A time that summer time leaves out counts as the moment an hour of clock time later.
    """
    return datetime.combine(day, clock_time, tzinfo=zone).astimezone(UTC)
