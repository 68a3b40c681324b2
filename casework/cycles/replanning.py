"""What another version of the programme changes for one case, municipality or region, task by task."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.moving import cancel
from casework.cycles.opening import anchors, opening_day
from casework.cycles.versions import ladder_of
from casework.deadlines.suspending import ledger_of, next_remind_on, stopped, write_steps
from casework.people.responsible import Responsible
from casework.tasks.planning import (
    Planned,
    Subject,
    plan_milestones,
    task_rows,
    told,
    told_step,
    write_tasks,
)
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.task import Task
from opora.words import Sentence, Words
from programmes.definition import Programme
from programmes.milestones import Scope
from schedules.deadline import Ledger, Replan, due_on, is_suspended, replan
from states.stage import Stage
from states.task_machine import UNFINISHED, WAITING


class Changed(StrEnum):
    """What may happen to a task when its programme changes, or its case moves."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    STOPPED = "stopped"  # its clock stands, the case being suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One task that is opened, taken away, or gets another day."""

    subject: str
    case: int | None
    stage: Stage
    milestone: str
    title: Words
    change: Changed
    was: date | None
    now: date | None
    place: str | None = None  # code of the school or of the municipality


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanning:
    """All that is done to one subject."""

    subject: Subject
    changes: tuple[Change, ...]
    removed: Sequence[Task] = ()
    moved: Sequence[tuple[Task, Ledger, Ledger]] = ()
    added: Sequence[Planned] = ()
    rung_otherwise: Sequence[Task] = ()  # they keep their day, but other days lead up to it
    clocks_stand: bool = False  # the case is suspended: what is added stands from the start


@dataclass(frozen=True)
class Versions:
    """A cycle between two versions of its programme, on a day."""

    cycle: Cycle
    old: Programme
    new: Programme
    on: date
    by: str
    last_task: int | None = None  # tasks after it were planned by the new version already
    plans: dict[object, Mapping[str, Planned]] = field(default_factory=dict)

    @cached_property
    def words(self) -> Sentence:
        """The new version, with the days that its calendar names and the old one does not."""
        told = {"programme": self.new.key, "sha256": self.new.sha256[:12]}
        before = {(one.first, one.last) for one in _days(self.old)}
        fresh = [one.words for one in _days(self.new) if (one.first, one.last) not in before]
        if not fresh:
            return Sentence("the programme {programme}, version {sha256}", told)
        days = {**told, "day": fresh[0]}
        return Sentence("the programme {programme}, version {sha256}: {day}", days)

    def planned(
        self, programme: Programme, stage: Stage, scope: Scope, on: date
    ) -> Mapping[str, Planned]:
        """Milestone → its plan, as of the day `on` on which its task was or is opened."""
        asked = (programme.sha256, stage, scope, on)
        if asked not in self.plans:
            chosen = [m for m in programme.milestones if m.stage is stage and m.scope is scope]
            days = anchors(self.cycle, opening_day(self.cycle, programme), on)
            found = plan_milestones(programme, chosen, anchors=days, on=on)
            self.plans[asked] = {one.milestone.key: one for one in found}
        return self.plans[asked]


def _days(programme: Programme) -> tuple[Any, ...]:
    calendar = programme.calendar
    return (*calendar.off, *calendar.work, *calendar.school_holidays)


def replanning(
    session: Session,
    versions: Versions,
    subject: Subject,
    tasks: Sequence[Task],
    *,
    scope: Scope,
    case: Case | None = None,
) -> Replanning:
    """What changes for this subject; nothing is written."""
    known = {milestone.key for milestone in versions.new.milestones}
    last = versions.last_task
    earlier = [task for task in tasks if last is None or (task.id or 0) <= last]
    waiting = [task for task in earlier if task.state in WAITING]
    removed = [task for task in waiting if task.milestone not in known]
    found = [
        (task, before := ledger_of(session, task), _after(versions, task, before, scope))
        for task in earlier
        if task.state in UNFINISHED and task.milestone in known
    ]
    moved = [(task, before, after) for task, before, after in found if before != after]
    added = _added(versions, tasks, scope, case)
    return Replanning(
        subject=subject,
        changes=tuple(_changes(versions, subject, removed, moved, added)),
        removed=removed,
        moved=moved,
        added=added,
        rung_otherwise=[
            task
            for task, before, after in found
            if before == after
            and not is_suspended(after)
            and task.state in WAITING
            and _rings_otherwise(session, versions, task)
        ],
        clocks_stand=case is not None and case.suspended_on is not None,
    )


