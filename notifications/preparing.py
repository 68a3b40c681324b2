"""The step before the post: is the letter still wanted, and if it is new, what are its bytes?"""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models.letter import Letter, LetterState
from models.people import Person
from notifications.composition import Compose, Postponed, Superseded
from notifications.leases import Lease
from notifications.sealing import seal
from opora.errors import OporaError
from opora.words import LANGUAGES, Sentence
from templates.wording import say

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter that is ready to leave: its bytes are frozen and will never differ."""

    lease: Lease
    key: str
    failures: int
    address: str
    message_id: str
    body: bytes

    @property
    def letter_id(self) -> int:
        """Of the row."""
        return self.lease.letter_id


def prepare(
    session: Session, lease: Lease, *, compose: Compose, sender: str, at: datetime
) -> Parcel | LetterState | None:
    """The parcel, or the state in which the letter ended; None if somebody else holds it now."""
    letter = lease.letter(session)
    if letter is None:
        return None
    objection = _write(session, letter, compose=compose, sender=sender, at=at)
    if isinstance(objection, Superseded):
        reason = say(objection.reason, language_of(session, letter))
        return _end(session, lease, LetterState.SUPERSEDED, reason)
    if isinstance(objection, Postponed):
        reason = say(objection.reason, language_of(session, letter))
        lease.finish(session, state=LetterState.PENDING, send_after=objection.until, reason=reason)
        return LetterState.PENDING
    if objection is not None:
        _log.warning("letter %s cannot be written: %r", lease.letter_id, objection)
    if letter.body is None or letter.address is None:
        reason = _cause(objection, language_of(session, letter))
        return _end(session, lease, LetterState.DEAD, reason)
    return Parcel(
        lease=lease,
        key=letter.key,
        failures=letter.failures,
        address=letter.address,
        message_id=letter.message_id,
        body=letter.body,
    )


def _write(
    session: Session, letter: Letter, *, compose: Compose, sender: str, at: datetime
) -> Superseded | Postponed | Exception | None:
    """Recheck, and freeze the bytes if there are none yet; gives what speaks against the letter."""
    try:
        with session.begin_nested():
            composed = compose(session, letter)
            if isinstance(composed, Superseded | Postponed):
                return composed
            if letter.body is None:
                sealed = seal(composed, letter, sender=sender, at=at)
                letter.message_id = sealed.message_id
                letter.address = sealed.address
                letter.body = sealed.body
    except OperationalError:
        raise  # the database is away: no fault of the letter
    except Exception as error:  # noqa: BLE001  whatever is wrong with one letter, the others go on
        return error
    return None


def _end(session: Session, lease: Lease, state: LetterState, reason: str) -> LetterState:
    lease.finish(session, state=state, reason=" ".join(reason.replace("\0", "").split()))
    return state


def _cause(error: Exception | None, language: str) -> str:
    said = say(error, language) if isinstance(error, OporaError) else repr(error)
    return say(Sentence("The letter could not be written: {why}", {"why": said}), language)


def language_of(session: Session, letter: Letter) -> str:
    """The recipient's: whoever looks after a letter that went wrong reads the same one."""
    person = session.get(Person, letter.recipient_id)
    return person.language if person else LANGUAGES[0]
