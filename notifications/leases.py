"""Who holds which letter: leases with a fence, so that nobody finishes another's attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, and_, or_, select, update
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col

from models.letter import DeliveryAnswer, Letter, LetterState
from models.people import Installation
from notifications.post import Answer
from opora.database import transaction

BATCH = 20
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to finish one attempt of one letter, while nobody holds a newer attempt."""

    letter_id: int
    attempt: int  # the fence
    until: datetime  # real time

    def letter(self, session: Session) -> Letter | None:
        """The row, if it is still ours."""
        return session.scalars(select(Letter).where(self._holds())).first()

    def finish(self, session: Session, **values: Any) -> bool:
        """Set `values` and lay the lease down; False if somebody holds a newer attempt."""
        statement = update(Letter).where(self._holds()).values(lease_until=None, **values)
        return session.connection().execute(statement).rowcount == 1

    def _holds(self) -> ColumnElement[bool]:
        return and_(
            col(Letter.id) == self.letter_id,
            col(Letter.attempt) == self.attempt,
            col(Letter.state) == LetterState.CLAIMED,
        )


def take(engine: Engine, *, at: datetime, real_now: datetime, most: int = BATCH) -> list[Lease]:
    """Lease the letters that waited longest: pending ones, and those whose holder has died."""
    until = real_now + LEASE
    waits = or_(
        col(Letter.state) == LetterState.PENDING,
        and_(col(Letter.state) == LetterState.CLAIMED, col(Letter.lease_until) <= real_now),
    )
    due = (
        select(col(Letter.id))
        .where(col(Letter.send_after) <= at, waits)
        .order_by(col(Letter.send_after), col(Letter.id))
        .limit(most)
        .with_for_update(skip_locked=True)  # SQLite has one writer at a time and ignores it
    )
    with transaction(engine) as session:
        if session.scalar(select(col(Installation.quarantined_at))) is not None:
            return []  # restored from a backup: no letter leaves before a person releases it
        ids = session.scalars(due).all()
        if not ids:
            return []
        taken = session.connection().execute(
            update(Letter)
            .where(col(Letter.id).in_(ids))
            .values(state=LetterState.CLAIMED, attempt=col(Letter.attempt) + 1, lease_until=until)
            .returning(col(Letter.id), col(Letter.attempt))
        )
        attempts = {row.id: row.attempt for row in taken}
    return [Lease(found, attempts[found], until) for found in ids if found is not None]


def give_back(engine: Engine, leases: Sequence[Lease]) -> None:
    """Lay down leases whose letters never left: no failure of theirs."""
    with transaction(engine) as session:
        for lease in leases:
            lease.finish(session, state=LetterState.PENDING)


def record(session: Session, lease: Lease, answer: Answer, *, at: datetime) -> None:
    """Keep what the server said; true even when the lease was lost meanwhile."""
    session.add(
        DeliveryAnswer(
            letter_id=lease.letter_id,
            attempt=lease.attempt,
            at=at,
            code=answer.code,
            text=answer.text,
            verdict=answer.verdict.value,
        )
    )
