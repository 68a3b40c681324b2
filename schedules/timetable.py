"""The one table of work that comes back by itself, and which of its periods are due at a moment.

Two readers follow it, the embedded clock and Prefect's deployments; both answer to the same
periods, so running both, or neither for a month, changes when work is done, never how often.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from opora.clock import day_of
from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from schedules.working_calendar import in_utc, wall_moment

MOST_LISTED = 400
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MINUTE_FORM = "%Y-%m-%dT%H:%MZ"


class Misfire(StrEnum):
    """What happens to the periods that passed while nothing ran."""

    SKIP = "skip"  # only the current one runs
    ONCE = "once"  # one run, the latest, stands for all
    EACH = "each"  # every one runs, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recurring work: either `every` so many minutes of an hour, or daily at a local time.

    A period older than `max_age` never runs; `flow` names the pass.
    """

    key: str
    flow: str
    words: Sentence
    misfire: Misfire
    max_age: timedelta
    every: timedelta | None = None
    daily_at: time | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.daily_at is None):
            message = f"{self.key}: give either `every` or `daily_at`"
            raise ValueError(message)
        if self.every is not None and (
            not timedelta(minutes=1) <= self.every <= _HOUR
            or self.every % timedelta(minutes=1)
            or _HOUR % self.every
        ):
            message = f"{self.key}: `every` must be whole minutes that divide an hour"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Due:
    """Periods to run, oldest first, and those passed over.

    `skipped` lists at most the latest 400; `skipped_count` counts them all.
    """

    run: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    skipped_count: int = 0


TIMETABLE: tuple[Entry, ...] = (
    Entry(
        key="daily_round",
        flow="daily_round",
        words=Sentence("The morning round: reminders, escalations, digests"),
        daily_at=time(6),
        misfire=Misfire.ONCE,
        max_age=2 * _DAY,
    ),
    Entry(
        key="delivery",
        flow="delivery",
        words=Sentence("Letters that are due leave the house"),
        every=timedelta(minutes=1),
        misfire=Misfire.SKIP,
        max_age=timedelta(minutes=2),
    ),
    Entry(
        key="reconcile",
        flow="reconcile",
        words=Sentence("Work that stopped halfway is taken up again"),
        every=timedelta(minutes=1),
        misfire=Misfire.SKIP,
        max_age=timedelta(minutes=2),
    ),
    Entry(
        key="nightly_verification",
        flow="nightly_verification",
        words=Sentence("The history is checked against the present state"),
        daily_at=time(3),
        misfire=Misfire.ONCE,
        max_age=2 * _DAY,
    ),
    Entry(
        key="returned_letters",
        flow="returned_letters",
        words=Sentence("Letters that came back are read from their mailbox"),
        every=timedelta(minutes=10),
        misfire=Misfire.SKIP,
        max_age=timedelta(minutes=20),
    ),
    Entry(
        key="nightly_backup",
        flow="nightly_backup",
        words=Sentence("A backup is taken, and old ones are removed"),
        daily_at=time(2),
        misfire=Misfire.ONCE,
        max_age=2 * _DAY,
    ),
)


def entry(key: str) -> Entry:
    """The entry of that key; NotFound when there is none."""
    for candidate in TIMETABLE:
        if candidate.key == key:
            return candidate
    raise NotFound(what=Sentence("the timetable's entry"), key=key)


def periods_due(work: Entry, *, last: str | None, at: datetime, zone: ZoneInfo) -> Due:
    """What of `work` is to run at `at`, when `last` was the last period run or passed over.

    A daily period is a local date, exactly once however clocks change; others are UTC minutes.
    Without `last` only the current period counts. A clock set back makes nothing due.
    """
    at = in_utc(at)
    current = _period_at(work, at, zone)
    first = current if last is None else _number(work, last) + 1
    if first > current:
        return Due()
    oldest = _oldest_to_run(work, current, at, zone)
    chosen = range(max(first, oldest), current + 1)
    run = tuple(_key(work, n) for n in chosen if _exists(work, n, zone))
    passed = range(first, max(first, oldest))
    listed = [n for n in passed[-MOST_LISTED:] if _exists(work, n, zone)]
    missing = len(passed[-MOST_LISTED:]) - len(listed)
    return Due(run, tuple(_key(work, n) for n in listed), len(passed) - missing)


def cron(work: Entry) -> str:
    """The entry as a cron line, to be read in `cron_zone`."""
    if work.daily_at is not None:
        return f"{work.daily_at.minute} {work.daily_at.hour} * * *"
    minutes = _every(work) // timedelta(minutes=1)
    return {1: "* * * * *", 60: "0 * * * *"}.get(minutes, f"*/{minutes} * * * *")


def cron_zone(work: Entry, zone: ZoneInfo) -> str:
    """Name of the zone that the cron line is meant in: the region's for daily work, else UTC."""
    return zone.key if work.daily_at is not None else "UTC"


def begins(work: Entry, period: str, zone: ZoneInfo) -> datetime:
    """The moment from which `period` may run, in UTC."""
    return _begins(work, _number(work, period), zone)


def _oldest_to_run(work: Entry, current: int, at: datetime, zone: ZoneInfo) -> int:
    """Number of the oldest period that policy and age still let run; beyond `current` when none."""
    if work.misfire is not Misfire.EACH:
        fresh = at - _begins(work, current, zone) <= work.max_age
        return current if fresh else current + 1
    oldest = current + 1
    while oldest > 0 and at - _begins(work, oldest - 1, zone) <= work.max_age:
        oldest -= 1
    return oldest


def _period_at(work: Entry, at: datetime, zone: ZoneInfo) -> int:
    """Number of the latest period that has begun at `at`."""
    if work.daily_at is None:
        return int(at.timestamp()) // int(_every(work).total_seconds())
    today = day_of(at, zone).toordinal()
    return today if at >= _begins(work, today, zone) else today - 1


def _begins(work: Entry, number: int, zone: ZoneInfo) -> datetime:
    if work.daily_at is None:
        return datetime.fromtimestamp(number * int(_every(work).total_seconds()), UTC)
    return wall_moment(date.fromordinal(number), work.daily_at, zone)


def _exists(work: Entry, number: int, zone: ZoneInfo) -> bool:
    """Whether the period ever was: a place that changes sides of the date line leaves out a day."""
    if work.daily_at is None:
        return True
    return day_of(_begins(work, number, zone), zone).toordinal() == number


def _number(work: Entry, period: str) -> int:
    try:
        if work.daily_at is not None:
            return date.fromisoformat(period).toordinal()
        moment = datetime.strptime(period, _MINUTE_FORM).replace(tzinfo=UTC)
    except ValueError:
        cure = Sentence(
            "A period of “{key}” looks like {form}.",
            {"key": work.key, "form": _FORMS[work.daily_at is None]},
        )
        raise InputRefused(field="period", value=period, cure=cure) from None
    return int(moment.timestamp()) // int(_every(work).total_seconds())


_FORMS = {False: "2026-11-22", True: "2026-11-22T10:05Z"}


def _key(work: Entry, number: int) -> str:
    if work.daily_at is not None:
        return date.fromordinal(number).isoformat()
    return datetime.fromtimestamp(number * int(_every(work).total_seconds()), UTC).strftime(
        _MINUTE_FORM
    )


def _every(work: Entry) -> timedelta:
    return work.every or _DAY
