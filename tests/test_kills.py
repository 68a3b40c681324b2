"""`kill -9` at random points of every pass, of delivery and of a restore: nothing lost, nothing doubled.

A killed process does not lose what the system has in its page cache: a power cut is another matter,
for which Opora relies on `synchronous=FULL` and on the database's own tests. Upgrades are killed in
tests/keeping.
"""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from audit.backup import back_up
from audit.verification import verify
from casework.cycles.adopting import adopt
from casework.cycles.phases import open_phase
from casework.quarantine import quarantined_since
from models import schema
from models.case import Case
from models.cycle import Cycle
from models.pass_run import PassRun
from models.people import Installation
from models.school import School
from models.task import Task
from opora.database import connect, reading, transaction
from opora.settings import Settings
from programmes.milestones import Phase
from tests.killing import FREE, breaches, live_until_done, lives
from tests.many_schools import begun_year, next_version
from tests.victim import End, come_back
from tests.worlds import OPENED, acting

KILLS = 20
SCHOOLS = 40
RESTORES = 5
POINTS = 300
"""So many a restore has at least, before the whole lies at its place."""


def tasks_a_case(engine, cycle_id):
    """How many cases have how many tasks."""
    with reading(engine) as session:
        found = session.exec(
            select(func.count())
            .where(Task.cycle_id == cycle_id, col(Task.case_id).is_not(None))
            .group_by(col(Task.case_id))
        ).all()
    return Counter(found)


def begun(engine, begin):
    """What somebody begins by hand, and the process that did it ends before any of the work."""
    with transaction(engine) as session:
        begin(session)


def test_a_year_killed_again_and_again_is_opened_changed_reminded_and_delivered_once(
    database, tmp_path
):
    engine, box = connect(database.app), tmp_path / "mailbox"
    world, cycle, _ = begun_year(engine, SCHOOLS)
    who = acting(world.operator, OPENED + timedelta(days=1))

    def killed(work, at, kills, points):
        return live_until_done(work, database.app, box, at, kills, points=points)

    kills = killed("passes", OPENED, 5, 380)
    assert tasks_a_case(engine, cycle.id) == {3: SCHOOLS}

    new = next_version(world.programme)
    begun(engine, lambda s: adopt(s, s.get_one(Cycle, cycle.id), new, who, dry_run=False))
    kills += killed("passes", who.at, 4, 1000)
    kills += killed("letters", who.at + timedelta(hours=3), 2, 5000)
    begun(engine, lambda s: open_phase(s, s.get_one(Cycle, cycle.id), Phase.INTERIM, who))
    kills += killed("passes", who.at, 3, 700)
    assert tasks_a_case(engine, cycle.id) == {4: SCHOOLS}

    later = OPENED + timedelta(days=42)  # a Monday again
    kills += killed("rounds", later, 4, 800)
    kills += killed("handing over", later + timedelta(hours=3), 2, 50)
    with reading(engine) as session:
        done = {run.kind: run.counts for run in session.exec(select(PassRun)) if not run.parent_id}
        cases = session.exec(select(func.count()).where(Case.cycle_id == cycle.id)).one()
    assert cases == SCHOOLS
    assert done["adopt_programme"]["cases"] == done["open_phase"]["cases"] == SCHOOLS
    assert done["daily_round"]["claims"] > 0
    assert breaches(engine, box) == []
    assert kills == KILLS  # fewer: a work has come to have fewer points than is said here
    engine.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_restore_killed_again_and_again_leaves_nothing_or_the_whole(database, tmp_path):
    """On PostgreSQL the database stays filled, for nobody to use: tests/keeping."""
    engine = connect(database.app)
    operator = begun_year(engine, SCHOOLS)[0].operator
    with transaction(engine) as session:
        session.add(Installation(person_id=operator.id))
    file, place = tmp_path / "kept.db", tmp_path / "new"
    back_up(Settings(home=tmp_path / "home", database=database.app), file, at=OPENED)
    engine.dispose()
    chance = random.Random(5)
    for _ in range(RESTORES):
        at = chance.randrange(1, POINTS)
        end = End(at, free=min(chance.choice(FREE), at - 1))
        assert lives(come_back, file, place, OPENED, end=end) is None
        assert not (place / "opora.db").exists()
    assert (lives(come_back, file, place, OPENED) or 0) > POINTS
    assert [path.name for path in place.glob(".*")] == []
    back = connect(f"sqlite:///{place}/opora.db")
    schema.require_current(back)
    with reading(back) as session:
        assert quarantined_since(session) is not None
        assert session.exec(select(func.count()).select_from(School)).one() > SCHOOLS
    assert verify(back).ok
    back.dispose()
