"""A rule says one day, or says at once why it cannot."""

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from opora.errors import BeyondHorizon, InputRefused
from opora.words import Sentence
from schedules.calendar_definition import CalendarDefinition
from schedules.due_rules import DueRule, describe, raw_day
from schedules.working_calendar import WorkingCalendar

CALENDAR = WorkingCalendar(CalendarDefinition(country="RU", horizon=date(2027, 12, 31)))
ANCHORS = {
    "cycle_opened": date(2026, 11, 23),
    "cycle_starts": date(2026, 9, 1),
    "cycle_ends": date(2027, 8, 31),
    "milestone:plan": date(2026, 12, 15),
}


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        (DueRule(after="cycle_opened", working_days=10), date(2026, 12, 7)),
        (DueRule(after="cycle_opened", calendar_days=10), date(2026, 12, 3)),
        (DueRule(after="cycle_opened"), date(2026, 11, 23)),
        (DueRule(before="cycle_ends", calendar_days=31), date(2027, 7, 31)),
        (DueRule(before="milestone:plan", working_days=2), date(2026, 12, 11)),
        (DueRule(on="11-15"), date(2026, 11, 15)),
        (DueRule(on="09-01"), date(2026, 9, 1)),
        (DueRule(on="08-31"), date(2027, 8, 31)),
        (DueRule(on=date(2027, 2, 1)), date(2027, 2, 1)),
        (DueRule(on="2027-02-01"), date(2027, 2, 1)),
    ],
)
def test_a_rule_says_one_day(rule, day):
    assert raw_day(rule, ANCHORS, CALENDAR) == day


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ({"on": "02-30"}, "does not exist"),
        ({"on": "04-31"}, "does not exist"),
        ({"on": "13-01"}, "does not exist"),
        ({"on": "02-29"}, "not every year has it"),
        ({"on": "15 November"}, "write MM-DD"),
        ({"on": "11-15", "working_days": 3}, "`on` none"),
        ({}, "exactly one"),
        ({"after": "cycle_opened", "on": "11-15"}, "exactly one"),
        ({"after": "cycle_opened", "working_days": 1, "calendar_days": 1}, "one of"),
        ({"after": "cycle_opened", "working_days": -1}, "use `before`"),
        ({"after": "cycle_opened", "calendar_days": 10**9}, "from 0 to"),
        ({"after": "next_spring"}, "no anchor"),
        ({"after": "milestone:"}, "no anchor"),
    ],
)
def test_a_rule_that_no_calendar_can_follow_is_refused_with_its_cure(fields, cure):
    with pytest.raises(ValueError, match=cure):
        DueRule(**fields)
    with pytest.raises(ValidationError, match=cure):
        TypeAdapter(DueRule).validate_python(fields)


def test_an_anchor_that_is_not_known_yet_is_named():
    with pytest.raises(InputRefused) as refused:
        raw_day(DueRule(after="stage_entered", working_days=3), ANCHORS, CALENDAR)
    assert refused.value.fields["value"] == "stage_entered"
    with pytest.raises(InputRefused, match="cycle_starts"):
        raw_day(DueRule(on="11-15"), {}, CALENDAR)


def test_a_rule_beyond_the_horizon_is_refused():
    with pytest.raises(BeyondHorizon):
        raw_day(DueRule(after="cycle_ends", working_days=200), ANCHORS, CALENDAR)


def test_a_rule_can_be_said_in_words():
    plan = DueRule(before="milestone:plan", working_days=5, avoid_school_holidays=True)
    assert str(describe(plan, {"plan": {"ru": "План", "en": "Plan"}})) == (
        "5 working days before the deadline of “Plan”, not in the school holidays"
    )
    assert str(describe(DueRule(on="11-15"))) == "every year on 15.11"
    day_itself = describe(DueRule(after="cycle_opened"))
    assert day_itself.fields["anchor"] == Sentence("the opening of the cycle")


def test_a_rule_names_the_anchor_it_needs():
    assert DueRule(on="11-15").needs == "cycle_starts"
    assert DueRule(on=date(2027, 2, 1)).needs is None
    assert DueRule(after="milestone:plan").milestone == "plan"
