"""The daily round: which rungs are due and not yet claimed; each is claimed once, into a letter.

It asks "due by today", never "equals today", so a silence of any length loses nothing: the rungs
that were missed come together, in one letter that says so (law 4).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from casework.access import require
from casework.acting import Acting
from casework.grants import Right
from casework.passes import Chunk, begin
from casework.portions import ahead
from casework.repeating import open_turns
from casework.responsible import Place, Responsible, responsible
from casework.standing_in import StandingIn, standing_in
from casework.suspending import next_rung_after
from casework.versions import programme_of
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.letter import Letter, LetterState
from models.pass_run import PassRun
from models.school import School
from models.task import Reminder, Task
from notifications.outbox import Draft, LetterKind, key_of_day, put_all
from opora.database import insert_or_ignore
from programmes.definition import Programme
from schedules.ladders import Audience, DueRung, Rung, rungs_due
from schedules.working_calendar import next_sending_moment, wall_moment
from states.task_machine import WAITING

CHUNK = 500
"""Tasks in one transaction."""

KIND = "daily_round"


def begin_rounds(session: Session, acting: Acting) -> list[PassRun]:
    """Today's round of every open cycle, each by its own region's date."""
    cycles = session.exec(select(Cycle).where(Cycle.is_open).order_by(col(Cycle.id))).all()
    runs = []
    for cycle in cycles:
        if acting.person is not None:
            require(session, acting, Right.RUN_ROUND, cycle.register_key)
        runs.append(
            begin_round(session, cycle, acting.on(programme_of(session, cycle).zone), acting)
        )
    return runs


def begin_round(session: Session, cycle: Cycle, day: date, acting: Acting) -> PassRun:
    """The cycle's round of that day: begun now, or found as somebody has begun it."""
    arguments = {
        "cycle": cycle.id,
        "day": day.isoformat(),
        "person": acting.person.id if acting.person else None,
    }
    return begin(session, KIND, f"{cycle.id}:{day}", arguments=arguments, at=acting.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One rung of one deadline for one person."""

    task: Task
    due: DueRung
    recipient_id: int
    audience: str
    on_behalf_of: int | None = None  # who is away

    @property
    def kind(self) -> LetterKind:
        """Escalations travel apart from the digest."""
        told_on = self.due.rung.escalation and self.recipient_id != self.task.assignee_id
        return LetterKind.ESCALATION if told_on else LetterKind.DIGEST


def remind(session: Session, run: PassRun, acting: Acting) -> Chunk:
    """One chunk of the round: claim what is due, write the letters, set the next day to look."""
    cycle = session.get_one(Cycle, run.arguments["cycle"])
    programme = programme_of(session, cycle)
    day = date.fromisoformat(run.arguments["day"])
    is_portion = run.parent_id is not None
    if programme.repeating and run.cursor <= 0 and not is_portion:  # below zero: so far with turns
        turns = open_turns(session, cycle, programme, -run.cursor, acting, day=day)
        return replace(turns, cursor=1 if turns.cursor is None else -turns.cursor)
    tasks = _due(session, cycle, day, *([ahead(run, col(Task.id))] if is_portion else []))
    if not tasks:
        if not is_portion:
            _close(session, cycle, run, day, acting)
        return Chunk(cursor=None)
    people = _people(session, cycle, tasks, day)
    claims = _not_taken(
        session,
        [claim for task, place in tasks for claim in _claims(programme, task, place, people, day)],
    )
    pairs = {(claim.recipient_id, claim.kind) for claim in claims}
    letters = letters_of_day(session, programme, cycle, pairs, day, acting.at)
    claimed = insert_or_ignore(session, Reminder, [_row(c, letters, acting.at) for c in claims])
    _look_again(session, programme, [task for task, _ in tasks], day)
    counts = {"tasks": len(tasks), "claims": claimed}
    last = run.cursor if is_portion else tasks[-1][0].id or 0  # a portion is found by difference too
    return Chunk(cursor=last, counts=counts)


def _due(
    session: Session, cycle: Cycle, day: date, *within: ColumnElement[bool]
) -> list[tuple[Task, Place]]:
    """The next tasks with a rung due by `day`, and the place that decides who answers.

    They are found by difference alone, in the order of the index of what is due: each chunk moves
    its tasks' next day on, so what was done is not found again.
    """
    rows = session.exec(
        select(Task, School.id, School.territory_id)
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .where(
            col(Task.next_remind_on) <= day,
            Task.cycle_id == cycle.id,
            col(Task.state).in_(WAITING),
            *within,
        )
        .order_by(col(Task.next_remind_on), col(Task.id))
        .limit(CHUNK)
    ).all()
    return [
        (task, Place(school_id=school_id, territory_id=territory_id or task.territory_id))
        for task, school_id, territory_id in rows
    ]


def _not_taken(session: Session, claims: Sequence[_Claim]) -> list[_Claim]:
    """Claims that no earlier round has taken: only they ask for a letter."""
    tasks = sorted({claim.task.id for claim in claims if claim.task.id is not None})
    known = session.exec(select(Reminder).where(col(Reminder.task_id).in_(tasks))).all()
    taken = {(one.task_id, one.due_on, one.rung, one.recipient_id) for one in known}
    return [
        claim
        for claim in claims
        if (claim.task.id, claim.task.due_on, claim.due.rung.key, claim.recipient_id) not in taken
    ]


@dataclass(frozen=True, slots=True)
class _People:
    """Who holds which role, and who is away."""

    holders: Responsible
    present: StandingIn

    def of(
        self, audience: Audience, place: Place, task: Task, rung: Rung
    ) -> tuple[int, int | None] | None:
        """Whom a rung speaks to, and in whose place; nobody is told on to themselves."""
        meant = self.holders.audience(
            audience, place, assignee=task.assignee_id, approver=task.approver
        )
        if meant == task.assignee_id and rung.escalation:
            above = self.holders.above(task.doer, place)
            meant = next((one for one in above if one != task.assignee_id), meant)
        if not meant:
            return None
        reader = self.present.reader(meant) or meant
        return reader, meant if reader != meant else None


def _people(
    session: Session, cycle: Cycle, tasks: Sequence[tuple[Task, Place]], day: date
) -> _People:
    places = [place for _, place in tasks]
    holders = responsible(session, cycle.register_key, on=day, fallback=0, places=places)
    return _People(holders, standing_in(session, day))


def _claims(
    programme: Programme, task: Task, place: Place, people: _People, day: date
) -> list[_Claim]:
    ladder = programme.ladder(programme.milestone(task.milestone).ladder)
    due = rungs_due(
        ladder,
        task.due_on,
        opened_on=task.opened_on,
        on=day,
        calendar=programme.working_calendar,
    )
    claims: dict[tuple[str, int], _Claim] = {}
    for one in due:
        for audience in one.rung.audience:
            if (found := people.of(audience, place, task, one.rung)) is not None:
                claim = _Claim(
                    task=task,
                    due=one,
                    recipient_id=found[0],
                    audience=audience.value,
                    on_behalf_of=found[1],
                )
                claims.setdefault((one.rung.key, found[0]), claim)
    return list(claims.values())


def letters_of_day(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    pairs: Collection[tuple[int, LetterKind]],
    day: date,
    at: datetime,
) -> Mapping[tuple[int, LetterKind], int]:
    """The letter of each (person, kind): today's, or the next day's when today's has left."""
    wanted = sorted(pairs)
    found: dict[tuple[int, LetterKind], int] = {}
    while wanted:
        drafts = {pair: _draft(programme, cycle, pair, day, at) for pair in wanted}
        put_all(session, drafts.values(), at=at)
        by_key = {
            letter.key: letter
            for letter in session.exec(
                select(Letter)
                .where(col(Letter.key).in_([d.key for d in drafts.values()]))
                .order_by(col(Letter.id))
                .with_for_update()  # delivery must not freeze it before these claims are there
                .execution_options(populate_existing=True)
            )
        }
        for pair, draft in drafts.items():
            letter = by_key[draft.key]
            if letter.state is LetterState.PENDING and letter.body is None and letter.attempt == 0:
                found[pair] = letter.id or 0
        wanted = [pair for pair in wanted if pair not in found]
        day = programme.working_calendar.plus_working_days(day, 1)
    return found


def _draft(
    programme: Programme, cycle: Cycle, pair: tuple[int, LetterKind], day: date, at: datetime
) -> Draft:
    person, kind = pair
    calendar, zone = programme.working_calendar, programme.zone
    earliest = max(at, wall_moment(day, time.min, zone))
    return Draft(
        kind=kind,
        key=key_of_day(kind, day, person),
        recipient_id=person,
        send_after=next_sending_moment(calendar, earliest, zone, "digest"),
        cycle_id=cycle.id,
        day=day,
    )


def _row(
    claim: _Claim, letters: Mapping[tuple[int, LetterKind], int], at: datetime
) -> dict[str, Any]:
    return {
        "task_id": claim.task.id,
        "due_on": claim.task.due_on,
        "rung": claim.due.rung.key,
        "recipient_id": claim.recipient_id,
        "audience": claim.audience,
        "day": max(claim.due.day, _first_loud_day(claim.task)),
        "claimed_at": at,
        "letter_id": letters[claim.recipient_id, claim.kind],
        "on_behalf_of": claim.on_behalf_of,
    }


def _first_loud_day(task: Task) -> date:
    """What fell into a silence that somebody asked for comes after it, and is not late by that."""
    return task.silent_until + timedelta(days=1) if task.silent_until else date.min


def _look_again(session: Session, programme: Programme, tasks: Sequence[Task], day: date) -> None:
    """Set each task's next day with a rung, grouped so that one statement serves many tasks."""
    pairs = sorted(
        (next_rung_after(programme, task, day) or date.max, task.id or 0) for task in tasks
    )
    for next_day, group in groupby(pairs, key=lambda pair: pair[0]):
        session.execute(
            update(Task)
            .where(  # a clock that was stopped or put on meanwhile is left as it stands
                col(Task.id).in_([task_id for _, task_id in group]),
                col(Task.next_remind_on) <= day,
            )
            .values(next_remind_on=None if next_day == date.max else next_day)
        )


def _close(session: Session, cycle: Cycle, run: PassRun, day: date, acting: Acting) -> None:
    values = {"day": day, **run.counts}
    append(session, acting.deed(f"cycle:{cycle.id}", KIND, values=values))
