"""A task is handed in with what counts as proof, judged by somebody else, returned with remarks."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from casework.tasks.tasking import HandedIn, accept_task, cancel_task, return_task, submit_task
from models.letter import Letter
from models.people import Person
from models.task import Evidence, Submission, Task
from opora.errors import (
    AuthorAccepts,
    EvidenceRefused,
    Forbidden,
    InputRefused,
    NotFound,
    StaleView,
    TaskNotOpen,
)
from states.role import Role
from states.task_machine import TaskState
from tests.worlds import OPENED, acting, hand_in, municipal_tasks, proofs

LATER = OPENED + timedelta(days=2)


@pytest.fixture
def task(session, world):
    return session.exec(
        select(Task).where(Task.case_id == world.cases[0], Task.milestone == "self_analysis_done")
    ).one()


@pytest.fixture
def curator(session, world, task):
    from models.case import Case
    from models.school import School

    case = session.get_one(Case, task.case_id)
    return world.doer(Role.CURATOR, case, session.get_one(School, case.school_id))


def test_a_task_handed_in_waits_for_its_approver_who_gets_a_letter(session, world, task, curator):
    hand_in(session, world, task, LATER)
    assert (task.state, task.version, task.next_remind_on) == (TaskState.SUBMITTED, 2, None)
    letter = session.exec(select(Letter).where(Letter.kind == "task_submitted")).one()
    assert letter.recipient_id == curator.id
    evidence = session.exec(select(Evidence)).one()
    assert evidence.document == "self_analysis"


def test_an_accepted_task_is_done_and_its_author_is_thanked(session, world, task, curator):
    hand_in(session, world, task, LATER)
    accept_task(session, task.id, acting(curator, LATER), remarks="Спасибо, хорошая работа")
    assert task.state is TaskState.ACCEPTED
    submission = session.exec(select(Submission)).one()
    assert (submission.is_accepted, submission.judged_by) == (True, curator.id)
    letter = session.exec(select(Letter).where(Letter.kind == "task_accepted")).one()
    assert letter.recipient_id == submission.author_id


def test_a_returned_task_is_open_again_and_can_be_handed_in_once_more(
    session, world, task, curator
):
    hand_in(session, world, task, LATER)
    return_task(session, task.id, acting(curator, LATER), remarks="Нет раздела о кадрах")
    assert task.state is TaskState.RETURNED
    assert task.next_remind_on is not None
    hand_in(session, world, task, LATER + timedelta(days=1))
    assert [s.seq for s in session.exec(select(Submission).order_by(col(Submission.seq)))] == [1, 2]


def test_the_author_never_accepts(session, world, task):
    given = HandedIn(files=proofs(world, task))
    submit_task(session, task.id, given, acting(world.operator, LATER))
    with pytest.raises(AuthorAccepts):
        accept_task(session, task.id, acting(world.operator, LATER))
    assert task.state is TaskState.SUBMITTED


def test_a_head_judges_nothing(session, world, task):
    hand_in(session, world, task, LATER)
    head = session.get_one(Person, task.assignee_id)
    with pytest.raises((Forbidden, AuthorAccepts)):
        accept_task(session, task.id, acting(head, LATER))


def test_without_the_proof_that_the_milestone_asks_for_nothing_is_handed_in(session, world, task):
    head = session.get_one(Person, task.assignee_id)
    with pytest.raises(EvidenceRefused):
        submit_task(session, task.id, HandedIn(text="сделано"), acting(head, LATER))
    assert task.state is TaskState.OPEN


def test_a_task_without_an_approver_is_accepted_when_it_is_handed_in(session, world):
    own = next(task for task in municipal_tasks(session, world) if task.approver is None)
    hand_in(session, world, own, LATER)
    assert own.state is TaskState.ACCEPTED


def test_a_return_without_remarks_is_refused(session, world, task, curator):
    hand_in(session, world, task, LATER)
    with pytest.raises(InputRefused):
        return_task(session, task.id, acting(curator, LATER), remarks="  ")


def test_a_judged_task_is_not_judged_again(session, world, task, curator):
    hand_in(session, world, task, LATER)
    accept_task(session, task.id, acting(curator, LATER))
    with pytest.raises(TaskNotOpen):
        return_task(session, task.id, acting(curator, LATER), remarks="передумали")


def test_a_stale_form_changes_nothing(session, world, task, curator):
    hand_in(session, world, task, LATER)
    with pytest.raises(StaleView):
        accept_task(session, task.id, acting(curator, LATER), seen=1)


def test_a_stranger_does_not_see_the_task(session, world, task):
    stranger = world.people[Role.HEAD, 3]
    with pytest.raises(NotFound):
        submit_task(session, task.id, HandedIn(text="я тоже"), acting(stranger, LATER))


def test_a_cancelled_task_is_no_longer_reminded_of(session, world, task):
    with pytest.raises(InputRefused):
        cancel_task(session, task.id, acting(world.operator, LATER), reason="")
    cancel_task(session, task.id, acting(world.operator, LATER), reason="школа закрыта на карантин")
    assert (task.state, task.next_remind_on) == (TaskState.CANCELLED, None)
