"""Wishes for a later day, proposals of an end and the quarantine: what stands is what history tells."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from audit.verification import verify
from casework.cycles.ending import propose_exits
from casework.deadlines.extending import Wish, decide_extension, extend_task
from casework.quarantine import record_restore, release_quarantine
from models.cycle import Cycle
from models.people import Installation, Person
from models.task import Task
from opora.database import transaction
from states.role import Role
from states.task_machine import TaskState
from tests.worlds import OPENED, acting

OPERATOR = "operator@example.org"


@pytest.fixture
def asked(engine):
    """In the story one wish for a later day is refused, one granted, and ends are proposed."""
    at = OPENED + timedelta(days=9)
    with transaction(engine) as session:
        operator = session.exec(select(Person).where(Person.email == OPERATOR)).one()
        tasks = session.exec(select(Task).where(Task.case_id == 1, Task.state == TaskState.OPEN))
        task = next(one for one in tasks.all() if one.doer in {Role.HEAD, Role.CURATOR})
        doer = session.get_one(Person, task.assignee_id)
        for granted in (False, True):
            extend_task(session, task.id, Wish(to=2, reason="ремонт"), acting(doer, at))
            who = acting(operator, at)
            decide_extension(session, task.id, who, granted=granted, remarks="решено")
        propose_exits(session, session.get_one(Cycle, 1), acting(operator, at))
    return engine


def findings(engine) -> list[str]:
    return [f"{one.subject} {one.what}" for one in verify(engine).broken]


def run(owner, statement: str) -> None:
    with owner.begin() as connection:
        assert connection.execute(text(statement)).rowcount


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM extension_request WHERE is_granted = {no}",
        "UPDATE extension_request SET is_granted = {yes} WHERE is_granted = {no}",
        "UPDATE extension_request SET until = '2027-01-29'",
        "UPDATE extension_request SET decided_by = asked_by",
        "UPDATE extension_request SET reason = 'просто так'",
        "UPDATE extension_request SET remarks = 'иначе' WHERE is_granted = {no}",
        "UPDATE exit_proposal SET outcome = 'improved' WHERE case_id = 1",
        "UPDATE exit_proposal SET reasons = '[]' WHERE case_id = 1",
        "DELETE FROM exit_proposal WHERE case_id = 1",
    ],
)
def test_a_wish_or_a_proposal_changed_behind_our_back_is_found(asked, engine, owner, statement):
    assert findings(engine) == []
    run(owner, statement.format(yes="TRUE", no="FALSE"))
    [found] = findings(engine)
    assert found.startswith("case:1 ")
    assert "later day" in found or "exit_proposal" in found


def test_a_quarantine_that_is_lifted_or_set_behind_our_back_is_found(engine, owner):
    with transaction(engine) as session:
        operator = session.exec(select(Person).where(Person.email == OPERATOR)).one()
        session.add(Installation(id=1, person_id=operator.id))
        session.flush()
        record_restore(session, {"sha256": "0" * 64}, acting(operator, OPENED))
    assert findings(engine) == []
    run(owner, "UPDATE installation SET quarantined_at = NULL")
    assert "installation:1 the quarantine was lifted" in findings(engine)[0]
    run(owner, "UPDATE installation SET quarantined_at = '2026-09-07 00:00:00'")
    assert findings(engine) == []
    with transaction(engine) as session:
        release_quarantine(session, "проверено", acting(operator, OPENED))
    assert findings(engine) == []
    run(owner, "UPDATE installation SET quarantined_at = '2026-09-07 00:00:00'")
    assert "no line of history restores it" in findings(engine)[0]
