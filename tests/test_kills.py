"""`kill -9` at random points of opening, round and delivery: nothing lost, nothing doubled.

A killed process does not lose what the system has in its page cache: a power cut is another matter,
for which Opora relies on `synchronous=FULL` and on the database's own tests.
"""

import multiprocessing
import random
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from audit.verification import verify
from casework.identifying import confirm_list
from casework.opening import open_cycle
from casework.passes import begin
from casework.work import OPEN_CYCLE
from models.case import Case
from models.cycle import Listing, Verdict
from models.history import append
from models.letter import Letter, LetterState
from models.pass_run import PassRun, PassState
from models.school import School, Territory
from models.task import Reminder, Task
from opora.database import connect, reading, transaction
from tests.victim import live as live_here
from tests.worlds import OPENED, acting, small_world

SCHOOLS = 600
MOST_LIVES = 40


HERD = multiprocessing.get_context("forkserver")
HERD.set_forkserver_preload(["tests.victim"])  # a life begins with the work, not with imports


def live(work, url, folder, at, life, patience):
    """One life of the victim; True when it came to its end by itself."""
    here, there = HERD.Pipe()
    victim = HERD.Process(target=live_here, args=(work, url, folder, at, life, there))
    victim.start()
    assert here.recv() == "ready"
    victim.join(patience)
    if victim.is_alive():
        victim.kill()
        victim.join()
        return False
    assert victim.exitcode == 0
    return True


def live_until_done(work, url, folder, at, kills, *, shortest, longest, seed=""):
    """Kill it `kills` times at random moments, then let it live; gives the number of real kills."""
    chance = random.Random(work + seed)
    for killed in range(MOST_LIVES):
        patience = chance.uniform(shortest, longest) if killed < kills else 120
        if live(work, url, folder, at, killed + 1, patience):
            return killed
    pytest.fail("never came to its end")


@pytest.fixture
def region(database):
    """A confirmed list of many schools, its cycle begun and no case opened yet."""
    engine = connect(database.app)
    with transaction(engine) as session:
        world = small_world(session, schools=1)
        who = acting(world.operator)
        territory = session.exec(select(Territory)).first()
        schools = [
            School(
                register_key="yugra",
                code=f"9{number:05}",
                name=f"Школа № {number}",
                territory_id=territory.id,
            )
            for number in range(SCHOOLS)
        ]
        session.add_all(schools)
        session.flush()
        old = world.listing
        listing = Listing(
            **old.model_dump(exclude={"id", "version", "year", "confirmed_at", "confirmed_by"}),
            version=1,
            year=old.year + 1,
        )
        session.add(listing)
        session.flush()
        session.add_all(
            Verdict(
                listing_id=listing.id, school_id=school.id, listed=True, categories=[], grounds=[]
            )
            for school in schools
        )
        values = {
            "programme": listing.programme_key,
            "sha256": listing.programme_sha256,
            "year": listing.year,
            "version": listing.version,
            "judged": listing.judged,
            "listed": sorted(school.code for school in schools),
            "digest": listing.digest,
        }
        append(session, who.deed(f"listing:{listing.id}", "identify", values=values))
        confirm_list(session, listing, who)
        cycle = open_cycle(session, world.programme, listing, who)
        arguments = {"cycle": cycle.id, "person": world.operator.id}
        begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=OPENED)
    yield database.app, engine, cycle.id
    engine.dispose()


def test_a_year_killed_again_and_again_is_opened_reminded_and_delivered_once(region, tmp_path):
    url, engine, cycle_id = region
    box = tmp_path / "mailbox"
    kills = live_until_done("passes", url, box, OPENED, 8, shortest=0.1, longest=0.8)
    with reading(engine) as session:
        cases = select(func.count()).select_from(Case).where(Case.cycle_id == cycle_id)
        assert session.exec(cases).one() == SCHOOLS
        tasks = session.exec(
            select(Task.case_id, func.count())
            .where(Task.cycle_id == cycle_id, col(Task.case_id).is_not(None))
            .group_by(col(Task.case_id))
        ).all()
        assert {number for _, number in tasks} == {3}

    later = OPENED + timedelta(days=42)  # a Monday again
    kills += live_until_done("rounds", url, box, later, 6, shortest=0.05, longest=0.8)
    with reading(engine) as session:
        assert {run.state for run in session.exec(select(PassRun))} <= {PassState.DONE}
        claims = session.exec(select(Reminder)).all()
        keys = [(c.task_id, c.due_on, c.rung, c.recipient_id) for c in claims]
        assert keys
        assert len(keys) == len(set(keys))

    morning = later + timedelta(hours=3)
    kills += live_until_done("letters", url, box, morning, 6, shortest=0.02, longest=0.2)
    with reading(engine) as session:
        states = Counter(session.exec(select(Letter.state)).all())
        assert set(states) <= {LetterState.SENT, LetterState.SUPERSEDED}
        sent = session.exec(select(Letter.message_id).where(Letter.state == LetterState.SENT)).all()
    arrived = Counter(
        message_from_bytes(path.read_bytes())["Message-ID"] for path in Path(box).glob("*.eml")
    )
    assert set(arrived) == set(sent)
    assert max(arrived.values()) == 1  # the same letter again is the same file
    assert kills >= 6
    checked = verify(engine)
    assert checked.ok, checked.broken[:3]
