"""Milestones that come again: from week to year or by phase, or so long after they were last done."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

from opora.errors import BeyondHorizon
from opora.words import Sentence
from schedules.deadline import plan
from schedules.due_rules import DueRule
from schedules.steps import Ledger, StepKind
from schedules.working_calendar import WorkingCalendar


class Every(StrEnum):
    """How often a milestone comes again."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    PHASE = "phase"  # of monitoring, on the days that the programme names


_SENTENCES = {
    Every.WEEK: "every week since {since}, time {n}",
    Every.MONTH: "every month since {since}, time {n}",
    Every.QUARTER: "every quarter since {since}, time {n}",
    Every.YEAR: "every year since {since}, time {n}",
}
_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}


def occurrence(every: Every, since: date, n: int) -> date:
    """The day of the n-th time, the first being `since`; a month too short for the day ends with it."""
    if every is Every.WEEK:
        return since + timedelta(weeks=n - 1)
    return _months_after(since, _MONTHS[every] * (n - 1))


def _months_after(day: date, number: int) -> date:
    """The same day of a later month; one too short for it ends with it."""
    months = day.year * 12 + day.month - 1 + number
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def next_turn(
    ledger: Ledger, rule: DueRule, every: Every, calendar: WorkingCalendar, *, on: date, until: date
) -> Ledger | None:
    """The deadline after the one of `ledger`: the first from `on` that is later; what a silence has
    missed is passed over, and the number says so. None after `until` or beyond the horizon.
    """
    since, n = _series(ledger)
    last = occurrence(every, since, n)
    while (day := occurrence(every, since, n)) <= last or day < on:
        n += 1
    if day > until:
        return None
    words = Sentence(_SENTENCES[every], {"since": since, "n": n})
    return _planned(day, rule, words, calendar, on)


def next_phase(
    ledger: Ledger,
    rule: DueRule,
    phases: Mapping[date, Sentence],
    calendar: WorkingCalendar,
    *,
    on: date,
    until: date,
) -> Ledger | None:
    """The deadline in the next phase after the one of `ledger`, never before `on` or after `until`."""
    coming = [day for day in phases if ledger[0].due_on < day and on <= day <= until]
    if not coming:
        return None
    return _planned(min(coming), rule, phases[min(coming)], calendar, on)


def at_the_latest(
    ledger: Ledger, rule: DueRule, months: int, calendar: WorkingCalendar, *, done: date, on: date
) -> Ledger:
    """The deadline of `ledger`, or so many months after `done` where that is sooner."""
    day = _months_after(done, months)
    if day >= ledger[0].due_on:
        return ledger
    told = {"months": months, "done": done}
    words = Sentence("{months} months after it was last done, on {done}", told)
    return _planned(day, rule, words, calendar, on) or ledger


def _planned(
    day: date, rule: DueRule, words: Sentence, calendar: WorkingCalendar, on: date
) -> Ledger | None:
    dated = DueRule(on=day, avoid_school_holidays=rule.avoid_school_holidays)
    try:
        first, *moves = plan(dated, {}, calendar, on=on)
    except BeyondHorizon:
        return None
    return (replace(first, words=words), *moves)


def _series(ledger: Ledger) -> tuple[date, int]:
    """When the series began and which time this is; a series goes along with the day it counts from."""
    first = ledger[0]
    since, n = first.due_on, 1
    if isinstance(first.words, Sentence) and "since" in first.words.fields:
        since, n = first.words.fields["since"], first.words.fields["n"]  # type: ignore[assignment]  # as next_turn wrote them
    moved = sum(step.shift for step in ledger if step.kind is StepKind.FOLLOWED)
    return since + timedelta(days=moved), n
