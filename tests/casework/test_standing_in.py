"""Whoever stands in acts with the absent person's rights, by name; limits hold when two come at once."""

import json
import threading
from datetime import date, timedelta

import pytest
from sqlmodel import col, func, select

from casework.access import case_for, tasks_for
from casework.cycles.ending import Ending, decide_exit
from casework.deadlines.extending import Wish, extend_task
from casework.grants import Right
from casework.people.absences import Away, record_absence
from casework.people.appointing import Place, appoint
from casework.people.departing import Departure, depart
from casework.people.standing_in import StandingIn
from casework.tasks.tasking import HandedIn, accept_task, submit_task
from models.case import Case
from models.history import HistoryLine
from models.people import Appointment, Person
from models.school import School
from models.task import Submission, Task
from opora.database import reading, transaction
from opora.errors import AuthorAccepts, Forbidden, InputRefused, NotFound, OporaError
from states.role import Role
from states.stage import Outcome
from states.task_machine import TaskState
from tests.worlds import OPENED, acting, hand_in, small_world

PAIRS = 50
DAY = timedelta(days=1)


def at_once(*deeds):
    """Run the deeds at the same moment; gives what each raised, or None."""
    barrier = threading.Barrier(len(deeds))
    ends: list[OporaError | None] = [None] * len(deeds)

    def run(number, deed):
        barrier.wait()
        try:
            deed()
        except OporaError as refused:
            ends[number] = refused

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


# --- who reads and acts ---------------------------------------------------------------------------


def test_a_substitute_may_have_a_substitute_and_a_ring_ends_with_the_absent():
    team = StandingIn({1: 2, 2: 3, 5: 6, 6: 5, 7: None}, {8: 1, 9: None})
    assert [team.reader(one) for one in (1, 2, 3, 4)] == [3, 3, 3, 4]
    assert team.reader(8) == 3  # whoever follows the departed is away too
    assert team.reader(9) is None
    assert team.reader(7) == 7
    assert team.reader(5) in {5, 6}
    assert team.absent_for(3) == {1, 2}
    assert team.absent_for(8) == frozenset()


def absent(session, world, role, place, *, substitute):
    person = world.people[role, place]
    away = Away(
        first_day=OPENED.date() + DAY,
        last_day=OPENED.date() + 20 * DAY,
        substitute=substitute.email,
    )
    record_absence(session, person.email, away, acting(world.operator))
    return person


def curators(session, world):
    """The curators of the first two cases."""
    first, second = (session.get_one(School, n) for n in (1, 2))
    return world.people[Role.CURATOR, first.id], world.people[Role.CURATOR, second.id], first


def test_a_substitute_sees_and_does_for_these_days_alone_and_history_says_for_whom(session, world):
    ill, other, school = curators(session, world)
    case = world.cases[0]
    with pytest.raises(NotFound):
        case_for(session, acting(other), case)
    absent(session, world, Role.CURATOR, school.id, substitute=other)
    with pytest.raises(NotFound):
        case_for(session, acting(other), case)
    during, after = OPENED + 3 * DAY, OPENED + 30 * DAY
    assert case_for(session, acting(other, during), case, Right.MOVE_CASE).case.id == case
    with pytest.raises(NotFound):
        case_for(session, acting(other, after), case)
    task = session.exec(
        select(Task).where(Task.case_id == case, Task.approver == Role.CURATOR)
    ).first()
    hand_in(session, world, task, during)
    line = accept_task(session, task.id, acting(other, during))
    assert f'"on_behalf_of":"person:{ill.id}"' in line.body
    own = session.exec(tasks_for(session, acting(other, after))).all()
    assert task.id not in {one.id for one in own}


def test_whoever_acts_by_a_role_of_their_own_acts_for_nobody_else(session, world):
    ill, _, school = curators(session, world)
    boss = world.people[Role.COORDINATOR, school.territory_id]
    absent(session, world, Role.CURATOR, school.id, substitute=boss)
    task = session.exec(
        select(Task).where(Task.case_id == world.cases[0], Task.approver == Role.CURATOR)
    ).first()
    hand_in(session, world, task, OPENED + 3 * DAY)
    line = accept_task(session, task.id, acting(boss, OPENED + 3 * DAY))
    assert "on_behalf_of" not in line.body
    assert ill.id != boss.id


def test_who_hands_in_for_another_does_not_accept_it(session, world):
    _, other, school = curators(session, world)
    task = session.exec(
        select(Task).where(Task.case_id == world.cases[0], Task.approver == Role.CURATOR)
    ).first()
    absent(session, world, Role.HEAD, school.id, substitute=other)
    absent(session, world, Role.CURATOR, school.id, substitute=other)
    during = OPENED + 3 * DAY
    given = hand_in_as(session, world, task, other, during)
    assert f'"on_behalf_of":"person:{task.assignee_id}"' in given.body
    with pytest.raises(AuthorAccepts):
        accept_task(session, task.id, acting(other, during))


def hand_in_as(session, world, task, person, at):
    from tests.worlds import proofs

    given = HandedIn(text="Сделано, example.org", files=proofs(world, task))
    return submit_task(session, task.id, given, acting(person, at))


def test_only_who_manages_people_speaks_of_others_and_strangers_never_stand_in(session, world):
    ill, other, _ = curators(session, world)
    away = Away(first_day=OPENED.date(), last_day=OPENED.date(), substitute=other.email)
    with pytest.raises(Forbidden):
        record_absence(session, ill.email, away, acting(other))
    record_absence(session, ill.email, away, acting(ill))
    stranger = Person(email="stranger@example.org", name="Никто Выдуманный")
    session.add(stranger)
    session.flush()
    away = Away(first_day=OPENED.date(), last_day=OPENED.date(), substitute=stranger.email)
    with pytest.raises(InputRefused):
        record_absence(session, ill.email, away, acting(ill))


