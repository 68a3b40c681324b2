"""How many records count for a case: as the need of a move, or as the proof of a task."""

from collections import Counter

from sqlmodel import Session, col, func, select

from casework.cycles.versions import programme_of
from casework.records.marks import Mark, marks_of
from models.case import Case
from models.cycle import Cycle
from models.record import Record
from models.school import School
from models.task import Task
from programmes.definition import Programme
from programmes.milestones import Phase
from programmes.record_kinds import Party
from states.record_machine import COUNTING
from states.task_machine import TaskState


def counted_for(session: Session, cycle: Cycle, case: Case, school: School) -> dict[str, int]:
    """Kind → records that stand on the case; of what is attended, how often its school came."""
    kinds = programme_of(session, cycle).records.kinds
    if not kinds:
        return {}
    rows = session.exec(
        select(Record.kind, func.count())
        .where(Record.case_id == case.id, col(Record.state).in_(COUNTING))
        .group_by(col(Record.kind))
    ).all()
    found = Counter(dict(rows))
    held = [
        key
        for key, kind in kinds.items()
        if kind.attendance is not None and kind.attendance.of is Party.SCHOOLS
    ]
    shared = session.exec(
        select(Record).where(
            Record.cycle_id == cycle.id,
            col(Record.case_id).is_(None),
            col(Record.kind).in_(held),
            col(Record.state).in_(COUNTING),
        )
    ).all()
    marks = marks_of(session, [one.id or 0 for one in shared])
    for one in shared:
        came = marks.get(one.id or 0, {}).get((f"school:{school.id}", Mark.ATTENDED), 0)
        found[one.kind] += came > 0
    return dict(found)


def choices_in(session: Session, case: Case, programme: Programme) -> dict[str, int]:
    """`kind.field` → different choices in the case's standing records, where a move needs several."""
    rules = programme.course.moves.values()
    wanted = {(need.of, need.each) for one in rules for need in one.needs if need.each}
    if not wanted:
        return {}
    rows = session.exec(
        select(Record.kind, Record.fields).where(
            Record.case_id == case.id,
            col(Record.kind).in_({kind for kind, _ in wanted}),
            col(Record.state).in_(COUNTING),
        )
    ).all()
    return {
        f"{kind}.{name}": len({f.get(name or "") for of, f in rows if of == kind} - {None})
        for kind, name in wanted
    }


def proving(session: Session, task: Task, kind: str) -> int:
    """Records of the kind that stand for the task: on its own subject, or on the cycle as a whole."""
    return session.exec(
        select(func.count())
        .select_from(Record)
        .where(
            Record.cycle_id == task.cycle_id,
            Record.kind == kind,
            col(Record.state).in_(COUNTING),
            col(Record.subject).in_((task.subject, f"cycle:{task.cycle_id}")),
        )
    ).one()


def earlier_turns(session: Session, task: Task) -> int:
    """How often the same work has been accepted before."""
    return session.exec(
        select(func.count())
        .select_from(Task)
        .where(
            Task.cycle_id == task.cycle_id,
            Task.subject == task.subject,
            Task.milestone == task.milestone,
            Task.turn < task.turn,
            Task.state == TaskState.ACCEPTED,
        )
    ).one()


def standing_for(
    session: Session, programme: Programme, task: Task, document: str, phase: Phase | None
) -> int:
    """Records that are the document a task asks for: on its own subject, of its phase.

    Where no phase tells them apart, those that were added since the task was opened.
    """
    kinds = {key: one for key, one in programme.records.kinds.items() if one.document == document}
    rows = session.exec(
        select(Record).where(
            Record.cycle_id == task.cycle_id,
            Record.subject == task.subject,
            col(Record.kind).in_(kinds),
            col(Record.state).in_(COUNTING),
        )
    ).all()
    found = 0
    for one in rows:
        named = one.fields.get(kinds[one.kind].phase or "")
        if phase is not None and named is not None:
            found += named == phase
        else:
            found += one.added_at.astimezone(programme.zone).date() >= task.opened_on
    return found


def documents_standing(session: Session, programme: Programme, case: Case) -> dict[str, int]:
    """Document → records of the case that are one."""
    kinds = {key: one.document for key, one in programme.records.kinds.items() if one.document}
    rows = session.exec(
        select(Record.kind, func.count())
        .where(
            Record.case_id == case.id,
            col(Record.kind).in_(kinds),
            col(Record.state).in_(COUNTING),
        )
        .group_by(col(Record.kind))
    ).all()
    found: Counter[str] = Counter()
    for kind, number in rows:
        found[kinds[kind]] += number
    return dict(found)
