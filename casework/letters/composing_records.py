"""What letters about records say, gathered when they leave: invitations, and notices of every topic."""

from collections.abc import Callable, Mapping
from datetime import datetime, time

from sqlmodel import select

from casework.letters.composing import Desk
from casework.people.responsible import responsible
from casework.records.marks import Mark, marks_of, reader_of
from casework.records.record_grounds import declared
from casework.records.record_reading import in_words, names_behind, read_out
from casework.records.record_tasks import tasks_of
from models.people import Person
from models.record import Record, RecordReply, RecordVersion
from notifications.composition import CalendarItem, Composition, Superseded
from notifications.letters import Contents, RecordInvitation, RecordLine, RecordNotice
from notifications.outbox import LetterKind
from opora.words import Sentence
from programmes.record_kinds import FieldType, RecordKind
from schedules.working_calendar import wall_moment
from states.record_machine import COUNTING, RecordState
from states.task_machine import WAITING

_SHOWN = frozenset(FieldType) - {FieldType.ROWS, FieldType.PERSONS, FieldType.SCHOOLS}
_CANCELLED = Sentence("the record was cancelled")


def record_invitation(desk: Desk) -> Composition | Superseded:
    """To whoever was invited, with the hour for the calendar; a later change replaces it."""
    record, kind = _record(desk)
    if record.state not in COUNTING:
        return Superseded(_CANCELLED)
    if record.day is None or record.day < desk.today:
        return Superseded(Sentence("its day has passed"))
    if desk.letter.fields["part"] < _version_of_the_day(desk, record):
        return Superseded(Sentence("a newer letter tells of it"))
    why = Sentence("You were invited, or the school or municipality that you answer for.")
    hour = str(record.fields.get(kind.time or "", ""))
    contents = RecordInvitation(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        kind=desk.say(kind.words),
        title=record.title,
        day=record.day,
        hour=hour,
        lines=_lines(desk, record, kind, without={kind.day, kind.time, kind.title_field}),
        url=_url(desk, record),
    )
    calendar = CalendarItem(
        uid=f"record-{record.id}@opora",
        title=": ".join(part for part in (desk.say(kind.words), record.title) if part),
        due_on=record.day,
        url=_url(desk, record),
        sequence=record.version - 1,
        begins=_begins(desk, record, hour),
    )
    return _finish(desk, contents, record, calendar=(calendar,))


def _version_of_the_day(desk: Desk, record: Record) -> int:
    """The version since which the record has its present day."""
    versions = desk.session.exec(
        select(RecordVersion)
        .where(RecordVersion.record_id == record.id)
        .order_by(RecordVersion.version.desc())  # type: ignore[attr-defined]  # a column
    ).all()
    kind = declared(desk.session, desk.cycle, record.kind)
    since = record.version
    for one in versions:
        if one.fields.get(kind.day or "") != record.fields.get(kind.day or ""):
            break
        since = one.version
    return since


def _begins(desk: Desk, record: Record, hour: str) -> datetime | None:
    if not hour or record.day is None:
        return None
    return wall_moment(record.day, time.fromisoformat(hour), desk.programme.zone)


def record_notice(desk: Desk) -> Composition | Superseded:
    """Every other letter about a record: what happened, its fields, one link."""
    record, kind = _record(desk)
    topic = str(desk.letter.fields["topic"])
    found = _TOPICS[topic](desk, record)
    if isinstance(found, Superseded):
        return found
    what, text, by = found
    due = [task.due_on for task in tasks_of(desk.session, record) if task.state in WAITING]
    contents = RecordNotice(
        **desk.common(_WHY[topic]),  # type: ignore[arg-type]  # the fields every letter carries
        what=what,
        kind=desk.say(kind.words),
        title=record.title,
        day=record.day,
        due_on=min(due) if due and topic == "task" else None,
        lines=_lines(desk, record, kind, without={kind.day, kind.title_field}),
        text=text,
        by=by,
        url=_url(desk, record),
    )
    return _finish(desk, contents, record)


_Found = tuple[Sentence, str, str] | Superseded
"""What happened, the words that belong to it, and whose they are."""


def _to_confirm(desk: Desk, record: Record) -> _Found:
    if record.state is not RecordState.WAITING or record.version != desk.letter.fields["part"]:
        return Superseded(Sentence("somebody has decided already"))
    return Sentence("A record waits for your word."), "", _name(desk, record.changed_by)


def _confirmed(desk: Desk, record: Record) -> _Found:
    if record.state not in COUNTING:
        return Superseded(_CANCELLED)
    return Sentence("Your record was confirmed."), "", _name(desk, record.changed_by)