def test_who_manages_one_register_never_comes_to_hold_every_register(session, world):
    regional = Person(email="regional@example.org", name="Областной Выдуманный")
    session.add(regional)
    session.flush()
    session.add(
        Appointment(
            person_id=regional.id,
            role=Role.OPERATOR,
            register_key="yugra",
            since=OPENED.date() - DAY,
        )
    )
    session.flush()
    whole, today = world.operator.email, OPENED.date()
    own = Away(first_day=today, last_day=today, substitute=regional.email)
    gone = Departure(to=regional.email, on=today, reason="Ушла")
    for deed in (
        lambda: record_absence(session, whole, own, acting(regional)),
        lambda: depart(session, whole, gone, acting(regional), dry_run=True),
    ):
        with pytest.raises(Forbidden):
            deed()
    away = Away(first_day=today, last_day=today, substitute=whole)
    record_absence(session, regional.email, away, acting(world.operator))


def coordinator_for_the_operator(session, world):
    """Somebody with a role of their own over the case stands in for the operator."""
    case = session.get_one(Case, world.cases[0])
    school = session.get_one(School, case.school_id)
    substitute = world.people[Role.COORDINATOR, school.territory_id]
    days = Away(
        first_day=OPENED.date(), last_day=OPENED.date() + 20 * DAY, substitute=substitute.email
    )
    record_absence(session, world.operator.email, days, acting(world.operator))
    return acting(substitute, OPENED + DAY)


def on_behalf_of(session, deed):
    line = select(HistoryLine).where(HistoryLine.deed == deed).order_by(col(HistoryLine.id).desc())
    return json.loads(session.exec(line).first().body)["values"].get("on_behalf_of")


def test_an_end_decided_with_a_borrowed_right_names_the_absent(session, world):
    who = coordinator_for_the_operator(session, world)
    ending = Ending(outcome=Outcome.CONTINUES, basis="протокол № 9", reason="ещё год")
    decide_exit(session, world.cases[0], ending, who)
    assert on_behalf_of(session, "decide_exit") == f"person:{world.operator.id}"


def test_a_deadline_put_off_with_a_borrowed_right_names_the_absent(session, world):
    who = coordinator_for_the_operator(session, world)
    task = session.exec(select(Task).where(Task.case_id == world.cases[0])).first()
    task.assignee_id = who.person.id  # the own deadline: only as the operator may it be put off
    session.add(task)
    session.flush()
    extend_task(session, task.id, Wish(to=2, reason="ремонт"), who)
    assert on_behalf_of(session, "extend_task") == f"person:{world.operator.id}"


# --- limits under concurrency ---------------------------------------------------------------------


def test_two_at_once_never_give_a_curator_one_school_too_many(engine):
    with transaction(engine) as session:
        world = small_world(session, schools=2)
        people = [
            Person(email=f"new{n}@example.org", name="Новый Выдуманный") for n in range(PAIRS)
        ]
        schools = [
            School(register_key="yugra", code=f"87{n:04}", name=f"Школа {n}", territory_id=1)
            for n in range(2 * PAIRS)
        ]
        session.add_all([*people, *schools])
        session.flush()
        ids = [(p.id, schools[2 * n].id, schools[2 * n + 1].id) for n, p in enumerate(people)]
        operator = world.operator

    def one(person_id, school_id):
        def deed():
            with transaction(engine) as session:
                place = Place(register="yugra", school_id=school_id, school=str(school_id))
                who = acting(operator)
                appoint(
                    session, person_id, Role.CURATOR, place, acting=who, on=date(2026, 9, 7), most=1
                )

        return deed

    for person_id, first, second in ids:
        ends = at_once(one(person_id, first), one(person_id, second))
        assert sum(end is None for end in ends) == 1
    with reading(engine) as session:
        counts = session.exec(
            select(func.count())
            .select_from(Appointment)
            .where(col(Appointment.person_id).in_([p for p, *_ in ids]))
            .group_by(col(Appointment.person_id))
        ).all()
    assert counts == [1] * PAIRS


def test_four_eyes_hold_for_a_substitute_of_both_sides_at_once(engine):
    """Handing in for the head and accepting for the curator, at the same moment, by one person."""
    during = OPENED + 3 * DAY
    with transaction(engine) as session:
        world = small_world(session, schools=2)
        _, other, school = curators(session, world)
        for role in (Role.HEAD, Role.CURATOR):
            absent(session, world, role, school.id, substitute=other)
        task = session.exec(
            select(Task).where(Task.case_id == world.cases[0], Task.approver == Role.CURATOR)
        ).first()
        number = task.id

    def submit():
        with transaction(engine) as session:
            hand_in_as(session, world, session.get_one(Task, number), other, during)

    def accept():
        with transaction(engine) as session:
            accept_task(session, number, acting(other, during))

    for _ in range(PAIRS):
        at_once(submit, accept)
        with reading(engine) as session:
            assert session.get_one(Task, number).state is not TaskState.ACCEPTED
    with reading(engine) as session:
        handed = session.exec(select(Submission).where(Submission.task_id == number)).all()
        lines = session.exec(select(HistoryLine).where(HistoryLine.deed == "accept_task")).all()
    assert len(handed) == 1
    assert lines == []
