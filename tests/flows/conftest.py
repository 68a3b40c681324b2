"""A database behind an engine, and one Prefect server for all tests that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flows.prefect_server import supervised_server
from opora.database import connect
from opora.settings import Settings
from tests.databases import DatabaseUrls
from tests.flows.regions import free_port, settings_for


@pytest.fixture
def engine(database: DatabaseUrls) -> Iterator[Engine]:
    """The application's own connection, on SQLite and on PostgreSQL."""
    engine = connect(database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(database: DatabaseUrls, tmp_path: Path) -> Settings:
    return settings_for(database.app, tmp_path / "home")


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose Prefect server is up."""
    home = tmp_path_factory.mktemp("prefect-home")
    settings = settings_for("sqlite://", home, flows="prefect", prefect_port=free_port())
    with supervised_server(settings):
        yield settings
