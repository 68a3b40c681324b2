"""Opening 3,000 cases on PostgreSQL: one process, two workers, and two of which one loses its power."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine

from bench.worlds import timed
from flows.deployments import deploy
from flows.prefect_server import supervised_server
from flows.running import directly
from flows.workplace import Workplace
from models.schema import upgrade
from opora.database import connect
from opora.settings import Settings
from tests.databases import postgres_server
from tests.flows.machines import (
    is_begun,
    is_done,
    machines,
    opened_rows,
    order_run,
    pass_now,
    portions,
    timetable_paused,
    wait_until,
)
from tests.flows.regions import free_port
from tests.many_schools import begun_year

PATIENCE = 300
"""Seconds in which workers must have begun, and have ended."""


def measure(scale: float) -> Iterator[str]:
    schools = int(3_000 * scale)
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        if server is None:
            yield "no PostgreSQL here: set OPORA_TEST_PG_URL"
            return
        home = Path(folder)
        settings = Settings(home=home / "home", flows="prefect", prefect_port=free_port())
        rows = {}
        for name, work in (("one process", _alone), ("workers", _shared), ("killed", _killed)):
            urls = server.create(f"opora_bench_{name.replace(' ', '_')}")
            upgrade(urls.owner, urls.app)
            engine = connect(urls.app)
            here = settings.model_copy(update={"database": urls.app})
            pass_id = begun_year(engine, schools)[2].id or 0
            said = work(here, engine, pass_id, home)
            rows[name] = opened_rows(engine)
            engine.dispose()
            if rows[name] != rows["one process"]:
                msg = f"{name}: other rows than one process leaves"
                raise AssertionError(msg)
            yield f"{schools} cases, {said}; the same rows"


def _alone(settings: Settings, engine: Engine, pass_id: int, _: Path) -> str:
    seconds = timed(lambda: directly(Workplace(settings, engine), pass_id))
    return f"one process: {seconds:.1f} s"


def _alone_with_it(settings: Settings, names: Mapping[str, str]) -> AbstractContextManager[None]:
    """Of the timetable only the reconciler: deliveries and rounds would change rows meanwhile."""
    others = [one for name, one in names.items() if not name.startswith("opora-reconcile")]
    return timetable_paused(settings, others)


def _shared(settings: Settings, engine: Engine, pass_id: int, folder: Path) -> str:
    """Both workers are up: from the first portion to the end, and how many runs shared them."""
    with supervised_server(settings):
        names = deploy(settings, engine, check="audit.verification:verify")
        with _alone_with_it(settings, names), machines(settings, folder, "first", "second"):
            order_run(settings, names["opora-open-cycle/opora"], pass_id=pass_id)
            start = wait_until(lambda: portions(engine, pass_id), PATIENCE)
            seconds = wait_until(lambda: is_done(engine, pass_id), PATIENCE)
    hands = {one.flow_run for one in portions(engine, pass_id)}
    return (
        f"two workers: begun after {start:.0f} s, then {seconds:.1f} s, "
        f"{len(portions(engine, pass_id))} portions by {len(hands)} runs"
    )


def _killed(settings: Settings, engine: Engine, pass_id: int, folder: Path) -> str:
    """The worker that holds the pass loses its power: from there to the end, in real time."""
    with supervised_server(settings):
        names = deploy(settings, engine, check="audit.verification:verify")
        with (
            _alone_with_it(settings, names),
            machines(settings, folder, "first", "second") as both,
        ):
            order_run(settings, names["opora-open-cycle/opora"], pass_id=pass_id)
            wait_until(lambda: is_begun(engine, pass_id), PATIENCE)
            holder = pass_now(engine, pass_id).flow_run
            next(one for one in both if holder in one.runs().values()).lose_power()
            seconds = wait_until(lambda: is_done(engine, pass_id), PATIENCE, pause=0.5)
    return f"two workers, one killed: done {seconds:.0f} s after its death"
