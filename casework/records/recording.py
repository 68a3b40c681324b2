"""What people do to a record: add, amend, confirm, conclude, cancel. Older versions are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.grants import Right
from casework.letters.record_letters import tell_of_cancelling, tell_of_confirming, tell_of_record
from casework.records.asking import ask_expected
from casework.records.making import Beginning, following
from casework.records.prefilling import offers
from casework.records.record_access import Seen, record_for
from casework.records.record_grounds import About, Ground, ground_for
from casework.records.record_rules import require_rules
from casework.records.record_tasks import cancel_tasks_of, opened_by
from casework.records.record_telling import data_of, day_in, files_of_fields, title_of, words_of
from casework.records.record_values import Given, Register, read_fields
from casework.tasks.tasking import MAY_JUDGE
from models.history import append, take_turn
from models.record import Record, RecordFile, RecordVersion
from opora.database import insert_or_ignore, next_ids
from opora.errors import AuthorAccepts, InputRefused, NotFound, StaleView
from opora.words import Sentence
from schedules.repeats import occurrence
from states.record_machine import COUNTING, RecordDeed, RecordState, record_destination
from states.role import Role

_NOTHING = Beginning()
MOST_TIMES = 60
"""A weekly webinar of a whole year, and some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a person writes down: fields, the record it rests on, the version looked at."""

    fields: Given = field(default_factory=dict)
    parent: int | None = None
    remarks: str = ""
    seen: int | None = None
    times: int = 1  # of a kind that comes again: so many records, as far apart as the kind says


def add_record(session: Session, acting: Acting, key: str, about: About, entry: Entry) -> Record:
    """Write a new record down; of several `times` the first is given."""
    return add_records(session, acting, key, about, entry)[0]


def add_records(
    session: Session, acting: Acting, key: str, about: About, entry: Entry
) -> list[Record]:
    """Write a record down, or a whole series. It stands at once, unless its kind is confirmed.

    Raises `NotFound`, `Forbidden`, `InputRefused`, `NotReady`.
    """
    ground = ground_for(session, acting, key, about)
    ground.require(ground.kind.add, acting, "add_record")
    found = offers(session, ground, on=acting.on(ground.programme.zone))
    known = {key: offer.value for key, offer in found.items()}
    register = Register(session, ground.cycle)
    fields = read_fields(register, ground.kind, entry.fields, before=known)
    every = _apart(ground, fields, entry.times)
    return [_add(session, acting, ground, one, entry, Beginning(offers=found)) for one in every]


def _apart(ground: Ground, fields: Mapping[str, Any], times: int) -> list[Mapping[str, Any]]:
    """The same fields so many times, each on its own day."""
    series, day = ground.kind.series, day_in(fields, ground.kind.day)
    if times == 1:
        return [fields]
    if series is None or series.every is None or day is None or not 1 <= times <= MOST_TIMES:
        told = {"most": MOST_TIMES}
        cure = Sentence(
            "Only what comes again, at most {most} times, and with its first day.", told
        )
        raise InputRefused(field="--times", value=times, cure=cure)
    days = [occurrence(series.every, day, n) for n in range(1, times + 1)]
    return [{**fields, ground.kind.day or "": one.isoformat()} for one in days]


def _add(
    session: Session,
    acting: Acting,
    ground: Ground,
    fields: Mapping[str, Any],
    entry: Entry,
    beginning: Beginning,
) -> Record:
    kind = ground.kind
    record = Record(
        id=next_ids(session, Record, 1)[0],
        cycle_id=ground.cycle.id or 0,
        kind=ground.key,
        subject=ground.chain,
        case_id=ground.case.id if ground.case else None,
        territory_id=ground.territory.id if ground.territory else None,
        person_id=ground.person.id if ground.person else None,
        parent_id=_parent(session, acting, ground, entry.parent),
        number=_number(session, ground) if kind.numbered else None,
        state=RecordState.WAITING if kind.confirm else RecordState.STANDING,
        added_by=_hand(acting),
        added_at=acting.at,
        changed_by=_hand(acting),
    )
    require_rules(session, ground, record, fields)
    _set_fields(record, ground, fields)
    _write_down(session, record, ground, "add_record", acting, entry.remarks, beginning)
    tell_of_record(session, ground, record, acting)
    _follow(session, acting, ground, record)
    return record


def _follow(session: Session, acting: Acting, ground: Ground, record: Record) -> None:
    """What a record that stands makes by the rules of its kind, in the same deed."""
    for where, fields, beginning in following(session, acting, ground, record):
        _add(session, acting, where, fields, Entry(parent=record.id), beginning)


def amend_record(session: Session, acting: Acting, record_id: int, entry: Entry) -> Record:
    """A new version with these fields in the place of the old ones; what is confirmed waits anew."""
    seen = _in_hand(session, acting, record_id, entry.seen)
    record, ground = seen.record, seen.ground
    ground.require(ground.kind.add, acting, "amend_record")
    if not entry.fields:
        cure = Sentence("Name at least one field that changes.")
        raise InputRefused(field="--field", value="", cure=cure)
    dest = record_destination(RecordDeed.AMEND, record.state)
    fields = read_fields(
        Register(session, ground.cycle), ground.kind, entry.fields, before=record.fields
    )
    was = record.day
    record.state = RecordState.WAITING if ground.kind.confirm else dest
    require_rules(session, ground, record, fields)
    _set_fields(record, ground, fields)
    _next(record, acting)
    _write_down(session, record, ground, "amend_record", acting, entry.remarks)
    tell_of_record(session, ground, record, acting, is_moved=was != record.day)
    _follow(session, acting, ground, record)
    return record


def confirm_record(
    session: Session, acting: Acting, record_id: int, *, remarks: str = "", seen: int | None = None
) -> Record:
    """It stands from now on, by whom the kind names or who stands above, never by its author."""
    held = _in_hand(session, acting, record_id, seen)
    record, ground = held.record, held.ground
    dest = record_destination(RecordDeed.CONFIRM, record.state)
    judges = [
        role for one in ground.kind.confirm for role in Role if role in MAY_JUDGE.get(one, {one})
    ]
    ground.require(judges, acting, "confirm_record")
    if acting.person is not None and acting.person.id == record.changed_by:
        raise AuthorAccepts(person=acting.called)
    author = record.changed_by
    record.state = dest
    _next(record, acting)
    _write_down(session, record, ground, "confirm_record", acting, remarks)
    tell_of_confirming(session, ground, record, acting, to=author)
    tell_of_record(session, ground, record, acting)
    _follow(session, acting, ground, record)
    return record


def conclude_record(
    session: Session, acting: Acting, record_id: int, outcome: str, *, remarks: str = ""
) -> Record:
    """It has come to one of its kind's outcomes; a later word corrects an earlier one."""
    held = _in_hand(session, acting, record_id, None)
    record, ground = held.record, held.ground
    dest = record_destination(RecordDeed.CONCLUDE, record.state)
    ground.require((*ground.kind.add, *ground.kind.confirm), acting, "conclude_record")
    if outcome not in ground.kind.outcomes:
        known = ", ".join(ground.kind.outcomes)
        cure = Sentence("This kind has the outcomes: {known}.", {"known": known})
        raise InputRefused(field="OUTCOME", value=outcome, cure=cure)
    record.state, record.outcome = dest, outcome
    _next(record, acting)
    _write_down(session, record, ground, "conclude_record", acting, remarks)
    return record


