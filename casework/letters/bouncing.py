"""Letters that came back: matched to their rows; an address that takes none is flagged, and told of."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from casework.access import letters_for, person_called, require
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.letters.announcing import leaves_at
from casework.letters.readdressing import chain_of, next_up, refusal_of
from models.cycle import Cycle
from models.history import append
from models.letter import Letter, LetterState
from models.mail_weather import Bounce, RefusedAddress
from models.people import Person
from notifications.addresses import usable_address
from notifications.bounces import Blame, Returned
from notifications.outbox import Draft, LetterKind, put
from notifications.return_path import check_of
from opora.database import insert_or_ignore
from opora.errors import InputRefused, NotFound
from opora.words import Sentence

FORGETS = timedelta(days=60)
"""A message that comes back later than that speaks of an address as it was."""


class Read(StrEnum):
    """What reading one message came to."""

    RETURNED = "returned"  # the letter came back; the address may take the next one
    FLAGGED = "flagged"  # the letter came back, and the address takes none
    DELAYED = "delayed"  # noted: the server still tries
    KNOWN = "known"  # read before
    UNMATCHED = "unmatched"  # no letter of ours


def take_back(session: Session, found: Returned, sha256: str, acting: Acting) -> Read:
    """Keep what the message says about one of our letters; the same message twice is one row."""
    if acting.person is not None:
        require(session, acting, Right.CARE_FOR_LETTERS, None)
    letter = letter_of(session, found)
    if letter is None:
        return Read.UNMATCHED
    row = {
        "sha256": sha256,
        "letter_id": letter.id,
        "address": letter.address,
        "status": found.status,
        "verdict": found.blame.value,
        "text": found.text,
        "read_at": acting.at,
    }
    if not insert_or_ignore(session, Bounce, [row]):
        return Read.KNOWN
    if found.blame is Blame.DELAYED:
        return Read.DELAYED
    person = _person_at(session, letter)
    if person is not None and _is_address(found, letter) and _is_fresh(letter, acting.at):
        _flag(session, letter, person, found, acting)
        return Read.FLAGGED
    values = {"letter": letter.id, "status": found.status}
    subject = chain_of(letter)
    append(
        session,
        acting.deed(subject, "letter_returned", values=values, words={"answer": found.text}),
    )
    return Read.RETURNED


def letter_of(session: Session, found: Returned) -> Letter | None:
    """The letter that the message speaks of: by our own envelope, else by the Message-ID it quotes."""
    for number, check in found.tokens:
        letter = session.get(Letter, number)
        if letter is not None and letter.address and check_of(letter.message_id) == check:
            return letter
    if not found.message_ids:
        return None
    return session.exec(
        select(Letter)
        .where(col(Letter.message_id).in_(found.message_ids), col(Letter.address).is_not(None))
        .order_by(col(Letter.id))
    ).first()


def _person_at(session: Session, letter: Letter) -> Person | None:
    """Who has that address today: its reader, or the one above who read it; nobody once it changed."""
    recipient = session.get_one(Person, letter.recipient_id)
    if usable_address(recipient.email) == letter.address:
        return recipient
    return session.exec(select(Person).where(Person.email == letter.address)).first()


def _is_address(found: Returned, letter: Letter) -> bool:
    """Whether the person's own address is to blame, not one that they forward their mail to."""
    named = not found.addresses or (letter.address or "").lower() in found.addresses
    return found.blame is Blame.ADDRESS and named


def _is_fresh(letter: Letter, at: datetime) -> bool:
    return letter.sent_at is None or at - letter.sent_at <= FORGETS


