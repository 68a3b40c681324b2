"""Who is reminded how long before and after a deadline. Pure: a ladder and a day in, rungs out."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from opora.errors import BeyondHorizon
from opora.words import Sentence
from schedules.working_calendar import PROLONG, WorkingCalendar

FARTHEST_RUNG = 366


class Audience(StrEnum):
    """Whom a rung speaks to; who that is for a case is found when the letter is written."""

    ASSIGNEE = "assignee"
    APPROVER = "approver"
    CURATOR = "curator"
    COORDINATOR = "coordinator"
    OPERATOR = "operator"
    HEAD = "head"
    SUBSTITUTE = "substitute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One reminder: working or calendar days before (negative), on (0) or after the deadline."""

    key: str
    audience: tuple[Audience, ...]
    working_days: int | None = None
    calendar_days: int | None = None
    escalation: bool = False

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        problem = None
        if not self.key.strip():
            problem = Sentence("a rung needs a `key`")
        elif not self.audience or len(set(self.audience)) < len(self.audience):
            problem = Sentence(
                "the rung “{key}” needs an `audience`, each word once", {"key": self.key}
            )
        elif (self.working_days is None) == (self.calendar_days is None):
            problem = Sentence(
                "the rung “{key}” needs one of `working_days` and `calendar_days`",
                {"key": self.key},
            )
        elif abs(self.distance) > FARTHEST_RUNG:
            problem = Sentence(
                "the rung “{key}” lies more than {most} days from the deadline",
                {"key": self.key, "most": str(FARTHEST_RUNG)},
            )
        if problem is not None:
            raise ValueError(problem)

    @property
    def distance(self) -> int:
        """Days from the deadline, negative before it."""
        return (self.calendar_days if self.working_days is None else self.working_days) or 0


Ladder = tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class DueRung:
    """A rung whose day has come; `missed` when that day was before today."""

    rung: Rung
    day: date
    missed: bool


def day_of_rung(rung: Rung, due_on: date, calendar: WorkingCalendar) -> date:
    """The worked day of the rung: early reminders move back, the others forward.

    Raises BeyondHorizon where the calendar does not know that day yet.
    """
    if rung.working_days is None:
        day = calendar.plus_calendar_days(due_on, rung.distance)
    else:
        day = calendar.plus_working_days(due_on, rung.distance)
    return calendar.previous_working(day) if rung.distance < 0 else calendar.next_working(day)


def rungs_due(
    ladder: Ladder, due_on: date, *, opened_on: date, on: date, calendar: WorkingCalendar
) -> tuple[DueRung, ...]:
    """Every rung whose day has come by `on`, in the order of their days.

    Rungs before `opened_on` never applied. What was claimed already is for the caller to leave out.
    """
    days = _days_of(ladder, due_on, calendar)
    _refuse_unknown(days, on, calendar)
    return tuple(
        DueRung(rung, day, missed=day < on) for day, rung in days if opened_on <= day <= on
    )


def next_rung_day(
    ladder: Ladder, due_on: date, *, after: date, calendar: WorkingCalendar
) -> date | None:
    """The first day after `after` that has a rung; None when none is left.

    A rung beyond the horizon answers with the first unknown day: by then the calendar has to be
    longer, and the round that looks again will know.
    """
    days = _days_of(ladder, due_on, calendar)
    _refuse_unknown(days, after, calendar)
    return next((day for day, _ in days if day > after), None)


def _refuse_unknown(
    days: tuple[tuple[date, Rung], ...], on: date, calendar: WorkingCalendar
) -> None:
    """Past the horizon a rung may hide in days that nobody knows: refuse, and lose nothing."""
    horizon = calendar.definition.horizon
    if on > horizon and days and days[-1][0] > horizon:
        raise BeyondHorizon(horizon=horizon, day=on, cure=PROLONG)


@lru_cache(maxsize=16384)
def _days_of(
    ladder: Ladder, due_on: date, calendar: WorkingCalendar
) -> tuple[tuple[date, Rung], ...]:
    days = ((_day_or_unknown(rung, due_on, calendar), rung) for rung in ladder)
    return tuple(sorted(days, key=lambda pair: pair[0]))


def _day_or_unknown(rung: Rung, due_on: date, calendar: WorkingCalendar) -> date:
    try:
        return day_of_rung(rung, due_on, calendar)
    except BeyondHorizon:
        return calendar.definition.horizon + timedelta(days=1)
