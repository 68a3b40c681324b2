"""An older database becomes a newer one with all its rows, or stays what it was."""

import multiprocessing
import random

from sqlalchemy import inspect, select, text

from audit.verification import verify
from casework.cycles.versions import programme_of
from models import schema
from models.cycle import Cycle
from opora.database import connect, reading
from tests.keeping.conftest import FIRST, old_rows
from tests.keeping.victim import upgrade as upgrade_here

KILLS = 10
HERD = multiprocessing.get_context("forkserver")
HERD.set_forkserver_preload(["tests.keeping.victim"])


def picture(urls):
    """Version, every column, every guard and the number of rows: what a half upgrade would mix."""
    engine = connect(urls.owner, owner=True)
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
        inspector = inspect(connection)
        columns = {
            table: sorted(column["name"] for column in inspector.get_columns(table))
            for table in inspector.get_table_names()
        }
        guards = sorted(connection.scalars(text(catalogue[engine.dialect.name])))
        numbers = {t: connection.scalar(text(f'SELECT count(*) FROM "{t}"')) for t in columns}
    engine.dispose()
    return version, columns, guards, numbers


def test_an_old_database_is_upgraded_with_every_row_and_holds(old_database):
    before = picture(old_database)
    assert before[0] == FIRST
    schema.upgrade(old_database.owner, old_database.app)
    version, columns, _, numbers = picture(old_database)
    assert version == schema.newest()
    assert {t: n for t, n in numbers.items() if t in before[3]} == before[3]
    assert all(set(before[1][table]) <= set(columns[table]) for table in before[1])

    engine = connect(old_database.app)
    with reading(engine) as session:
        cycle = session.scalars(select(Cycle)).one()
        assert programme_of(session, cycle).key == "yugra"
    found = verify(engine)
    assert found.ok, found.broken[:3]
    assert found.lines == len(old_rows()["history_line"])
    engine.dispose()


def test_an_upgraded_database_differs_in_nothing_from_a_new_one(old_database, database, dialect):
    schema.upgrade(old_database.owner, old_database.app)
    assert picture(old_database)[:3] == picture(database)[:3]
    if dialect == "sqlite":  # PostgreSQL never lets a reference hang
        engine = connect(old_database.owner, owner=True)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        engine.dispose()


def test_an_upgrade_killed_again_and_again_leaves_the_old_or_the_new(old_database, tmp_path):
    """Ten `kill -9` at random moments between the first statement and the commit."""
    old, chance, killed = picture(old_database), random.Random(3), 0
    for _ in range(KILLS):
        here, there = HERD.Pipe()
        life = HERD.Process(target=upgrade_here, args=(old_database, chance.random(), there))
        life.start()
        assert here.recv() == "inside"
        life.join(chance.uniform(0, 0.1))
        if life.is_alive():
            life.kill()
            killed += 1
        life.join()
        seen = picture(old_database)
        assert seen == old or seen[0] == schema.newest()
        if seen != old:
            break
    assert killed == KILLS
    schema.upgrade(old_database.owner, old_database.app)
    engine = connect(old_database.app)
    schema.require_current(engine)
    assert verify(engine).ok
    engine.dispose()