def _flag(
    session: Session, letter: Letter, person: Person, found: Returned, acting: Acting
) -> None:
    subject = f"person:{person.id}"
    values = {"letter": letter.id, "status": found.status}
    words = {"address": person.email, "answer": found.text}
    append(session, acting.deed(subject, "refuse_address", values=values, words=words))
    row = session.get(RefusedAddress, person.id)
    if row is not None and row.address == person.email:
        return  # told already
    row = row or RefusedAddress(person_id=person.id or 0, address="", reason="", since=acting.at)
    row.address, row.reason, row.since = person.email, found.text, acting.at
    session.add(row)
    session.flush()
    _tell(session, letter, person, acting)


def _tell(session: Session, letter: Letter, person: Person, acting: Acting) -> None:
    cycle = session.get(Cycle, letter.cycle_id) if letter.cycle_id else None
    above = next_up(session, person, cycle, on=acting.at.date()) if cycle else None
    if cycle is None or above is None:
        return  # the waiting letters show it
    draft = Draft(
        kind=LetterKind.ADDRESS_REFUSED,
        key=f"address:{person.id}:letter:{letter.id}:{above.id}",
        recipient_id=above.id or 0,
        send_after=leaves_at(programme_of(session, cycle), acting.at),
        cycle_id=cycle.id,
        fields={"person": person.id},
    )
    put(session, draft, at=acting.at)


# --- what people do about it ----------------------------------------------------------------------


def trust_address(session: Session, email: str, acting: Acting) -> None:
    """Somebody asked: the address takes letters after all."""
    require(session, acting, Right.CARE_FOR_LETTERS, None)
    person = person_called(session, email)
    refusal = refusal_of(session, person)
    if refusal is None:
        raise NotFound(what=Sentence("refused address"), key=email)
    append(session, acting.deed(f"person:{person.id}", "trust_address"))
    session.delete(refusal)
    session.flush()


def change_address(session: Session, email: str, new: str, acting: Acting) -> None:
    """The person's new address: waiting letters follow it, frozen ones keep their bytes."""
    require(session, acting, Right.CARE_FOR_LETTERS, None)
    person = person_called(session, email)
    new = new.strip().lower()
    usable_address(new, field="--to")
    if session.exec(select(Person.id).where(Person.email == new)).first() is not None:
        cure = Sentence("Somebody has this address already: give another one.")
        raise InputRefused(field="--to", value=new, cure=cure)
    words = {"from": person.email, "to": new}
    append(session, acting.deed(f"person:{person.id}", "change_address", words=words))
    person.email = new
    session.add(person)
    session.flush()


def retry_letter(session: Session, letter_id: int, acting: Acting) -> int:
    """Write a dead or returned letter anew, under a key of its own; gives the new letter's id."""
    require(session, acting, Right.CARE_FOR_LETTERS, None)
    old = session.exec(
        letters_for(session, acting).where(Letter.id == letter_id).with_for_update()
    ).first()
    if old is None:
        raise NotFound(what=Sentence("letter"), key=letter_id)
    if old.state is not LetterState.DEAD and not _came_back(session, old):
        cure = Sentence("Only a letter that died or came back is written anew.")
        raise InputRefused(field="letter", value=letter_id, cure=cure)
    draft = Draft(
        kind=LetterKind(old.kind),
        key=f"again:{old.id}:{old.key}",
        recipient_id=old.recipient_id,
        send_after=acting.at,
        case_id=old.case_id,
        cycle_id=old.cycle_id,
        day=old.day,
        fields={"claims_of": old.id, **old.fields},
    )
    if not put(session, draft, at=acting.at):
        cure = Sentence("It was written anew already: see the newer letter.")
        raise InputRefused(field="letter", value=letter_id, cure=cure)
    new = session.exec(select(Letter.id).where(Letter.key == draft.key)).one() or 0
    values = {"letter": old.id, "again": new}
    subject = chain_of(old)
    append(session, acting.deed(subject, "retry_letter", values=values))
    return new


def _came_back(session: Session, letter: Letter) -> bool:
    statement = select(Bounce.id).where(
        Bounce.letter_id == letter.id, Bounce.verdict != Blame.DELAYED.value
    )
    return session.exec(statement).first() is not None
