"""The timetable as Prefect deployments, for an installation with workers.

A worker is started with `opora worker`.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker
from sqlalchemy import Engine

from flows.annual_cycle import open_cycle
from flows.daily_round import daily_round
from flows.helping import help_pass
from flows.periods import zones
from flows.pools import POOL
from flows.prefect_server import prepare, supervised_server
from flows.upkeep import back_up, deliver, reconcile, returned_letters, verify
from opora.database import reading
from opora.settings import Settings
from schedules.timetable import TIMETABLE, Entry, cron, cron_zone

UTC = ZoneInfo("UTC")
BACKUP = "audit.nightly:back_up_nightly"
"""Where a worker finds the function that takes a backup."""


@dataclass(frozen=True, slots=True)
class _Scheduled:
    flow: Flow[..., Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)


async def deployments(engine: Engine, *, check: str) -> list[RunnerDeployment]:
    """One deployment a timetable entry, in every zone that open cycles live in, and the flows
    that are ordered: the opening and helpers.

    `check` is the address of the function that verifies the history (`room.module:function`).
    Flows are named by module path: a path to a file would load a room a second time.
    """
    flows = {
        "daily_round": _Scheduled(daily_round),
        "delivery": _Scheduled(deliver),
        "reconcile": _Scheduled(reconcile),
        "nightly_verification": _Scheduled(verify, {"check": check}),
        "returned_letters": _Scheduled(returned_letters),
        "nightly_backup": _Scheduled(back_up, {"backup": BACKUP}),
    }
    with reading(engine) as session:
        known = zones(session) or [UTC]
    return [
        *[
            await ordered.ato_deployment(
                name=POOL, work_pool_name=POOL, entrypoint_type=EntrypointType.MODULE_PATH
            )
            for ordered in (open_cycle, help_pass)
        ],
        *[await _deployment(work, flows[work.flow], known) for work in TIMETABLE],
    ]


async def _deployment(
    work: Entry, scheduled: _Scheduled, known: list[ZoneInfo]
) -> RunnerDeployment:
    names = dict.fromkeys(cron_zone(work, zone) for zone in known)
    return await scheduled.flow.ato_deployment(
        name=POOL,
        description=str(work.words),
        parameters=dict(scheduled.parameters),
        schedules=[Cron(cron(work), timezone=name) for name in names],
        work_pool_name=POOL,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def deploy(settings: Settings, engine: Engine, *, check: str) -> dict[str, str]:
    """Register all of them with our server; gives each one's name and id. Twice changes nothing."""
    with supervised_server(settings), prepare(settings):
        return asyncio.run(_register(engine, check))


async def _register(engine: Engine, check: str) -> dict[str, str]:
    template = ProcessWorker.get_default_base_job_template()
    async with get_client() as client:
        with suppress(ObjectAlreadyExists):
            await client.create_work_pool(
                WorkPoolCreate(name=POOL, type="process", base_job_template=template)
            )
    return {
        f"{one.flow_name}/{one.name}": str(await one.aapply())
        for one in await deployments(engine, check=check)
    }
