"""The flows of what comes back by itself beside the rounds: delivery, reconciling, verification."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from pkgutil import resolve_name
from typing import Any

from prefect import flow
from sqlalchemy import Engine

from casework.passes import Progress
from flows.flow_of_kind import flow_of
from flows.periods import VERIFICATION
from flows.recurring import (
    Backup,
    deliver_due,
    keep_backup,
    night_to_do,
    read_returned,
    stopped_passes,
    verify_history,
)
from flows.running import PassRefused
from flows.workplace import Workplace, workplace
from models.pass_run import PassRun
from opora import clock
from opora.database import reading


@flow(name="opora-delivery")
async def deliver(at: datetime | None = None) -> dict[str, Any]:
    """Let every letter out that is due."""
    place = workplace()
    moment = at or clock.now()
    done = await asyncio.to_thread(deliver_due, place.settings, place.engine, at=moment)
    return asdict(done)


@flow(name="opora-reconcile")
async def reconcile() -> dict[str, Any]:
    """Take up every pass that was left halfway, each as a run of its own flow."""
    place = workplace()
    resumed, refused = [], None
    for pass_id in await asyncio.to_thread(stopped_passes, place.engine, at=clock.now()):
        try:
            resumed.append(await flow_of(_kind(place, pass_id))(pass_id))
        except PassRefused as reason:
            refused = reason
    if refused is not None:
        raise refused
    return {"resumed": resumed}


def _kind(place: Workplace, pass_id: int) -> str:
    with reading(place.engine) as session:
        return session.get_one(PassRun, pass_id).kind


@flow(name="opora-nightly-verification")
async def verify(check: str) -> dict[str, Any]:
    """Check the whole history once a night; `check` is the address of the function that can."""
    engine = workplace().engine
    done = await asyncio.to_thread(_verify_if_due, engine, check)
    if done is not None and done.refused:
        raise PassRefused(kind="nightly_verification", period="", refused=done.refused)
    return {} if done is None else dict(done.counts)


def _verify_if_due(engine: Engine, check: str) -> Progress | None:
    at = clock.now()
    pass_id = night_to_do(engine, VERIFICATION, at=at)
    return verify_history(engine, pass_id, resolve_name(check), at=at) if pass_id else None


@flow(name="opora-returned-letters")
async def returned_letters() -> dict[str, Any]:
    """Read what mail servers sent back; without a mailbox it says which setting is missing."""
    place = workplace()
    if place.settings.bounce_imap is None:
        return {"missing": "OPORA_BOUNCE_IMAP"}
    done = await asyncio.to_thread(read_returned, place.settings, place.engine, at=clock.now())
    return dict(done or {})


@flow(name="opora-nightly-backup")
async def back_up(backup: str) -> dict[str, Any]:
    """Take a backup once a night; `backup` is the address of the function that can."""
    place = workplace()
    if place.settings.backup_dir is None:
        return {"missing": "OPORA_BACKUP_DIR"}
    take: Backup = resolve_name(backup)
    done = await asyncio.to_thread(keep_backup, place.settings, place.engine, take, at=clock.now())
    if done is not None and done.refused:
        raise PassRefused(kind="nightly_backup", period="", refused=done.refused)
    return {} if done is None else dict(done.counts)
