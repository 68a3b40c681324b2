"""What comes again keeps its rhythm, whatever is missed, and ends where it must."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from opora.words import Sentence
from schedules.deadline import due_on, ledger_from_rows, plan
from schedules.due_rules import DueRule
from schedules.repeats import Every, at_the_latest, next_turn, occurrence
from tests.schedules.test_deadline import CALENDAR, HORIZON

FAR = date(2030, 1, 1)


def following(ledger, rule, every, on):
    """The next turn, which must be there."""
    found = next_turn(ledger, rule, every, CALENDAR, on=on, until=FAR)
    assert found is not None
    return found


def first(day: date, rule: DueRule | None = None):
    return plan(rule or DueRule(on=day), {}, CALENDAR, on=day)


def test_a_week_later_and_a_day_off_does_not_shift_the_rhythm():
    monday = date(2026, 10, 26)
    rule = DueRule(on=monday)
    second = following(first(monday), rule, Every.WEEK, monday)
    third = following(second, rule, Every.WEEK, date(2026, 11, 2))
    assert [due_on(one) for one in (second, third)] == [date(2026, 11, 2), date(2026, 11, 9)]
    new_year = following(third, rule, Every.WEEK, date(2027, 1, 4))
    assert new_year[0].due_on == date(2027, 1, 4)
    assert due_on(new_year) == date(2027, 1, 11)  # off the holidays
    after = following(new_year, rule, Every.WEEK, date(2027, 1, 5))
    assert due_on(after) == date(2027, 1, 11)
    assert after[0].words.fields["n"] == new_year[0].words.fields["n"] + 1


def test_a_month_that_is_too_short_does_not_shift_the_rhythm():
    since = date(2026, 8, 31)
    days = [occurrence(Every.MONTH, since, n) for n in range(1, 8)]
    assert [day.day for day in days] == [31, 30, 31, 30, 31, 31, 28]
    assert occurrence(Every.QUARTER, date(2018, 11, 30), 2) == date(2019, 2, 28)
    assert occurrence(Every.YEAR, date(2024, 2, 29), 2) == date(2025, 2, 28)
    assert occurrence(Every.YEAR, date(2024, 2, 29), 5) == date(2028, 2, 29)


def test_what_a_silence_has_missed_is_passed_over_and_the_number_says_so():
    day = date(2026, 9, 7)
    rule = DueRule(on=day)
    later = following(first(day), rule, Every.WEEK, date(2026, 10, 8))
    assert due_on(later) == date(2026, 10, 12)
    assert later[0].words.fields["n"] == 6
    assert ledger_from_rows([step.as_row() for step in later]) == later


def test_nothing_comes_after_the_end_or_beyond_the_calendar():
    day = date(2026, 9, 7)
    rule = DueRule(on=day)
    assert (
        next_turn(first(day), rule, Every.WEEK, CALENDAR, on=day, until=date(2026, 9, 13)) is None
    )
    last = first(date(HORIZON.year, 12, 28))
    assert next_turn(last, rule, Every.WEEK, CALENDAR, on=last[0].on, until=FAR) is None
    assert next_turn(last, rule, Every.YEAR, CALENDAR, on=last[0].on, until=FAR) is None


@given(
    every=st.sampled_from([one for one in Every if one is not Every.PHASE]),
    since=st.dates(date(2024, 1, 1), date(2026, 6, 30)),
    waits=st.lists(st.integers(0, 400), min_size=1, max_size=6),
)
def test_every_turn_is_later_and_on_the_rhythm_however_the_rounds_are_spaced(every, since, waits):
    ledger, on, rule = first(since), since, DueRule(on=since)
    for wait in waits:
        on = date.fromordinal(on.toordinal() + wait)
        if on > HORIZON:
            return
        found = next_turn(ledger, rule, every, CALENDAR, on=on, until=FAR)
        if found is None:
            return
        assert found[0].due_on > ledger[0].due_on
        assert found[0].due_on >= on
        assert due_on(found) == found[-1].due_on
        assert CALENDAR.is_working(due_on(found))
        assert isinstance(found[0].words, Sentence)
        n = found[0].words.fields["n"]
        assert found[0].due_on == occurrence(every, since, n)
        assert next_turn(ledger, rule, every, CALENDAR, on=on, until=FAR) == found
        ledger = found


YEARLY = DueRule(on=date(2026, 10, 15))


@pytest.mark.parametrize(
    ("done", "due"),
    [
        (date(2025, 10, 6), date(2026, 10, 6)),  # a Tuesday, before the roadmap's day
        (date(2025, 10, 11), date(2026, 10, 12)),  # a Sunday: the Monday after it
        (date(2025, 11, 20), date(2026, 10, 15)),  # the roadmap's day comes sooner
        (date(2024, 2, 1), date(2026, 9, 8)),  # long past: a short notice
    ],
)
def test_what_is_done_at_least_once_a_year_is_never_due_later_than_that(done, due):
    on = date(2026, 9, 1)
    ledger = plan(YEARLY, {}, CALENDAR, on=on)
    found = at_the_latest(ledger, YEARLY, 12, CALENDAR, done=done, on=on)
    assert due_on(found) == due
    assert ("last done" in str(found[0].words)) is (due != date(2026, 10, 15))


@given(done=st.dates(date(2024, 1, 1), date(2026, 8, 31)), months=st.integers(12, 36))
def test_the_last_time_never_puts_a_deadline_off(done, months):
    on = date(2026, 9, 1)
    ledger = plan(YEARLY, {}, CALENDAR, on=on)
    found = at_the_latest(ledger, YEARLY, months, CALENDAR, done=done, on=on)
    assert on <= due_on(found) <= max(due_on(ledger), date(2026, 10, 15))
