"""Questions and answers on a record: a thread that stays with the case (S0-20, S1-29)."""

from sqlmodel import Session, func, select

from casework.acting import Acting
from casework.grants import Right
from casework.letters.record_letters import tell_of_reply
from casework.records.record_access import record_for
from casework.records.record_values import LONGEST_TEXT
from models.history import append, take_turn
from models.record import RecordReply
from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from states.record_machine import RecordDeed, record_destination


def answer_record(session: Session, acting: Acting, record_id: int, text: str) -> RecordReply:
    """Add to the thread: an answer by a role that the kind names, or a further question by the author.

    Raises `NotFound`, `Forbidden`, `InputRefused`, `RecordClosed`.
    """
    take_turn(session, f"record:{record_id}")
    seen = record_for(session, acting, record_id, Right.KEEP_RECORDS)
    if not seen.is_inside:
        raise NotFound(what=Sentence("record"), key=record_id)
    record, ground = seen.record, seen.ground
    if ground.kind.thread is None:
        cure = Sentence("Records of this kind are not answered.")
        raise InputRefused(field="RECORD", value=record_id, cure=cure)
    record_destination(RecordDeed.AMEND, record.state)  # what is concluded or cancelled is closed
    is_author = acting.person is not None and record.added_by == acting.person.id
    if not is_author:
        ground.require(ground.kind.thread.by, acting, "answer_record")
    if not text.strip() or len(text) > LONGEST_TEXT:
        cure = Sentence("Write a few words, at most {most} characters.", {"most": LONGEST_TEXT})
        raise InputRefused(field="--text", value=text[:40], cure=cure)
    last = session.exec(
        select(func.max(RecordReply.seq)).where(RecordReply.record_id == record_id)
    ).one()
    seq = (last or 0) + 1
    values = {"record": record_id, "cycle": record.cycle_id, "reply": seq}
    append(
        session,
        acting.deed(record.subject, "answer_record", values=values, words={"text": text.strip()}),
    )
    reply = RecordReply(
        record_id=record_id,
        seq=seq,
        author_id=(acting.person.id or 0) if acting.person else 0,
        at=acting.at,
        text=text.strip(),
    )
    session.add(reply)
    session.flush()
    tell_of_reply(session, ground, record, reply, acting)
    return reply
