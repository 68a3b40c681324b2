"""Letters as people look at them: what waits, what left, what died and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select as sa_select
from sqlmodel import Session, col, func
from sqlmodel.sql.expression import SelectOfScalar

from casework.access import letters_for
from casework.acting import Acting
from casework.cases.reading import EVERYTHING, Page
from models.letter import Letter, LetterState
from models.mail_weather import Bounce
from models.people import Person
from notifications.bounces import Blame
from opora.errors import NotFound
from opora.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A letter; `body` is its exact bytes once they are frozen, `reason` why it died or was dropped."""

    id: int
    kind: str
    to: str
    case: int | None
    cycle: int | None
    state: LetterState
    written_at: datetime
    send_after: datetime
    sent_at: datetime | None
    failures: int
    is_ambiguous: bool
    reason: str
    message_id: str
    returned: str | None  # what the server said when it came back
    body: bytes | None = None


def letters(
    session: Session,
    acting: Acting,
    *,
    state: LetterState | None = None,
    case: int | None = None,
    page: Page = EVERYTHING,
) -> list[LetterView]:
    """The actor's own letters, and all of a register for those who may see them; no bodies."""
    statement = letters_for(session, acting).where(col(Letter.id) > page.after)
    if state is not None:
        statement = statement.where(Letter.state == state)
    if case is not None:
        statement = statement.where(Letter.case_id == case)
    statement = statement.order_by(col(Letter.id)).limit(page.limit)
    return [_letter_view(*row) for row in session.execute(_letter_rows(statement))]


def letter_view(session: Session, acting: Acting, letter_id: int) -> LetterView:
    """One letter with its body; foreign and missing look the same."""
    statement = letters_for(session, acting).where(Letter.id == letter_id)
    row = session.execute(_letter_rows(statement).add_columns(col(Letter.body))).first()
    if row is None:
        raise NotFound(what=Sentence("letter"), key=letter_id)
    return _letter_view(*row)


def _letter_rows(letters: SelectOfScalar[Letter]) -> Select[Any]:
    return letters.join(Person, col(Person.id) == col(Letter.recipient_id)).with_only_columns(
        col(Letter.id),
        col(Letter.kind),
        func.coalesce(Letter.address, Person.email),
        col(Letter.case_id),
        col(Letter.cycle_id),
        col(Letter.state),
        col(Letter.written_at),
        col(Letter.send_after),
        col(Letter.sent_at),
        col(Letter.failures),
        col(Letter.is_ambiguous),
        col(Letter.reason),
        col(Letter.message_id),
        sa_select(col(Bounce.text))
        .where(col(Bounce.letter_id) == col(Letter.id), col(Bounce.verdict) != Blame.DELAYED.value)
        .order_by(col(Bounce.id).desc())
        .limit(1)
        .scalar_subquery(),
    )


_LETTER_FIELDS = tuple(LetterView.__dataclass_fields__)


def _letter_view(*row: Any) -> LetterView:
    return LetterView(**dict(zip(_LETTER_FIELDS, row, strict=False)))
