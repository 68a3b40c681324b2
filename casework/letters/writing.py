"""From a row of the outbox to its contents: the function that delivery asks at every lease."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from casework.cycles.spreading import analytics
from casework.cycles.versions import programme_at
from casework.letters.composing import COMPOSERS, Desk, Sheet
from casework.letters.composing_addresses import address_refused
from casework.letters.composing_deadlines import deadline_changed
from casework.letters.composing_objections import OBJECTIONS
from casework.letters.composing_records import OF_RECORDS
from casework.letters.gathering import digest, escalation
from casework.letters.limiting import gathered, unwanted
from casework.letters.plan_letters import plan_notice
from casework.letters.readdressing import next_up, refusal_of
from casework.people.standing_in import standing_in
from models.cycle import Cycle, Listing
from models.letter import Letter
from models.listing import Objection
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
    **OF_RECORDS,
    LetterKind.ANALYTICS: analytics,
    LetterKind.PLAN_NOTICE: plan_notice,
    LetterKind.DIGEST: digest,
    LetterKind.ESCALATION: escalation,
}


WAIT = timedelta(days=1)
"""After so long it is looked anew whether anybody can be reached."""


def composer(url: str, at: datetime) -> Compose:
    """The function that delivery asks at every lease; `url` is the address of the pages."""

    def compose(session: Session, letter: Letter) -> Composition | Superseded | Postponed:
        person = session.get_one(Person, letter.recipient_id)
        if (objection := unwanted(session, letter)) is not None:
            return objection
        year = _year_of(session, letter)
        programme = programme_at(session, year.programme_sha256)
        stand_in = _stand_in(session, person, day_of(at, programme.zone))
        if stand_in is None:
            return Superseded(Sentence("the person has left"))
        reader: Person | None = stand_in
        if refusal_of(session, stand_in) is not None:
            reader = next_up(session, stand_in, year, on=at.date())
            if reader is None:
                return Postponed(Sentence("the address takes no letters"), at + WAIT)
        sheet: dict[str, Any] = {
            "session": session,
            "letter": letter,
            "person": person,
            "programme": programme,
            "url": url.rstrip("/"),
            "at": at,
            "reader": reader if reader is not person else None,
            "is_standing_in": stand_in is not person,
        }
        if isinstance(year, Listing):
            return OBJECTIONS[LetterKind(letter.kind)](Sheet(**sheet))
        desk = Desk(cycle=year, **sheet)
        composed = _ALL[LetterKind(letter.kind)](desk)
        if isinstance(composed, Superseded):
            return composed
        return gathered(session, letter, year, desk.programme, at=at) or composed

    return compose


def _year_of(session: Session, letter: Letter) -> Cycle | Listing:
    """The cycle that the letter is about, or the list that came before any."""
    if letter.kind in OBJECTIONS:
        objection = session.get_one(Objection, letter.fields["objection"])
        return session.get_one(Listing, objection.listing_id)
    if letter.cycle_id is None:
        raise NotFound(what=Sentence("cycle of the letter"), key=letter.key)
    return session.get_one(Cycle, letter.cycle_id)


def _stand_in(session: Session, person: Person, on: date) -> Person | None:
    """The person, or who reads what is meant for them while they are away or when they have left."""
    found = standing_in(session, on).reader(person.id or 0)
    if found == person.id:
        return person
    return session.get(Person, found) if found is not None else None
