"""The life of a deadline: a ledger of steps whose fold is the one date in force."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from opora.errors import HistoryBroken, InputRefused
from opora.words import Sentence, Words
from schedules.due_rules import LONGEST_RULE, Anchor, DueRule, counted, describe, raw_day
from schedules.steps import Ledger, Step, StepKind, describe_step
from schedules.working_calendar import WorkingCalendar

__all__ = [
    "Ledger",
    "Moved",
    "Replan",
    "Step",
    "StepKind",
    "describe_step",
    "due_on",
    "extend",
    "extended_days",
    "follow",
    "is_suspended",
    "ledger_from_rows",
    "plan",
    "replan",
    "restart",
    "resume",
    "suspend",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An anchor that moved: from which day to which, its name, by whom and why."""

    was: date
    now: date
    words: Sentence
    by: str
    reason: str


SHORTEST_NOTICE = 5
"""Working days given to one who joins after a fixed or backward-counted day has passed."""

_ANY_DAY = DueRule(after=Anchor.CYCLE_OPENED)


def plan(
    rule: DueRule, anchors: Mapping[str, date], calendar: WorkingCalendar, *, on: date
) -> Ledger:
    """The ledger of a new deadline, `on` being the day of joining.

    The date in force is a working day, not before `on`, not beyond the horizon (BeyondHorizon).
    """
    needed = rule.needs
    start = anchors.get(needed) if needed is not None else None
    return _planned(rule, start, calendar, on)


@lru_cache(maxsize=65536)
def _planned(rule: DueRule, start: date | None, calendar: WorkingCalendar, on: date) -> Ledger:
    """Thousands of schools share a rule, an anchor and a day: their ledger is found once."""
    anchors = {rule.needs or Anchor.CYCLE_OPENED: start} if start is not None else {}
    raw = raw_day(rule, anchors, calendar)
    steps = [Step(kind=StepKind.PLANNED, on=on, due_on=raw, words=describe(rule))]
    if raw < on:
        late = _from_joining(rule, calendar, on)
        steps.append(Step(kind=StepKind.JOINED_LATE, on=on, due_on=late, shift=(late - raw).days))
    found = steps[-1].due_on
    backwards = rule.before is not None and _worked_before(rule, found, calendar) >= on
    steps.extend(_moves(rule, found, calendar, on=on, backwards=backwards))
    return tuple(steps)


def _from_joining(rule: DueRule, calendar: WorkingCalendar, on: date) -> date:
    """A rule `after` an anchor keeps its length; any other leaves a short notice."""
    if rule.after is not None:
        return counted(rule, on, calendar, backwards=False)
    return calendar.plus_working_days(on, SHORTEST_NOTICE)


def _worked_before(rule: DueRule, day: date, calendar: WorkingCalendar) -> date:
    """The last day up to `day` that counts."""
    while _why_not(rule, day, calendar) is not None and day > calendar.definition.since:
        day -= timedelta(days=1)
    return day


def _moves(
    rule: DueRule, day: date, calendar: WorkingCalendar, *, on: date, backwards: bool
) -> Iterator[Step]:
    """One step for each name of what a deadline on `day` is moved by."""
    step = timedelta(days=-1 if backwards else 1)
    start, words = day, _why_not(rule, day, calendar)
    while words is not None:
        day += step
        next_words = _why_not(rule, day, calendar)
        if next_words != words:
            shift = (day - start).days
            yield Step(kind=StepKind.MOVED, on=on, due_on=day, shift=shift, words=words)
            start, words = day, next_words


def _why_not(rule: DueRule, day: date, calendar: WorkingCalendar) -> Words | None:
    """The name of what keeps a deadline from falling on `day`."""
    if rule.avoid_school_holidays and (words := calendar.school_holiday(day)) is not None:
        return words
    return calendar.why_off(day)


def due_on(ledger: Iterable[Step]) -> date:
    """The date in force: the first day and every shift since; HistoryBroken when they disagree."""
    day: date | None = None
    for step in ledger:
        day = step.due_on if day is None else day + timedelta(days=step.shift)
        if day != step.due_on:
            what = Sentence(
                "the step “{kind}” says {said}, its shifts add up to {found}",
                {"kind": step.kind.value, "said": step.due_on, "found": day},
            )
            raise HistoryBroken(what=what)
    if day is None:
        raise HistoryBroken(what=Sentence("a deadline without a single step"))
    return day


def extend(
    ledger: Ledger,
    *,
    to: date | int,
    by: str,
    reason: str,
    calendar: WorkingCalendar,
    on: date,
) -> Ledger:
    """The ledger with a later end: the day `to`, or `to` working days more.

    An earlier day, no reason, or nothing more raises InputRefused.
    """
    _needs_reason(reason)
    current = due_on(ledger)
    if isinstance(to, int) and not 1 <= to <= LONGEST_RULE:
        raise _refusal("to", to, "Give at least one working day more.")
    until = calendar.plus_working_days(current, to) if isinstance(to, int) else to
    if until <= current:
        raise _refusal("to", until, "The new day must be later than the deadline in force.")
    if until < on:
        raise _refusal("to", until, "That day has passed already: give a later one.")
    shift = (until - current).days
    calendar.plus_calendar_days(current, shift)  # refuses what lies beyond the horizon
    step = Step(kind=StepKind.EXTENDED, on=on, due_on=until, shift=shift, by=by, reason=reason)
    return (*ledger, step, *_off_days(until, calendar, on))


