"""Letters about records: invitations, what asks for a word, what was answered. Written with the deed."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, select

from casework.acting import Acting
from casework.letters.announcing import leaves_at
from casework.people.responsible import Responsible, responsible
from casework.people.standing_in import persons_of
from casework.records.marks import Mark, marks_of, reader_of
from casework.records.record_grounds import Ground
from casework.records.record_tasks import tasks_of
from models.record import Record, RecordReply
from notifications.outbox import Draft, LetterKind, put_all
from states.record_machine import RecordState
from states.role import Role


def tell_of_record(
    session: Session, ground: Ground, record: Record, acting: Acting, *, is_moved: bool = False
) -> None:
    """To whoever confirms what waits; of what stands, to who does its task or answers its question."""
    if ground.key == ground.programme.plan.measure and record.parent_id is None:
        return  # the plan speaks of its measures as a whole; one that a finding made speaks for itself
    people = _people(session, ground, acting)
    if record.state is RecordState.WAITING:
        barred = persons_of(session, acting)
        judge = people.person(ground.kind.confirm[0], ground.place, barred=barred)
        _put(session, ground, record, [judge], acting, topic="confirm", part=record.version)
        return
    doers = [task.assignee_id for task in tasks_of(session, record)]
    _put(session, ground, record, doers, acting, topic="task")
    if ground.kind.thread is not None:
        _put(session, ground, record, [_answerer(ground, people)], acting, topic="question")
    if is_moved:
        there = marks_of(session, [record.id or 0]).get(record.id or 0, {})
        parties = [party for party, mark in there if mark == Mark.INVITED]
        tell_parties(session, ground, record, parties, acting, topic="invited")


def tell_parties(
    session: Session,
    ground: Ground,
    record: Record,
    parties: Sequence[str],
    acting: Acting,
    *,
    topic: str,
) -> None:
    """One letter a person, however many parties they answer for."""
    people = _people(session, ground, acting)
    found = {reader_of(session, party, people) for party in parties}
    readers = [person for person in found if person is not None]
    _put(session, ground, record, readers, acting, topic=topic, part=record.version)


def tell_of_confirming(
    session: Session, ground: Ground, record: Record, acting: Acting, *, to: int
) -> None:
    """The author learns that the record stands."""
    if ground.key == ground.programme.plan.measure:
        return
    _put(session, ground, record, [to], acting, topic="confirmed", part=record.version)


def tell_of_cancelling(session: Session, ground: Ground, record: Record, acting: Acting) -> None:
    """Whoever was invited, asked, or had its task learns that it is off."""
    there = marks_of(session, [record.id or 0]).get(record.id or 0, {})
    people = _people(session, ground, acting)
    found = {reader_of(session, party, people) for party, _ in there}
    readers = {person for person in found if person is not None}
    readers |= {task.assignee_id for task in tasks_of(session, record)}
    _put(session, ground, record, readers, acting, topic="cancelled")


def tell_of_reply(
    session: Session, ground: Ground, record: Record, reply: RecordReply, acting: Acting
) -> None:
    """To the author; of the author's own words, to those who have answered, or who is to answer."""
    readers = {record.added_by}
    if reply.author_id == record.added_by:
        earlier = session.exec(
            select(RecordReply.author_id).where(RecordReply.record_id == record.id)
        ).all()
        readers = set(earlier) - {record.added_by}
        readers = readers or {_answerer(ground, _people(session, ground, acting))}
    _put(session, ground, record, readers, acting, topic="reply", part=reply.seq)


def _people(session: Session, ground: Ground, acting: Acting) -> Responsible:
    fallback = (acting.person.id or 0) if acting.person else 0
    on = acting.on(ground.programme.zone)
    return responsible(session, ground.cycle.register_key, on=on, fallback=fallback)


def _answerer(ground: Ground, people: Responsible) -> int:
    roles: Sequence[Role] = ground.kind.thread.by if ground.kind.thread else (Role.OPERATOR,)
    return people.person(roles[0], ground.place)


def _put(
    session: Session,
    ground: Ground,
    record: Record,
    readers: Iterable[int],
    acting: Acting,
    *,
    topic: str,
    part: int = 0,
) -> None:
    """Nobody needs a letter about what they have just done."""
    own = acting.person.id if acting.person else None
    kind = LetterKind.RECORD_INVITATION if topic == "invited" else LetterKind.RECORD_NOTICE
    drafts = [
        Draft(
            kind=kind,
            key=f"record:{record.id}:{topic}:{part}:{person_id}",
            recipient_id=person_id,
            send_after=leaves_at(ground.programme, acting.at),
            case_id=record.case_id,
            cycle_id=record.cycle_id,
            fields={"record": record.id, "topic": topic, "part": part},
        )
        for person_id in sorted(set(readers))
        if person_id != own
    ]
    put_all(session, drafts, at=acting.at)
