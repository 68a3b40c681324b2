"""A region whose history is worth tampering with: told once, copied for each test."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import select

from models.task import Task
from opora.database import connect, transaction
from states.stage import Move, Stage
from tests.conftest import new_name
from tests.databases import DatabaseUrls, copy_sqlite, sqlite_urls
from tests.worlds import (
    OPENED,
    finish_task,
    hand_in,
    move_one,
    municipal_tasks,
    small_world,
    walk,
)


def tell(urls: DatabaseUrls) -> None:
    """Every deed that there is: case 1 is analysed, case 2 was returned, stopped and resumed."""
    engine = connect(urls.app)
    day = timedelta(days=1)
    with transaction(engine) as session:
        world = small_world(session)
        first, second, third = world.cases
        walk(session, world, first, Stage.ANALYSED, OPENED + day)
        walk(session, world, second, Stage.CLUSTERED, OPENED + day)
        move_one(session, world, second, Move.SUSPEND, OPENED + 4 * day)
        move_one(session, world, second, Move.RETURN_FOR_REWORK, OPENED + 5 * day)
        move_one(session, world, second, Move.RESUME, OPENED + 9 * day)
        move_one(session, world, third, Move.WITHDRAW, OPENED + 2 * day)
        move_one(session, world, third, Move.REOPEN, OPENED + 3 * day)
        of_third = session.exec(select(Task).where(Task.case_id == third, Task.turn == 2))
        hand_in(session, world, of_third.all()[0], OPENED + 4 * day)
        for task in municipal_tasks(session, world):
            finish_task(session, world, task, OPENED + day)
    engine.dispose()


@pytest.fixture(scope="session")
def full_story(
    dialect: str,
    template: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DatabaseUrls]:
    """The database with the whole story; nobody may stay connected to it."""
    if dialect == "sqlite":
        path = tmp_path_factory.mktemp("told") / "opora.db"
        copy_sqlite(Path(template), path)
        tell(sqlite_urls(path))
        yield sqlite_urls(path)
        return
    server = request.getfixturevalue("postgres")
    name = new_name()
    urls = server.create(name, template=template)
    tell(urls)
    yield urls
    server.drop(name)


@pytest.fixture
def story(
    dialect: str, full_story: DatabaseUrls, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[DatabaseUrls]:
    """A copy of the story that the test may spoil."""
    source = str(make_url(full_story.owner).database)
    if dialect == "sqlite":
        copy_sqlite(Path(source), tmp_path / "opora.db")
        yield sqlite_urls(tmp_path / "opora.db")
        return
    server = request.getfixturevalue("postgres")
    name = new_name()
    yield server.create(name, template=source)
    server.drop(name)


@pytest.fixture
def engine(story: DatabaseUrls):
    engine = connect(story.app)
    yield engine
    engine.dispose()


@pytest.fixture
def owner(story: DatabaseUrls):
    """A connection of somebody with every right, who has taken the guards away."""
    engine = connect(story.owner, owner=True)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            tables = connection.scalars(
                text(
                    "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
                )
            ).all()
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield engine
    engine.dispose()
