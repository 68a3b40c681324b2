"""A case moves by the law, with its line, its tasks and its letters, or not at all."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import col, select

from casework.cases.moving import Request, move_case
from models.case import Case
from models.history import HistoryLine, HistoryWords
from models.letter import Letter
from models.school import School
from models.task import DeadlineStep, Task
from opora.errors import Forbidden, MoveNotAllowed, NotFound, StaleView
from states.role import Role
from states.stage import Move, Outcome, Stage
from states.task_machine import UNFINISHED, TaskState
from tests.worlds import OPENED, acting, decide_all, finish_tasks, move_one, walk

LATER = OPENED + timedelta(days=3)


def lines_of(session, case_id):
    return session.exec(
        select(HistoryLine)
        .where(HistoryLine.subject == f"case:{case_id}")
        .order_by(col(HistoryLine.seq))
    ).all()


def test_a_case_walks_through_every_stage_to_the_exit(session, world):
    case_id = world.cases[0]
    walk(session, world, case_id, Stage.EXITED, LATER)
    case = session.get_one(Case, case_id)
    assert (case.stage, case.outcome, case.left_stage) == (
        Stage.EXITED,
        Outcome.IMPROVED,
        Stage.MONITORED,
    )
    moves = [(line.source, line.dest) for line in lines_of(session, case_id) if line.version]
    stages = [stage.value for stage in Stage]
    assert moves == [("identified", "identified"), *pairwise(stages)]


def test_a_refused_move_names_what_is_missing_and_leaves_no_trace(session, world):
    case_id = world.cases[0]
    before = len(lines_of(session, case_id))
    with pytest.raises(MoveNotAllowed) as refused:
        move_case(session, case_id, Move.ANALYSE, Request(), acting(world.operator, LATER))
    assert len(refused.value.unmet) >= 2
    assert len(lines_of(session, case_id)) == before
    assert session.get_one(Case, case_id).stage is Stage.IDENTIFIED


def test_a_move_writes_its_line_its_tasks_with_ledgers_and_its_letters(session, world):
    case_id = world.cases[0]
    finish_tasks(session, world, case_id, LATER)
    line = move_one(session, world, case_id, Move.ANALYSE, LATER)
    assert (line.source, line.dest, line.version) == ("identified", "analysed", 2)
    tasks = session.exec(
        select(Task).where(Task.case_id == case_id, Task.stage == Stage.ANALYSED)
    ).all()
    assert {task.milestone for task in tasks} == {
        milestone.key for milestone in world.programme.milestones_at(Stage.ANALYSED)
    }
    for task in tasks:
        steps = session.exec(select(DeadlineStep).where(DeadlineStep.task_id == task.id)).all()
        assert steps[-1].due_on == task.due_on
    keys = session.exec(select(Letter.key).where(Letter.kind == "case_moved")).all()
    assert keys
    assert all(key.startswith(f"case:{case_id}:line:{line.id}:") for key in keys)


def test_words_enter_history_as_commitments_alone(session, world):
    case_id = world.cases[0]
    finish_tasks(session, world, case_id, LATER)
    line = move_one(session, world, case_id, Move.ANALYSE, LATER)
    assert "приказ" not in line.body
    said = session.exec(select(HistoryWords).where(HistoryWords.line_id == line.id)).all()
    assert {word.field: word.text for word in said}["basis"] == "приказ № 12"


def test_work_that_came_back_is_done_again_before_the_case_moves_on(session, world):
    case_id = world.cases[0]
    decide_all(session, world, case_id, LATER)
    walk(session, world, case_id, Stage.ANALYSED, LATER)
    move_one(session, world, case_id, Move.RETURN_FOR_REWORK, LATER + timedelta(days=4))
    again = session.exec(select(Task).where(Task.case_id == case_id, Task.turn == 2)).all()
    assert {task.stage for task in again} == {Stage.IDENTIFIED}
    with pytest.raises(MoveNotAllowed):
        move_one(session, world, case_id, Move.ANALYSE, LATER + timedelta(days=5))
    walk(session, world, case_id, Stage.CLUSTERED, LATER + timedelta(days=6))
    assert session.get_one(Case, case_id).stage is Stage.CLUSTERED


def test_a_withdrawn_case_has_no_open_task_and_says_how_it_ended(session, world):
    case_id = world.cases[0]
    move_one(session, world, case_id, Move.WITHDRAW, LATER)
    case = session.get_one(Case, case_id)
    assert (case.stage, case.outcome) == (Stage.EXITED, Outcome.WITHDRAWN)
    unfinished = select(Task).where(Task.case_id == case_id, col(Task.state).in_(UNFINISHED))
    assert session.exec(unfinished).all() == []
    move_one(session, world, case_id, Move.REOPEN, LATER + timedelta(days=1))
    assert session.get_one(Case, case_id).stage is Stage.IDENTIFIED
    assert session.exec(unfinished).all()


def test_suspended_days_are_added_to_every_open_deadline(session, world):
    case_id = world.cases[0]
    tasks = session.exec(select(Task).where(Task.case_id == case_id)).all()
    before = {task.id: task.due_on for task in tasks}
    move_one(session, world, case_id, Move.SUSPEND, LATER)
    assert all(task.next_remind_on is None for task in tasks)
    with pytest.raises(MoveNotAllowed):
        move_one(session, world, case_id, Move.ANALYSE, LATER + timedelta(days=1))
    move_one(session, world, case_id, Move.RESUME, LATER + timedelta(days=14))
    for task in tasks:
        assert task.due_on >= before[task.id] + timedelta(days=14)
        kinds = session.exec(
            select(DeadlineStep.kind)
            .where(DeadlineStep.task_id == task.id)
            .order_by(col(DeadlineStep.seq))
        ).all()
        assert {"suspended", "resumed"} <= set(kinds)
        assert task.next_remind_on is not None


def test_whoever_saw_an_older_case_is_told_and_nothing_is_overwritten(session, world):
    case_id = world.cases[0]
    finish_tasks(session, world, case_id, LATER)
    move_one(session, world, case_id, Move.ANALYSE, LATER)
    request, who = Request(remarks="ещё раз", seen=1), acting(world.operator, LATER)
    with pytest.raises(StaleView):
        move_case(session, case_id, Move.RETURN_FOR_REWORK, request, who)


def test_a_foreign_case_and_a_missing_one_look_the_same(session, world):
    other_head = world.people[Role.HEAD, session.get_one(Case, world.cases[1]).school_id]
    refusals = []
    for case_id in (world.cases[0], 10_000):
        with pytest.raises(NotFound) as refused:
            move_case(session, case_id, Move.ANALYSE, Request(), acting(other_head, LATER))
        refusals.append(str(refused.value).replace(str(case_id), "N"))
    assert refusals[0] == refusals[1]


def test_only_the_roles_that_the_programme_names_make_a_move(session, world):
    case = session.get_one(Case, world.cases[0])
    school = session.get_one(School, case.school_id)
    curator = world.doer(Role.CURATOR, case, school)
    request = Request(basis="приказ № 1")
    with pytest.raises(Forbidden):
        move_case(session, case.id, Move.WITHDRAW, request, acting(curator, LATER))


def test_cancelled_tasks_of_a_return_stay_in_the_history(session, world):
    case_id = world.cases[0]
    walk(session, world, case_id, Stage.ANALYSED, LATER)
    line = move_one(session, world, case_id, Move.RETURN_FOR_REWORK, LATER + timedelta(days=4))
    cancelled = session.exec(
        select(Task.milestone).where(Task.case_id == case_id, Task.state == TaskState.CANCELLED)
    ).all()
    assert cancelled
    assert all(milestone in line.body for milestone in cancelled)
