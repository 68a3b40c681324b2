"""The recurring work itself, as plain functions: the embedded clock and Prefect's flows call the same."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from casework import passes
from casework.acting import Acting
from casework.passes import LEASE, Chunk, Progress
from casework.quarantine import quarantined_since
from casework.work import WORK
from casework.writing import composer
from flows.periods import VERIFICATION
from models.pass_run import PassRun
from notifications import delivery
from notifications.delivery import Delivered
from notifications.post import post_for
from notifications.return_path import Sender
from opora import clock
from opora.database import reading
from opora.errors import HistoryBroken
from opora.settings import Settings
from opora.words import Sentence


class Broken(Protocol):
    """One line of the history that does not hold."""

    @property
    def subject(self) -> str: ...
    @property
    def seq(self) -> int | None: ...
    @property
    def what(self) -> Sentence: ...


class Verification(Protocol):
    """What a check of the whole history found."""

    @property
    def lines(self) -> int: ...
    @property
    def broken(self) -> Sequence[Broken]: ...


Verify = Callable[[Engine], Verification]
"""The check itself lives in another room of this floor: a door hands it in."""


def deliver_due(settings: Settings, engine: Engine, *, at: datetime) -> Delivered:
    """Let every letter out that is due."""
    return delivery.deliver(
        engine,
        post_for(settings),
        compose=composer(settings.public_url, at),
        sender=Sender(settings.sender, settings.bounce_address),
        at=at,
        real_now=clock.now,
    )


def stopped_passes(engine: Engine, *, at: datetime) -> list[int]:
    """Passes that somebody began and nobody holds any more: to be taken up again."""
    with reading(engine) as session:
        if quarantined_since(session):
            return []
        return [
            run.id
            for run in passes.unfinished(session)
            if run.id is not None and run.kind in WORK and _is_abandoned(run, at)
        ]


def _is_abandoned(run: PassRun, at: datetime) -> bool:
    """One that nobody has taken yet is most likely being taken by who began it just now."""
    if run.fence == 0:
        return run.started_at + LEASE <= at
    return run.lease_until is None or run.lease_until <= at


def verify_history(engine: Engine, pass_id: int, verify: Verify, *, at: datetime) -> Progress:
    """Check the history and keep what is broken as the pass's refusals.

    Reading takes long and needs no lock, so it happens before the one transaction of the pass.
    """
    fence = passes.take(engine, pass_id, real_now=clock.now())
    if fence is None:
        return passes.progress(engine, pass_id)
    found = verify(engine)

    def keep(_session: Session, _run: PassRun, _acting: Acting) -> Chunk:
        refused = {f"{one.subject}:{one.seq}": HistoryBroken(what=one.what) for one in found.broken}
        counts = {"lines": found.lines, "broken": len(found.broken)}
        return Chunk(cursor=None, counts=counts, refused=refused)

    now = clock.now()
    acting = Acting(at=at, recorded_at=now, pass_name=VERIFICATION)
    return passes.step(engine, pass_id, fence, keep, acting, real_now=now)


def stopped_verification(engine: Engine, *, at: datetime) -> int | None:
    """The newest verification that was begun and given up."""
    with reading(engine) as session:
        runs = [run for run in passes.unfinished(session) if run.kind == VERIFICATION]
        found = [run.id for run in runs if _is_abandoned(run, at)]
    return max((pass_id for pass_id in found if pass_id is not None), default=None)
