"""Which function does a chunk of which kind of pass, over what, and on whose behalf a pass goes on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.cycles.adopting import KIND as ADOPT_PROGRAMME, adopt_cases
from casework.cycles.carrying import to_take_up
from casework.cycles.opening import open_cases
from casework.cycles.phases import KIND as OPEN_PHASE, open_phase_tasks
from casework.cycles.versions import programme_of
from casework.passes import Chunk, Work
from casework.portions import ahead, ends, portions_left
from casework.reminders.reminding import KIND as DAILY_ROUND, remind
from models.case import Case
from models.cycle import Cycle
from models.pass_run import PassRun
from models.people import Person
from models.school import School
from models.task import Task
from states.stage import Stage
from states.task_machine import WAITING

OPEN_CYCLE = "open_cycle"
PORTION = 500
"""Rows in one portion of a split pass: seconds of work, so that nobody waits long for the last."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """The rows that a pass goes over, by their ids."""

    ids: Mapped[int | None]
    which: Callable[[Session, PassRun], list[ColumnElement[bool]]]
    is_before: Callable[[Session, PassRun], bool] = lambda _, run: run.cursor == 0


def _schools(session: Session, run: PassRun) -> list[ColumnElement[bool]]:
    return [to_take_up(session, session.get_one(Cycle, run.arguments["cycle"]))]


def _tasks(_: Session, run: PassRun) -> list[ColumnElement[bool]]:
    return [
        col(Task.next_remind_on) <= date.fromisoformat(run.arguments["day"]),
        col(Task.cycle_id) == run.arguments["cycle"],
        col(Task.state).in_(WAITING),
    ]


def _cases(_: Session, run: PassRun) -> list[ColumnElement[bool]]:
    return [col(Case.cycle_id) == run.arguments["cycle"], col(Case.stage) != Stage.EXITED]


def _turns_are_open(session: Session, run: PassRun) -> bool:
    """A round first opens the next turns of what repeats, and notes its end as cursor 1."""
    repeats = programme_of(session, session.get_one(Cycle, run.arguments["cycle"])).repeating
    return run.cursor == (1 if repeats else 0)


_WALKS: Mapping[str, _Walk] = {
    OPEN_CYCLE: _Walk(col(School.id), _schools),
    DAILY_ROUND: _Walk(col(Task.id), _tasks, _turns_are_open),
    OPEN_PHASE: _Walk(col(Case.id), _cases),
    ADOPT_PROGRAMME: _Walk(col(Case.id), _cases),
}


def _splitting(kind: str, work: Work) -> Work:
    """The same work, but a large pass is split before its first row."""
    walk = _WALKS[kind]

    def chunk(session: Session, run: PassRun, acting: Acting) -> Chunk:
        if run.parent_id is None and run.until is None and walk.is_before(session, run):
            found = ends(session, walk.ids, *walk.which(session, run), size=PORTION)
            if len(found) > 1:
                return Chunk(cursor=run.cursor, portions=found)
        return work(session, run, acting)

    return chunk


WORK: Mapping[str, Work] = {
    OPEN_CYCLE: _splitting(OPEN_CYCLE, open_cases),
    DAILY_ROUND: _splitting(DAILY_ROUND, remind),
    OPEN_PHASE: _splitting(OPEN_PHASE, open_phase_tasks),
    ADOPT_PROGRAMME: _splitting(ADOPT_PROGRAMME, adopt_cases),
}
"""Every kind of pass that there is."""


def acting_in(
    session: Session, run: PassRun, *, at: datetime, recorded_at: datetime, is_virtual: bool = False
) -> Acting:
    """The person who began the pass, whoever carries it on; a pass of the clock acts in its own name."""
    person_id = run.arguments.get("person")
    return Acting(
        at=at,
        recorded_at=recorded_at,
        person=session.get_one(Person, person_id) if person_id else None,
        pass_name=f"{run.kind}:{run.period}",
        is_virtual=is_virtual,
    )


def left_of(session: Session, run: PassRun) -> int:
    """How many rows lie before the pass: what a progress bar counts down."""
    if run.is_split:
        return sum(left_of(session, portion) for portion in portions_left(session, run))
    walk = _WALKS[run.kind]
    which = walk.which(session, run)
    if (
        run.kind != DAILY_ROUND or run.parent_id is not None
    ):  # a round finds its tasks by difference
        which.append(ahead(run, walk.ids))
    return session.exec(select(func.count(walk.ids)).where(*which)).one()
