"""Who is asked to acknowledge a record, and their word that they have read it (S0-09)."""

from sqlmodel import Session

from casework.acting import Acting
from casework.grants import Right
from casework.letters.record_letters import tell_parties
from casework.records.marks import Counted, Mark, expected, marks_of, write_marks
from casework.records.record_access import parties_of, record_for
from casework.records.record_grounds import Ground
from models.history import append, take_turn
from models.record import Record
from opora.errors import InputRefused
from opora.words import Sentence
from states.record_machine import RecordDeed, RecordState, record_destination


def ask_expected(session: Session, ground: Ground, record: Record, acting: Acting) -> int:
    """Ask whoever the kind means and who was not asked yet; gives how many were."""
    wanted = ground.kind.acknowledgement
    if wanted is None:
        return 0
    there = marks_of(session, [record.id or 0]).get(record.id or 0, {})
    fresh = [
        Counted(party, 1)
        for party in expected(session, ground, wanted.of)
        if (party, Mark.ASKED) not in there
    ]
    if not fresh:
        return 0
    values = {
        "record": record.id,
        "cycle": record.cycle_id,
        "mark": Mark.ASKED,
        "parties": {one.party: one.persons for one in fresh},
    }
    append(session, acting.deed(record.subject, "ask_acknowledgement", values=values))
    write_marks(session, record, Mark.ASKED, fresh, acting)
    tell_parties(session, ground, record, [one.party for one in fresh], acting, topic="asked")
    return len(fresh)


def acknowledge_record(session: Session, acting: Acting, record_id: int) -> list[str]:
    """Say that it was read, for everybody in whose name the actor was asked; gives the parties.

    A second word changes nothing. Raises `NotFound`, `RecordClosed`, and `InputRefused` where the
    actor was not asked.
    """
    take_turn(session, f"record:{record_id}")
    seen = record_for(session, acting, record_id, Right.KEEP_RECORDS)
    record = seen.record
    if record.state is not RecordState.CONCLUDED:
        record_destination(
            RecordDeed.CONCLUDE, record.state
        )  # what waits or is cancelled is refused
    there = marks_of(session, [record_id]).get(record_id, {})
    mine = parties_of(session, acting)
    asked = [party for party, mark in there if mark == Mark.ASKED and party in mine]
    if not asked:
        cure = Sentence("You were not asked to acknowledge it.")
        raise InputRefused(field="RECORD", value=record_id, cure=cure)
    fresh = [Counted(party, 1) for party in asked if (party, Mark.ACKNOWLEDGED) not in there]
    if fresh:
        values = {
            "record": record_id,
            "cycle": record.cycle_id,
            "mark": Mark.ACKNOWLEDGED,
            "parties": {one.party: one.persons for one in fresh},
        }
        append(session, acting.deed(record.subject, "acknowledge_record", values=values))
        write_marks(session, record, Mark.ACKNOWLEDGED, fresh, acting)
    return [one.party for one in fresh]
