"""What the kill tests start in a process of its own and end at a random moment.

Each life comes later than any lease of the one before, as a reconciler would; chunks and portions are
small, so that a kill meets many of them.
"""

from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import Engine

from audit.restoring import Restoring, restore as restore_backup
from casework import adopting, opening, phases, reminding, versions, work as kinds
from casework.access import person_called
from casework.acting import Acting
from casework.passes import advance, unfinished
from casework.reminding import begin_rounds
from casework.work import WORK, acting_in
from casework.writing import composer
from notifications.delivery import deliver
from notifications.post import FolderPost
from opora import clock
from opora.database import connect, reading, transaction
from opora.settings import Settings
from tests.many_schools import next_version
from tests.worlds import yugra

LONGER_THAN_A_LEASE = timedelta(minutes=11)
CHUNK = 50
PORTION = 100

for known in (yugra(), next_version(yugra())):  # a life begins with the work, not with reading them
    versions._KEPT[known.sha256] = known


def passes(engine: Engine, at: datetime, _: Path, later: timedelta) -> None:
    """Every pass that somebody began, to its end."""
    with reading(engine) as session:
        runs = [
            (run, acting_in(session, run, at=at, recorded_at=at)) for run in unfinished(session)
        ]
    for run, acting in runs:
        advance(engine, run.id or 0, WORK[run.kind], acting, real_now=lambda: clock.now() + later)


def rounds(engine: Engine, at: datetime, folder: Path, later: timedelta) -> None:
    """The round of every open cycle."""
    with transaction(engine) as session:
        begin_rounds(session, Acting(at=at, recorded_at=at, pass_name="daily_round"))
    passes(engine, at, folder, later)


def letters(engine: Engine, at: datetime, folder: Path, later: timedelta) -> None:
    """Everything that is due, into a folder."""
    deliver(
        engine,
        FolderPost(folder),
        compose=composer("http://127.0.0.1:8080", at),
        sender="opora@example.org",
        at=at,
        real_now=lambda: clock.now() + later,
    )


WORKS = {"passes": passes, "rounds": rounds, "letters": letters}


def live(work: str, url: str, folder: Path, at: datetime, life: int, ready: Connection) -> None:
    """One life, from the database's door to the end of the work."""
    for room in (adopting, opening, phases, reminding):
        vars(room)["CHUNK"] = CHUNK
    kinds.PORTION = PORTION
    engine = connect(url)
    ready.send("ready")
    WORKS[work](engine, at, folder, LONGER_THAN_A_LEASE * life)


def come_back(file: Path, home: Path, at: datetime, ready: Connection) -> None:
    """A restore into `home`, from the copy's first byte to its last line of history."""
    ready.send("ready")
    restore_backup(
        Settings(home=home),
        file,
        lambda session: Acting(at=at, recorded_at=at, person=person_called(session, None)),
        Restoring(),
    )
