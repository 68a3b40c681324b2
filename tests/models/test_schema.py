"""The migrations as a whole: they give what the models say, twice does no harm, half is nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

from models import schema
from opora.database import connect
from opora.errors import NotReady


@contextmanager
def owner_of(urls) -> Iterator[Engine]:
    engine = connect(urls.owner, owner=True)
    yield engine
    engine.dispose()


def content(engine: Engine) -> dict[str, int]:
    """Table → number of rows."""
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()
            for table in inspect(connection).get_table_names()
        }


def triggers(engine: Engine) -> list[str]:
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as connection:
        return sorted(connection.scalars(text(catalogue[engine.dialect.name])))


def test_the_migrations_give_what_the_models_say(database):
    with owner_of(database) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_an_upgrade_repeated_is_harmless(database):
    with owner_of(database) as engine:
        before = content(engine), triggers(engine)
        assert schema.upgrade(database.owner, database.app) == schema.newest()
        assert (content(engine), triggers(engine)) == before


def test_an_interrupted_first_upgrade_leaves_nothing(database_urls, monkeypatch):
    monkeypatch.setattr(schema, "_lay_guards", _torn)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(database_urls.owner, database_urls.app)
    with owner_of(database_urls) as engine:
        assert content(engine) == {}


def test_an_interrupted_later_upgrade_leaves_the_guards_in_place(database, monkeypatch):
    with owner_of(database) as engine:
        before = content(engine), triggers(engine)
        monkeypatch.setattr(schema, "_lay_guards", _dropped_and_torn)
        with pytest.raises(KeyboardInterrupt):
            schema.upgrade(database.owner, database.app)
        assert (content(engine), triggers(engine)) == before


def test_after_the_interruption_the_upgrade_succeeds(database_urls, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_lay_guards", _torn)
        with pytest.raises(KeyboardInterrupt):
            schema.upgrade(database_urls.owner, database_urls.app)
    schema.upgrade(database_urls.owner, database_urls.app)
    engine = connect(database_urls.app)
    schema.require_current(engine)
    engine.dispose()


def test_an_empty_database_says_what_is_to_be_done(database_urls):
    engine = connect(database_urls.app)
    with pytest.raises(NotReady, match="opora init"):
        schema.require_current(engine)
    engine.dispose()


def test_a_database_of_another_version_says_so(database):
    with owner_of(database) as owner, owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    engine = connect(database.app)
    with pytest.raises(NotReady, match="at version older"):
        schema.require_current(engine)
    engine.dispose()


def _torn(*_):
    raise KeyboardInterrupt


def _dropped_and_torn(connection, *_):
    where = "" if connection.dialect.name == "sqlite" else " ON history_line"
    connection.exec_driver_sql(f"DROP TRIGGER history_line_keeps{where}")
    raise KeyboardInterrupt
