"""Races: many people do the same at the same moment, and a rule that spans rows still holds."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from sqlmodel import col, select

from audit.verification import verify
from casework.cases.moving import Request, move_case
from casework.cycles.opening import open_case, open_cycle
from casework.judgement.identifying import confirm_list, identify
from casework.passes import begin, take
from casework.people.appointing import Newcomer, Place, appoint, enrol
from casework.reminders.daily_letters import letters_of_day
from casework.reminders.reminding import begin_rounds
from casework.tasks.tasking import HandedIn, accept_task, return_task, submit_task
from models.case import Case
from models.cycle import Cycle, Listing, Verdict
from models.history import HistoryLine
from models.pass_run import PassRun
from models.people import Appointment, Person
from models.school import School, Territory
from models.task import Reminder, Submission, Task
from notifications.leases import take as take_letters
from notifications.outbox import LetterKind
from opora.database import connect, next_ids, reading, run_again, transaction
from opora.errors import OporaError
from states.role import Role
from states.stage import Move, Stage
from states.task_machine import TaskState
from tests.worlds import OPENED, YEAR, acting, decide_all, finish_tasks, proofs, small_world

MANY = 100
CONNECTIONS = 15
"""So many are at the database at once; the others wait at its door."""
LATER = OPENED + timedelta(days=1)


@pytest.fixture
def engine(database):
    engine = connect(database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine):
    with transaction(engine) as session:
        return small_world(session, schools=2)


def race(engine, deeds):
    """Do every deed at once, each as a door does it; gives what each gave, or the refusal."""
    start = Barrier(min(len(deeds), CONNECTIONS))

    def once(deed):
        with transaction(engine) as session:
            return deed(session)

    def run(numbered):
        number, deed = numbered
        if number < start.parties:
            start.wait(30)
        try:
            return run_again(lambda: once(deed))
        except OporaError as reason:
            return reason

    with ThreadPoolExecutor(CONNECTIONS) as people:
        return list(people.map(run, enumerate(deeds)))


def refused(results):
    return [one for one in results if isinstance(one, OporaError)]


def rows(engine, statement):
    with reading(engine) as session:
        return list(session.exec(statement).all())


def test_of_a_hundred_who_move_a_case_one_does_and_the_others_are_told(engine, world):
    case_id = world.cases[0]
    with transaction(engine) as session:
        finish_tasks(session, world, case_id, OPENED)
        decide_all(session, world, case_id, OPENED)

    def move(session):
        return move_case(
            session,
            case_id,
            Move.ANALYSE,
            Request(basis="приказ № 12", seen=1),
            acting(world.operator, LATER),
        ).id

    results = race(engine, [move] * MANY)
    assert Counter(type(one).__name__ for one in results) == {"int": 1, "StaleView": MANY - 1}
    [case] = rows(engine, select(Case).where(Case.id == case_id))
    assert (case.stage, case.version) == (Stage.ANALYSED, 2)
    assert verify(engine).ok


def test_a_task_handed_in_while_its_case_is_withdrawn_is_either_and_never_both(engine, world):
    case_id = world.cases[0]
    [first, *_] = rows(engine, select(Task).where(Task.case_id == case_id).order_by(col(Task.id)))
    assignee = rows(engine, select(Person).where(Person.id == first.assignee_id))[0]

    def hand_in(session):
        given = HandedIn(text="сделано", files=proofs(world, first))
        return submit_task(session, first.id, given, acting(assignee, LATER)).id

    def withdraw(session):
        request = Request(basis="приказ № 12")
        return move_case(session, case_id, Move.WITHDRAW, request, acting(world.operator, LATER)).id

    race(engine, [hand_in, withdraw] * 7)
    [task] = rows(engine, select(Task).where(Task.id == first.id))
    assert task.state is TaskState.CANCELLED
    assert len(rows(engine, select(Submission).where(Submission.task_id == first.id))) <= 1
    assert verify(engine).ok, verify(engine).broken


def test_a_school_has_one_curator_whoever_appoints_at_the_same_moment(engine, world):
    [school, *_] = rows(engine, select(School).order_by(col(School.id)))
    people = newcomers(engine, world, 30)
    place = Place(register="yugra", school_id=school.id, school=school.code)
    who = acting(world.operator, LATER)

    def appointed(person_id):
        def deed(session):
            appoint(session, person_id, Role.CURATOR, place, acting=who, on=LATER.date())

        return deed

    assert refused(race(engine, [appointed(person) for person in people])) == []
    current = select(Appointment).where(
        Appointment.school_id == school.id,
        Appointment.role == Role.CURATOR,
        col(Appointment.until).is_(None),
    )
    assert len(rows(engine, current)) == 1
    assert verify(engine).ok


def test_a_municipality_has_one_coordinator(engine, world):
    [territory, *_] = rows(engine, select(Territory).order_by(col(Territory.id)))
    people = newcomers(engine, world, 30)
    place = Place(register="yugra", territory_id=territory.id, territory=territory.code)
    who = acting(world.operator, LATER)

    def appointed(person_id):
        def deed(session):
            appoint(session, person_id, Role.COORDINATOR, place, acting=who, on=LATER.date())

        return deed

    assert refused(race(engine, [appointed(person) for person in people])) == []
    current = select(Appointment).where(
        Appointment.territory_id == territory.id,
        Appointment.role == Role.COORDINATOR,
        col(Appointment.until).is_(None),
    )
    assert len(rows(engine, current)) == 1


def test_an_author_never_accepts_however_fast_the_task_goes_to_and_fro(engine, world):
    case_id = world.cases[0]
    tasks = rows(engine, select(Task).where(Task.case_id == case_id).order_by(col(Task.id)))
    task = next(task for task in tasks if task.approver is not None)
    doer = rows(engine, select(Person).where(Person.id == task.assignee_id))[0]
    boss = world.operator

    def handed_in_by(person):
        def deed(session):
            given = HandedIn(text="сделано", files=proofs(world, task))
            return submit_task(session, task.id, given, acting(person, LATER)).id

        return deed

    def accepted_by(person):
        return lambda session: accept_task(session, task.id, acting(person, LATER)).id

    def returned_by(person):
        def deed(session):
            return return_task(session, task.id, acting(person, LATER), remarks="ещё раз").id

        return deed

    turn = [handed_in_by(doer), handed_in_by(boss), returned_by(boss), returned_by(doer)]
    race(engine, turn * 6 + [accepted_by(boss), accepted_by(doer)] * 3)
    handed_in = rows(engine, select(Submission).where(Submission.task_id == task.id))
    assert handed_in
    assert [one for one in handed_in if one.judged_by == one.author_id] == []
    assert [one.seq for one in sorted(handed_in, key=lambda one: one.seq)] == [
        *range(1, len(handed_in) + 1)
    ]
    assert verify(engine).ok, verify(engine).broken


def test_a_year_has_one_list_and_one_cycle_whoever_opens_it(engine, world):
    who = acting(world.operator, LATER)
    with transaction(engine) as session:
        old = session.get_one(Listing, world.listing.id)
        values = old.model_dump(exclude={"id", "year", "confirmed_at", "confirmed_by"})
        listing = Listing(**values, year=YEAR + 1)
        session.add(listing)
        session.flush()
        for one in session.exec(select(Verdict).where(Verdict.listing_id == old.id)).all():
            session.add(
                Verdict(**one.model_dump(exclude={"id", "listing_id"}), listing_id=listing.id)
            )

    def opened(session):
        fresh = session.get_one(Listing, listing.id)
        if fresh.confirmed_at is None:
            confirm_list(session, fresh, who)
        return open_cycle(session, world.programme, fresh, who).id

    results = race(engine, [opened] * 12)
    cycles = rows(engine, select(Cycle.id).where(Cycle.year == YEAR + 1))
    assert len(cycles) == 1
    assert set(results) == set(cycles)
    told = select(HistoryLine).where(HistoryLine.subject == f"cycle:{cycles[0]}")
    assert [line.deed for line in rows(engine, told)] == ["open_cycle"]


def test_the_same_judgement_at_the_same_moment_is_one_list(engine, world):
    with transaction(engine) as session:
        session.add(School(register_key="yugra", code="869999", name="Новая", territory_id=1))

    def judged(session):
        return identify(session, world.programme, YEAR, acting(world.operator, LATER)).listing.id

    results = race(engine, [judged] * 8)
    assert refused(results) == []
    assert len(set(results)) == 1


def test_a_school_taken_up_by_many_at_once_has_one_case(engine, world):
    with transaction(engine) as session:
        school = School(register_key="yugra", code="869999", name="Новая", territory_id=1)
        session.add(school)
    who = acting(world.operator, LATER)

    def taken_up(session):
        cycle = session.get_one(Cycle, world.cycle.id)
        return open_case(session, world.programme, cycle, session.get_one(School, school.id), who)

    results = race(engine, [taken_up] * 12)
    assert Counter(type(one).__name__ for one in results) == {"int": 1, "InputRefused": 11}
    assert len(rows(engine, select(Case).where(Case.school_id == school.id))) == 1
    assert verify(engine).ok


def test_cases_opened_at_once_never_share_a_number(engine, world):
    with transaction(engine) as session:
        schools = [
            School(register_key="yugra", code=f"87{n:04}", name="Новая", territory_id=1)
            for n in range(30)
        ]
        session.add_all(schools)
    who = acting(world.operator, LATER)

    def taken_up(school):
        def deed(session):
            cycle = session.get_one(Cycle, world.cycle.id)
            fresh = session.get_one(School, school.id)
            return open_case(session, world.programme, cycle, fresh, who)

        return deed

    results = race(engine, [taken_up(school) for school in schools])
    assert refused(results) == []
    assert len(set(results)) == len(schools)
    assert verify(engine).ok


def test_numbers_drawn_by_many_at_once_are_never_drawn_twice(engine, world):
    def drawn(session):
        ids = list(next_ids(session, School, 7))
        session.add_all(
            School(id=n, register_key="yugra", code=f"88{n}", name="Новая", territory_id=1)
            for n in ids
        )
        session.flush()
        return ids

    results = race(engine, [drawn] * 20)
    numbers = [number for ids in results for number in ids]
    assert len(numbers) == len(set(numbers)) == 140


def test_one_address_is_one_person_whoever_enrols_it(engine, world):
    who = acting(world.operator, LATER)

    def enrolled(session):
        if session.exec(select(Person.id).where(Person.email == "new@example.org")).first():
            return None
        return enrol(session, [Newcomer("new@example.org", "Новый", "ru")], {}, who, LATER.date())

    results = race(engine, [enrolled] * 12)
    assert refused(results) == []
    assert len(rows(engine, select(Person).where(Person.email == "new@example.org"))) == 1


def test_a_pass_has_one_holder_and_a_period_one_pass(engine, world):
    who = acting(world.operator, LATER)
    begun = race(engine, [lambda session: [run.id for run in begin_rounds(session, who)]] * 12)
    assert len({tuple(one) for one in begun}) == 1
    with transaction(engine) as session:
        pass_id = begin(session, "test", "1", arguments={}, at=OPENED).id
    with ThreadPoolExecutor(CONNECTIONS) as runners:
        fences = list(runners.map(lambda _: take(engine, pass_id, real_now=OPENED), range(MANY)))
    assert [fence for fence in fences if fence is not None] == [1]
    assert len(rows(engine, select(PassRun).where(PassRun.id == pass_id))) == 1


def newcomers(engine, world, number):
    with transaction(engine) as session:
        known = enrol(
            session,
            [Newcomer(f"new{n}@example.org", f"Новый {n}", "ru") for n in range(number)],
            {},
            acting(world.operator),
            OPENED.date(),
        )
    return list(known.values())


def test_a_digest_that_a_round_writes_into_is_not_taken_by_a_delivery(engine, world, dialect):
    person = world.operator.id
    pairs, day = {(person, LetterKind.DIGEST)}, LATER.date()
    morning = LATER + timedelta(hours=12)

    def todays(session):
        cycle = session.get_one(Cycle, world.cycle.id)
        return letters_of_day(session, world.programme, cycle, pairs, day, LATER)

    with transaction(engine) as session:  # an earlier chunk of the round has written the letter
        [letter] = todays(session).values()
    held, looked = Event(), Event()

    def go_on_with_the_round():
        with transaction(engine) as session:
            assert list(todays(session).values()) == [letter]
            held.set()
            looked.wait(30 if dialect == "postgres" else 1)  # SQLite's one writer waits its turn
            task = session.exec(select(Task).where(col(Task.case_id).is_not(None))).first()
            session.add(claim_of(task, person, letter))

    def deliver():
        held.wait(30)
        taken = take_letters(engine, at=morning, real_now=morning)
        looked.set()
        return [lease.letter_id for lease in taken]

    with ThreadPoolExecutor(2) as people:
        round_, delivery = people.submit(go_on_with_the_round), people.submit(deliver)
        round_.result(60)
        taken = delivery.result(60)
    if dialect == "postgres":
        assert letter not in taken  # its row was locked, and passed over
        later = take_letters(engine, at=morning, real_now=morning)
        taken = [lease.letter_id for lease in later]
    assert letter in taken
    with transaction(engine) as session:
        [next_day] = todays(session).values()  # a claim that comes now travels the next day
        assert next_day != letter
    [claim] = rows(engine, select(Reminder).where(Reminder.letter_id == letter))
    assert claim.recipient_id == person


def claim_of(task, person, letter):
    return Reminder(
        task_id=task.id,
        due_on=task.due_on,
        rung="a rung of this test",
        recipient_id=person,
        audience="operator",
        day=LATER.date(),
        claimed_at=LATER,
        letter_id=letter,
    )
