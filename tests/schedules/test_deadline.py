"""A deadline has one life: its ledger's fold is the date in force, and every shift has a name."""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from opora.clock import day_of
from opora.errors import BeyondHorizon, HistoryBroken, InputRefused
from opora.words import Sentence
from schedules.calendar_definition import CalendarDefinition, NamedDays
from schedules.deadline import (
    Moved,
    Step,
    StepKind,
    describe_step,
    due_on,
    extend,
    extended_days,
    follow,
    is_suspended,
    ledger_from_rows,
    plan,
    restart,
    resume,
    suspend,
)
from schedules.due_rules import DueRule
from schedules.working_calendar import WorkingCalendar

HORIZON = date(2027, 12, 31)
AUTUMN = NamedDays(
    from_=date(2026, 10, 26), until=date(2026, 11, 1), words={"ru": "осенние каникулы"}
)
CALENDAR = WorkingCalendar(
    CalendarDefinition(country="RU", horizon=HORIZON, school_holidays=(AUTUMN,))
)
TODAY = date(2026, 9, 1)


def kinds(ledger):
    return [step.kind.value for step in ledger]


def planned(day, *, on=TODAY, **rule):
    return plan(DueRule(on=day, **rule), {}, CALENDAR, on=on)


def test_a_deadline_on_a_working_day_stays_there():
    ledger = planned(date(2026, 12, 15))
    assert kinds(ledger) == ["planned"]
    assert due_on(ledger) == date(2026, 12, 15)


def test_each_shift_carries_the_name_of_what_moved_it():
    ledger = planned(date(2027, 5, 1))
    assert [(step.due_on, (step.words or {}).get("en")) for step in ledger[1:]] == [
        (date(2027, 5, 2), "Holiday of Spring and Labor"),
        (date(2027, 5, 3), "weekend"),
        (date(2027, 5, 4), "Holiday of Spring and Labor (observed)"),
    ]
    assert due_on(ledger) == date(2027, 5, 4)
    assert "Spring" in str(describe_step(ledger[1]))


def test_a_day_counted_backwards_moves_back():
    rule = DueRule(before="cycle_ends", calendar_days=1)
    sunday = {"cycle_ends": date(2026, 12, 14)}
    assert due_on(plan(rule, sunday, CALENDAR, on=TODAY)) == date(2026, 12, 11)
    joined_on_saturday = plan(rule, sunday, CALENDAR, on=date(2026, 12, 12))
    assert due_on(joined_on_saturday) == date(2026, 12, 14)


def test_school_holidays_are_avoided_where_the_rule_says_so():
    assert due_on(planned(date(2026, 10, 28))) == date(2026, 10, 28)
    avoiding = planned(date(2026, 10, 28), avoid_school_holidays=True)
    assert due_on(avoiding) == date(2026, 11, 2)
    assert avoiding[1].words == {"ru": "осенние каникулы"}


def test_a_school_that_joins_late_gets_the_rules_own_length():
    rule = DueRule(after="cycle_opened", working_days=10)
    ledger = plan(rule, {"cycle_opened": TODAY}, CALENDAR, on=date(2026, 11, 23))
    assert kinds(ledger) == ["planned", "joined_late"]
    assert due_on(ledger) == date(2026, 12, 7)


def test_a_school_that_joins_after_a_fixed_day_gets_a_short_notice():
    ledger = planned(date(2026, 9, 15), on=date(2026, 11, 23))
    assert kinds(ledger) == ["planned", "joined_late"]
    assert due_on(ledger) == date(2026, 11, 30)


def test_an_extension_is_counted_in_working_days_and_needs_a_reason():
    ledger = planned(date(2026, 12, 25))
    longer = extend(ledger, to=4, by="o@example.org", reason="illness", calendar=CALENDAR, on=TODAY)
    assert due_on(longer) == date(2027, 1, 11)
    assert longer[:-1] == ledger
    assert "illness" in str(describe_step(longer[-1]))
    for to, reason in ((0, "x"), (-3, "x"), (date(2026, 12, 25), "x"), (5, "  ")):
        with pytest.raises(InputRefused):
            extend(ledger, to=to, by="o", reason=reason, calendar=CALENDAR, on=TODAY)


