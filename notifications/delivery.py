"""How letters leave: lease, write and freeze, send, finish; each a transaction of its own (law 5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from models.letter import LetterState
from notifications.addresses import usable_address
from notifications.backoff import OUTAGE_PAUSE, next_attempt
from notifications.composition import Compose
from notifications.leases import LEASE, Lease, give_back, record, take
from notifications.post import Answer, Post, Verdict
from notifications.preparing import Parcel, prepare
from opora.database import transaction

MOST_LOST_IN_A_ROW = 3
"""So many letters lost after the dot in a row are the server's fault, not the letters'."""


@dataclass(slots=True)
class Delivered:
    """What became of the letters; `outage` is what was said when the server took nobody's."""

    sent: int = 0
    superseded: int = 0
    retried: int = 0
    dead: int = 0
    ambiguous: int = 0
    outage: str | None = None


def deliver(
    engine: Engine,
    post: Post,
    *,
    compose: Compose,
    sender: str,
    at: datetime,
    real_now: Callable[[], datetime],
) -> Delivered:
    """Send every letter that is due `at`, until none is left or the server is away.

    `at` may be virtual: it decides what is due and when to retry; leases live by `real_now`.
    A kill at any point loses nothing: the lease runs out, and the same bytes are sent again.
    """
    sender = usable_address(sender, field="sender")
    with post:
        carrier = _Carrier(engine, post, compose, sender, at, real_now)
        while carrier.done.outage is None and (leases := take(engine, at=at, real_now=real_now())):
            give_back(engine, carrier.carry(leases))
    return carrier.done


@dataclass(slots=True)
class _Carrier:
    engine: Engine
    post: Post
    compose: Compose
    sender: str
    at: datetime
    real_now: Callable[[], datetime]
    done: Delivered = field(default_factory=Delivered)
    lost_in_a_row: int = 0

    def carry(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Send letter by letter; gives the leases that were not used."""
        for position, lease in enumerate(leases):
            if lease.until - self.real_now() < LEASE / 2:
                return leases[position:]  # a slow server: take them anew, behind a new fence
            with transaction(self.engine) as session:
                parcel = prepare(
                    session, lease, compose=self.compose, sender=self.sender, at=self.at
                )
            if isinstance(parcel, Parcel):
                self._finish(parcel, self.post.send(self.sender, parcel.address, parcel.body))
            else:
                self._count_ended(parcel)
            if self.done.outage is not None:
                return leases[position + 1 :]
        return []

    def _count_ended(self, state: LetterState | None) -> None:
        self.done.superseded += state is LetterState.SUPERSEDED
        self.done.dead += state is LetterState.DEAD

    def _finish(self, parcel: Parcel, answer: Answer) -> None:
        values = self._outcome(parcel, answer)
        with transaction(self.engine) as session:
            record(session, parcel.lease, answer, at=self.at)
            if not parcel.lease.finish(session, **values):
                return  # somebody holds a newer attempt and will say how it ended
        self._count(answer, values)

    def _outcome(self, parcel: Parcel, answer: Answer) -> dict[str, object]:
        """What the answer makes of the row."""
        if answer.verdict is Verdict.SENT:
            return {"state": LetterState.SENT, "sent_at": self.at}
        if answer.verdict is Verdict.OUTAGE:
            return {"state": LetterState.PENDING, "send_after": self.at + OUTAGE_PAUSE}
        failures = parcel.failures + 1
        values: dict[str, object] = {"failures": failures}
        if answer.verdict is Verdict.AMBIGUOUS:
            values["is_ambiguous"] = True
        again = next_attempt(parcel.key, failures, at=self.at)
        if answer.verdict is Verdict.PERMANENT or again is None:
            said = " ".join(filter(None, (str(answer.code or ""), answer.text)))
            return values | {"state": LetterState.DEAD, "reason": said}
        return values | {"state": LetterState.PENDING, "send_after": again}

    def _count(self, answer: Answer, values: dict[str, object]) -> None:
        is_lost = answer.verdict is Verdict.AMBIGUOUS
        self.lost_in_a_row = self.lost_in_a_row + 1 if is_lost else 0
        self.done.sent += values["state"] is LetterState.SENT
        self.done.dead += values["state"] is LetterState.DEAD
        self.done.ambiguous += is_lost
        self.done.retried += values["state"] is LetterState.PENDING and "failures" in values
        if answer.verdict is Verdict.OUTAGE or self.lost_in_a_row >= MOST_LOST_IN_A_ROW:
            self.done.outage = answer.text or answer.verdict.value
