"""Races over records: numbers are never given twice, nobody is let in beyond the invited."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import select

from audit.verification import verify
from casework.records.asking import acknowledge_record
from casework.records.attending import Guests, attend, invite
from casework.records.marks import PAIRS, marks_of
from casework.records.record_grounds import About
from casework.records.recording import Entry, add_record, amend_record
from models.case import Case
from models.record import Record, RecordVersion
from models.school import School
from models.task import Task
from opora.database import connect, reading, run_again, transaction
from opora.errors import OporaError
from states.role import Role
from tests.casework.record_world import with_records
from tests.worlds import OPENED, acting, small_world

AT_ONCE, LATER = 8, OPENED + timedelta(days=3)


@pytest.fixture
def engine(database):
    engine = connect(database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine):
    with transaction(engine) as session:
        return small_world(session, with_records())


@pytest.fixture
def operator(world):
    return acting(world.operator, LATER)


def race(engine, deeds):
    """Do every deed at once, each as a door does it; gives what each gave, or the refusal."""

    def once(deed):
        with transaction(engine) as session:
            return deed(session)

    def run(deed):
        try:
            return run_again(lambda: once(deed))
        except OporaError as reason:
            return reason

    with ThreadPoolExecutor(AT_ONCE) as people:
        return list(people.map(run, deeds))


def test_numbers_and_turns_are_never_given_twice(engine, world, operator):
    order = Entry(fields={"about": "О модели", "signed_on": "2026-09-08"})
    hint = Entry(fields={"what": "Посетить урок"})

    def write(kind, about, entry, session):
        return add_record(session, operator, kind, about, entry).number

    case = About(case=world.cases[0])
    orders = [partial(write, "order", About(), order)] * 12
    race(engine, [*orders, *[partial(write, "hint", case, hint)] * 6])
    with reading(engine) as session:
        numbers = session.exec(select(Record.number).where(Record.kind == "order")).all()
        turns = session.exec(select(Task.turn).where(Task.milestone == "advice_followed")).all()
    assert sorted(one or 0 for one in numbers) == list(range(1, 13))
    assert sorted(turns) == list(range(1, len(turns) + 1))
    assert turns
    assert verify(engine).ok


def test_of_many_who_amend_one_version_one_does(engine, operator):
    with transaction(engine) as session:
        fields = {"about": "О модели", "signed_on": "2026-09-08"}
        number = add_record(session, operator, "order", About(), Entry(fields=fields)).id

    def amend(session):
        change = Entry(fields={"about": "О другом"}, seen=1)
        return amend_record(session, operator, number, change).version

    results = race(engine, [amend] * 12)
    assert Counter(type(one).__name__ for one in results) == {"int": 1, "StaleView": 11}
    with reading(engine) as session:
        assert len(session.exec(select(RecordVersion)).all()) == 2
    assert verify(engine).ok


def test_however_many_write_at_once_no_more_come_than_were_invited(engine, operator):
    fields = {"topic": "Первый", "held_on": "2026-09-09"}
    with transaction(engine) as session:
        number = add_record(session, operator, "webinar", About(), Entry(fields=fields)).id

    def mark(deed, persons, session):
        return deed(session, operator, number, Guests(parties=[f"860000:{persons}"]))

    race(engine, [partial(mark, d, n) for n in (3, 1, 4, 2, 0, 5) for d in (invite, attend)])
    with reading(engine) as session:
        marks = marks_of(session, [number or 0])[number or 0]
    for first, second in PAIRS:
        for (party, said), persons in marks.items():
            assert said != second or persons <= marks[party, first]
    assert verify(engine).ok


def test_a_word_given_many_times_at_once_counts_once(engine, world, operator):
    with transaction(engine) as session:
        advice = Entry(fields={"title": "О диагностике"})
        number = add_record(session, operator, "advice", About(), advice).id or 0
        school = session.get_one(School, session.get_one(Case, world.cases[0]).school_id)
        coordinator = acting(world.people[Role.COORDINATOR, school.territory_id], LATER)
    results = race(engine, [lambda s: acknowledge_record(s, coordinator, number)] * 10)
    assert sorted(map(len, results)) == [0] * 9 + [1]
    assert verify(engine).ok
