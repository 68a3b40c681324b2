"""A deadline's life among people: limits held in a race, one date in force whatever happens to it."""

import random
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from audit.verification import verify
from casework.cases.moving import Request, move_case
from casework.deadlines.anchoring import move_kick_off
from casework.deadlines.extending import Wish, decide_extension, extend_task, waiting_request
from casework.deadlines.extension_views import extensions
from casework.deadlines.following import ledgers_of
from models.case import Case
from models.history import HistoryLine
from models.letter import Letter
from models.people import Person
from models.task import DeadlineStep, ExtensionRequest, Task
from opora.database import reading, transaction
from opora.errors import Forbidden, InputRefused, NotFound, OporaError, TaskNotOpen
from schedules.deadline import due_on, extended_days
from schedules.due_rules import DueRule
from states.stage import Move, Stage
from tests.casework.test_races import race, refused
from tests.worlds import OPENED, acting, finish_task, move_one, small_world, walk

LATER = OPENED + timedelta(days=1)
DAY = timedelta(days=1)


def task_named(session, world, milestone, case=0):
    return session.exec(
        select(Task)
        .where(Task.case_id == world.cases[case], Task.milestone == milestone)
        .order_by(col(Task.turn).desc())
    ).first()


def head_of(session, task):
    return session.get_one(Person, task.assignee_id)


# --- rules ----------------------------------------------------------------------------------------


def test_a_finished_task_is_not_put_off_and_a_request_for_it_can_only_be_refused(session, world):
    task = task_named(session, world, "information_card_filled")
    head = head_of(session, task)
    wish = Wish(to=3, reason="ремонт")
    assert extend_task(session, task.id, wish, acting(head, LATER)).waits_for is not None
    finish_task(session, world, task, LATER)
    with pytest.raises(TaskNotOpen):
        extend_task(session, task.id, wish, acting(world.operator, LATER))
    with pytest.raises(TaskNotOpen):
        decide_extension(session, task.id, acting(world.operator, LATER), granted=True)
    assert extensions(session, acting(world.operator, LATER)) == []
    decide_extension(
        session, task.id, acting(world.operator, LATER), granted=False, remarks="работа принята"
    )
    assert waiting_request(session, task) is None


def test_nothing_is_decided_where_nothing_is_asked(session, world):
    task = task_named(session, world, "information_card_filled")
    with pytest.raises(NotFound):
        decide_extension(session, task.id, acting(world.operator, LATER), granted=True)


def test_a_programme_that_foresees_no_extension_allows_none(session, world, monkeypatch):
    monkeypatch.setattr(type(world.programme), "extension_of", lambda _self, _key: None)
    task = task_named(session, world, "information_card_filled")
    with pytest.raises(InputRefused, match="nobody"):
        extend_task(session, task.id, Wish(to=3, reason="ремонт"), acting(world.operator, LATER))


def test_a_stranger_neither_asks_nor_decides(session, world):
    task, other = (task_named(session, world, "information_card_filled", n) for n in (0, 1))
    stranger = head_of(session, other)
    with pytest.raises(NotFound):
        extend_task(session, task.id, Wish(to=3, reason="ремонт"), acting(stranger, LATER))
    with pytest.raises(NotFound):
        decide_extension(session, task.id, acting(stranger, LATER), granted=True)
    with pytest.raises(Forbidden):
        move_kick_off(
            session, world.cycle.id, date(2026, 10, 1), acting(stranger, LATER), reason="x"
        )


def test_the_words_of_a_request_stay_out_of_the_chain(session, world):
    task = task_named(session, world, "information_card_filled")
    extend_task(
        session, task.id, Wish(to=3, reason="болезнь"), acting(head_of(session, task), LATER)
    )
    bodies = session.exec(select(HistoryLine.body).where(HistoryLine.subject == task.subject)).all()
    assert not any("болезнь" in body for body in bodies)


# --- many at once ---------------------------------------------------------------------------------


