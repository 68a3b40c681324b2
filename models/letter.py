"""The outbox: one row is one recipient of one letter; every answer of the mail server is kept."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from models.columns import Json, Word, append_only


class LetterState(StrEnum):
    """Where a letter stands. The last three are never left: a trigger refuses."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENT = "sent"
    DEAD = "dead"
    SUPERSEDED = "superseded"


class Letter(SQLModel, table=True):
    """A letter that waits, travels or has arrived. The same `key` is never written twice."""

    __table_args__ = (
        Index(
            "letters_to_send",
            "send_after",
            sqlite_where=text("state IN ('pending', 'claimed')"),
            postgresql_where=text("state IN ('pending', 'claimed')"),
        ),
        Index("letters_of_a_person", "recipient_id"),
        Index("letters_of_a_case", "case_id"),
        Index("letters_by_message_id", "message_id"),  # a returned letter is known by it
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str  # folder of its templates
    recipient_id: int = Field(foreign_key="person.id")
    case_id: int | None = Field(default=None, foreign_key="support_case.id")
    cycle_id: int | None = Field(default=None, foreign_key="cycle.id")
    day: date | None = None  # of a digest
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    written_at: datetime
    send_after: datetime
    state: LetterState = Field(default=LetterState.PENDING, sa_type=Word(LetterState))
    attempt: int = 0  # the fence: only the holder of the newest attempt may finish
    lease_until: datetime | None = None
    failures: int = 0  # of this letter's own; a server-wide outage burns none
    is_ambiguous: bool = False  # an end that nobody can know: it may have arrived
    body: bytes | None = Field(default=None, sa_type=LargeBinary)  # frozen when first leased
    address: str | None = None  # frozen with the body
    message_id: str
    reason: str = ""  # why superseded or dead
    sent_at: datetime | None = None


class DeliveryAnswer(SQLModel, table=True):
    """What the mail server said to one attempt."""

    __tablename__ = append_only("delivery_answer")

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letter.id", index=True)
    attempt: int
    at: datetime
    code: int | None = None
    text: str = ""
    verdict: str  # sent, temporary, permanent, ambiguous, outage