def cancel_record(session: Session, acting: Acting, record_id: int, *, reason: str) -> Record:
    """It counts no more, and its unfinished tasks are taken away; nothing is erased."""
    if not reason.strip():
        cure = Sentence("Say why the record no longer holds.")
        raise InputRefused(field="--reason", value=reason, cure=cure)
    held = _in_hand(session, acting, record_id, None)
    record, ground = held.record, held.ground
    dest = record_destination(RecordDeed.CANCEL, record.state)
    ground.require((*ground.kind.add, *ground.kind.confirm), acting, "cancel_record")
    resting = _resting_on(session, record)
    if resting:
        cure = Sentence("Others rest on it, cancel them first: {known}.", {"known": resting})
        raise InputRefused(field="RECORD", value=record_id, cure=cure)
    record.state = dest
    _next(record, acting)
    _write_down(session, record, ground, "cancel_record", acting, reason)
    tell_of_cancelling(session, ground, record, acting)
    return record


# --- inside ---------------------------------------------------------------------------------------


def _in_hand(session: Session, acting: Acting, record_id: int, seen: int | None) -> Seen:
    take_turn(session, f"record:{record_id}")
    held = record_for(session, acting, record_id, Right.KEEP_RECORDS)
    if not held.is_inside:
        raise NotFound(what=Sentence("record"), key=record_id)
    if seen is not None and seen != held.record.version:
        raise StaleView(seen=seen, version=held.record.version)
    return held


