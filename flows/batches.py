"""A pass as a Prefect run: its batches are task runs, its progress and result are artifacts.

The cursor in the row is the truth: a batch that Prefect would repeat goes on from there, so nothing
is cached and nothing is retried here; the reconciler takes up what stopped.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import (
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from sqlalchemy.exc import SQLAlchemyError

from casework import passes
from casework.passes import Progress
from casework.work import left_of
from flows.helping import call_helpers, help_with_one, make_known, pause
from flows.running import PassRefused
from flows.threads import in_thread
from flows.workplace import Workplace, on_whose_behalf, work_of, workplace
from models.pass_run import PassRun
from opora import clock
from opora.database import reading

CHUNKS = 4
"""Chunks in one task run: bookkeeping must not cost more than the work."""

TELLING = 5
"""Seconds to wait for the server to take the last log lines and events."""


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
    run, _ = await in_thread(lambda: on_whose_behalf(place, pass_id, at=at))
    fence = await in_thread(lambda: passes.take(place.engine, pass_id, real_now=clock.now()))
    if fence is None:
        return _result(run, await in_thread(lambda: passes.progress(place.engine, pass_id)))
    place.fences[pass_id] = fence
    try:
        await make_known(place, pass_id, fence)
        done = await _all_batches(place, run, fence, at)
    except BaseException:
        with suppress(SQLAlchemyError):  # a database that is away lets the lease run out by itself
            await in_thread(lambda: passes.lay_down(place.engine, pass_id, fence))
        raise
    if done.refused:
        raise PassRefused(kind=run.kind, period=run.period, refused=done.refused)
    return _result(run, done)


async def _all_batches(place: Workplace, run: PassRun, fence: int, at: datetime | None) -> Progress:
    pass_id, rows = run.id or 0, []
    size = await in_thread(lambda: _left(place, pass_id))
    bar = await acreate_progress_artifact(0.0, description=f"{run.kind} {run.period}")
    log = get_run_logger()
    helpers, number, done = None, 0, None
    while done is None or not done.is_done:
        number += 1
        if done is not None and done.is_split:
            helpers = await call_helpers(pass_id, fence, at) if helpers is None else helpers
            done = await _split_batch(place, pass_id, fence, at)
        else:
            named = batch.with_options(task_run_name=f"batch {number}")
            done = await named(pass_id, fence, at)
        log.info("batch %s: %s, refused %s", number, dict(done.counts), done.refused)
        rows.append({"batch": number, **done.counts, "refused": done.refused})
        left = 0 if done.is_done else await in_thread(lambda: _left(place, pass_id))
        await aupdate_progress_artifact(bar, 100.0 * (1 - left / max(size, left, 1)))
    await acreate_table_artifact(rows, description="running totals after each batch")
    return done


async def _split_batch(place: Workplace, pass_id: int, fence: int, at: datetime | None) -> Progress:
    """One portion; where others hold all that are left, wait until something of it has changed."""
    done = await help_with_one(place, pass_id, at, holding=fence)
    while done is None:
        await pause()
        seen = await in_thread(lambda: _hold(place, pass_id, fence, at))
        done = await help_with_one(place, pass_id, at, holding=fence) if seen.is_split else seen
    return done


def _hold(place: Workplace, pass_id: int, fence: int, at: datetime | None) -> Progress:
    """Renew our lease of the split pass; its last portion done, it is whole again."""
    run, acting = on_whose_behalf(place, pass_id, at=at)
    return passes.step(place.engine, pass_id, fence, work_of(run), acting, real_now=clock.now())


@task(name="batch", cache_policy=NO_CACHE)
async def batch(pass_id: int, fence: int, at: datetime | None) -> Progress:
    """The next few chunks of the pass, each in a transaction of its own."""
    place = workplace()
    run, acting = await in_thread(lambda: on_whose_behalf(place, pass_id, at=at))
    work = work_of(run)

    def one() -> Progress:
        return passes.step(place.engine, pass_id, fence, work, acting, real_now=clock.now())

    for _ in range(CHUNKS):
        done = await in_thread(one)
        place.on_chunk(done)
        if done.is_done or done.is_split:
            break
    return done


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
