"""A database as the first version left it, with a small world that was written by that version."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Boolean, Date, DateTime, MetaData, types

from models import schema
from models.guards import postgres_guards, sqlite_guards
from opora.database import connect
from opora.settings import Settings
from tests.conftest import new_name
from tests.databases import APP, sqlite_urls

WORLD = Path(__file__).with_name("world_at_0001.json")
FIRST = "0001"


def old_rows() -> dict[str, list[dict[str, Any]]]:
    """Table → its rows, as SQLite kept them."""
    rows: dict[str, list[dict[str, Any]]] = json.loads(WORLD.read_text(encoding="utf-8"))
    return rows


@pytest.fixture
def old_database(database_urls):
    """The first version's schema, guards and rows."""
    engine = connect(database_urls.owner, owner=True)
    with engine.begin() as connection:
        config = schema._configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, FIRST)
        schema._state_the_law(connection)
        metadata = MetaData()
        metadata.reflect(connection)
        for name, rows in old_rows().items():
            table = metadata.tables[name]
            connection.execute(
                table.insert(),
                [{k: _value(table.c[k].type, v) for k, v in r.items()} for r in rows],
            )
            if engine.dialect.name == "postgresql" and isinstance(rows[0].get("id"), int):
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM \"{name}\""
                )
        _guard(connection, metadata)
    engine.dispose()
    return database_urls


@pytest.fixture
def empty_place(dialect, request, tmp_path):
    """The settings of a machine that has nothing yet."""
    home = tmp_path / "other"
    if dialect == "sqlite":
        yield Settings(home=home, database=sqlite_urls(home / "opora.db").app)
        return
    server, name = request.getfixturevalue("postgres"), new_name()
    urls = server.create(name)
    yield Settings(home=home, database=urls.app, database_owner=urls.owner)
    server.drop(name)


def _value(kind: types.TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(kind, types.JSON):
        return json.loads(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(f"{value}+00:00")
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return bool(value) if isinstance(kind, Boolean) else value


def _guard(connection, metadata: MetaData) -> None:
    """The guards over the tables of then: those of today's tables come with the upgrade."""
    tables = set(metadata.tables)
    statements = (
        sqlite_guards()
        if connection.dialect.name == "sqlite"
        else postgres_guards(sorted(tables - {"alembic_version"}), APP)
    )
    for statement in statements:
        with connection.begin_nested() as point:
            try:
                connection.exec_driver_sql(
                    statement.replace("%", "%%") if "RAISE EXC" in statement else statement
                )
            except Exception as error:
                if "no such table" not in str(error) and "does not exist" not in str(error):
                    raise
                point.rollback()