def test_of_many_who_ask_at_once_one_request_waits(engine):
    with transaction(engine) as session:
        world = small_world(session, schools=2)
        task = task_named(session, world, "information_card_filled")
        head = head_of(session, task)

    def ask(session):
        return extend_task(session, task.id, Wish(to=2, reason="ремонт"), acting(head, LATER))

    results = race(engine, [ask] * 20)
    assert len(refused(results)) == 19
    with reading(engine) as session:
        assert len(session.exec(select(ExtensionRequest)).all()) == 1
        asked = select(Letter).where(Letter.kind == "deadline_changed")
        assert len(session.exec(asked).all()) == 1
    assert verify(engine).ok


def test_many_extensions_at_once_never_pass_the_limit(engine):
    with transaction(engine) as session:
        world = small_world(session, schools=2)
        task = task_named(session, world, "information_card_filled")

    def extend(session):
        wish = Wish(to=2, reason="ремонт")
        return extend_task(session, task.id, wish, acting(world.operator, LATER))

    results = race(engine, [extend] * 20)
    most = world.programme.extension_of(task.milestone).most_working_days
    with reading(engine) as session:
        ledger = ledgers_of(session, [task])[task.id]
        assert due_on(ledger) == session.get_one(Task, task.id).due_on
    assert extended_days(ledger, world.programme.working_calendar) == most // 2 * 2
    assert len(refused(results)) == 20 - most // 2
    assert verify(engine).ok


# --- any mix --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_fold_is_the_date_in_force_whatever_happens_to_a_deadline(engine, seed):
    chance = random.Random(seed)
    with transaction(engine) as session:
        world = small_world(session, schools=2)
    for number in range(1, 25):
        at = OPENED + number * DAY
        deed = chance.choice([_extend, _extend, _stop_or_go, _move_kick_off])
        try:
            with transaction(engine) as session:
                deed(session, world, chance, at)
        except OporaError:
            continue
    with reading(engine) as session:
        tasks = session.exec(select(Task)).all()
        ledgers = ledgers_of(session, tasks)
        assert all(due_on(ledgers[task.id or 0]) == task.due_on for task in tasks)
        kinds = set(session.exec(select(DeadlineStep.kind)).all())
    assert kinds >= {"extended", "moved_with_anchor", "suspended"}
    assert verify(engine).ok


def _extend(session, world, chance, at):
    tasks = session.exec(select(Task).order_by(col(Task.id))).all()
    wish = Wish(to=chance.randint(1, 3), reason="ремонт")
    extend_task(session, chance.choice(tasks).id, wish, acting(world.operator, at))


def _stop_or_go(session, world, chance, at):
    case = session.get_one(Case, chance.choice(world.cases))
    move = Move.SUSPEND if case.suspended_on is None else Move.RESUME
    move_case(session, case.id, move, Request(basis="приказ № 8"), acting(world.operator, at))


def _move_kick_off(session, world, chance, at):
    day = at.date() + timedelta(days=chance.randint(0, 20))
    move_kick_off(session, world.cycle.id, day, acting(world.operator, at), reason="перенос")


# --- counted backwards ----------------------------------------------------------------------------


def test_a_deadline_counted_back_from_the_end_stays_there_after_a_return(engine):
    with transaction(engine) as session:
        world = small_world(session, schools=2)
        case_id = world.cases[0]
        walk(session, world, case_id, Stage.MONITORED, OPENED + 2 * DAY)
        first = task_named(session, world, "final_monitoring")
        assert world.programme.milestone("final_monitoring").due == DueRule(
            before="cycle_ends", working_days=20
        )
        move_one(session, world, case_id, Move.RETURN_FOR_REWORK, OPENED + 40 * DAY)
        walk(session, world, case_id, Stage.MONITORED, OPENED + 60 * DAY)
        again = task_named(session, world, "final_monitoring")
        assert (again.turn, again.due_on) == (2, first.due_on)
        assert world.programme.working_calendar.is_working(again.due_on)
        assert again.due_on < world.cycle.ends_on
        move_one(session, world, case_id, Move.RETURN_FOR_REWORK, OPENED + 280 * DAY)
        walk(session, world, case_id, Stage.MONITORED, OPENED + 285 * DAY)  # in the last weeks
        late = task_named(session, world, "final_monitoring")
        kinds = [step.kind.value for step in ledgers_of(session, [late])[late.id]]
        assert (late.turn, kinds[:2]) == (3, ["planned", "joined_late"])
        assert late.due_on > again.due_on
    assert verify(engine).ok
