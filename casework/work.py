"""Which function does a chunk of which kind of pass, and on whose behalf a pass goes on."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.adopting import KIND as ADOPT_PROGRAMME, adopt_cases, cases_left
from casework.carrying import to_take_up
from casework.opening import open_cases
from casework.passes import Work
from casework.phases import KIND as OPEN_PHASE, open_phase_tasks
from casework.reminding import KIND as DAILY_ROUND, remind
from models.cycle import Cycle
from models.pass_run import PassRun
from models.people import Person
from models.school import School
from models.task import Task
from states.task_machine import WAITING

OPEN_CYCLE = "open_cycle"

WORK: Mapping[str, Work] = {
    OPEN_CYCLE: open_cases,
    DAILY_ROUND: remind,
    OPEN_PHASE: open_phase_tasks,
    ADOPT_PROGRAMME: adopt_cases,
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
    """How many schools or tasks lie before the pass's cursor: what a progress bar counts down."""
    return _LEFT[run.kind](session, run)


def _schools_left(session: Session, run: PassRun) -> int:
    cycle = session.get_one(Cycle, run.arguments["cycle"])
    return session.exec(
        select(func.count(col(School.id))).where(
            to_take_up(session, cycle), col(School.id) > run.cursor
        )
    ).one()


def _tasks_left(session: Session, run: PassRun) -> int:
    return session.exec(
        select(func.count(col(Task.id))).where(
            col(Task.next_remind_on) <= date.fromisoformat(run.arguments["day"]),
            Task.cycle_id == run.arguments["cycle"],
            col(Task.state).in_(WAITING),
        )
    ).one()


_LEFT: Mapping[str, Callable[[Session, PassRun], int]] = {
    OPEN_CYCLE: _schools_left,
    DAILY_ROUND: _tasks_left,
    OPEN_PHASE: cases_left,
    ADOPT_PROGRAMME: cases_left,
}
