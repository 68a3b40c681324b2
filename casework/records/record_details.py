"""One record with all that lies around it: versions, who came, what was answered, tasks, its chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cycles.versions import milestone_of, programme_at
from casework.records.marks import Mark, marks_of, names_of
from casework.records.prefill_words import source_words
from casework.records.prefilling import kept_offers
from casework.records.record_access import record_for
from casework.records.record_grounds import declared
from casework.records.record_reading import names_behind, read_out
from casework.records.record_tasks import tasks_of
from casework.records.record_views import RecordView, Wanted, record_of, records
from models.cycle import Cycle
from models.people import Person
from models.record import Record, RecordReply, RecordVersion
from opora.words import Sentence, Words
from states.record_machine import RecordState
from states.task_machine import TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """What one deed made of the record."""

    version: int
    deed: str
    state: RecordState
    outcome: str | None
    remarks: str
    by: str
    at: datetime
    fields: Mapping[str, Any]  # as they were kept


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """Who was invited or asked, in persons; None: was not."""

    party: str  # code or address, or "guests"
    name: str
    invited: int | None
    attended: int | None
    asked: bool
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyView:
    """One answer, or a further question."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTask:
    """A task that the record made."""

    id: int
    title: Words
    state: TaskState
    due_on: date
    assignee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefilledView:
    """What stood in a field before anybody typed, where that came from, and whether it still stands."""

    key: str
    words: Words
    known: Any  # for people, as `FieldView.said`
    source: Sentence
    given: Any  # what stands there now; None: it was taken away
    is_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDetail:
    """All of one record. Outside its own circle everything but the view is empty."""

    view: RecordView
    parents: tuple[RecordView, ...] = ()  # what it rests on, the nearest first
    children: tuple[RecordView, ...] = ()  # what rests on it
    versions: tuple[VersionView, ...] = ()
    parties: tuple[PartyView, ...] = ()
    replies: tuple[ReplyView, ...] = ()
    tasks: tuple[MadeTask, ...] = ()
    prefilled: tuple[PrefilledView, ...] = ()


def record_detail(session: Session, acting: Acting, record_id: int) -> RecordDetail:
    """One record within the actor's scope. Raises `NotFound`."""
    view = record_of(session, acting, record_id)
    parents = _parents(session, acting, view)
    if not view.is_whole:
        return RecordDetail(view=view, parents=parents)
    record = record_for(session, acting, record_id).record
    return RecordDetail(
        view=view,
        parents=parents,
        children=tuple(records(session, acting, Wanted(parent=record_id))),
        versions=_versions(session, record_id),
        parties=_parties(session, record_id),
        replies=_replies(session, record_id),
        tasks=_tasks(session, view, record),
        prefilled=_prefilled(session, view, record),
    )


def _parents(session: Session, acting: Acting, view: RecordView) -> tuple[RecordView, ...]:
    found: list[RecordView] = []
    parent = view.parent
    while parent is not None and parent not in {one.id for one in found}:
        above = records(session, acting, Wanted(record=parent))
        if not above:
            break
        found += above
        parent = above[0].parent
    return tuple(found)


def _versions(session: Session, record_id: int) -> tuple[VersionView, ...]:
    rows: Sequence[Any] = session.execute(
        select(RecordVersion, Person.name)
        .join(Person, col(Person.id) == col(RecordVersion.by))
        .where(RecordVersion.record_id == record_id)
        .order_by(col(RecordVersion.version))
    ).all()
    return tuple(
        VersionView(
            version=one.version,
            deed=one.deed,
            state=one.state,
            outcome=one.outcome,
            remarks=one.remarks,
            by=name,
            at=one.at,
            fields=one.fields,
        )
        for one, name in rows
    )


def _parties(session: Session, record_id: int) -> tuple[PartyView, ...]:
    marks = marks_of(session, [record_id]).get(record_id, {})
    parties = sorted({party for party, _ in marks})
    names = names_of(session, parties)
    return tuple(
        PartyView(
            party=names.get(party, (party, party))[0],
            name=names.get(party, (party, party))[1],
            invited=marks.get((party, Mark.INVITED)),
            attended=marks.get((party, Mark.ATTENDED)),
            asked=(party, Mark.ASKED) in marks,
            acknowledged=(party, Mark.ACKNOWLEDGED) in marks,
        )
        for party in parties
    )


def _replies(session: Session, record_id: int) -> tuple[ReplyView, ...]:
    rows: Sequence[Any] = session.execute(
        select(RecordReply, Person.name)
        .join(Person, col(Person.id) == col(RecordReply.author_id))
        .where(RecordReply.record_id == record_id)
        .order_by(col(RecordReply.seq))
    ).all()
    return tuple(ReplyView(by=name, at=one.at, text=one.text) for one, name in rows)


def _tasks(session: Session, view: RecordView, record: Record) -> tuple[MadeTask, ...]:
    return tuple(
        MadeTask(
            id=task.id or 0,
            title=milestone_of(session, programme_at(session, view.sha256), task.milestone).title,
            state=task.state,
            due_on=task.due_on,
            assignee=session.get_one(Person, task.assignee_id).name,
        )
        for task in tasks_of(session, record)
    )


def _prefilled(session: Session, view: RecordView, record: Record) -> tuple[PrefilledView, ...]:
    found = kept_offers(session, record.id or 0)
    if not found:
        return ()
    programme = programme_at(session, view.sha256)
    cycle = session.get_one(Cycle, record.cycle_id)
    kind = declared(session, cycle, record.kind)
    stood = {key: one.value for key, one in found.items()}
    names = names_behind(session, [(kind, stood)], cycle.register_key)
    return tuple(
        PrefilledView(
            key=one.key,
            words=one.words,
            known=one.said,
            source=source_words(programme, found[one.key]),
            given=view.field(one.key),
            is_kept=record.fields.get(one.key) == one.value,
        )
        for one in read_out(kind, stood, names, cycle.register_key)
    )
