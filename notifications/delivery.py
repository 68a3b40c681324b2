"""How letters leave: lease, write and freeze a batch, then send and finish each (law 5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from models.letter import LetterState
from notifications.addresses import usable_address
from notifications.backoff import OUTAGE_PAUSE, next_attempt
from notifications.composition import Compose
from notifications.leases import BATCH, LEASE, Lease, give_back, record, take
from notifications.outages import begin_outage, end_outage, knock
from notifications.post import Answer, Post, Verdict
from notifications.preparing import Parcel, prepare
from notifications.return_path import Sender, return_path
from opora.database import transaction

MOST_LOST_IN_A_ROW = 3
"""So many letters lost after the dot in a row are the server's fault, not the letters'."""


@dataclass(slots=True)
class Delivered:
    """What became of the letters; `outage` is what was said when the server took nobody's.

    While it counts as away, nobody knocks before `held_until`.
    """

    sent: int = 0
    superseded: int = 0
    retried: int = 0
    dead: int = 0
    ambiguous: int = 0
    postponed: int = 0
    outage: str | None = None
    held_until: datetime | None = None


def deliver(
    engine: Engine,
    post: Post,
    *,
    compose: Compose,
    sender: str | Sender,
    at: datetime,
    real_now: Callable[[], datetime],
) -> Delivered:
    """Send every letter that is due `at`, until none is left or the server is away.

    `at` may be virtual: it decides what is due and when to retry; leases live by `real_now`.
    A kill at any point loses nothing: the lease runs out, and the same bytes are sent again.
    """
    origin = sender if isinstance(sender, Sender) else Sender(sender)
    with transaction(engine) as session:
        knocked = knock(session, at=at)
    if knocked.held_until is not None:
        return Delivered(outage=knocked.said, held_until=knocked.held_until)
    with post:
        carrier = _Carrier(
            engine,
            post,
            compose,
            usable_address(origin.address),
            at,
            real_now,
            bounce_address=origin.bounces,
            begun=real_now(),
            is_trial=knocked.is_trial,
        )
        while carrier.done.outage is None and (leases := carrier.next_leases()):
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
    bounce_address: str | None
    begun: datetime  # real time
    is_trial: bool  # the server counts as away until it answers for one letter
    done: Delivered = field(default_factory=Delivered)
    lost_in_a_row: int = 0

    def next_leases(self) -> Sequence[Lease]:
        """One letter in a trial, else as many as a batch holds."""
        most = 1 if self.is_trial else BATCH
        return take(self.engine, at=self.at, real_now=self.real_now(), most=most)

    def carry(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Send letter by letter; gives the leases that were not used."""
        parcels = self._prepared(leases)
        for position, (lease, parcel) in enumerate(zip(leases, parcels, strict=True)):
            if lease.until - self.real_now() < LEASE / 2:
                return leases[position:]  # a slow server: take them anew, behind a new fence
            if isinstance(parcel, Parcel):
                envelope = return_path(self.bounce_address, parcel) or self.sender
                self._finish(parcel, self.post.send(envelope, parcel.address, parcel.body))
            if self.done.outage is not None:
                return leases[position + 1 :]
        return []

    def _prepared(self, leases: Sequence[Lease]) -> list[Parcel | LetterState | None]:
        """One transaction for the batch: its letters share people, cycle and schools."""
        parcels: list[Parcel | LetterState | None] = []
        kept: list[object] = []
        with transaction(self.engine) as session:
            for lease in leases:
                parcels.append(
                    prepare(session, lease, compose=self.compose, sender=self.sender, at=self.at)
                )
                kept[:] = session.identity_map.values()  # else the session forgets what it read
        for parcel in parcels:
            if not isinstance(parcel, Parcel):
                self._count_ended(parcel)
        return parcels

    def _count_ended(self, state: LetterState | None) -> None:
        self.done.superseded += state is LetterState.SUPERSEDED
        self.done.dead += state is LetterState.DEAD
        self.done.postponed += state is LetterState.PENDING

    def _finish(self, parcel: Parcel, answer: Answer) -> None:
        values = self._outcome(parcel, answer)
        with transaction(self.engine) as session:
            record(session, parcel.lease, answer, at=self.at)
            if not parcel.lease.finish(session, **values):
                return  # somebody holds a newer attempt and will say how it ended
        self._count(answer, values)
        self._note_weather(answer)

    def _outcome(self, parcel: Parcel, answer: Answer) -> dict[str, object]:
        """What the answer makes of the row."""
        if answer.verdict is Verdict.SENT:
            return {"state": LetterState.SENT, "sent_at": self.at, "reason": ""}
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
        most_lost = 1 if self.is_trial else MOST_LOST_IN_A_ROW
        if answer.verdict is Verdict.OUTAGE or self.lost_in_a_row >= most_lost:
            self.done.outage = answer.text or answer.verdict.value

    def _note_weather(self, answer: Answer) -> None:
        """Kept in the database, so that a clock started anew does not storm a server that is away."""
        if self.done.outage is not None:
            now = self.at + (self.real_now() - self.begun)
            with transaction(self.engine) as session:
                begin_outage(session, self.done.outage, at=now)
        elif self.is_trial and answer.verdict is not Verdict.AMBIGUOUS:
            with transaction(self.engine) as session:
                end_outage(session)
            self.is_trial = False
