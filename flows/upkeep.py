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
from flows.periods import begin_verification_due
from flows.recurring import deliver_due, stopped_passes, stopped_verification, verify_history
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
    pass_id = begin_verification_due(engine, at=at) or stopped_verification(engine, at=at)
    return verify_history(engine, pass_id, resolve_name(check), at=at) if pass_id else None
