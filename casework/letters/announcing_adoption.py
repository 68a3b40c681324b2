"""Who hears that another version of the programme has moved their dates: one letter a person."""

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from casework.acting import Acting
from casework.letters.announcing import tell_of_deadlines
from models.cycle import Cycle
from models.history import HistoryLine
from models.pass_run import PassRun
from models.task import Task
from programmes.definition import Programme
from states.task_machine import UNFINISHED


def tell_of_adoption(
    session: Session, run: PassRun, cycle: Cycle, new: Programme, acting: Acting
) -> None:
    """Once every case went over: a letter to each doer about all of their dates that moved."""
    adopted = _adopted(session, run, cycle)
    moved = set(_moved(session, cycle, adopted, new))
    if not moved:
        return
    tasks = session.execute(
        select(
            col(Task.id),
            col(Task.assignee_id),
            col(Task.subject),
            col(Task.milestone),
            col(Task.turn),
        ).where(col(Task.cycle_id) == cycle.id, col(Task.state).in_(UNFINISHED))
    )
    concerned = {
        task_id: [assignee]
        for task_id, assignee, subject, milestone, turn in tasks
        if (subject, milestone, turn) in moved
    }
    tell_of_deadlines(session, new, cycle, adopted, concerned, acting)


def _adopted(session: Session, run: PassRun, cycle: Cycle) -> HistoryLine:
    """The cycle's line that began this pass: its number is the pass's period."""
    seq = int(run.period.rpartition(":")[2])
    subject = f"cycle:{cycle.id}"
    line = select(HistoryLine).where(
        col(HistoryLine.subject) == subject, col(HistoryLine.seq) == seq
    )
    return session.scalars(line).one()


def _moved(
    session: Session, cycle: Cycle, adopted: HistoryLine, new: Programme
) -> Iterator[tuple[str, str, int]]:
    """Subject, milestone and turn of every task whose day the adoption changed."""
    lines = session.execute(
        select(col(HistoryLine.subject), col(HistoryLine.body)).where(
            col(HistoryLine.id) > (adopted.id or 0), col(HistoryLine.deed) == "replan"
        )
    )
    for subject, body in lines:
        values = json.loads(body)["values"]
        if (values["cycle"], values["sha256"]) != (cycle.id, new.sha256):
            continue
        for one in values["deadlines"]:
            if sum(step.get("shift", 0) for step in one["steps"]):
                yield subject, one["milestone"], one["turn"]