def restart(ledger: Ledger, *, by: str, reason: str, calendar: WorkingCalendar, on: date) -> Ledger:
    """The ledger of work that somebody else begins: as many working days as at first, from `on`.

    Never earlier than the day in force: then it is the same ledger.
    """
    _needs_reason(reason)
    length = calendar.working_days_between(ledger[0].on, _at_first(ledger))
    until = calendar.plus_working_days(on, max(length, 1))
    shift = (until - due_on(ledger)).days
    if shift <= 0:
        return ledger
    step = Step(kind=StepKind.RESTARTED, on=on, due_on=until, shift=shift, by=by, reason=reason)
    return (*ledger, step, *_off_days(until, calendar, on))


def _at_first(ledger: Ledger) -> date:
    """The day in force when the deadline was made; what came later, on whatever day, is left out."""
    made = {StepKind.PLANNED, StepKind.JOINED_LATE, StepKind.MOVED}
    first = takewhile(lambda step: step.on == ledger[0].on and step.kind in made, ledger)
    return list(first)[-1].due_on


def extended_days(ledger: Ledger, calendar: WorkingCalendar) -> int:
    """The working days that all extensions of this deadline have given so far."""
    days, counts, before = 0, False, ledger[0].due_on
    for step in ledger:
        # the move off a day off that comes of an extension is part of it
        counts = step.kind is StepKind.EXTENDED or (counts and step.kind is StepKind.MOVED)
        if counts:
            days += calendar.working_days_between(before, step.due_on)
        before = step.due_on
    return days


def follow(
    ledger: Ledger, rule: DueRule, moved: Moved, *, calendar: WorkingCalendar, on: date
) -> Ledger:
    """The ledger after the day that `rule` counts from has moved: as far as a new plan would differ.

    So what has happened to the deadline since stays. It never comes to lie before `on` by this.
    """
    joined, current = ledger[0].on, due_on(ledger)
    was = due_on(_planned(rule, moved.was, calendar, joined))
    shift = (due_on(_planned(rule, moved.now, calendar, joined)) - was).days
    if shift < 0:
        shift = min(max(shift, (on - current).days), 0)
    if shift == 0:
        return ledger
    day = calendar.plus_calendar_days(current, shift)
    step = Step(
        kind=StepKind.FOLLOWED,
        on=on,
        due_on=day,
        shift=shift,
        words=moved.words,
        by=moved.by,
        reason=moved.reason,
    )
    return (*ledger, step, *_moves(rule, day, calendar, on=on, backwards=False))


def suspend(ledger: Ledger, *, reason: str, on: date, by: str | None = None) -> Ledger:
    """The ledger with its clock stopped from `on`."""
    _needs_reason(reason)
    if is_suspended(ledger):
        raise _refusal("on", on, "The deadline is suspended already.")
    current = due_on(ledger)
    step = Step(kind=StepKind.SUSPENDED, on=on, due_on=current, by=by, reason=reason)
    return (*ledger, step)


def resume(
    ledger: Ledger,
    *,
    on: date,
    calendar: WorkingCalendar,
    by: str | None = None,
    reason: str | None = None,
) -> Ledger:
    """The ledger with its clock started again: the calendar days suspended are pushed on."""
    stopped = _suspended_on(ledger)
    if stopped is None:
        raise _refusal("on", on, "The deadline is not suspended.")
    if on < stopped:
        raise _refusal("on", on, "The deadline cannot be resumed before the day it was suspended.")
    days = (on - stopped).days
    day = calendar.plus_calendar_days(due_on(ledger), days)
    step = Step(kind=StepKind.RESUMED, on=on, due_on=day, shift=days, by=by, reason=reason)
    return (*ledger, step, *_off_days(day, calendar, on))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """Two versions of one deadline's plan, and what stands behind the newer one."""

    was: date
    now: date
    rule: DueRule  # of the newer version
    words: Sentence
    by: str


def replan(ledger: Ledger, new: Replan, *, calendar: WorkingCalendar, on: date) -> Ledger:
    """The ledger after a new version of the programme: as far as the new plan differs from the old.

    So what has happened to the deadline since stays, and nobody is made late by it; a day that
    `calendar` does not count any more is left. The same ledger where nothing changes.
    """
    current = due_on(ledger)
    shift = (new.now - new.was).days
    if shift < 0:
        shift = min(max(shift, (on - current).days), 0)
    day = current + timedelta(days=shift)
    steps = list(_moves(new.rule, day, calendar, on=on, backwards=False)) if day >= on else []
    if shift:
        kind = StepKind.REPLANNED
        first = Step(kind=kind, on=on, due_on=day, shift=shift, words=new.words, by=new.by)
        steps.insert(0, first)
    return (*ledger, *steps)


def is_suspended(ledger: Ledger) -> bool:
    """Whether the clock of this deadline stands still."""
    return _suspended_on(ledger) is not None


def _suspended_on(ledger: Ledger) -> date | None:
    for step in reversed(ledger):
        if step.kind is StepKind.RESUMED:
            return None
        if step.kind is StepKind.SUSPENDED:
            return step.on
    return None


def ledger_from_rows(rows: Iterable[Mapping[str, Any]]) -> Ledger:
    """The ledger that `as_row` wrote, step by step; a torn one raises HistoryBroken."""
    ledger = tuple(Step.from_row(row) for row in rows)
    due_on(ledger)
    return ledger


def _off_days(day: date, calendar: WorkingCalendar, on: date) -> Iterator[Step]:
    return _moves(_ANY_DAY, day, calendar, on=on, backwards=False)


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise _refusal("reason", reason, "Say why: the reason stays in the deadline's ledger.")


def _refusal(field: str, value: object, cure: str) -> InputRefused:
    return InputRefused(field=field, value=value, cure=Sentence(cure))