def test_days_counted_anew_are_those_of_the_beginning_and_no_extension():
    ledger = planned(date(2026, 9, 8))
    once = restart(ledger, by="Anna", reason="ill", calendar=CALENDAR, on=date(2026, 9, 8))
    again = restart(once, by="Anna", reason="back", calendar=CALENDAR, on=date(2026, 9, 15))
    assert [due_on(one) for one in (ledger, once, again)] == [
        date(2026, 9, 8),
        date(2026, 9, 15),
        date(2026, 9, 22),
    ]
    assert extended_days(again, CALENDAR) == 0
    early = restart(again, by="Anna", reason="x", calendar=CALENDAR, on=date(2026, 9, 15))
    assert early == again
    longer = extend(again, to=3, by="Anna", reason="x", calendar=CALENDAR, on=date(2026, 9, 15))
    assert extended_days(longer, CALENDAR) == 3
    with pytest.raises(InputRefused):
        restart(ledger, by="Anna", reason=" ", calendar=CALENDAR, on=date(2026, 9, 8))


def test_an_extension_until_a_day_off_moves_on_and_never_leaves_the_calendar():
    ledger = planned(date(2026, 12, 25))
    until = extend(ledger, to=date(2027, 1, 9), by="o", reason="r", calendar=CALENDAR, on=TODAY)
    assert kinds(until) == ["planned", "extended", "moved"]
    assert due_on(until) == date(2027, 1, 11)
    with pytest.raises(BeyondHorizon):
        extend(ledger, to=date(2028, 1, 1), by="o", reason="r", calendar=CALENDAR, on=TODAY)


def test_a_suspension_pushes_the_deadline_by_its_days():
    stopped = suspend(planned(date(2026, 12, 10)), reason="fire", on=date(2026, 12, 1))
    assert is_suspended(stopped)
    assert due_on(stopped) == date(2026, 12, 10)
    again = resume(stopped, on=date(2026, 12, 13), calendar=CALENDAR)
    assert not is_suspended(again)
    assert again[-1].shift == 12
    assert due_on(again) == date(2026, 12, 22)


def test_a_clock_stops_once_and_starts_once():
    running = planned(date(2026, 12, 10))
    stopped = suspend(running, reason="fire", on=date(2026, 12, 1))
    with pytest.raises(InputRefused, match="already"):
        suspend(stopped, reason="again", on=date(2026, 12, 2))
    with pytest.raises(InputRefused, match="not suspended"):
        resume(running, on=date(2026, 12, 2), calendar=CALENDAR)
    with pytest.raises(InputRefused, match="before the day"):
        resume(stopped, on=date(2026, 11, 30), calendar=CALENDAR)


def test_a_torn_ledger_is_found():
    rows = [step.as_row() for step in planned(date(2027, 5, 1))]
    with pytest.raises(HistoryBroken):
        ledger_from_rows([rows[0], *rows[2:]])
    with pytest.raises(HistoryBroken):
        ledger_from_rows([])


days = st.dates(date(2024, 1, 1), date(2027, 6, 30))
counts: st.SearchStrategy[dict[str, int]] = st.one_of(
    st.fixed_dictionaries({"working_days": st.integers(0, 60)}),
    st.fixed_dictionaries({"calendar_days": st.integers(0, 90)}),
    st.just({}),
)
rules = st.one_of(
    st.builds(lambda count: DueRule(after="cycle_opened", **count), counts),
    st.builds(lambda count: DueRule(before="cycle_opened", **count), counts),
    st.builds(lambda day, away: DueRule(on=day, avoid_school_holidays=away), days, st.booleans()),
    st.builds(
        lambda day: DueRule(on=f"{day:%m-%d}"), days.filter(lambda d: (d.month, d.day) != (2, 29))
    ),
)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("extend"), st.integers(1, 10)),
        st.tuples(st.just("until"), st.integers(1, 20)),
        st.tuples(st.just("pause"), st.integers(0, 15)),
        st.tuples(st.just("follow"), st.integers(-20, 20)),
    ),
    max_size=5,
)


AFTER_KICK_OFF = DueRule(after="kick_off", working_days=5)


def moved_by(days: int, was: date) -> Moved:
    """A kick-off that stood on `was` and moved."""
    now, words = was + timedelta(days=days), Sentence("the kick-off meeting")
    return Moved(was=was, now=now, words=words, by="o", reason="r")


def test_a_deadline_follows_its_anchor_as_if_it_were_planned_anew():
    anchors = {"kick_off": TODAY}
    ledger = plan(AFTER_KICK_OFF, anchors, CALENDAR, on=TODAY)
    later = follow(ledger, AFTER_KICK_OFF, moved_by(10, TODAY), calendar=CALENDAR, on=TODAY)
    anew = plan(AFTER_KICK_OFF, {"kick_off": TODAY + timedelta(days=10)}, CALENDAR, on=TODAY)
    assert due_on(later) == due_on(anew)
    assert later[: len(ledger)] == ledger
    assert kinds(later)[-1] == "moved_with_anchor"
    same = follow(ledger, AFTER_KICK_OFF, moved_by(0, TODAY), calendar=CALENDAR, on=TODAY)
    assert same == ledger


