"""A pass as a Prefect run: its batches are task runs, its progress and result are artifacts.

The cursor in the row is the truth: a batch that Prefect would repeat goes on from there, so nothing
is cached and nothing is retried here; the reconciler takes up what stopped.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from prefect import get_run_logger, runtime, task
from prefect.artifacts import (
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.events.worker import EventsWorker
from prefect.exceptions import ObjectNotFound
from prefect.logging.handlers import APILogWorker
from prefect.states import Crashed
from sqlalchemy.exc import SQLAlchemyError

from casework import passes
from casework.passes import Progress
from casework.work import left_of
from flows.running import PassRefused
from flows.workplace import Workplace, on_whose_behalf, work_of, workplace
from models.pass_run import PassRun
from opora import clock
from opora.database import reading

CHUNKS = 4
"""Chunks in one task run: bookkeeping must not cost more than the work."""

TELLING = 5
"""Seconds to wait for the server to take the last log lines and events."""

Given = TypeVar("Given")


@contextmanager
def all_told() -> Iterator[None]:
    """What a run logs and which batches it had travel behind its back: the server has it at the end."""
    try:
        yield
    finally:
        APILogWorker.drain_all(timeout=TELLING)
        EventsWorker.drain_all(timeout=TELLING)


async def carry(pass_id: int, at: datetime | None) -> dict[str, Any]:
    """Do what is left of the pass inside the present flow run; gives the run's result.

    Raises `PassRefused` at its end if any subject was refused: the run then counts as failed.
    """
    place = workplace()
    run, _ = await _in_thread(lambda: on_whose_behalf(place, pass_id, at=at))
    fence = await _in_thread(lambda: passes.take(place.engine, pass_id, real_now=clock.now()))
    if fence is None:
        return _result(run, await _in_thread(lambda: passes.progress(place.engine, pass_id)))
    place.fences[pass_id] = fence
    try:
        await _make_known(place, pass_id, fence)
        done = await _all_batches(place, run, fence, at)
    except BaseException:
        with suppress(SQLAlchemyError):  # a database that is away lets the lease run out by itself
            await _in_thread(lambda: passes.lay_down(place.engine, pass_id, fence))
        raise
    if done.refused:
        raise PassRefused(kind=run.kind, period=run.period, refused=done.refused)
    return _result(run, done)


async def _all_batches(place: Workplace, run: PassRun, fence: int, at: datetime | None) -> Progress:
    pass_id, rows = run.id or 0, []
    size = await _in_thread(lambda: _left(place, pass_id))
    bar = await acreate_progress_artifact(0.0, description=f"{run.kind} {run.period}")
    log = get_run_logger()
    number, done = 0, None
    while done is None or not done.is_done:
        number += 1
        done = await batch.with_options(task_run_name=f"batch {number}")(pass_id, fence, at)
        log.info("batch %s: %s, refused %s", number, dict(done.counts), done.refused)
        rows.append({"batch": number, **done.counts, "refused": done.refused})
        left = 0 if done.is_done else await _in_thread(lambda: _left(place, pass_id))
        await aupdate_progress_artifact(bar, 100.0 * (1 - left / max(size, left, 1)))
    await acreate_table_artifact(rows, description="running totals after each batch")
    return done


@task(name="batch", cache_policy=NO_CACHE)
async def batch(pass_id: int, fence: int, at: datetime | None) -> Progress:
    """The next few chunks of the pass, each in a transaction of its own."""
    place = workplace()
    run, acting = await _in_thread(lambda: on_whose_behalf(place, pass_id, at=at))
    work = work_of(run)

    def one() -> Progress:
        return passes.step(place.engine, pass_id, fence, work, acting, real_now=clock.now())

    for _ in range(CHUNKS):
        done = await _in_thread(one)
        place.on_chunk(done)
        if done.is_done:
            break
    return done


async def _make_known(place: Workplace, pass_id: int, fence: int) -> None:
    """Note our run on the row; a run that held it before us is dead, and Prefect shall say so."""
    mine = str(runtime.flow_run.id)
    before = await _in_thread(lambda: passes.name_flow_run(place.engine, pass_id, fence, mine))
    if before in {None, mine}:
        return
    async with get_client() as client:
        with suppress(ObjectNotFound):  # kept by another server, or swept away
            run = await client.read_flow_run(UUID(before))
            if run.state is not None and run.state.is_running():
                told: State[None] = Crashed(message=f"its lease ran out; {mine} went on")
                await client.set_flow_run_state(run.id, told, force=True)


async def _in_thread(act: Callable[[], Given]) -> Given:
    """The database is asked in a thread; a chunk that has begun ends before we are cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _left(place: Workplace, pass_id: int) -> int:
    with reading(place.engine) as session:
        return left_of(session, session.get_one(PassRun, pass_id))


def _result(run: PassRun, done: Progress) -> dict[str, Any]:
    waiting = done.waiting_for.isoformat() if done.waiting_for and not done.is_done else None
    return {
        "kind": run.kind,
        "period": run.period,
        "done": done.is_done,
        "counts": dict(done.counts),
        "refused": done.refused,
        "held_by_another_until": waiting,
    }
