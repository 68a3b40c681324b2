"""Each period runs once or is reported as passed over, whatever the clocks and the outages do."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from schedules.timetable import (
    MOST_LISTED,
    TIMETABLE,
    Due,
    Entry,
    Misfire,
    begins,
    cron,
    cron_zone,
    entry,
    periods_due,
)

BERLIN = ZoneInfo("Europe/Berlin")
ROUND = entry("daily_round")
DELIVERY = entry("delivery")
AT_NIGHT = replace(ROUND, daily_at=time(2, 30))


def test_the_round_is_due_from_its_hour_on_and_once_a_day():
    before, after = (datetime(2026, 11, 23, hour, tzinfo=BERLIN) for hour in (5, 6))
    assert periods_due(ROUND, last="2026-11-22", at=before, zone=BERLIN) == Due()
    due = periods_due(ROUND, last="2026-11-22", at=after, zone=BERLIN)
    assert due == Due(run=("2026-11-23",))
    assert periods_due(ROUND, last="2026-11-23", at=after, zone=BERLIN) == Due()


def test_without_a_last_run_only_the_current_period_counts():
    at = datetime(2026, 11, 23, 10, 5, 59, tzinfo=UTC)
    assert periods_due(ROUND, last=None, at=at, zone=BERLIN) == Due(run=("2026-11-23",))
    assert periods_due(DELIVERY, last=None, at=at, zone=BERLIN) == Due(run=("2026-11-23T10:05Z",))


def test_a_clock_set_back_makes_nothing_due():
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert periods_due(ROUND, last="2026-11-25", at=at, zone=BERLIN) == Due()
    assert periods_due(DELIVERY, last="2026-11-23T11:00Z", at=at, zone=BERLIN) == Due()


def test_once_runs_the_latest_for_all_that_were_missed():
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    due = periods_due(ROUND, last="2026-11-20", at=at, zone=BERLIN)
    assert due == Due(("2026-11-23",), ("2026-11-21", "2026-11-22"), 2)


def test_each_runs_every_missed_period_that_is_young_enough():
    each = replace(ROUND, misfire=Misfire.EACH, max_age=timedelta(days=2))
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    due = periods_due(each, last="2026-11-19", at=at, zone=BERLIN)
    assert due == Due(("2026-11-22", "2026-11-23"), ("2026-11-20", "2026-11-21"), 2)


def test_skip_runs_only_the_current_minute_and_counts_the_rest():
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    due = periods_due(DELIVERY, last="2026-08-25T10:00Z", at=at, zone=BERLIN)
    assert due.run == ("2026-11-23T10:00Z",)
    assert due.skipped_count == 90 * 24 * 60 - 1
    assert len(due.skipped) == MOST_LISTED
    assert due.skipped[-1] == "2026-11-23T09:59Z"


def test_a_period_that_is_too_old_is_passed_over_and_said_so():
    late = replace(ROUND, misfire=Misfire.SKIP, max_age=timedelta(hours=2))
    at = datetime(2026, 11, 23, 15, tzinfo=BERLIN)
    due = periods_due(late, last="2026-11-22", at=at, zone=BERLIN)
    assert due == Due((), ("2026-11-23",), 1)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize("work", [ROUND, AT_NIGHT, entry("nightly_verification")])
def test_daily_work_runs_once_a_date_though_the_clocks_change(day, work):
    at = datetime.combine(day - timedelta(days=1), time(0), tzinfo=UTC)
    last, runs = (day - timedelta(days=2)).isoformat(), []
    for _ in range(3 * 24 * 12):
        due = periods_due(work, last=last, at=at, zone=BERLIN)
        assert due.skipped == ()
        for period in due.run:
            assert at >= begins(work, period, BERLIN)
            runs.append(last := period)
        at += timedelta(minutes=5)
    assert runs == sorted(set(runs))
    assert {(day + timedelta(days=n)).isoformat() for n in (-1, 0, 1)} <= set(runs)


def test_an_hour_that_the_clocks_leave_out_still_has_its_run():
    assert begins(AT_NIGHT, "2026-03-29", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert begins(AT_NIGHT, "2026-10-25", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_that_a_place_never_lived_is_no_period():
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    each = replace(ROUND, misfire=Misfire.EACH, max_age=timedelta(days=9))
    at = datetime(2011, 12, 31, 12, tzinfo=apia)
    due = periods_due(each, last="2011-12-28", at=at, zone=apia)
    assert due == Due(run=("2011-12-29", "2011-12-31"))


@given(
    misfire=st.sampled_from(Misfire),
    daily=st.booleans(),
    start=st.integers(0, 334 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    gaps=st.lists(st.integers(0, 60 * 24 * 3), min_size=1, max_size=8),
)
def test_every_period_is_either_run_or_passed_over_exactly_once(misfire, daily, start, gaps):
    base = ROUND if daily else replace(DELIVERY, every=timedelta(minutes=30))
    work = replace(base, misfire=misfire, max_age=timedelta(days=2))
    seen: list[str] = list(periods_due(work, last=None, at=start, zone=BERLIN).run)
    at = start
    for gap in gaps:
        at += timedelta(minutes=gap)
        due = periods_due(work, last=seen[-1], at=at, zone=BERLIN)
        assert due.skipped_count == len(due.skipped)
        assert len(due.run) <= 1 or misfire is Misfire.EACH
        seen += [*due.skipped, *due.run]
    moments = [begins(work, period, BERLIN) for period in seen]
    longest = timedelta(hours=25) if daily else timedelta(minutes=30)
    for one, two in itertools.pairwise(moments):
        assert timedelta() < two - one <= longest
    assert at - moments[-1] < longest


def test_each_entry_is_a_cron_line_in_a_named_zone():
    lines = {work.key: (cron(work), cron_zone(work, BERLIN)) for work in TIMETABLE}
    assert lines == {
        "daily_round": ("0 6 * * *", "Europe/Berlin"),
        "delivery": ("* * * * *", "UTC"),
        "reconcile": ("* * * * *", "UTC"),
        "nightly_verification": ("0 3 * * *", "Europe/Berlin"),
        "returned_letters": ("*/10 * * * *", "UTC"),
        "nightly_backup": ("0 2 * * *", "Europe/Berlin"),
    }
    assert cron(replace(DELIVERY, every=timedelta(minutes=15))) == "*/15 * * * *"


def test_an_unknown_entry_or_period_is_refused():
    with pytest.raises(NotFound, match="weekly_dance"):
        entry("weekly_dance")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for work, last in ((ROUND, "yesterday"), (DELIVERY, "2026-11-22")):
        with pytest.raises(InputRefused, match="looks like"):
            periods_due(work, last=last, at=at, zone=BERLIN)


@pytest.mark.parametrize(
    "rhythm",
    [
        {},
        {"every": timedelta(minutes=1), "daily_at": time(6)},
        {"every": timedelta(seconds=30)},
        {"every": timedelta(minutes=7)},
        {"every": timedelta(hours=2)},
    ],
)
def test_a_rhythm_that_no_clock_keeps_is_refused(rhythm):
    with pytest.raises(ValueError, match="every"):
        Entry(
            key="k",
            flow="f",
            words=Sentence("w"),
            misfire=Misfire.SKIP,
            max_age=timedelta(days=1),
            **rhythm,
        )
