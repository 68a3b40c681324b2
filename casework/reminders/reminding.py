"""The daily round: which rungs are due and not yet claimed; each is claimed once, into a letter.

It asks "due by today", never "equals today", so a silence of any length loses nothing: the rungs
that were missed come together, in one letter that says so (law 4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, select

from casework.access import require
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.passes import Chunk, begin
from casework.people.responsible import Place, responsible
from casework.people.standing_in import standing_in
from casework.portions import ahead
from casework.reminders.claiming import (
    DueTask,
    Ladders,
    People,
    claims_for,
    not_taken,
    places_asked,
    rows_of,
)
from casework.reminders.daily_letters import letters_of_day
from casework.tasks.repeating import open_turns
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.pass_run import PassRun
from models.school import School
from models.task import Reminder, Task
from opora.database import insert_or_ignore
from programmes.definition import Programme
from states.task_machine import WAITING

CHUNK = 2000
"""Tasks in one transaction: some tenths of a second, done again after a kill."""

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
    counts = _tell(session, programme, cycle, tasks, day, acting) if tasks else {}
    if len(tasks) == CHUNK:
        return Chunk(cursor=run.cursor if is_portion else tasks[-1].id, counts=counts)
    if not is_portion:
        here = {name: run.counts.get(name, 0) + number for name, number in counts.items()}
        _close(session, cycle, {**run.counts, **here}, day, acting)
    return Chunk(cursor=None, counts=counts)


def _tell(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    tasks: Sequence[DueTask],
    day: date,
    acting: Acting,
) -> Mapping[str, int]:
    ladders = Ladders(session, programme, day)
    asked = places_asked(tasks, ladders)
    holders = responsible(session, cycle.register_key, on=day, fallback=0, places=asked)
    people = People(holders, standing_in(session, day))
    claims = not_taken(session, claims_for(tasks, ladders, people))
    wanted = {claim.letter for claim in claims}
    letters = letters_of_day(session, programme, cycle, wanted, day, acting.at)
    claimed = insert_or_ignore(session, Reminder, rows_of(claims, letters, acting.at))
    _look_again(session, ladders, tasks)
    return {"tasks": len(tasks), "claims": claimed}


def _due(session: Session, cycle: Cycle, day: date, *within: ColumnElement[bool]) -> list[DueTask]:
    """The next tasks with a rung due by `day`.

    They are found by difference alone, in the order of the index of what is due: each chunk moves
    its tasks' next day on, so what was done is not found again.
    """
    rows = session.exec(
        select(  # type: ignore[call-overload]  # more columns than the library's types foresee
            col(Task.id),
            col(Task.milestone),
            col(Task.doer),
            col(Task.assignee_id),
            col(Task.approver),
            col(Task.opened_on),
            col(Task.due_on),
            col(Task.silent_until),
            col(School.id),
            func.coalesce(col(School.territory_id), col(Task.territory_id)),
        )
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
    )
    return [DueTask._make((*row[:-2], Place(*row[-2:]))) for row in rows]


def _look_again(session: Session, ladders: Ladders, tasks: Sequence[DueTask]) -> None:
    """Set each task's next day with a rung, grouped so that one statement serves many tasks."""
    pairs = sorted((ladders.next_day(task) or date.max, task.id) for task in tasks)
    for next_day, group in groupby(pairs, key=itemgetter(0)):
        session.execute(
            update(Task)
            .where(  # a clock that was stopped or put on meanwhile is left as it stands
                col(Task.id).in_([task_id for _, task_id in group]),
                col(Task.next_remind_on) <= ladders.day,
            )
            .values(next_remind_on=None if next_day == date.max else next_day),
            execution_options={"synchronize_session": False},  # no task is held as an object here
        )


def _close(
    session: Session, cycle: Cycle, counts: Mapping[str, int], day: date, acting: Acting
) -> None:
    values = {"day": day, **counts}
    append(session, acting.deed(f"cycle:{cycle.id}", KIND, values=values))
