"""The letter about deadlines: extended, moved or kept, or a later day asked for; said as of now."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import takewhile

from sqlmodel import col, select

from casework.deadlines.extending import waiting_request
from casework.deadlines.suspending import ledger_of
from casework.letters.composing import LONGEST_LIST, Desk
from models.history import HistoryLine, HistoryWords
from models.people import Person
from models.task import Task
from notifications.composition import Composition, Superseded
from notifications.letters import DeadlineChanged, TaskItem
from opora.clock import day_of
from opora.words import Sentence
from schedules.steps import StepKind
from states.task_machine import UNFINISHED, WAITING

_ASKED = "ask_extension"
_ADOPTED = "adopt_programme"
_WHAT = {
    "extend_task": Sentence("The deadline was extended."),
    "follow_anchor": Sentence("A deadline that these count from moved, and they moved along."),
    "refuse_extension": Sentence("The deadline was not extended: it stays what it was."),
    _ADOPTED: Sentence("The programme has a new version, and it moved these dates."),
    "move_kick_off": Sentence("The kick-off moved, and what counts from it moved along."),
}


def deadline_changed(desk: Desk) -> Composition | Superseded:
    """To whoever does the work, or decides: the days in force when the letter leaves."""
    line = desk.session.get_one(HistoryLine, desk.letter.fields["line"])
    tasks = _tasks(desk)
    if not tasks:
        return Superseded(Sentence("nothing is left to do of what it spoke of"))
    asked = _asked(desk, tasks[0]) if line.deed == _ASKED else None
    if line.deed == _ASKED and asked is None:
        return Superseded(Sentence("somebody has decided already"))
    if asked is not None:
        what = Sentence("A later deadline is asked for: {until}.", {"until": asked})
        why = Sentence("You decide on a later deadline here.")
    else:
        what = _WHAT[line.deed]
        why = Sentence("You do this work, or asked for a later deadline.")
    contents = DeadlineChanged(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        what=what,
        items=tuple(_item(desk, line, task) for task in tasks[:LONGEST_LIST]),
        reason=_reason(desk, line),
        by=_actor(desk, line),
        more=max(len(tasks) - LONGEST_LIST, 0),
    )
    mine = [task for task in tasks if task.assignee_id == desk.person.id and task.state in WAITING]
    return desk.finish(contents, tasks=mine[:LONGEST_LIST])


def _item(desk: Desk, line: HistoryLine, task: Task) -> TaskItem:
    """The task, with the day before; of one whose date a new version moved, also what moved it."""
    item = desk.item(task)
    moving = _MOVING.get(line.deed, ())
    day = day_of(line.happened_at, desk.programme.zone)
    ledger = reversed(ledger_of(desk.session, task))
    steps = list(takewhile(lambda step: step.kind in moving and step.on >= day, ledger))
    if not steps:
        return item
    first = steps[-1]
    told = {"was": first.due_on - timedelta(days=first.shift), "why": first.words or ""}
    if line.deed == _ADOPTED:
        return replace(item, note=Sentence("Until now {was}; moved by {why}", told))
    return replace(item, note=Sentence("Until now {was}", told))


_MOVING = {
    _ADOPTED: (StepKind.REPLANNED, StepKind.MOVED),
    "extend_task": (StepKind.EXTENDED, StepKind.FOLLOWED, StepKind.MOVED),
    "follow_anchor": (StepKind.FOLLOWED, StepKind.MOVED),
    "move_kick_off": (StepKind.FOLLOWED, StepKind.MOVED),
}
"""The steps that a deed makes in a ledger."""


def _tasks(desk: Desk) -> list[Task]:
    statement = select(Task).where(
        col(Task.id).in_(desk.letter.fields["tasks"]), col(Task.state).in_(UNFINISHED)
    )
    return list(desk.session.exec(statement.order_by(col(Task.due_on), col(Task.id))).all())


def _asked(desk: Desk, task: Task) -> date | None:
    request = waiting_request(desk.session, task)
    return request.until if request else None


def _reason(desk: Desk, line: HistoryLine) -> str:
    said = dict(
        desk.session.exec(
            select(HistoryWords.field, HistoryWords.text).where(HistoryWords.line_id == line.id)
        ).all()
    )
    return said.get("reason") or said.get("remarks", "")


def _actor(desk: Desk, line: HistoryLine) -> str:
    kind, _, number = line.actor.partition(":")
    person = desk.session.get(Person, int(number)) if kind == "person" else None
    return person.name if person else ""
