"""What must be known of a case to judge a move, gathered from its rows into plain values."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Protocol

from sqlmodel import Session, col, func, or_, select

from casework.access import Held
from casework.cycles.versions import milestone_of
from casework.people.responsible import in_force
from casework.records.record_counting import choices_in, counted_for, documents_standing
from models.case import Case, Decision
from models.people import Appointment, Person
from models.plan import SchoolPlan
from models.school import School
from models.task import Evidence, Submission, Task
from opora.errors import NotFound
from opora.words import Sentence
from states.needs import CaseFacts
from states.plan_machine import PlanState
from states.role import Role
from states.stage import Outcome
from states.task_machine import UNFINISHED, TaskState


class Given(Protocol):
    """What the person gives with the move."""

    @property
    def basis(self) -> str: ...
    @property
    def remarks(self) -> str: ...
    @property
    def outcome(self) -> Outcome | None: ...


def facts_of(session: Session, held: Held, given: Given, *, on: date) -> CaseFacts:
    """The facts of a case on a day. Only the latest turn of a milestone counts: rework is new work."""
    case, school = _in_hand(held)
    programme = held.programme
    every = session.exec(select(Task).where(Task.case_id == case.id)).all()
    ahead = {milestone.key for milestone in programme.repeating}
    again = ahead | programme.opened_by_records
    tasks = latest_turns([task for task in every if task.milestone not in again])
    tasks += [task for task in every if task.milestone in again]  # each of their turns is work
    accepted = [task for task in tasks if task.state is TaskState.ACCEPTED]
    labels = programme.labels
    return CaseFacts(
        basis=given.basis,
        remarks=given.remarks,
        outcome=given.outcome,
        has_curator=_has_curator(session, school, on),
        documents=_documents(session, [task.id for task in accepted if task.id is not None])
        + Counter(documents_standing(session, programme, case)),
        decisions=frozenset(
            session.exec(select(Decision.kind).where(Decision.case_id == case.id)).all()
        ),
        unfinished=[
            milestone_of(session, programme, task.milestone).title
            for task in tasks
            if task.stage is case.stage
            and task.state in UNFINISHED
            and not (task.milestone in ahead and task.due_on > on)  # one always lies ahead
        ],
        milestones=frozenset(task.milestone for task in (*accepted, *_around(session, held))),
        has_plan=has_approved_plan(session, case),
        records=counted_for(session, held.cycle, case, school),
        choices=choices_in(session, case, programme),
        titles={
            key.partition(".")[2]: words
            for key, words in labels.items()
            if key.partition(".")[0] in {"document", "decision", "milestone", "record"}
        },
    )


def _around(session: Session, held: Held) -> list[Task]:
    """Accepted tasks of the case's municipality and of the region in its cycle (S1-17)."""
    case, school = _in_hand(held)
    found = session.exec(
        select(Task).where(
            Task.cycle_id == case.cycle_id,
            col(Task.case_id).is_(None),
            or_(col(Task.territory_id).is_(None), Task.territory_id == school.territory_id),
        )
    ).all()
    newest = latest_turns(found)
    return [task for task in newest if task.state is TaskState.ACCEPTED]


def has_approved_plan(session: Session, case: Case) -> bool:
    """Whether the plan of measures stands approved."""
    plan = session.get(SchoolPlan, case.id)
    return plan is not None and plan.state is PlanState.APPROVED


def _in_hand(held: Held) -> tuple[Case, School]:
    if held.case is None or held.school is None:
        raise NotFound(what=Sentence("case"), key=held.chain)
    return held.case, held.school


def latest_turns(tasks: Sequence[Task]) -> list[Task]:
    """For each milestone its newest task."""
    newest: dict[str, Task] = {}
    for task in sorted(tasks, key=lambda task: (task.turn, task.id)):
        newest[task.milestone] = task
    return list(newest.values())


def _has_curator(session: Session, school: School, on: date) -> bool:
    found = session.exec(
        select(Appointment.id)
        .join(Person, col(Person.id) == col(Appointment.person_id))
        .where(
            Appointment.role == Role.CURATOR,
            Appointment.school_id == school.id,
            col(Person.is_active),
            *in_force(on),
        )
    ).first()
    return found is not None


def _documents(session: Session, task_ids: Sequence[int]) -> Counter[str]:
    """Kind of document → accepted pieces, among the accepted submissions of these tasks."""
    if not task_ids:
        return Counter()
    kinds = session.exec(
        select(Evidence.document, func.count())
        .join(Submission, col(Submission.id) == col(Evidence.submission_id))
        .where(
            col(Submission.task_id).in_(task_ids),
            col(Submission.is_accepted).is_(True),
            col(Evidence.document).is_not(None),
        )
        .group_by(col(Evidence.document))
    ).all()
    return Counter({kind: number for kind, number in kinds if kind is not None})
