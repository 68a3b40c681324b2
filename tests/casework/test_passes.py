"""A pass is done exactly once by whoever comes, resumed after a death, and safe from stale runners."""

from datetime import timedelta

import pytest
from sqlmodel import select

from casework.acting import Acting
from casework.passes import (
    Chunk,
    StaleRunner,
    advance,
    begin,
    each,
    finished,
    progress,
    step,
    take,
    unfinished,
)
from models.pass_run import PassRefusal, PassRun
from models.people import Person
from opora.database import reading, transaction
from opora.errors import NotReady, OporaError
from tests.worlds import OPENED

WHO = Acting(at=OPENED, recorded_at=OPENED, pass_name="test")


def writes_ten(session, run, acting):
    """Ten people, two a chunk; the third chunk refuses one."""
    if run.cursor >= 10:
        return Chunk(cursor=None)
    refused = {"person:4": OporaError()} if run.cursor == 4 else {}
    for number in (run.cursor, run.cursor + 1):
        session.add(Person(email=f"{number}@example.org", name="Выдуманный"))
    session.flush()
    return Chunk(cursor=run.cursor + 2, counts={"people": 2}, refused=refused)


@pytest.fixture
def run(engine):
    with transaction(engine) as session:
        return begin(session, "test", "1", arguments={}, at=OPENED)


def people(engine):
    with reading(engine) as session:
        return len(session.exec(select(Person)).all())


def test_a_pass_is_done_to_its_end_with_counts_and_refusals(engine, run):
    done = finished(advance(engine, run.id, writes_ten, WHO, real_now=lambda: OPENED))
    assert (done.is_done, done.counts, done.refused) == (True, {"people": 10}, 1)
    with reading(engine) as session:
        [refusal] = session.exec(select(PassRefusal)).all()
    assert refusal.subject == "person:4"


def test_a_finished_pass_is_not_done_again(engine, run):
    advance(engine, run.id, writes_ten, WHO, real_now=lambda: OPENED)
    advance(engine, run.id, writes_ten, WHO, real_now=lambda: OPENED)
    assert people(engine) == 10


def test_the_same_pass_begun_twice_is_one(engine, run):
    with transaction(engine) as session:
        again = begin(session, "test", "1", arguments={"other": 1}, at=OPENED + timedelta(days=1))
    assert again.id == run.id
    assert again.arguments == {}


def test_while_one_holds_the_lease_another_waits_and_is_told(engine, run):
    assert take(engine, run.id, real_now=OPENED) == 1
    done = advance(engine, run.id, writes_ten, WHO, real_now=lambda: OPENED)
    assert not done.is_done
    assert people(engine) == 0
    with pytest.raises(NotReady):
        finished(done)


def test_a_dead_runner_is_replaced_and_can_do_no_harm_when_it_wakes(engine, run):
    dead = take(engine, run.id, real_now=OPENED)
    step(engine, run.id, dead, writes_ten, WHO, real_now=OPENED)
    later = OPENED + timedelta(minutes=5)
    done = advance(engine, run.id, writes_ten, WHO, real_now=lambda: later)
    assert done.is_done
    with pytest.raises(StaleRunner):
        step(engine, run.id, dead, writes_ten, WHO, real_now=later)
    assert people(engine) == 10


def test_a_chunk_that_fails_leaves_neither_effects_nor_cursor(engine, run):
    def breaks(session, run, acting):
        writes_ten(session, run, acting)
        raise RuntimeError

    fence = take(engine, run.id, real_now=OPENED)
    with pytest.raises(RuntimeError):
        step(engine, run.id, fence, breaks, WHO, real_now=OPENED)
    assert people(engine) == 0
    assert progress(engine, run.id).counts == {}
    with reading(engine) as session:
        assert [one.id for one in unfinished(session)] == [run.id]
        assert session.get_one(PassRun, run.id).cursor == 0


def test_what_is_refused_leaves_no_trace_and_the_rest_goes_on(engine):
    with transaction(engine) as session:

        def write(number):
            session.add(Person(email=f"{number}@example.org", name="Выдуманный"))
            session.flush()
            if number == 1:
                raise OporaError

        subjects = [(f"person:{n}", lambda n=n: write(n)) for n in range(3)]
        done, refused = each(session, subjects)
    assert (done, list(refused)) == (2, ["person:1"])
    assert people(engine) == 2
