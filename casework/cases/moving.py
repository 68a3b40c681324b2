"""Moving a case: the law is asked, the line written, the stage set, tasks opened, letters queued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.access import Held, case_for
from casework.acting import Acting
from casework.cases.case_facts import facts_of
from casework.cycles.opening import anchors, opening_day
from casework.deadlines.suspending import resume_deadlines, stop_deadlines, stopped
from casework.grants import Right
from casework.letters.announcing import tell_of_move
from casework.people.responsible import Responsible, responsible
from casework.tasks.planning import Subject, planned, task_rows, told, write_tasks
from models.case import Case
from models.history import HistoryLine, append
from models.task import Task
from opora.errors import Forbidden, NotFound, StaleView
from opora.words import Sentence
from programmes.milestones import Scope
from schedules.deadline import Ledger
from states.case_machine import Standing, destination
from states.role import Role
from states.stage import Move, Outcome, Stage
from states.task_machine import UNFINISHED, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person gives with a move. `seen` is the version of the case they looked at."""

    basis: str = ""
    remarks: str = ""
    outcome: Outcome | None = None
    seen: int | None = None


_FLAGS = {Move.SUSPEND, Move.RESUME}
_ENDS_TASKS = {Move.EXIT, Move.WITHDRAW, Move.RETURN_FOR_REWORK, Move.REOPEN}


def move_case(
    session: Session, case_id: int, move: Move, request: Request, acting: Acting
) -> HistoryLine:
    """Make one move; the only function that changes a stage.

    Raises `NotFound`, `Forbidden`, `StaleView`, `MoveNotAllowed` with every unmet need.
    """
    held = case_for(session, acting, case_id, Right.MOVE_CASE)
    case, programme = _case(held), held.programme
    _may(held, move, acting)
    if request.seen is not None and request.seen != case.version:
        raise StaleView(seen=request.seen, version=case.version)
    on = acting.on(programme.zone)
    standing = Standing(
        stage=case.stage, suspended=case.suspended_on is not None, left=case.left_stage
    )
    facts = facts_of(session, held, request, on=on)
    dest = destination(move, standing, needs=programme.needs_of(move), facts=facts)
    people = _people(session, held, acting, on)
    effects = _effects_on_tasks(session, held, Step(move, dest), people, acting)
    line = _write(session, case, Step(move, dest), request, effects, acting, on=on)
    roles = (Role.CURATOR, Role.HEAD, Role.COORDINATOR, Role.PARTNER)
    close = {people.holder(role, held.place) for role in roles}
    tell_of_move(
        session,
        held,
        line,
        people={person for person in close if person is not None} | effects.doers,
        acting=acting,
    )
    return line


def _case(held: Held) -> Case:
    if held.case is None:
        raise NotFound(what=Sentence("case"), key="")
    return held.case


def _may(held: Held, move: Move, acting: Acting) -> None:
    if not set(held.programme.roles_for(move)) & held.roles:
        raise Forbidden(person=acting.called, deed=move.value)
    held.acts_by(held.programme.roles_for(move), acting)


def _people(session: Session, held: Held, acting: Acting, on: date) -> Responsible:
    return responsible(
        session,
        held.cycle.register_key,
        on=on,
        fallback=(acting.person.id or 0) if acting.person else 0,
        places=[held.place],
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A move and the stage it leads to."""

    move: Move
    dest: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effects:
    """What a move does to the case's tasks; `values` is what history keeps of it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    doers: frozenset[int] | set[int] = frozenset()


def _effects_on_tasks(
    session: Session,
    held: Held,
    step: Step,
    people: Responsible,
    acting: Acting,
) -> _Effects:
    on = acting.on(held.programme.zone)
    open_tasks = unfinished(session, _case(held))
    if step.move is Move.SUSPEND:
        return _Effects(values={"deadlines": stop_deadlines(session, open_tasks, acting, on)})
    if step.move is Move.RESUME:
        shifted = resume_deadlines(session, held.programme, open_tasks, acting, on)
        return _Effects(values={"deadlines": shifted})
    values: dict[str, Any] = {}
    if step.move in _ENDS_TASKS:
        values["cancelled"] = cancel(session, open_tasks)
    if step.dest is Stage.EXITED:
        return _Effects(values=values)
    rows, ledgers = _open_next(session, held, step.dest, people, acting)
    values["tasks"] = told(rows, ledgers)
    return _Effects(values=values, doers={row["assignee_id"] for row in rows})


def unfinished(session: Session, case: Case) -> Sequence[Task]:
    """The tasks of the case that are not over."""
    return session.exec(
        select(Task)
        .where(Task.case_id == case.id, col(Task.state).in_(UNFINISHED))
        .order_by(col(Task.id))
    ).all()


def cancel(session: Session, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Take the tasks away; tells what history keeps of it."""
    for task in tasks:
        task.state, task.next_remind_on = TaskState.CANCELLED, None
        task.version += 1
        session.add(task)
    return [{"milestone": t.milestone, "turn": t.turn} for t in tasks]


def _open_next(
    session: Session,
    held: Held,
    stage: Stage,
    people: Responsible,
    acting: Acting,
) -> tuple[list[dict[str, Any]], list[Ledger]]:
    """The tasks of the stage that is entered; once more when it was entered before."""
    case, on = _case(held), acting.on(held.programme.zone)
    days = anchors(held.cycle, opening_day(held.cycle, held.programme), on)
    plans = planned(held.programme, stage, Scope.CASE, anchors=days, on=on)
    turns = dict(
        session.exec(
            select(Task.milestone, Task.turn)
            .where(Task.case_id == case.id)
            .order_by(col(Task.turn))
        ).all()
    )
    subject = Subject(chain=held.chain, place=held.place, case_id=case.id)
    rows = task_rows(subject, plans, people, cycle_id=held.cycle.id or 0, on=on, turns=turns)
    ledgers = [plan.ledger for plan in plans]
    if case.suspended_on is not None:  # returned while the clocks stand: these stand from the start
        rows = [{**row, "next_remind_on": None} for row in rows]
        ledgers = [stopped(ledger, acting, on) for ledger in ledgers]
    write_tasks(session, rows, ledgers)
    return rows, ledgers


def _write(
    session: Session,
    case: Case,
    step: Step,
    request: Request,
    effects: _Effects,
    acting: Acting,
    *,
    on: date,
) -> HistoryLine:
    """The line first, then the stage: a trigger refuses a stage that has no line."""
    outcome = _outcome(step, request)
    line = append(
        session,
        acting.deed(
            f"case:{case.id}",
            step.move.value,
            values={"on": on, "outcome": outcome, **effects.values},
            words={"basis": request.basis, "remarks": request.remarks},
            move=(case.stage, step.dest, case.version + 1),
        ),
    )
    if step.move in _FLAGS:
        case.suspended_on = on if step.move is Move.SUSPEND else None
    else:
        case.left_stage, case.outcome, case.stage_since = case.stage, outcome, on
        case.suspended_on = None if step.dest is Stage.EXITED else case.suspended_on
    case.stage = step.dest
    case.version += 1
    session.add(case)
    session.flush()
    return line


def _outcome(step: Step, request: Request) -> Outcome | None:
    if step.dest is not Stage.EXITED:
        return None
    return Outcome.WITHDRAWN if step.move is Move.WITHDRAW else request.outcome
