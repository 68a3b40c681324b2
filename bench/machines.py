"""Opening 3,000 cases on PostgreSQL: one process, then two workers of Prefect, one killed in the middle."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    wait_until,
)
from tests.flows.regions import begun_opening, free_port


def measure(scale: float) -> Iterator[str]:
    schools = int(3_000 * scale)
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        if server is None:
            yield "no PostgreSQL here: set OPORA_TEST_PG_URL"
            return
        home = Path(folder)
        settings = Settings(home=home / "home", flows="prefect", prefect_port=free_port())
        found = {}
        for name in ("alone", "workers"):
            urls = server.create(f"opora_bench_{name}")
            upgrade(urls.owner, urls.app)
            engine = connect(urls.app)
            here = settings.model_copy(update={"database": urls.app})
            pass_id = begun_opening(engine, schools=schools)
            work = _alone if name == "alone" else _with_workers
            seconds = timed(lambda: work(here, engine, pass_id, home))  # noqa: B023  called at once
            found[name] = (seconds, opened_rows(engine))
            engine.dispose()
        (one, rows), (two, same) = found["alone"], found["workers"]
        yield (
            f"{schools} cases: one process {one:.1f} s; two workers, one killed: {two:.1f} s from the "
            f"order to the end, {two / one:.0f} ×; rows equal: {rows == same}"
        )


def _alone(settings: Settings, engine: object, pass_id: int, _: Path) -> None:
    directly(Workplace(settings, engine), pass_id)


def _with_workers(settings: Settings, engine: object, pass_id: int, folder: Path) -> None:
    with supervised_server(settings):
        names = deploy(settings, engine, check="audit.verification:verify")
        with machines(settings, folder, "first", "second") as both:
            order_run(settings, names["opora-open-cycle/opora"], pass_id=pass_id)
            wait_until(lambda: is_begun(engine, pass_id), 180)
            holder = pass_now(engine, pass_id).flow_run
            next(one for one in both if holder in one.runs().values()).lose_power()
            wait_until(lambda: is_done(engine, pass_id), 180, pause=0.5)
