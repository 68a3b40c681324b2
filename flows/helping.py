"""Helpers of a split pass: runs of their own, which Prefect hands to whatever workers there are.

A helper takes portions that nobody holds until there are none; one that comes late finds nothing to
do and ends. The run that holds the pass itself does portions too, so without any helper nothing waits.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect import flow, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import WorkerFilter, WorkerFilterStatus
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed
from sqlalchemy.exc import SQLAlchemyError

from casework import passes
from casework.passes import Progress
from flows.pools import POOL
from flows.threads import in_thread
from flows.workplace import Workplace, on_whose_behalf, work_of, workplace
from opora import clock

FLOW = "opora-help"


@flow(name=FLOW)
async def help_pass(pass_id: int, at: datetime | None = None) -> dict[str, Any]:
    """Do portions of the pass as long as there are any that nobody holds."""
    place, done = workplace(), 0
    while await help_with_one(place, pass_id, at) is not None:
        done += 1
    return {"pass": pass_id, "portions": done}


async def help_with_one(
    place: Workplace, pass_id: int, at: datetime | None, *, holding: int | None = None
) -> Progress | None:
    """One portion as a task run; None when there is none. `holding`: our fence of the pass itself."""
    now = clock.now()
    taken = await in_thread(lambda: passes.take_portion(place.engine, pass_id, real_now=now))
    if taken is None:
        return None
    portion_id, fence = taken
    place.fences[portion_id] = fence
    try:
        await make_known(place, portion_id, fence)
        named = portion.with_options(task_run_name=f"portion {portion_id}")
        return await named(pass_id, portion_id, (fence, holding), at)
    except BaseException:
        with suppress(SQLAlchemyError):  # a database that is away lets the lease run out by itself
            await in_thread(lambda: passes.lay_down(place.engine, portion_id, fence))
        raise


@task(name="portion", cache_policy=NO_CACHE)
async def portion(
    pass_id: int, portion_id: int, fences: tuple[int, int | None], at: datetime | None
) -> Progress:
    """All chunks of one portion; whoever holds the pass itself shows so between them."""
    place = workplace()
    run, acting = await in_thread(lambda: on_whose_behalf(place, pass_id, at=at))
    work, (fence, holding) = work_of(run), fences

    def one(which: int, ours: int) -> Progress:
        return passes.step(place.engine, which, ours, work, acting, real_now=clock.now())

    is_done = False
    while not is_done:
        done = await in_thread(lambda: one(portion_id, fence))
        is_done = done.is_done
        if holding is not None:
            done = await in_thread(lambda: one(pass_id, holding))
            place.on_chunk(done)
    return done


async def call_helpers(pass_id: int, fence: int, at: datetime | None) -> int:
    """Order a helper for each worker that is on; gives how many. Called again it orders none."""
    async with get_client() as client:
        try:
            deployed = await client.read_deployment_by_name(f"{FLOW}/{POOL}")
        except ObjectNotFound:  # without `opora deploy` there are no workers
            return 0
        on = WorkerFilter(status=WorkerFilterStatus(any_=["ONLINE"]))
        workers = await client.read_workers_for_work_pool(POOL, worker_filter=on)
        for number, _ in enumerate(workers):
            await client.create_flow_run_from_deployment(
                deployed.id,
                parameters={"pass_id": pass_id, "at": at.isoformat() if at else None},
                name=f"help {pass_id}.{fence}.{number}",
                idempotency_key=f"{pass_id}:{fence}:{number}",
            )
    return len(workers)


async def make_known(place: Workplace, pass_id: int, fence: int) -> None:
    """Note our run on the row; a run that held it before us is dead, and Prefect shall say so."""
    mine = str(runtime.flow_run.id)
    before = await in_thread(lambda: passes.name_flow_run(place.engine, pass_id, fence, mine))
    if before in {None, mine}:
        return
    async with get_client() as client:
        with suppress(ObjectNotFound):  # kept by another server, or swept away
            run = await client.read_flow_run(UUID(before))
            if run.state is not None and run.state.is_running():
                told: State[None] = Crashed(message=f"its lease ran out; {mine} went on")
                await client.set_flow_run_state(run.id, told, force=True)


async def pause() -> None:
    """Between two looks whether the portions that others hold are done, or their leases have run out."""
    await asyncio.sleep(passes.PAUSE)
