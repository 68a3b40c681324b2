"""Records as people and reports read them: one select a list, within the reader's scope.

Outside a record's own circle its view holds public fields alone (`is_whole` is False then). What lies
around one record stands in `record_details`, what sums many up in `record_summaries`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from casework.access import appointments_of, case_for
from casework.acting import Acting
from casework.cases.reading import EVERYTHING, Page
from casework.people.responsible import EVERY_REGISTER
from casework.records.marks import Mark, marks_of
from casework.records.record_access import inside, public
from casework.records.record_grounds import declared
from casework.records.record_reading import FieldView, Names, names_behind, read_out
from models.case import Case
from models.cycle import Cycle
from models.people import Person
from models.record import Record, RecordReply, RecordTask
from models.school import School, Territory
from models.task import Task
from opora.errors import NotFound
from opora.words import Sentence, Words
from programmes.record_kinds import RecordKind, RecordScope
from states.record_machine import COUNTING, RecordState
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record as a list shows it; `fields` are those that the reader may see, in their order."""

    id: int
    kind: str
    words: Words  # of the kind
    cycle: int
    year: int
    programme: str
    sha256: str  # of the programme's version
    subject: str
    case: int | None
    school: str | None  # code
    school_name: str | None
    territory: str | None  # code; of a case, its school's
    territory_name: str | None
    person: str | None
    number: int | None
    title: str
    day: date | None
    until: date | None
    state: RecordState
    outcome: str | None
    outcome_words: Words | None
    version: int
    parent: int | None
    added_by: str | None
    added_at: datetime
    invited: int  # persons
    attended: int
    asked: int  # parties
    acknowledged: int
    replies: int
    open_tasks: int
    is_whole: bool
    fields: tuple[FieldView, ...]

    def field(self, key: str) -> Any:
        """What the field says, for people; None when it is empty."""
        return next((one.said for one in self.fields if one.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records; None asks for all. `on` leaves those out that hold no more on that day."""

    cycle: int | None = None
    kind: str | None = None
    kinds: Collection[str] | None = None
    case: int | None = None
    territory: str | None = None  # code; its cases' records too
    state: RecordState | None = None
    counting: bool = False  # only what stands or is concluded
    parent: int | None = None
    record: int | None = None
    on: date | None = None


def records(
    session: Session, acting: Acting, wanted: Wanted, *, page: Page = EVERYTHING
) -> list[RecordView]:
    """The records that the actor may see, by id. Those of the region reach into later cycles."""
    cycles = _cycles(session, acting, wanted.cycle)
    whole = inside(session, acting, cycles)
    statement = (
        select(Record, whole.label("whole"))
        .where(or_(whole, public(session, acting, cycles)), col(Record.id) > page.after)
        .order_by(col(Record.id))
        .limit(page.limit)
    )
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    rows = [(record, bool(is_whole)) for record, is_whole in session.execute(statement).all()]
    if wanted.cycle is not None:
        rows = [row for row in rows if _reaches(session, row[0], wanted.cycle)]
    return _views(session, rows, {cycle.id or 0: cycle for cycle in cycles})


def record_of(session: Session, acting: Acting, record_id: int) -> RecordView:
    """One record; foreign and missing look the same (`NotFound`)."""
    found = records(session, acting, Wanted(record=record_id))
    if not found:
        raise NotFound(what=Sentence("record"), key=record_id)
    return found[0]


def records_of_case(session: Session, acting: Acting, case_id: int) -> list[RecordView]:
    """Every record about the case, cancelled ones too, for its folder."""
    case_for(session, acting, case_id)
    return records(session, acting, Wanted(case=case_id))


def _cycles(session: Session, acting: Acting, cycle_id: int | None) -> list[Cycle]:
    """The cycles of the actor's registers; of one, with the earlier ones of its programme."""
    registers = {one.register_key for one in appointments_of(session, acting)}
    statement = select(Cycle).order_by(col(Cycle.id))
    if EVERY_REGISTER not in registers:
        statement = statement.where(col(Cycle.register_key).in_(registers))
    found = list(session.exec(statement).all())
    if cycle_id is None:
        return found
    chosen = next((one for one in found if one.id == cycle_id), None)
    if chosen is None:
        raise NotFound(what=Sentence("cycle"), key=cycle_id)
    return [
        one
        for one in found
        if one.programme_key == chosen.programme_key and one.year <= chosen.year
    ]


def _conditions(wanted: Wanted) -> Iterable[Any]:
    exact = {
        Record.kind: wanted.kind,
        Record.case_id: wanted.case,
        Record.state: wanted.state,
        Record.parent_id: wanted.parent,
        Record.id: wanted.record,
    }
    for column, value in exact.items():
        if value is not None:
            yield col(column) == value
    if wanted.kinds is not None:
        yield col(Record.kind).in_(wanted.kinds)
    if wanted.counting:
        yield col(Record.state).in_(COUNTING)
    if wanted.on is not None:
        yield or_(col(Record.until).is_(None), col(Record.until) >= wanted.on)
    if wanted.territory is not None:
        places = select(Territory.id).where(Territory.code == wanted.territory)
        schools = select(Case.id).join(School, col(School.id) == col(Case.school_id))
        cases = schools.where(col(School.territory_id).in_(places))
        yield or_(col(Record.territory_id).in_(places), col(Record.case_id).in_(cases))


def _reaches(session: Session, record: Record, cycle_id: int) -> bool:
    """A record of an earlier cycle is the region's own and counts still."""
    if record.cycle_id == cycle_id:
        return True
    kind = declared(session, session.get_one(Cycle, record.cycle_id), record.kind)
    return kind.scope is RecordScope.REGION and record.state in COUNTING


# --- rows into views ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Around:
    """What many records need besides their rows; loaded once."""

    cycles: Mapping[int, Cycle]
    kinds: Mapping[tuple[int, str], RecordKind]  # by cycle
    schools: Mapping[int, School]  # by case
    territories: Mapping[int, Territory]
    people: Mapping[int, str]
    marks: Mapping[int, Mapping[tuple[str, str], int]]
    replies: Mapping[int, int]
    tasks: Mapping[int, int]
    names: Mapping[str, Names]  # by register


def _views(
    session: Session, rows: Sequence[tuple[Record, bool]], cycles: Mapping[int, Cycle]
) -> list[RecordView]:
    around = _around(session, [record for record, _ in rows], cycles)
    return [_view(record, around, is_whole=is_whole) for record, is_whole in rows]


def _around(session: Session, found: Sequence[Record], cycles: Mapping[int, Cycle]) -> _Around:
    ids = [record.id or 0 for record in found]
    used = {(one.cycle_id, one.kind) for one in found}
    kinds = {(cycle, key): declared(session, cycles[cycle], key) for cycle, key in used}
    of_cases = select(Case.id, School).join(School, col(School.id) == col(Case.school_id))
    chosen = of_cases.where(col(Case.id).in_({one.case_id for one in found if one.case_id}))
    schools = {case or 0: school for case, school in session.execute(chosen).all()}
    places = {one.territory_id for one in found if one.territory_id}
    places |= {school.territory_id for school in schools.values()}
    people = {one.added_by for one in found} | {one.person_id for one in found if one.person_id}
    by_register: dict[str, list[tuple[RecordKind, Mapping[str, Any]]]] = {}
    for one in found:
        kind = kinds[one.cycle_id, one.kind]
        by_register.setdefault(cycles[one.cycle_id].register_key, []).append((kind, one.fields))
    return _Around(
        cycles=cycles,
        kinds=kinds,
        schools=schools,
        territories={
            place.id or 0: place
            for place in session.exec(select(Territory).where(col(Territory.id).in_(places)))
        },
        people={
            one.id or 0: one.name
            for one in session.exec(select(Person).where(col(Person.id).in_(people)))
        },
        marks=marks_of(session, ids),
        replies=_counted(session, select(RecordReply.record_id, func.count()), RecordReply, ids),
        tasks=_counted(
            session,
            select(RecordTask.record_id, func.count())
            .join(Task, col(Task.id) == col(RecordTask.task_id))
            .where(col(Task.state).in_(UNFINISHED)),
            RecordTask,
            ids,
        ),
        names={
            register: names_behind(session, several, register)
            for register, several in by_register.items()
        },
    )


def _counted(
    session: Session, statement: Any, table: type[RecordReply | RecordTask], ids: Sequence[int]
) -> dict[int, int]:
    chosen = statement.where(col(table.record_id).in_(ids)).group_by(col(table.record_id))
    return {int(record): int(number) for record, number in session.execute(chosen).all()}


def _view(record: Record, around: _Around, *, is_whole: bool) -> RecordView:
    cycle = around.cycles[record.cycle_id]
    kind = around.kinds[record.cycle_id, record.kind]
    school = around.schools.get(record.case_id or 0)
    place = around.territories.get(school.territory_id if school else record.territory_id or 0)
    marks = around.marks.get(record.id or 0, {})
    shown = None if is_whole else set(kind.public_fields)
    names_itself = is_whole or kind.title_field in kind.public_fields
    return RecordView(
        id=record.id or 0,
        kind=record.kind,
        words=kind.words,
        cycle=record.cycle_id,
        year=cycle.year,
        programme=cycle.programme_key,
        sha256=cycle.programme_sha256,
        subject=record.subject,
        case=record.case_id,
        school=school.code if school else None,
        school_name=school.name if school else None,
        territory=place.code if place else None,
        territory_name=place.name if place else None,
        person=around.people.get(record.person_id or 0) if is_whole else None,
        number=record.number,
        title=record.title if names_itself else "",
        day=record.day,
        until=record.until,
        state=record.state,
        outcome=record.outcome,
        outcome_words=kind.outcomes.get(record.outcome or ""),
        version=record.version,
        parent=record.parent_id,
        added_by=around.people.get(record.added_by) if is_whole else None,
        added_at=record.added_at,
        invited=_persons(marks, Mark.INVITED),
        attended=_persons(marks, Mark.ATTENDED),
        asked=_persons(marks, Mark.ASKED),
        acknowledged=_persons(marks, Mark.ACKNOWLEDGED),
        replies=around.replies.get(record.id or 0, 0),
        open_tasks=around.tasks.get(record.id or 0, 0),
        is_whole=is_whole,
        fields=read_out(
            kind, record.fields, around.names[cycle.register_key], cycle.register_key, only=shown
        ),
    )


def _persons(marks: Mapping[tuple[str, str], int], wanted: Mark) -> int:
    return sum(persons for (_, mark), persons in marks.items() if mark == wanted)
