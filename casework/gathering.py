"""The morning letter and the escalation: their claims are rechecked and gathered when they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from casework.composing import LONGEST_LIST, Desk
from models.people import Person
from models.task import Reminder, Task
from notifications.composition import Composition, Superseded
from notifications.letters import Digest, Escalation, LateGroup, TaskItem
from opora.words import Sentence
from states.task_machine import WAITING


@dataclass(frozen=True, slots=True)
class _Reminded:
    """A task that still waits, with the claims that this letter took for it."""

    task: Task
    claims: tuple[Reminder, ...]


def digest(desk: Desk) -> Composition | Superseded:
    """One letter a person and day: late, due today, due soon; what a silence held back is said."""
    still = _still_due(desk)
    if not still:
        return Superseded(Sentence("everything it spoke of is done"))
    day = desk.letter.day or desk.today
    items = [desk.item(one.task) for one in still[:LONGEST_LIST]]
    why = Sentence("These tasks are yours, or you are told of them by the programme's ladder.")
    return desk.finish(
        Digest(
            **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
            day=day,
            overdue=tuple(item for item in items if item.due_on < day),
            today=tuple(item for item in items if item.due_on == day),
            soon=tuple(item for item in items if item.due_on > day),
            missed_days=_missed_days(still),
            more=max(len(still) - LONGEST_LIST, 0),
        )
    )


def escalation(desk: Desk) -> Composition | Superseded:
    """Who is late with what, told to whoever stands above."""
    still = _still_due(desk)
    if not still:
        return Superseded(Sentence("nobody is late any more"))
    late: dict[int, list[TaskItem]] = {}
    for one in still[:LONGEST_LIST]:
        late.setdefault(one.task.assignee_id, []).append(desk.item(one.task))
    why = Sentence(
        "These tasks are late, and the programme's ladder names you as the next to know."
    )
    groups = tuple(
        LateGroup(person=desk.session.get_one(Person, person_id).name, items=tuple(items))
        for person_id, items in late.items()
    )
    return desk.finish(
        Escalation(
            **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
            groups=groups,
            more=max(len(still) - LONGEST_LIST, 0),
        )
    )


def _still_due(desk: Desk) -> list[_Reminded]:
    """Claims of this letter whose task still waits with the same deadline, by due day."""
    rows = desk.session.exec(
        select(Task, Reminder)
        .join(Reminder, col(Reminder.task_id) == col(Task.id))
        .where(
            Reminder.letter_id == desk.letter.id,
            col(Task.state).in_(WAITING),
            col(Task.due_on) == col(Reminder.due_on),
        )
        .order_by(col(Task.due_on), col(Task.id), col(Reminder.id))
    ).all()
    by_task: dict[int, tuple[Task, list[Reminder]]] = {}
    for task, claim in rows:
        if claim.audience == "assignee" and task.assignee_id != desk.person.id:
            continue  # handed over since: the new person's ladder speaks to them
        by_task.setdefault(task.id or 0, (task, []))[1].append(claim)
    return [_Reminded(task, tuple(claims)) for task, claims in by_task.values()]


def _missed_days(still: Sequence[_Reminded]) -> tuple[date, ...]:
    """Days whose reminders did not leave on their day: the letter says so."""
    missed = {
        claim.day for one in still for claim in one.claims if claim.day < claim.claimed_at.date()
    }
    return tuple(sorted(missed))
