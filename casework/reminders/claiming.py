"""Claims: which rung of which deadline speaks to whom on a day, each claimed once (law 4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from casework.cycles.versions import ladder_of
from casework.deadlines.suspending import next_rung_after
from casework.people.responsible import Place, Responsible
from casework.people.standing_in import StandingIn
from models.task import Reminder
from notifications.outbox import LetterKind
from programmes.definition import Programme
from schedules.ladders import Audience, DueRung, Rung, rungs_due
from states.role import Role


class DueTask(NamedTuple):
    """What the round reads of a task, and the place that decides who answers."""

    id: int
    milestone: str
    doer: Role
    assignee_id: int
    approver: Role | None
    opened_on: date
    due_on: date
    silent_until: date | None
    place: Place


class Claim(NamedTuple):
    """One rung of one deadline for one person."""

    task: DueTask
    due: DueRung
    recipient_id: int
    audience: Audience
    on_behalf_of: int | None  # who is away

    @property
    def letter(self) -> tuple[int, LetterKind]:
        """Whose letter it goes into; escalations travel apart from the digest."""
        told_on = self.due.rung.escalation and self.recipient_id != self.task.assignee_id
        return self.recipient_id, LetterKind.ESCALATION if told_on else LetterKind.DIGEST

    def as_row(self, letter_id: int, at: datetime) -> dict[str, Any]:
        """A row of `Reminder`."""
        return {
            "task_id": self.task.id,
            "due_on": self.task.due_on,
            "rung": self.due.rung.key,
            "recipient_id": self.recipient_id,
            "audience": self.audience.value,
            "day": max(self.due.day, _first_loud_day(self.task)),
            "claimed_at": at,
            "letter_id": letter_id,
            "on_behalf_of": self.on_behalf_of,
        }


def _first_loud_day(task: DueTask) -> date:
    """What fell into a silence that somebody asked for comes after it, and is not late by that."""
    return task.silent_until + timedelta(days=1) if task.silent_until else date.min


@dataclass(frozen=True, slots=True)
class Ladders:
    """The rungs of a day; thousands of tasks share a milestone and its dates: one is asked for all."""

    session: Session
    programme: Programme
    day: date
    _due: dict[tuple[str, date, date], tuple[DueRung, ...]] = field(default_factory=dict)
    _next: dict[tuple[str, date, date | None], date | None] = field(default_factory=dict)

    def due(self, task: DueTask) -> tuple[DueRung, ...]:
        """The task's rungs whose day has come."""
        key = (task.milestone, task.due_on, task.opened_on)
        if key not in self._due:
            self._due[key] = rungs_due(
                ladder_of(self.session, self.programme, task.milestone),
                task.due_on,
                opened_on=task.opened_on,
                on=self.day,
                calendar=self.programme.working_calendar,
            )
        return self._due[key]

    def next_day(self, task: DueTask) -> date | None:
        """When to look at the task again."""
        key = (task.milestone, task.due_on, task.silent_until)
        if key not in self._next:
            self._next[key] = next_rung_after(self.session, self.programme, task, self.day)
        return self._next[key]


@dataclass(frozen=True, slots=True)
class People:
    """Who holds which role, and who is away."""

    holders: Responsible
    present: StandingIn

    def of(self, audience: Audience, task: DueTask, rung: Rung) -> tuple[int, int | None] | None:
        """Whom a rung speaks to, and in whose place; nobody is told on to themselves."""
        meant = self.holders.audience(
            audience, task.place, assignee=task.assignee_id, approver=task.approver
        )
        if meant == task.assignee_id and rung.escalation:
            above = self.holders.above(task.doer, task.place)
            meant = next((one for one in above if one != task.assignee_id), meant)
        if not meant:
            return None
        reader = self.present.reader(meant) or meant
        return reader, meant if reader != meant else None


def places_asked(tasks: Iterable[DueTask], ladders: Ladders) -> set[Place]:
    """Where a rung speaks to somebody else than who has the task: there one must know who it is."""
    return {
        task.place
        for task in tasks
        for due in ladders.due(task)
        if due.rung.escalation or due.rung.audience != (Audience.ASSIGNEE,)
    }


def claims_for(tasks: Iterable[DueTask], ladders: Ladders, people: People) -> list[Claim]:
    """Everything that speaks on the day; one rung speaks once to one person."""
    claims: dict[tuple[int, str, int], Claim] = {}
    for task in tasks:
        for due in ladders.due(task):
            for audience in due.rung.audience:
                if (found := people.of(audience, task, due.rung)) is not None:
                    key = (task.id, due.rung.key, found[0])
                    if key not in claims:
                        claims[key] = Claim(task, due, found[0], audience, found[1])
    return list(claims.values())


def not_taken(session: Session, claims: Sequence[Claim]) -> list[Claim]:
    """Claims that no earlier round has taken: only they ask for a letter."""
    tasks = sorted({claim.task.id for claim in claims})
    known = select(
        col(Reminder.task_id), col(Reminder.due_on), col(Reminder.rung), col(Reminder.recipient_id)
    ).where(col(Reminder.task_id).in_(tasks))
    taken = {tuple(row) for row in session.exec(known)}
    return [
        claim
        for claim in claims
        if (claim.task.id, claim.task.due_on, claim.due.rung.key, claim.recipient_id) not in taken
    ]


def rows_of(
    claims: Iterable[Claim], letters: Mapping[tuple[int, LetterKind], int], at: datetime
) -> list[dict[str, Any]]:
    """The claims as rows, each with the letter that will tell of it."""
    return [claim.as_row(letters[claim.letter], at) for claim in claims]