def test_what_was_extended_stays_extended_when_the_anchor_moves():
    ledger = plan(AFTER_KICK_OFF, {"kick_off": TODAY}, CALENDAR, on=TODAY)
    longer = extend(ledger, to=5, by="o", reason="r", calendar=CALENDAR, on=TODAY)
    assert extended_days(longer, CALENDAR) == 5
    later = follow(longer, AFTER_KICK_OFF, moved_by(14, TODAY), calendar=CALENDAR, on=TODAY)
    assert due_on(later) == due_on(longer) + timedelta(days=14)
    assert extended_days(later, CALENDAR) == 5


def test_an_anchor_that_moves_back_leaves_nobody_in_the_past():
    ledger = plan(AFTER_KICK_OFF, {"kick_off": TODAY}, CALENDAR, on=TODAY)
    on = due_on(ledger) - timedelta(days=1)
    assert CALENDAR.is_working(on)
    sooner = follow(ledger, AFTER_KICK_OFF, moved_by(-14, TODAY), calendar=CALENDAR, on=on)
    assert due_on(sooner) in {on, due_on(ledger)}
    late = follow(
        ledger, AFTER_KICK_OFF, moved_by(-14, TODAY), calendar=CALENDAR, on=on + timedelta(days=9)
    )
    assert late == ledger


def test_an_extension_into_the_past_is_refused():
    ledger = planned(date(2026, 12, 10))
    with pytest.raises(InputRefused, match="passed"):
        extend(ledger, to=2, by="o", reason="r", calendar=CALENDAR, on=date(2026, 12, 20))


def live(ledger, deed, size, on):
    if deed == "pause":
        stopped = suspend(ledger, reason="r", on=on)
        return resume(stopped, on=on + timedelta(days=size), calendar=CALENDAR)
    if deed == "follow":
        moved = moved_by(size, on)
        return follow(ledger, AFTER_KICK_OFF, moved, calendar=CALENDAR, on=on)
    to = size if deed == "extend" else due_on(ledger) + timedelta(days=size)
    return extend(ledger, to=to, by="o", reason="r", calendar=CALENDAR, on=on)


@given(rule=rules, anchor=days, on=days, life=deeds)
def test_the_fold_is_the_date_in_force_and_a_working_day_not_before_joining(rule, anchor, on, life):
    anchors = {"cycle_opened": anchor, "cycle_starts": anchor}
    try:
        ledger = plan(rule, anchors, CALENDAR, on=on)
    except BeyondHorizon:
        return
    for deed, size in [(None, 0), *life]:
        if deed is not None:
            try:
                ledger = live(ledger, deed, size, on)
            except BeyondHorizon:
                return
        in_force = due_on(ledger)
        assert in_force == ledger[-1].due_on
        assert CALENDAR.is_working(in_force)
        assert on <= in_force <= HORIZON
    assert ledger_from_rows(json.loads(json.dumps([s.as_row() for s in ledger]))) == ledger


@pytest.mark.parametrize("kind", list(StepKind))
def test_every_kind_of_step_can_be_said_and_stored(kind):
    step = Step(kind=kind, on=TODAY, due_on=TODAY, words={"ru": "а", "en": "a"}, by="o", reason="r")
    assert Step.from_row(step.as_row()) == step
    assert str(describe_step(step))


RUSSIAN_ZONES = [
    ZoneInfo(place)
    for place in (
        "Europe/Kaliningrad",
        "Europe/Moscow",
        "Europe/Samara",
        "Asia/Yekaterinburg",
        "Asia/Omsk",
        "Asia/Krasnoyarsk",
        "Asia/Irkutsk",
        "Asia/Yakutsk",
        "Asia/Vladivostok",
        "Asia/Magadan",
        "Asia/Kamchatka",
    )
]


@given(
    zone=st.sampled_from(RUSSIAN_ZONES),
    day=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    clock=st.sampled_from([time(0), time(9), time(18), time(23, 59, 59)]),
)
def test_a_deadline_is_the_day_that_people_in_the_zone_live(zone, day, clock):
    opened = datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
    on = day_of(opened, zone)
    assert on == day
    ledger = plan(DueRule(after="cycle_opened"), {"cycle_opened": on}, CALENDAR, on=on)
    assert due_on(ledger) == CALENDAR.next_working(day)
