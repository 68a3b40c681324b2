"""A backup is one true moment although people go on working; nobody waits for it."""

import time
from datetime import timedelta
from threading import Event, Thread

from sqlalchemy import func, select

from audit import manifest as manifests
from audit.backup import back_up
from audit.restoring import Restoring, restore
from audit.verification import verify
from casework.acting import Acting
from casework.binding import bind_installation
from casework.cases.deciding import record_decision
from models.case import Decision
from models.history import HistoryLine
from opora.database import connect, reading, transaction
from opora.settings import Settings
from tests.keeping.tools import with_postgres_tools
from tests.worlds import OPENED, acting, small_world

LONGEST_WAIT = 2.0
"""Seconds; on a busy machine of a tester. What is forbidden is to wait for the backup's end."""


class Writer(Thread):
    """Decides again and again, each time a line and a row in one transaction."""

    def __init__(self, engine, world):
        super().__init__(daemon=True)
        self.engine, self.world = engine, world
        self.stop, self.error, self.done, self.longest = Event(), None, 0, 0.0

    def run(self):
        kind = next(iter(self.world.programme.decisions))
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                with transaction(self.engine) as session:
                    at = OPENED + timedelta(seconds=self.done + 1)
                    who = acting(self.world.operator, at)
                    case = self.world.cases[self.done % len(self.world.cases)]
                    record_decision(session, case, kind, "B", who, basis="протокол № 3")
                self.longest = max(self.longest, time.monotonic() - began)
                self.done += 1
        except Exception as error:  # noqa: BLE001  the test that waits for it judges it
            self.error = error


def test_a_backup_under_load_verifies_and_is_a_true_moment(
    database, empty_place, tmp_path, monkeypatch
):
    with_postgres_tools(monkeypatch)
    settings = Settings(home=tmp_path, database=database.app, database_owner=database.owner)
    engine = connect(database.app)
    with transaction(engine) as session:
        world = small_world(session)
        bind_installation(session, "operator@example.org", "Выдуманный", acting(world.operator))
    writer = Writer(engine, world)
    writer.start()
    files, marks = [], []
    for number in range(3):
        before = writer.done
        files.append(tmp_path / "kept" / f"{number}")
        made = back_up(settings, files[-1], at=OPENED)
        marks.append((before, made.history.lines, writer.done))
        assert (made.broken, made.missing) == (0, ())
    writer.stop.set()
    writer.join()
    assert writer.error is None
    assert writer.done > marks[0][0]
    assert writer.longest < LONGEST_WAIT
    with reading(engine) as session:
        after = session.scalar(select(func.count()).select_from(HistoryLine)) - writer.done
    assert all(low <= lines - after <= high for low, lines, high in marks)
    assert verify(engine).ok
    engine.dispose()

    who = Acting(at=OPENED, recorded_at=OPENED, person=world.operator)
    done = restore(empty_place, files[1], lambda _: who, Restoring())
    assert done.lines == manifests.read(files[1]).history.lines
    engine = connect(empty_place.database_url)
    with reading(engine) as session:
        decisions = session.scalar(select(func.count()).select_from(Decision))
        assert decisions == done.lines - after  # a row for every line, and none without
    engine.dispose()