def _task(desk: Desk, record: Record) -> _Found:
    waiting = [one for one in tasks_of(desk.session, record) if one.state in WAITING]
    if record.state not in COUNTING or not waiting:
        return Superseded(Sentence("nothing is left to do of what it spoke of"))
    return Sentence("A record asks something of you."), "", _name(desk, record.added_by)


def _question(desk: Desk, record: Record) -> _Found:
    if record.state is not RecordState.STANDING:
        return Superseded(_CANCELLED)
    answered = select(RecordReply.seq).where(
        RecordReply.record_id == record.id, RecordReply.author_id != record.added_by
    )
    if desk.session.exec(answered).first() is not None:
        return Superseded(Sentence("somebody has answered already"))
    return Sentence("A question waits for your answer."), "", _name(desk, record.added_by)


def _reply(desk: Desk, record: Record) -> _Found:
    reply = desk.session.get(RecordReply, (record.id, desk.letter.fields["part"]))
    if reply is None or record.state is RecordState.CANCELLED:
        return Superseded(_CANCELLED)
    return Sentence("Somebody has answered."), reply.text, _name(desk, reply.author_id)


def _asked(desk: Desk, record: Record) -> _Found:
    if record.state not in COUNTING:
        return Superseded(_CANCELLED)
    people = responsible(desk.session, desk.cycle.register_key, on=desk.today, fallback=0)
    there = marks_of(desk.session, [record.id or 0]).get(record.id or 0, {})
    still = [
        party
        for party, mark in there
        if mark == Mark.ASKED
        and (party, Mark.ACKNOWLEDGED) not in there
        and reader_of(desk.session, party, people) == desk.person.id
    ]
    if not still:
        return Superseded(Sentence("it was acknowledged already"))
    return Sentence("Please read it and say that you have."), "", _name(desk, record.added_by)


def _cancelled(desk: Desk, record: Record) -> _Found:
    newest = desk.session.get(RecordVersion, (record.id, record.version))
    reason = newest.remarks if newest else ""
    return (
        Sentence("It does not take place, or no longer holds."),
        reason,
        _name(desk, record.changed_by),
    )


_TOPICS: Mapping[str, Callable[[Desk, Record], _Found]] = {
    "confirm": _to_confirm,
    "confirmed": _confirmed,
    "task": _task,
    "question": _question,
    "reply": _reply,
    "asked": _asked,
    "cancelled": _cancelled,
}
_WHY: Mapping[str, Sentence] = {
    "confirm": Sentence("You confirm records of this kind here."),
    "confirmed": Sentence("You wrote this record down."),
    "task": Sentence("The record names you, or the role that you hold here."),
    "question": Sentence("You answer questions of this kind here."),
    "reply": Sentence("You take part in this conversation."),
    "asked": Sentence("You answer for the school or municipality that it is meant for."),
    "cancelled": Sentence(
        "You were invited to it, asked to read it, or had to do something for it."
    ),
}


def _record(desk: Desk) -> tuple[Record, RecordKind]:
    record = desk.session.get_one(Record, desk.letter.fields["record"])
    return record, declared(desk.session, desk.cycle, record.kind)


def _lines(
    desk: Desk, record: Record, kind: RecordKind, *, without: set[str | None]
) -> tuple[RecordLine, ...]:
    register = desk.cycle.register_key
    names = names_behind(desk.session, [(kind, record.fields)], register)
    wanted = [key for key, one in kind.fields.items() if one.type in _SHOWN and key not in without]
    return tuple(
        RecordLine(desk.say(one.words), in_words(one.said, desk.person.language))
        for one in read_out(kind, record.fields, names, register, only=wanted)
    )


def _name(desk: Desk, person_id: int) -> str:
    person = desk.session.get(Person, person_id)
    return person.name if person else ""


def _url(desk: Desk, record: Record) -> str:
    return f"{desk.url}/records/{record.id}"


def _finish(
    desk: Desk, contents: Contents, record: Record, *, calendar: tuple[CalendarItem, ...] = ()
) -> Composition:
    thread = f"case-{record.case_id}" if record.case_id else f"record-{record.id}"
    return desk.seal(contents, calendar=calendar, thread=thread)


OF_RECORDS: Mapping[LetterKind, Callable[[Desk], Composition | Superseded]] = {
    LetterKind.RECORD_INVITATION: record_invitation,
    LetterKind.RECORD_NOTICE: record_notice,
}
"""Kind of letter → what composes it."""
