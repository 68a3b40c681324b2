"""Last year's measures taken over into this year's plan, so that a correction begins with what stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.grants import Right
from casework.plans.plan_completeness import pieces_of
from casework.plans.school_plan import InHand, in_hand
from casework.records.record_grounds import About
from casework.records.recording import Entry, add_record
from models.case import Case
from models.cycle import Cycle
from models.people import Person
from models.record import Record, RecordTask
from models.task import Task
from opora.errors import NotReady
from opora.words import Sentence
from programmes.record_kinds import FieldType, RecordKind
from states.record_machine import RecordState
from states.task_machine import TaskState

_LEFT_OUT = frozenset({FieldType.FILE, FieldType.RECORD})
"""Proofs and links belong to the year in which they were given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """One measure that was taken over: `was` in the earlier year, `record` in this one."""

    was: int
    record: int
    title: str
    was_day: date | None
    day: date | None


def renew_plan(
    session: Session, case_id: int, acting: Acting, *, undone: bool = False
) -> list[Renewed]:
    """Measures of the school's newest earlier plan as measures of this one, their days moved by whole
    years; those with the same title and section are there already. `undone`: without what was done.

    Raises `NotReady` where there is no earlier plan.
    """
    hand = in_hand(session, acting, case_id, Right.KEEP_RECORDS)
    kind, section = hand.declared.measure or "", hand.declared.section or ""
    earlier, years = _earlier(session, hand, undone=undone)
    here = {
        (one.title, one.fields.get(section))
        for one in pieces_of(session, case_id)
        if one.kind == kind
    }
    declared = hand.held.programme.record_kind(kind)
    found = []
    for one in earlier:
        if (one.title, one.fields.get(section)) in here:
            continue
        fields = _moved(session, declared, one.fields, years)
        made = add_record(session, acting, kind, About(case=case_id), Entry(fields=fields))
        found.append(
            Renewed(
                was=one.id or 0,
                record=made.id or 0,
                title=made.title,
                was_day=one.day,
                day=made.day,
            )
        )
    return found


def _earlier(session: Session, hand: InHand, *, undone: bool) -> tuple[list[Record], int]:
    """The measures of the school's newest earlier case that has any, and how many years lie between."""
    rows = session.exec(
        select(Record, Cycle.year)
        .join(Case, col(Case.id) == col(Record.case_id))
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .where(
            Case.school_id == hand.case.school_id,
            Cycle.programme_key == hand.held.cycle.programme_key,
            Cycle.year < hand.held.cycle.year,
            Record.kind == hand.declared.measure,
            Record.state != RecordState.CANCELLED,
        )
        .order_by(col(Cycle.year).desc(), col(Record.id))
    ).all()
    if not rows:
        raise NotReady(
            what=Sentence("The school has no plan of an earlier year"),
            cure=Sentence("Write the measures down: opora record add."),
        )
    newest = rows[0][1]
    kept = [one for one, year in rows if year == newest]
    done = _done(session, kept) if undone else set()
    return [one for one in kept if one.id not in done], hand.held.cycle.year - newest


def _done(session: Session, measures: Sequence[Record]) -> set[int]:
    """Those whose task was accepted."""
    statement = (
        select(RecordTask.record_id)
        .join(Task, col(Task.id) == col(RecordTask.task_id))
        .where(
            Task.state == TaskState.ACCEPTED,
            col(RecordTask.record_id).in_([one.id for one in measures]),
        )
    )
    return set(session.exec(statement))


def _moved(
    session: Session, kind: RecordKind, fields: Mapping[str, Any], years: int
) -> dict[str, object]:
    """As a person would write them down; somebody who has left answers for nothing any more."""
    found: dict[str, object] = {}
    for key, value in fields.items():
        field = kind.fields.get(key)
        if field is None or field.type in _LEFT_OUT:
            continue
        if field.type is FieldType.DATE:
            found[key] = _later(date.fromisoformat(value), years).isoformat()
        elif field.type is FieldType.PERSON:
            found[key] = _address(session, value)
        elif field.type is FieldType.PERSONS:
            found[key] = [one for person in value if (one := _address(session, person))]
        else:
            found[key] = value
    return found


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _address(session: Session, person_id: int) -> str:
    person = session.get(Person, person_id)
    return person.email if person is not None and person.is_active else ""
