"""A deadline follows a new version of its rule or calendar, and stays the fold of its ledger."""

from datetime import date, timedelta

from hypothesis import given, strategies as st

from opora.words import Sentence
from schedules.calendar_definition import CalendarDefinition, NamedDays
from schedules.deadline import Replan, due_on, extend, is_suspended, plan, replan, resume, suspend
from schedules.due_rules import Anchor, DueRule
from schedules.steps import StepKind
from schedules.working_calendar import WorkingCalendar

OPENED = date(2026, 9, 7)
HORIZON = date(2027, 12, 31)
OLD = WorkingCalendar(CalendarDefinition(country="RU", horizon=HORIZON))
DAYS = {Anchor.CYCLE_OPENED: OPENED}
WORDS = Sentence("the programme {programme}, version {sha256}", {"programme": "a", "sha256": "b"})


def decreed(*days):
    off = tuple(NamedDays(on=day, words={"en": "region day"}) for day in days)
    return WorkingCalendar(CalendarDefinition(country="RU", horizon=HORIZON, off=off))


def follow(ledger, new, rule=None, *, on=OPENED, was=None):
    rule = rule or DueRule(after=Anchor.CYCLE_OPENED, working_days=10)
    was = was or due_on(
        plan(DueRule(after=Anchor.CYCLE_OPENED, working_days=10), DAYS, OLD, on=OPENED)
    )
    now = due_on(plan(rule, DAYS, new, on=OPENED))
    said = Replan(was=was, now=now, rule=rule, words=WORDS, by="person:1")
    return replan(ledger, said, calendar=new, on=on)


def ledger():
    return plan(DueRule(after=Anchor.CYCLE_OPENED, working_days=10), DAYS, OLD, on=OPENED)


def test_the_same_plan_changes_nothing():
    assert follow(ledger(), OLD) == ledger()


def test_a_holiday_on_the_way_moves_the_day_and_is_named():
    new = decreed(OPENED + timedelta(days=2))
    after = follow(ledger(), new)
    assert [step.kind for step in after[len(ledger()) :]] == [StepKind.REPLANNED]
    assert due_on(after) == OLD.plus_working_days(due_on(ledger()), 1)


def test_an_extension_stays_and_leaves_a_day_that_counts_no_more():
    extended = extend(ledger(), to=3, by="person:1", reason="болезнь", calendar=OLD, on=OPENED)
    new = decreed(due_on(extended))
    after = follow(extended, new)
    assert due_on(after) == new.next_working(due_on(extended))
    assert after[-1].kind is StepKind.MOVED
    assert after[-1].words == {"en": "region day"}


def test_nobody_is_made_late_by_a_shorter_rule():
    shorter = DueRule(after=Anchor.CYCLE_OPENED, working_days=1)
    today = due_on(ledger()) - timedelta(days=3)
    assert due_on(follow(ledger(), OLD, shorter, on=today)) >= today
    late = due_on(ledger()) + timedelta(days=5)
    assert follow(ledger(), OLD, shorter, on=late) == ledger()


@given(
    days=st.lists(st.integers(0, 60), max_size=6),
    length=st.integers(0, 40),
    stand=st.integers(0, 30),
    on=st.integers(0, 40),
)
def test_the_fold_stays_the_date_in_force(days, length, stand, on):
    new = decreed(*sorted({OPENED + timedelta(days=n) for n in days}))
    rule = DueRule(after=Anchor.CYCLE_OPENED, working_days=length)
    today = OPENED + timedelta(days=on)
    standing = suspend(ledger(), reason="case suspended", on=OPENED)
    after = follow(standing, new, rule, on=today)
    assert is_suspended(after)
    running = resume(after, on=OPENED + timedelta(days=stand), calendar=new)
    day = due_on(running)  # raises where a step does not add up
    assert new.is_working(day)
