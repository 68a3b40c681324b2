"""The recurring work itself, as plain functions: the embedded clock and Prefect's flows call the same."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from casework import passes
from casework.acting import Acting
from casework.letters.bouncing import take_back
from casework.letters.writing import composer
from casework.passes import LEASE, Chunk, Progress
from casework.quarantine import quarantined_since
from casework.work import WORK
from flows.holding import held
from flows.periods import BACKUP, VERIFICATION, begin_night_due
from models.pass_run import PassRun
from notifications import delivery
from notifications.bounces import returned
from notifications.delivery import Delivered
from notifications.post import post_for
from notifications.return_path import Sender
from notifications.returned_mail import imap_box
from opora import clock
from opora.database import reading, transaction
from opora.errors import HistoryBroken, OporaError
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


Backup = Callable[[Settings, Engine, datetime], Mapping[str, int]]
"""Takes a backup and gives what it counted; it too lives in another room and is handed in."""


def keep_backup(
    settings: Settings, engine: Engine, backup: Backup, *, at: datetime
) -> Progress | None:
    """Take the night's backup, once whatever number of clocks ask; None when there is none to take.

    A restored copy in quarantine takes none: its folder may be that of the living installation.
    """
    with reading(engine) as session:
        if settings.backup_dir is None or quarantined_since(session):
            return None
    pass_id = night_to_do(engine, BACKUP, at=at)
    fence = passes.take(engine, pass_id, real_now=clock.now()) if pass_id is not None else None
    if pass_id is None or fence is None:
        return None
    with held(engine, pass_id, fence):
        try:
            counts, refused = backup(settings, engine, at), {}
        except OporaError as reason:
            counts, refused = {}, {BACKUP: reason}

    def keep(_session: Session, _run: PassRun, _acting: Acting) -> Chunk:
        return Chunk(cursor=None, counts=counts, refused=refused)

    now = clock.now()
    acting = Acting(at=at, recorded_at=now, pass_name=BACKUP)
    return passes.step(engine, pass_id, fence, keep, acting, real_now=now)


def read_returned(settings: Settings, engine: Engine, *, at: datetime) -> Mapping[str, int] | None:
    """Read what mail servers sent back; None without a mailbox, and in quarantine: it is not ours then.

    What is no returned letter is left unread for a person; each message is a transaction of its own.
    """
    with reading(engine) as session:
        if settings.bounce_imap is None or quarantined_since(session):
            return None
    counts: Counter[str] = Counter()
    with imap_box(settings.bounce_imap.get_secret_value()) as box:
        for number, raw in box.unread():
            found = returned(raw)
            if found is None:
                counts["no_bounce"] += 1
                continue
            with transaction(engine) as session:
                acting = Acting(at=at, recorded_at=clock.now(), pass_name=RETURNED)
                end = take_back(session, found, hashlib.sha256(raw).hexdigest(), acting)
            counts[end.value] += 1
            box.mark_read(number)
    return counts


RETURNED = "returned_letters"


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


def night_to_do(engine: Engine, kind: str, *, at: datetime) -> int | None:
    """The night's work of that kind: due and begun now, else the newest that was begun and given up."""
    if (begun := begin_night_due(engine, kind, at=at)) is not None:
        return begun
    with reading(engine) as session:
        runs = [run for run in passes.unfinished(session) if run.kind == kind]
        found = [run.id for run in runs if _is_abandoned(run, at)]
    return max((pass_id for pass_id in found if pass_id is not None), default=None)
