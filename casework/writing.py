"""From a row of the outbox to its contents: the function that delivery asks at every lease."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlmodel import Session

from casework.composing import COMPOSERS, Desk
from casework.composing_addresses import address_refused
from casework.composing_deadlines import deadline_changed
from casework.gathering import digest, escalation
from casework.limiting import gathered, unwanted
from casework.readdressing import next_up, refusal_of
from casework.standing_in import standing_in
from casework.versions import programme_of
from models.cycle import Cycle
from models.letter import Letter
from models.people import Person
from notifications.composition import Compose, Composition, Postponed, Superseded
from notifications.outbox import LetterKind
from opora.clock import day_of
from opora.errors import NotFound
from opora.words import Sentence

_ALL: dict[LetterKind, Callable[[Desk], Composition | Superseded]] = {
    **COMPOSERS,
    LetterKind.DEADLINE_CHANGED: deadline_changed,
    LetterKind.ADDRESS_REFUSED: address_refused,
    LetterKind.DIGEST: digest,
    LetterKind.ESCALATION: escalation,
}


WAIT = timedelta(days=1)
"""After so long it is looked anew whether anybody can be reached."""


def composer(url: str, at: datetime) -> Compose:
    """The function that delivery asks at every lease; `url` is the address of the pages."""

    def compose(session: Session, letter: Letter) -> Composition | Superseded | Postponed:
        person = session.get_one(Person, letter.recipient_id)
        if letter.cycle_id is None:
            raise NotFound(what=Sentence("cycle of the letter"), key=letter.key)
        if (objection := unwanted(session, letter)) is not None:
            return objection
        cycle = session.get_one(Cycle, letter.cycle_id)
        stand_in = _stand_in(session, person, day_of(at, programme_of(session, cycle).zone))
        if stand_in is None:
            return Superseded(Sentence("the person has left"))
        reader: Person | None = stand_in
        if refusal_of(session, stand_in) is not None:
            reader = next_up(session, stand_in, cycle, on=at.date())
            if reader is None:
                return Postponed(Sentence("the address takes no letters"), at + WAIT)
        desk = Desk(
            session=session,
            letter=letter,
            person=person,
            cycle=cycle,
            programme=programme_of(session, cycle),
            url=url.rstrip("/"),
            at=at,
            reader=reader if reader is not person else None,
            is_standing_in=stand_in is not person,
        )
        composed = _ALL[LetterKind(letter.kind)](desk)
        if isinstance(composed, Superseded):
            return composed
        return gathered(session, letter, cycle, desk.programme, at=at) or composed

    return compose


def _stand_in(session: Session, person: Person, on: date) -> Person | None:
    """The person, or who reads what is meant for them while they are away or when they have left."""
    found = standing_in(session, on).reader(person.id or 0)
    if found == person.id:
        return person
    return session.get(Person, found) if found is not None else None
