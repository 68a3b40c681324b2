"""However the rounds are spaced, each rung is claimed once, on its day or, marked missed, later."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter

from opora.errors import BeyondHorizon
from schedules.calendar_definition import CalendarDefinition
from schedules.ladders import Audience, Ladder, Rung, day_of_rung, next_rung_day, rungs_due
from schedules.working_calendar import WorkingCalendar

HORIZON = date(2027, 12, 31)
CALENDAR = WorkingCalendar(CalendarDefinition(country="RU", horizon=HORIZON))
LONGER = WorkingCalendar(CalendarDefinition(country="RU", horizon=date(2028, 12, 31)))
ASSIGNEE = (Audience.ASSIGNEE,)


def rung(days, key=None, **fields):
    return Rung(key=key or f"d{days}", audience=ASSIGNEE, working_days=days, **fields)


STANDARD = (rung(-5), rung(-1), rung(0), rung(3, escalation=True))
DUE = date(2026, 12, 15)  # a Tuesday


def due_keys(on, *, opened_on=date(2026, 11, 1), ladder=STANDARD, due_on=DUE):
    found = rungs_due(ladder, due_on, opened_on=opened_on, on=on, calendar=CALENDAR)
    return [(each.rung.key, each.missed) for each in found]


def test_a_rung_comes_on_its_working_day():
    assert [day_of_rung(each, DUE, CALENDAR) for each in STANDARD] == [
        date(2026, 12, 8),
        date(2026, 12, 14),
        date(2026, 12, 15),
        date(2026, 12, 18),
    ]


def test_an_early_rung_moves_back_from_a_day_off_and_a_late_one_on():
    friday = date(2026, 12, 18)
    before = Rung(key="b", audience=ASSIGNEE, calendar_days=-5)
    after = Rung(key="a", audience=ASSIGNEE, calendar_days=1)
    assert day_of_rung(before, friday, CALENDAR) == date(2026, 12, 11)
    assert day_of_rung(after, friday, CALENDAR) == date(2026, 12, 21)


def test_a_rung_due_today_is_not_missed_and_an_older_one_is():
    assert due_keys(date(2026, 12, 8)) == [("d-5", False)]
    assert due_keys(date(2026, 12, 14)) == [("d-5", True), ("d-1", False)]


def test_after_a_long_gap_all_missed_rungs_come_at_once():
    assert due_keys(date(2027, 2, 1)) == [(each.key, True) for each in STANDARD]


def test_rungs_before_the_task_was_opened_never_applied():
    assert due_keys(date(2026, 12, 14), opened_on=date(2026, 12, 9)) == [("d-1", False)]


def test_beyond_the_horizon_the_next_look_is_the_first_unknown_day():
    due_on = date(2027, 12, 30)
    late = (rung(0), rung(10))
    first_unknown = HORIZON + timedelta(days=1)
    assert next_rung_day(late, due_on, after=due_on, calendar=CALENDAR) == first_unknown
    for ask in (
        lambda: next_rung_day(late, due_on, after=first_unknown, calendar=CALENDAR),
        lambda: rungs_due(late, due_on, opened_on=due_on, on=first_unknown, calendar=CALENDAR),
    ):
        with pytest.raises(BeyondHorizon):
            ask()
    longer = next_rung_day(late, due_on, after=first_unknown, calendar=LONGER)
    assert longer is not None
    assert longer > first_unknown


def test_a_ladder_is_read_from_yaml_shapes():
    ladder = TypeAdapter(Ladder).validate_python(
        [{"key": "week", "working_days": -5, "audience": ["assignee", "curator"]}]
    )
    assert ladder[0].audience == (Audience.ASSIGNEE, Audience.CURATOR)
    assert hash(ladder)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"audience": ASSIGNEE}, "one of"),
        ({"audience": ASSIGNEE, "working_days": 1, "calendar_days": 1}, "one of"),
        ({"audience": (), "working_days": 1}, "audience"),
        ({"audience": ASSIGNEE * 2, "working_days": 1}, "once"),
        ({"audience": ASSIGNEE, "working_days": 10**6}, "more than"),
    ],
)
def test_a_rung_that_cannot_be_climbed_is_refused(fields, why):
    with pytest.raises(ValueError, match=why):
        Rung(key="r", **fields)


ladders = st.lists(
    st.tuples(st.integers(-20, 20), st.booleans()), min_size=1, max_size=6, unique=True
).map(
    lambda spots: tuple(
        rung(n, key=f"{n}w") if worked else Rung(key=f"{n}c", audience=ASSIGNEE, calendar_days=n)
        for n, worked in spots
    )
)
spring_to_autumn = st.dates(date(2026, 2, 1), date(2026, 10, 1))


@given(
    ladder=ladders,
    due_on=spring_to_autumn,
    lead=st.integers(0, 40),
    gaps=st.lists(st.integers(1, 40), max_size=12),
)
def test_rounds_however_spaced_claim_each_rung_once(ladder, due_on, lead, gaps):
    opened_on = due_on - timedelta(days=lead)
    days = {each.key: day_of_rung(each, due_on, CALENDAR) for each in ladder}
    claimed: dict[str, date] = {}
    on = opened_on
    wake = next_rung_day(ladder, due_on, after=on - timedelta(days=1), calendar=CALENDAR)
    for gap in [0, *gaps, 120]:
        on += timedelta(days=gap)
        if wake is None or wake > on:
            assert all(key in claimed for key, day in days.items() if opened_on <= day <= on)
            continue
        for each in rungs_due(ladder, due_on, opened_on=opened_on, on=on, calendar=CALENDAR):
            assert each.day == days[each.rung.key] <= on
            assert each.missed == (each.day < on)
            claimed.setdefault(each.rung.key, on)
        wake = next_rung_day(ladder, due_on, after=on, calendar=CALENDAR)
    assert wake is None
    assert claimed.keys() == {key for key, day in days.items() if day >= opened_on}
    assert all(on >= days[key] for key, on in claimed.items())
