"""The step before the post: is the letter still wanted, and if it is new, what are its bytes?"""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models.letter import Letter, LetterState
from models.people import Person
from notifications.composition import Compose, Superseded
from notifications.leases import Lease
from notifications.sealing import seal
from opora.errors import OporaError
from opora.words import Sentence
from templates.wording import say

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter that is ready to leave: its bytes are frozen and will never differ."""

    lease: Lease
    key: str
    failures: int
    address: str
    body: bytes


def prepare(
    session: Session, lease: Lease, *, compose: Compose, sender: str, at: datetime
) -> Parcel | LetterState | None:
    """The parcel, or the state in which the letter has ended; None if somebody else holds it now."""
    letter = lease.letter(session)
    if letter is None:
        return None
    try:
        with session.begin_nested():
            composed = compose(session, letter)
            if letter.body is None and not isinstance(composed, Superseded):
                sealed = seal(composed, letter, sender=sender, at=at)
                letter.message_id = sealed.message_id
                letter.address = sealed.address
                letter.body = sealed.body
    except OperationalError:
        raise  # the database is away: no fault of the letter
    except Exception as error:  # noqa: BLE001  whatever is wrong with one letter, the others go on
        _log.warning("letter %s cannot be written: %r", lease.letter_id, error)
        if letter.body is None:
            return _end(session, lease, LetterState.DEAD, _reason(error, letter, session))
    else:
        if isinstance(composed, Superseded):
            reason = say(composed.reason, language_of(session, letter))
            return _end(session, lease, LetterState.SUPERSEDED, reason)
    return Parcel(
        lease=lease,
        key=letter.key,
        failures=letter.failures,
        address=letter.address or "",
        body=letter.body,
    )


def _end(session: Session, lease: Lease, state: LetterState, reason: str) -> LetterState:
    lease.finish(session, state=state, reason=reason)
    return state


def _reason(error: Exception, letter: Letter, session: Session) -> str:
    if isinstance(error, OporaError):
        said = say(error, language_of(session, letter))
    else:
        said = f"{type(error).__name__}: {error}"
    cause = Sentence("the letter could not be written: {why}", {"why": said})
    return " ".join(say(cause, language_of(session, letter)).replace("\0", "").split())


def language_of(session: Session, letter: Letter) -> str:
    """The recipient's; reasons are said in it, since whoever looks after the letter reads the same."""
    person = session.get(Person, letter.recipient_id)
    return person.language if person else "ru"
