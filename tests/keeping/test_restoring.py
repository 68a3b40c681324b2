"""A return from a backup of any version: upgraded on the way, whole or not at all."""

import pytest
from sqlalchemy import inspect

from audit import manifest as manifests
from audit.dumps import dump
from audit.manifest import Manifest, moment_of_history, sha256_of
from audit.restoring import Restoring, restore
from casework.access import person_called
from casework.acting import Acting
from casework.quarantine import quarantined_since
from models import schema
from opora.database import connect, copy_sqlite, reading
from opora.errors import HistoryBroken, NotReady
from tests.keeping.conftest import FIRST
from tests.keeping.tools import with_postgres_tools
from tests.worlds import OPENED


@pytest.fixture
def old_backup(old_database, dialect, tmp_path, monkeypatch):
    """A backup as the first version would have left it."""
    with_postgres_tools(monkeypatch)
    file = tmp_path / "kept" / "old"
    file.parent.mkdir()
    if dialect == "sqlite":
        copy_sqlite(tmp_path / "empty.db", file)
        engine = connect(old_database.app)
        with reading(engine) as session:
            history = moment_of_history(session)
        engine.dispose()
    else:
        history, _ = dump(old_database.owner, file)
    manifest = Manifest(
        program="0.1.0",
        schema=FIRST,
        database="sqlite" if dialect == "sqlite" else "postgresql",
        file=file.name,
        sha256=sha256_of(file),
        size=file.stat().st_size,
        made_at=OPENED,
        history=history,
        broken=0,
        evidence=0,
    )
    manifests.write(manifest, file)
    return file


def bound(session) -> Acting:
    return Acting(at=OPENED, recorded_at=OPENED, person=person_called(session, None))


def test_a_backup_of_an_older_version_comes_back_as_the_newest(old_backup, empty_place):
    done = restore(empty_place, old_backup, bound, Restoring())
    assert done.lines == done.manifest.history.lines
    assert done.missing  # its evidence was never kept beside it
    engine = connect(empty_place.database_url)
    schema.require_current(engine)
    with reading(engine) as session:
        assert quarantined_since(session) is not None
    engine.dispose()


def test_a_manifest_of_another_moment_is_noticed(old_backup, empty_place):
    place = manifests.place_of(old_backup)
    lines = manifests.read(old_backup).history.lines
    place.write_text(place.read_text().replace(f'"lines":{lines}', f'"lines":{lines + 1}'))
    with pytest.raises(HistoryBroken):
        restore(empty_place, old_backup, bound, Restoring())


@pytest.mark.parametrize("step", ["upgrade", "_verified"])
def test_an_interrupted_return_leaves_nothing_that_could_send(
    step, old_backup, empty_place, dialect, monkeypatch
):
    """The rows may be there (PostgreSQL), but no program works with them."""
    monkeypatch.setattr(f"audit.restoring.{step}", _torn)
    with pytest.raises(KeyboardInterrupt):
        restore(empty_place, old_backup, bound, Restoring())
    if dialect == "sqlite":
        assert list(empty_place.home.iterdir()) == []
        return
    engine = connect(empty_place.owner_url, owner=True)
    assert inspect(engine).has_table("letter")
    if step == "upgrade":
        with pytest.raises(NotReady):
            schema.require_current(engine)
    else:
        with reading(engine) as session:
            assert quarantined_since(session) is not None
    engine.dispose()


def _torn(*_, **__):
    raise KeyboardInterrupt
