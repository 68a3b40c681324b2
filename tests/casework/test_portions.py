"""A split pass: several runners do its portions at the same time, and its end is the end of all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest
from sqlmodel import col, select

from casework.acting import Acting
from casework.passes import (
    LEASE,
    Chunk,
    Progress,
    StaleRunner,
    advance,
    begin,
    help_along,
    progress,
    step,
    take,
    take_portion,
    unfinished,
)
from casework.portions import ahead, ends
from casework.reminders.reminding import begin_rounds
from casework.work import WORK, acting_in, left_of
from models.letter import Letter
from models.pass_run import PassRefusal, PassRun, PassState
from models.people import Person
from models.task import Reminder
from notifications.outbox import LetterKind
from opora.database import reading, transaction
from opora.errors import OporaError
from tests.flows.regions import begun_opening
from tests.worlds import OPENED

WHO = Acting(at=OPENED, recorded_at=OPENED, pass_name="test")
NUMBERS = range(1, 41)


def greets_people(session, run, acting):
    """Forty people by their ids, five a chunk; four portions of ten; number 13 is refused."""
    if run.parent_id is None and run.until is None:
        return Chunk(cursor=0, portions=[10, 20, 30, 40])
    rows = session.exec(
        select(Person).where(ahead(run, col(Person.id))).order_by(col(Person.id)).limit(5)
    ).all()
    if not rows:
        return Chunk(cursor=None, counts={} if run.parent_id else {"ends": 1})
    for person in rows:
        person.name += "!"
        session.add(person)
    refused = {"person:13": OporaError()} if any(one.id == 13 for one in rows) else {}
    return Chunk(cursor=rows[-1].id, counts={"people": len(rows)}, refused=refused)


@pytest.fixture
def run(engine):
    with transaction(engine) as session:
        session.add_all(
            Person(id=n, email=f"{n}@example.org", name="Выдуманный") for n in [*NUMBERS, 41]
        )
        return begin(session, "test", "1", arguments={}, at=OPENED)


def greeted(engine):
    with reading(engine) as session:
        return [one.name.count("!") for one in session.exec(select(Person))]


def portions(engine, run):
    with reading(engine) as session:
        found = select(PassRun).where(PassRun.parent_id == run.id).order_by(col(PassRun.id))
        return session.exec(found).all()


def test_one_runner_does_all_portions_and_what_came_later_and_sums_them_up(engine, run):
    seen: list[Progress] = []
    done = advance(
        engine, run.id, greets_people, WHO, real_now=lambda: OPENED, on_chunk=seen.append
    )
    assert (done.is_done, done.counts, done.refused) == (True, {"people": 41, "ends": 1}, 1)
    assert greeted(engine) == [1] * 41
    assert [one.counts.get("people", 0) for one in seen[:4]] == [0, 5, 10, 10]
    assert {one.state for one in portions(engine, run)} == {PassState.DONE}
    with reading(engine) as session:
        [refusal] = session.exec(select(PassRefusal)).all()
        assert refusal.pass_id == run.id
        assert unfinished(session) == []


def test_two_runners_share_the_portions_and_each_row_is_met_once(engine, run):
    fence = take(engine, run.id, real_now=OPENED)
    step(engine, run.id, fence, greets_people, WHO, real_now=OPENED)
    start = Barrier(3)

    def help_until_nothing_is_free(_):
        start.wait(30)
        done = 0
        while help_along(engine, run.id, greets_people, WHO, real_now=lambda: OPENED):
            done += 1
        return done

    with ThreadPoolExecutor(3) as threads:
        shares = list(threads.map(help_until_nothing_is_free, range(3)))
    assert sum(shares) == 4
    assert not progress(engine, run.id).is_done  # its own runner ends it
    while not (done := step(engine, run.id, fence, greets_people, WHO, real_now=OPENED)).is_done:
        pass
    assert done.counts == {"people": 41, "ends": 1}
    assert greeted(engine) == [1] * 41


def test_a_portion_of_a_dead_helper_is_taken_over_and_the_dead_can_do_no_harm(
    engine, run, monkeypatch
):
    fence = take(engine, run.id, real_now=OPENED)
    step(engine, run.id, fence, greets_people, WHO, real_now=OPENED)
    portion, dead = take_portion(engine, run.id, real_now=OPENED) or (0, 0)
    step(engine, portion, dead, greets_people, WHO, real_now=OPENED)
    monkeypatch.setattr("casework.passes.PAUSE", 0)
    asked = count()

    def now():
        """Each look at a clock comes three seconds later than the one before."""
        return OPENED + timedelta(seconds=3 * next(asked))

    with transaction(engine) as session:
        session.get_one(PassRun, run.id).lease_until = None
    done = advance(engine, run.id, greets_people, WHO, real_now=now)
    assert done.is_done
    assert next(asked) < 60
    assert [one.fence for one in portions(engine, run)] == [2, 1, 1, 1]
    with pytest.raises(StaleRunner):
        step(engine, portion, dead, greets_people, WHO, real_now=now())
    assert greeted(engine) == [1] * 41


def test_a_split_pass_whose_runner_died_is_gone_on_with_and_counted_once(engine, run):
    fence = take(engine, run.id, real_now=OPENED)
    step(engine, run.id, fence, greets_people, WHO, real_now=OPENED)
    while help_along(engine, run.id, greets_people, WHO, real_now=lambda: OPENED):
        pass
    for _ in range(2):  # gathered, and here it died
        done = step(engine, run.id, fence, greets_people, WHO, real_now=OPENED)
    assert done.counts == {"people": 41}
    later = OPENED + 2 * LEASE
    done = advance(engine, run.id, greets_people, WHO, real_now=lambda: later)
    assert (done.is_done, done.counts) == (True, {"people": 41, "ends": 1})


def test_portions_are_laid_out_by_rows_where_many_can_write(engine, run):
    with reading(engine) as session:
        found = ends(session, col(Person.id), col(Person.id) <= 25, size=10)
    assert found == ([10, 20, 25] if engine.dialect.name == "postgresql" else [])
    with reading(engine) as session:
        assert ends(session, col(Person.id), col(Person.id) < 9, size=10) == []


@pytest.mark.parametrize("dialect", ["postgres"], indirect=True)
def test_an_opening_is_split_and_says_how_much_is_left(engine, monkeypatch):

    monkeypatch.setattr("casework.work.PORTION", 4)
    pass_id = begun_opening(engine, schools=10)
    with reading(engine) as session:
        run = session.get_one(PassRun, pass_id)
        who = acting_in(session, run, at=OPENED, recorded_at=OPENED)
        assert left_of(session, run) == 10
    fence = take(engine, pass_id, real_now=OPENED)
    done = step(engine, pass_id, fence, WORK[run.kind], who, real_now=OPENED)
    assert (done.is_split, len(portions(engine, run))) == (True, 3)
    help_along(engine, pass_id, WORK[run.kind], who, real_now=lambda: OPENED)
    with reading(engine) as session:
        assert left_of(session, session.get_one(PassRun, pass_id)) == 6
    later = OPENED + 2 * LEASE
    done = advance(engine, pass_id, WORK[run.kind], who, real_now=lambda: later)
    assert (done.is_done, done.counts["cases"]) == (True, 10)
    assert done.counts["municipal_tasks"] > 0


@pytest.mark.parametrize("dialect", ["postgres"], indirect=True)
def test_portions_of_one_round_write_one_digest_a_person(engine, monkeypatch):
    opening = begun_opening(engine, schools=12)
    at = OPENED + timedelta(days=42)
    with reading(engine) as session:
        who = acting_in(session, session.get_one(PassRun, opening), at=OPENED, recorded_at=OPENED)
    advance(engine, opening, WORK["open_cycle"], who, real_now=lambda: OPENED)
    monkeypatch.setattr("casework.work.PORTION", 6)
    clock = Acting(at=at, recorded_at=at, pass_name="daily_round")
    with transaction(engine) as session:
        [run] = begin_rounds(session, clock)
    work, start = WORK["daily_round"], Barrier(3)
    fence = take(engine, run.id, real_now=at)
    while not step(engine, run.id, fence, work, clock, real_now=at).is_split:
        pass  # what comes again is opened first

    def help_until_nothing_is_free(_):
        start.wait(30)
        while help_along(engine, run.id, work, clock, real_now=lambda: at):
            pass

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(help_until_nothing_is_free, range(3)))
    while not (done := step(engine, run.id, fence, work, clock, real_now=at)).is_done:
        pass
    with reading(engine) as session:
        claims = session.exec(select(Reminder)).all()
        digests = session.exec(select(Letter).where(Letter.kind == LetterKind.DIGEST)).all()
    assert done.counts["claims"] == len(claims) > 36
    assert len({(c.task_id, c.due_on, c.rung, c.recipient_id) for c in claims}) == len(claims)
    assert len({one.recipient_id for one in digests}) == len(digests)
    assert {one.letter_id for one in claims} >= {one.id for one in digests}