def _hand(acting: Acting) -> int:
    return (acting.person.id or 0) if acting.person else 0


def _set_fields(record: Record, ground: Ground, fields: Mapping[str, Any]) -> None:
    kind = ground.kind
    record.fields = dict(fields)
    record.title = title_of(kind, fields)
    record.day, record.until = day_in(fields, kind.day), day_in(fields, kind.until)
    if record.day is not None and record.until is not None and record.until < record.day:
        cure = Sentence("It ends before it begins.")
        raise InputRefused(field=kind.until or "", value=record.until, cure=cure)


def _next(record: Record, acting: Acting) -> None:
    record.version += 1
    record.changed_by = _hand(acting)


def _number(session: Session, ground: Ground) -> int:
    """The next number in the register of the kind; numbers are never given twice."""
    take_turn(session, f"register:{ground.cycle.id}:{ground.key}")
    highest = session.exec(
        select(func.max(Record.number)).where(
            Record.cycle_id == ground.cycle.id, Record.kind == ground.key
        )
    ).one()
    return (highest or 0) + 1


def _parent(session: Session, acting: Acting, ground: Ground, parent: int | None) -> int | None:
    """The record that this one rests on: of a kind that may be, and one that counts."""
    if parent is None:
        if ground.kind.parent_required:
            cure = Sentence("A record of this kind rests on another one: name it.")
            raise InputRefused(field="--parent", value="", cure=cure)
        return None
    found = record_for(session, acting, parent)
    is_same = found.ground.cycle.programme_key == ground.cycle.programme_key
    if not is_same or found.record.kind not in ground.kind.parents:
        known = ", ".join(ground.kind.parents) or "–"
        cure = Sentence("It may rest on records of the kinds: {known}.", {"known": known})
        raise InputRefused(field="--parent", value=parent, cure=cure)
    if found.record.state not in COUNTING:
        cure = Sentence("That record does not stand.")
        raise InputRefused(field="--parent", value=parent, cure=cure)
    return parent


def _resting_on(session: Session, record: Record) -> list[int]:
    statement = select(Record.id).where(
        Record.parent_id == record.id, Record.state != RecordState.CANCELLED
    )
    return [one for one in session.exec(statement.order_by(col(Record.id))) if one is not None]


def _write_down(
    session: Session,
    record: Record,
    ground: Ground,
    deed: str,
    acting: Acting,
    remarks: str,
    beginning: Beginning = _NOTHING,
) -> None:
    """The line, then the row, its version, its files, and the task and questions it brings."""
    kind = ground.kind
    tasks = opened_by(session, ground, record, acting)
    cancelled = cancel_tasks_of(session, record)
    values = {
        "record": record.id,
        "kind": record.kind,
        "cycle": record.cycle_id,
        "record_version": record.version,
        "state": record.state,
        "outcome": record.outcome,
        "number": record.number,
        "parent": record.parent_id,
        "fields": data_of(kind, record.fields),
        "tasks": tasks.told,
        "cancelled": cancelled,
        **beginning.told,
    }
    words = {**words_of(kind, record.fields), **beginning.committed, "remarks": remarks}
    append(session, acting.deed(record.subject, deed, values=values, words=words))
    session.add(record)
    session.flush()
    session.add(_version(record, deed, acting, remarks))
    files = files_of_fields(kind, record.fields)
    insert_or_ignore(
        session, RecordFile, [{"record_id": record.id, "sha256": one} for one in sorted(files)]
    )
    tasks.bind(session, record)
    beginning.keep(session, record)
    if record.state is RecordState.STANDING:
        ask_expected(session, ground, record, acting)


def _version(record: Record, deed: str, acting: Acting, remarks: str) -> RecordVersion:
    """The record as this deed has left it."""
    return RecordVersion(
        record_id=record.id or 0,
        version=record.version,
        deed=deed,
        fields=record.fields,
        state=record.state,
        outcome=record.outcome,
        remarks=remarks,
        by=_hand(acting),
        at=acting.at,
    )
