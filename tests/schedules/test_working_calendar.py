"""Working days are the official ones, moved days included; nothing is guessed past the horizon."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from opora.errors import BeyondHorizon, InputRefused
from opora.words import in_language
from schedules.calendar_definition import CalendarDefinition, Hours, NamedDays
from schedules.official_days import years_without_decree
from schedules.working_calendar import WorkingCalendar, next_sending_moment

HORIZON = date(2027, 12, 31)
RUSSIA = WorkingCalendar(CalendarDefinition(country="RU", horizon=HORIZON))
MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
days = st.dates(date(2018, 2, 1), date(2027, 11, 30))


def russia(**fields):
    return WorkingCalendar(CalendarDefinition(country="RU", horizon=HORIZON, **fields))


def name_of(calendar, day, language):
    return in_language(calendar.why_off(day) or {}, language)


@pytest.mark.parametrize(
    ("year", "worked"),
    [(2021, 247), (2022, 247), (2023, 247), (2024, 248), (2025, 247), (2026, 247)],
)
def test_a_year_has_as_many_working_days_as_its_decree_says(year, worked):
    assert RUSSIA.working_days_between(date(year, 1, 1), date(year, 12, 31)) == worked


def test_a_moved_day_is_off_and_says_what_it_stands_for():
    assert RUSSIA.is_working(date(2024, 4, 27))
    assert not RUSSIA.is_working(date(2024, 4, 29))
    assert name_of(RUSSIA, date(2024, 4, 29), "ru") == "Выходной (перенесено с 27.04.2024)"


def test_a_day_off_has_a_name_in_both_languages_and_a_working_day_has_none():
    assert RUSSIA.why_off(date(2026, 3, 8)) == {
        "ru": "Международный женский день",
        "en": "International Women's Day",
    }
    assert name_of(RUSSIA, date(2026, 11, 21), "en") == "weekend"
    assert RUSSIA.why_off(date(2026, 11, 23)) is None


def test_in_a_six_day_week_saturdays_are_worked_and_move_no_day():
    six = russia(week=6)
    assert six.is_working(date(2024, 4, 29))  # moved from a Saturday
    assert six.is_working(date(2027, 5, 3))  # for 1 May, a Saturday
    assert not six.is_working(date(2024, 12, 31))  # moved from Sunday, 7 January
    assert not six.is_working(date(2027, 5, 10))  # for 9 May, a Sunday
    assert six.is_working(date(2026, 11, 21))


def test_the_regions_own_days_go_before_the_official_ones():
    feast = NamedDays(on=date(2026, 3, 20), words={"ru": "Ураза-байрам"}, source="decree 1")
    worked = NamedDays(on=date(2026, 3, 21), words={"ru": "рабочая суббота"})
    calendar = russia(off=(feast,), work=(worked,))
    assert calendar.why_off(date(2026, 3, 20)) == {"ru": "Ураза-байрам"}
    assert calendar.is_working(date(2026, 3, 21))
    assert calendar.plus_working_days(date(2026, 3, 19), 1) == date(2026, 3, 21)


def test_north_carolina_has_its_own_holidays_and_english_names():
    carolina = WorkingCalendar(
        CalendarDefinition(country="US", subdivision="NC", horizon=date(2027, 12, 31))
    )
    assert name_of(carolina, date(2026, 12, 24), "en") == "Christmas Eve"
    assert carolina.is_working(date(2026, 3, 9))


def test_beyond_the_horizon_nothing_is_known():
    for ask in (
        lambda: RUSSIA.is_working(date(2028, 1, 1)),
        lambda: RUSSIA.why_off(date(2028, 1, 10)),
        lambda: RUSSIA.plus_working_days(HORIZON, 1),
        lambda: RUSSIA.plus_calendar_days(HORIZON, 10**12),
        lambda: RUSSIA.plus_working_days(date(2027, 12, 1), 10**12),
        lambda: RUSSIA.next_working(HORIZON),
    ):
        with pytest.raises(BeyondHorizon) as refused:
            ask()
        assert refused.value.fields["horizon"] == HORIZON
        assert str(refused.value.fields["day"]) > str(HORIZON)
        assert "horizon" in str(refused.value.fields["cure"])


def test_before_the_calendar_begins_nothing_is_known_either():
    with pytest.raises(InputRefused, match="2018-01-01"):
        RUSSIA.plus_working_days(date(2018, 1, 10), -5)


def test_a_year_whose_days_are_not_moved_yet_is_named():
    known = CalendarDefinition(country="RU", horizon=date(2027, 12, 31))
    unknown = CalendarDefinition(country="RU", horizon=date(2030, 12, 31))
    assert years_without_decree(known) == ()
    assert years_without_decree(unknown) == (2028, 2029, 2030)


@given(day=days, n=st.integers(1, 200))
def test_stepping_over_working_days_equals_walking_day_by_day(day, n):
    n = min(n, RUSSIA.working_days_between(day, date(2027, 12, 30)))
    walked, left = day, n
    while left:
        walked += timedelta(days=1)
        left -= RUSSIA.is_working(walked)
    assert RUSSIA.plus_working_days(day, n) == walked
    assert RUSSIA.working_days_between(day, walked) == n


@given(start=days, end=days)
def test_the_count_between_two_days_leads_from_one_to_the_other(start, end):
    end = RUSSIA.next_working(end)
    n = RUSSIA.working_days_between(start, end)
    found = RUSSIA.plus_working_days(start, n)
    assert found == (end if n else start)
    assert n or RUSSIA.working_days_between(min(start, end), max(start, end)) == 0


@pytest.mark.parametrize("year", range(2024, 2028))
def test_month_ends_and_the_leap_day_are_ordinary_days(year):
    last = date(year, 3, 1) - timedelta(days=1)
    assert RUSSIA.plus_calendar_days(last, 1) == date(year, 3, 1)
    assert last.day == (29 if year % 4 == 0 else 28)
    assert RUSSIA.is_working(last) == (RUSSIA.why_off(last) is None)


def test_the_definition_is_read_from_yaml_names_and_refuses_what_cannot_hold():
    read = TypeAdapter(CalendarDefinition).validate_python
    plain = {"country": "RU", "horizon": "2027-12-31"}
    holidays = [{"from": "2026-10-26", "until": "2026-11-02", "words": {"ru": "каникулы"}}]
    calendar = WorkingCalendar(read(plain | {"school_holidays": holidays}))
    assert calendar.school_holiday(date(2026, 11, 2)) == {"ru": "каникулы"}
    assert calendar.school_holiday(date(2026, 11, 3)) is None
    day = {"on": "2026-03-20", "words": {"ru": "день"}}
    for wrong, why in (
        ({"country": "Atlantis"}, "no official calendar"),
        ({"subdivision": "NC"}, "knows no subdivision"),
        ({"week": 7}, "5 or 6"),
        ({"hours": {"from": "10:00", "until": 1080}}, "valid string"),
        ({"hours": {"from": "18:00", "until": "09:00"}}, "later than"),
        ({"digest_hour": "8"}, "no time of day"),
        ({"off": [day], "work": [day]}, "both in"),
        ({"off": [{"from": "2026-03-20", "words": {}}]}, "both `from` and `until`"),
        ({"off": [{"from": "2026-03-20", "until": "2026-03-01", "words": {}}]}, "0 to"),
        ({"horizon": "1999-12-31"}, "after `since`"),
        ({"horison": "2027-12-31"}, "horison"),
    ):
        with pytest.raises(ValidationError, match=why):
            read(plain | wrong)


def local(year, month, day, hour, minute=0, zone=MOSCOW, fold=0):
    return datetime(year, month, day, hour, minute, tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("at", "start", "expected"),
    [
        (local(2026, 11, 23, 7), "hours", local(2026, 11, 23, 9)),
        (local(2026, 11, 23, 7), "digest", local(2026, 11, 23, 8)),
        (local(2026, 11, 23, 12, 34), "hours", local(2026, 11, 23, 12, 34)),
        (local(2026, 11, 23, 12, 34), "digest", local(2026, 11, 23, 12, 34)),
        (local(2026, 11, 23, 18), "hours", local(2026, 11, 24, 9)),
        (local(2026, 11, 20, 18, 30), "digest", local(2026, 11, 23, 8)),
        (local(2026, 12, 30, 19), "hours", local(2027, 1, 11, 9)),
    ],
)
def test_a_letter_waits_for_working_hours(at, start, expected):
    calendar = RUSSIA
    found = next_sending_moment(calendar, at, MOSCOW, start)
    assert found == expected
    assert found.tzinfo is UTC


def test_on_a_quiet_day_nobody_is_written_to():
    quiet = russia(quiet_days=(NamedDays(on=date(2026, 11, 23), words={"ru": "тихий день"}),))
    at = local(2026, 11, 23, 10)
    assert quiet.is_working(date(2026, 11, 23))
    assert next_sending_moment(quiet, at, MOSCOW, "digest") == local(2026, 11, 24, 8)


def moments_on(day):
    midnight = datetime.combine(day, time(0), tzinfo=UTC)
    return st.integers(0, 86_399).map(lambda seconds: midnight + timedelta(seconds=seconds))


@given(
    at=st.dates(date(2024, 1, 1), date(2027, 12, 20)).flatmap(moments_on),
    zone=st.sampled_from(
        [MOSCOW, BERLIN, *map(ZoneInfo, ("Asia/Kamchatka", "America/New_York", "Asia/Kolkata"))]
    ),
    start=st.sampled_from(["hours", "digest"]),
)
def test_the_sending_moment_is_never_early_never_outside_and_stable(at, zone, start):
    found = next_sending_moment(RUSSIA, at, zone, start)
    there = found.astimezone(zone)
    assert found >= at
    assert RUSSIA.is_working(there.date())
    assert (9 if start == "hours" else 8) <= there.hour < 18
    assert next_sending_moment(RUSSIA, found, zone, start) == found


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        next_sending_moment(RUSSIA, datetime(2026, 11, 23, 10), MOSCOW)  # noqa: DTZ001  the point


def test_hours_that_summer_time_leaves_out_or_repeats_still_give_a_moment():
    gap, fold = date(2026, 3, 29), date(2026, 10, 25)  # Sundays, made working ones
    night = russia(
        work=tuple(NamedDays(on=day, words={"ru": "работа"}) for day in (gap, fold)),
        hours=Hours(from_="02:30", until="05:00"),
        digest_hour="02:30",
    )
    before_gap = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert next_sending_moment(night, before_gap, BERLIN) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    before_fold = datetime(2026, 10, 24, 22, tzinfo=UTC)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_sending_moment(night, before_fold, BERLIN) == first
    second_time = local(2026, 10, 25, 2, 40, zone=BERLIN, fold=1).astimezone(UTC)
    assert next_sending_moment(night, second_time, BERLIN) == second_time