def _changes(
    versions: Versions,
    subject: Subject,
    removed: Sequence[Task],
    moved: Sequence[tuple[Task, Ledger, Ledger]],
    added: Sequence[Planned],
) -> Iterator[Change]:
    where: dict[str, Any] = {"subject": subject.chain, "case": subject.case_id}
    old = {milestone.key: milestone.title for milestone in versions.old.milestones}
    for task in removed:
        yield _of_task(where, task, old, Changed.REMOVED, task.due_on, None)
    for task, before, after in moved:
        yield _of_task(where, task, old, Changed.MOVED, due_on(before), due_on(after))
    for one in added:
        yield Change(
            **where,
            stage=one.milestone.stage,
            milestone=one.milestone.key,
            title=one.milestone.title,
            change=Changed.ADDED,
            was=None,
            now=one.due_on,
        )


def _rings_otherwise(session: Session, versions: Versions, task: Task) -> bool:
    """Rungs are counted in working days, and a ladder may have become another one."""
    old, new = versions.old, versions.new
    return old.calendar != new.calendar or (
        ladder_of(session, old, task.milestone) != ladder_of(session, new, task.milestone)
    )


def _of_task(
    where: Mapping[str, Any],
    task: Task,
    titles: Mapping[str, Words],
    change: Changed,
    was: date,
    now: date | None,
) -> Change:
    return Change(
        **where,
        stage=task.stage,
        milestone=task.milestone,
        title=titles.get(task.milestone, {"en": task.milestone}),
        change=change,
        was=was,
        now=now,
    )


def _after(versions: Versions, task: Task, before: Ledger, scope: Scope) -> Ledger:
    """The task's ledger under the new version; one that is no milestone of the old one stays."""
    was = versions.planned(versions.old, task.stage, scope, task.opened_on).get(task.milestone)
    now = versions.planned(versions.new, task.stage, scope, task.opened_on).get(task.milestone)
    if was is None or now is None:
        return before
    comes_again = task.turn > 1 and now.milestone.repeats is not None
    new = Replan(
        was=now.due_on if comes_again else was.due_on,  # a later turn does not count from the rule
        now=now.due_on,
        rule=now.milestone.due,
        words=versions.words,
        by=versions.by,
    )
    return replan(before, new, calendar=versions.new.working_calendar, on=versions.on)


def _added(
    versions: Versions, tasks: Sequence[Task], scope: Scope, case: Case | None
) -> list[Planned]:
    """Milestones of where the subject stands now that it has no task of; later ones come by themselves."""
    there = {task.milestone for task in tasks}
    before = {milestone.key for milestone in versions.old.milestones}
    stages = [case.stage] if case is not None else list(Stage)
    opened = {m.key for stage in stages for m in versions.new.milestones_at(stage, scope)}
    return [
        one
        for stage in stages
        for key, one in versions.planned(versions.new, stage, scope, versions.on).items()
        if key in opened and key not in there and key not in before
    ]


def carry_out(
    session: Session,
    versions: Versions,
    found: Replanning,
    people: Responsible,
    acting: Acting,
) -> set[int]:
    """Write what changes, with one line in the subject's chain; gives who has new tasks."""
    on, cycle = versions.on, versions.cycle
    for task in found.rung_otherwise:
        task.next_remind_on = next_remind_on(session, versions.new, task, on=on)
    if not found.changes:
        return set()
    for task, before, after in found.moved:
        write_steps(session, task, before, after)
        if not is_suspended(after):
            task.next_remind_on = next_remind_on(session, versions.new, task, on=on)
    rows = task_rows(found.subject, found.added, people, cycle_id=cycle.id or 0, on=on)
    ledgers = [one.ledger for one in found.added]
    if found.clocks_stand:
        rows = [{**row, "next_remind_on": None} for row in rows]
        ledgers = [stopped(ledger, acting, on) for ledger in ledgers]
    write_tasks(session, rows, ledgers)
    values = {
        "cycle": cycle.id,
        "sha256": versions.new.sha256,
        "cancelled": cancel(session, found.removed),
        "deadlines": [
            {
                "milestone": task.milestone,
                "turn": task.turn,
                "due_on": due_on(after),
                "steps": [told_step(step) for step in after[len(before) :]],
            }
            for task, before, after in found.moved
        ],
        "tasks": told(rows, ledgers),
    }
    append(session, acting.deed(found.subject.chain, "replan", values=values))
    session.flush()
    return {row["assignee_id"] for row in rows}
