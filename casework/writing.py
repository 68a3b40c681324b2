"""From a row of the outbox to its contents: the function that delivery asks at every lease."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from casework.composing import COMPOSERS, Desk
from casework.gathering import digest, escalation
from casework.versions import programme_of
from models.cycle import Cycle
from models.letter import Letter
from models.people import Person
from notifications.composition import Composition, Superseded
from notifications.outbox import LetterKind
from opora.errors import NotFound
from opora.words import Sentence

_ALL: dict[LetterKind, Callable[[Desk], Composition | Superseded]] = {
    **COMPOSERS,
    LetterKind.DIGEST: digest,
    LetterKind.ESCALATION: escalation,
}


def composer(url: str, at: datetime) -> Callable[[Session, Letter], Composition | Superseded]:
    """The function that delivery asks at every lease; `url` is the address of the pages."""

    def compose(session: Session, letter: Letter) -> Composition | Superseded:
        person = session.get_one(Person, letter.recipient_id)
        if not person.is_active:
            return Superseded(Sentence("the person has left"))
        if letter.cycle_id is None:
            raise NotFound(what=Sentence("cycle of the letter"), key=letter.key)
        cycle = session.get_one(Cycle, letter.cycle_id)
        desk = Desk(
            session=session,
            letter=letter,
            person=person,
            cycle=cycle,
            programme=programme_of(session, cycle),
            url=url.rstrip("/"),
            at=at,
        )
        return _ALL[LetterKind(letter.kind)](desk)

    return compose
