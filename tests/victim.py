"""What the kill tests start in a process of its own and end at a random point of its work.

Each life comes later than any lease of the one before, as a reconciler would; chunks and portions are
small, so that a kill meets many of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import Engine, event

from audit.restoring import Restoring, restore as restore_backup
from casework import work as kinds
from casework.access import person_called
from casework.acting import Acting
from casework.cycles import adopting, opening, phases, versions
from casework.letters.writing import composer
from casework.passes import advance, unfinished
from casework.reminders import reminding
from casework.reminders.reminding import begin_rounds
from casework.work import WORK, acting_in
from notifications.delivery import deliver
from notifications.post import Answer, FolderPost
from opora import clock
from opora.database import connect, reading, transaction
from opora.settings import Settings
from tests.many_schools import next_version
from tests.worlds import yugra

LONGER_THAN_A_LEASE = timedelta(minutes=11)
CALLED = -1
"""What a life says when its end has come; one that is lived out says how many points it had."""
STATEMENTS = ("before_cursor_execute", "after_cursor_execute", "commit")
CHUNK = 5
PORTION = 15

for known in (yugra(), next_version(yugra())):  # a life begins with the work, not with reading them
    versions._KEPT[known.sha256] = known


@dataclass(frozen=True, slots=True)
class End:
    """The point at which a life stands still for its killer, who is called `free` points earlier.

    Points are the moments before and after each statement, before each commit, and after each letter
    was handed over. Who is called early kills in the midst of whatever goes on then.
    """

    at: int
    free: int = 0


class Days:
    """The points of one life, and the line to whoever ends it; without an `end` it is lived out."""

    def __init__(self, end: End | None, killer: Connection, *, only_letters: bool = False) -> None:
        self.end, self.killer, self.lived = end, killer, 0
        for moment in () if only_letters else STATEMENTS:
            event.listen(Engine, moment, self.pass_by)

    def pass_by(self, *_: object) -> None:
        self.lived += 1
        if self.end is None:
            return
        if self.lived == self.end.at - self.end.free:
            self.killer.send(CALLED)
        if self.lived == self.end.at:
            self.killer.recv()  # nothing ever comes: it is killed here, or its killer is gone

    def are_over(self) -> None:
        self.killer.send(self.lived)


class CountedPost(FolderPost):
    """A letter that has left but is not yet noted as sent: here a kill could double it."""

    def __init__(self, path: Path, days: Days) -> None:
        super().__init__(path)
        self.days = days

    def send(self, sender: str, address: str, body: bytes) -> Answer:
        answer = super().send(sender, address, body)
        self.days.pass_by()
        return answer


def passes(engine: Engine, at: datetime, _: FolderPost, later: timedelta) -> None:
    """Every pass that somebody began, to its end."""
    with reading(engine) as session:
        runs = [
            (run, acting_in(session, run, at=at, recorded_at=at)) for run in unfinished(session)
        ]
    for run, acting in runs:
        advance(engine, run.id or 0, WORK[run.kind], acting, real_now=lambda: clock.now() + later)


def rounds(engine: Engine, at: datetime, post: FolderPost, later: timedelta) -> None:
    """The round of every open cycle."""
    with transaction(engine) as session:
        begin_rounds(session, Acting(at=at, recorded_at=at, pass_name="daily_round"))
    passes(engine, at, post, later)


def letters(engine: Engine, at: datetime, post: FolderPost, later: timedelta) -> None:
    """Everything that is due, into a folder."""
    deliver(
        engine,
        post,
        compose=composer("http://127.0.0.1:8080", at),
        sender="opora@example.org",
        at=at,
        real_now=lambda: clock.now() + later,
    )


WORKS = {"passes": passes, "rounds": rounds, "letters": letters, "handing over": letters}
"""In the last, a life is killed between a letter's leaving and the note of it."""


def live(
    work: str, url: str, folder: Path, at: datetime, life: int, end: End | None, killer: Connection
) -> None:
    """One life, from the database's door to the end of the work."""
    for room in (adopting, opening, phases, reminding):
        vars(room)["CHUNK"] = CHUNK
    kinds.PORTION = PORTION
    engine, days = connect(url), Days(end, killer, only_letters=work == "handing over")
    WORKS[work](engine, at, CountedPost(folder, days), LONGER_THAN_A_LEASE * life)
    days.are_over()


def come_back(file: Path, home: Path, at: datetime, end: End | None, killer: Connection) -> None:
    """A restore into `home`, from the copy's first byte to its last line of history."""
    days = Days(end, killer)
    days.pass_by()
    restore_backup(
        Settings(home=home),
        file,
        lambda session: Acting(at=at, recorded_at=at, person=person_called(session, None)),
        Restoring(),
    )
    days.are_over()
