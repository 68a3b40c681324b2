"""Invitations to what is held, and who came: never more than were invited, guests as many as stated."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from casework.acting import Acting
from casework.grants import Right
from casework.letters.record_letters import tell_parties
from casework.records.marks import (
    GUESTS,
    Counted,
    Mark,
    counted_of,
    marks_of,
    names_of,
    write_marks,
)
from casework.records.record_access import Seen, record_for
from models.history import append, take_turn
from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from programmes.record_kinds import Attendance
from states.record_machine import RecordDeed, RecordState, record_destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Guests:
    """Whom a deed names: codes or addresses, each with a number of persons, and other guests."""

    parties: Sequence[str] = ()  # CODE, CODE:PERSONS, or "all"
    others: int | None = None  # None: nothing is said of them


def invite(session: Session, acting: Acting, record_id: int, guests: Guests) -> int:
    """Invite parties to a record that is held; a later word for the same party stands.

    Gives how many parties. Raises `InputRefused` where more have come already.
    """
    seen = _held(session, acting, record_id)
    counted = _counted(session, seen, guests)
    there = _marks(session, record_id)
    for one in counted:
        came = there.get((one.party, Mark.ATTENDED), 0)
        if one.persons < came:
            cure = Sentence("{came} have come already: correct that first.", {"came": came})
            raise InputRefused(field="CODE", value=_name(session, one.party), cure=cure)
    new = [one for one in counted if there.get((one.party, Mark.INVITED)) != one.persons]
    if new:
        _write(session, seen, Mark.INVITED, new, acting, deed="invite_to_record")
        named = [one.party for one in new if (one.party, Mark.INVITED) not in there]
        tell_parties(session, seen.ground, seen.record, named, acting, topic="invited")
    return len(counted)


def attend(session: Session, acting: Acting, record_id: int, guests: Guests) -> int:
    """Write down who came; a later word for the same party corrects an earlier one.

    Gives how many parties. Raises `InputRefused` for whoever was not invited, or for more than were.
    """
    seen = _held(session, acting, record_id)
    day = seen.record.day
    if day is not None and day > acting.on(seen.ground.programme.zone):
        cure = Sentence("Nobody has attended what is still to come.")
        raise InputRefused(field="RECORD", value=record_id, cure=cure)
    there = _marks(session, record_id)
    if any(one.strip() == "all" for one in guests.parties):
        named = {party: one for (party, mark), one in there.items() if mark == Mark.INVITED}
        counted = [Counted(party, persons) for party, persons in named.items() if party != GUESTS]
        rest = [one for one in guests.parties if one.strip() != "all"]
        counted += _counted(
            session, seen, Guests(parties=rest, others=guests.others), allow_none=True
        )
    else:
        counted = _counted(session, seen, guests)
    for one in counted:
        _check(session, one, there.get((one.party, Mark.INVITED)))
    new = [one for one in counted if there.get((one.party, Mark.ATTENDED)) != one.persons]
    if new:
        _write(session, seen, Mark.ATTENDED, new, acting, deed="attend_record")
    return len(counted)


def _check(session: Session, one: Counted, invited: int | None) -> None:
    if invited is None:
        cure = Sentence("Not invited: invite them first, or state more guests.")
        raise InputRefused(field="CODE", value=_name(session, one.party), cure=cure)
    if one.persons > invited:
        told = {"persons": one.persons, "invited": invited}
        cure = Sentence("{persons} came, but {invited} were invited: invite more first.", told)
        raise InputRefused(field="CODE", value=_name(session, one.party), cure=cure)


def _held(session: Session, acting: Acting, record_id: int) -> Seen:
    take_turn(session, f"record:{record_id}")
    seen = record_for(session, acting, record_id, Right.KEEP_RECORDS)
    if not seen.is_inside:
        raise NotFound(what=Sentence("record"), key=record_id)
    _attendance(seen)
    if seen.record.state is not RecordState.CONCLUDED:
        record_destination(RecordDeed.CONCLUDE, seen.record.state)  # refuses what does not stand
    kind = seen.ground.kind
    seen.ground.require((*kind.add, *kind.confirm), acting, "attend_record")
    return seen


def _attendance(seen: Seen) -> Attendance:
    found = seen.ground.kind.attendance
    if found is None:
        cure = Sentence("Nobody attends records of this kind.")
        raise InputRefused(field="RECORD", value=seen.record.id or 0, cure=cure)
    return found


def _counted(
    session: Session, seen: Seen, guests: Guests, *, allow_none: bool = False
) -> list[Counted]:
    declared = _attendance(seen)
    counted = counted_of(session, seen.ground, declared.of, guests.parties)
    if guests.others is not None:
        if not declared.guests:
            cure = Sentence("This kind knows no guests: name who comes.")
            raise InputRefused(field="--guests", value=guests.others, cure=cure)
        counted.append(Counted(GUESTS, guests.others))
    if not counted and not allow_none:
        cure = Sentence("Name whom: a code, an address, or all.")
        raise InputRefused(field="CODE", value="", cure=cure)
    return counted


def _marks(session: Session, record_id: int) -> dict[tuple[str, str], int]:
    return marks_of(session, [record_id]).get(record_id, {})


def _name(session: Session, party: str) -> str:
    return names_of(session, [party]).get(party, (party, party))[0]


def _write(
    session: Session,
    seen: Seen,
    mark: Mark,
    counted: Sequence[Counted],
    acting: Acting,
    *,
    deed: str,
) -> None:
    values = {
        "record": seen.record.id,
        "cycle": seen.record.cycle_id,
        "mark": mark,
        "parties": {one.party: one.persons for one in counted},
    }
    append(session, acting.deed(seen.record.subject, deed, values=values))
    write_marks(session, seen.record, mark, counted, acting)
