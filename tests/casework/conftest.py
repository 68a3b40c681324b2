import pytest

from opora.database import connect, transaction
from tests.worlds import small_world


@pytest.fixture
def engine(database):
    engine = connect(database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with transaction(engine) as session:
        yield session


@pytest.fixture
def world(session):
    return small_world(session)
