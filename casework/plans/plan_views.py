"""A school's plan as people and documents read it: measures with their tasks, what is done and in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.plans.plan_completeness import in_words, lacks, pieces_of
from casework.plans.school_plan import in_hand
from casework.records.record_views import RecordView, Wanted, records
from models.people import Person
from models.plan import PlanReview, PlanVersion
from models.record import RecordTask
from models.task import Submission, Task
from opora.clock import day_of
from opora.words import Sentence
from states.plan_machine import PlanState
from states.record_machine import RecordState
from states.role import Role
from states.task_machine import TaskState

STATES = {
    PlanState.DRAFT: Sentence("draft"),
    PlanState.SUBMITTED: Sentence("handed in"),
    PlanState.RETURNED: Sentence("returned"),
    PlanState.APPROVED: Sentence("approved"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureView:
    """One measure: its record, and the task that it became."""

    record: RecordView
    section: str | None
    task: int | None
    state: TaskState | None
    due_on: date | None
    done_on: date | None

    @property
    def in_time(self) -> bool | None:
        """None while it is not done."""
        if self.done_on is None or self.due_on is None:
            return None
        return self.done_on <= self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """One reviewer's word."""

    version: int
    role: Role
    by: str
    is_endorsed: bool
    remarks: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """The plan of a case; `missing` is empty when it may be handed in."""

    case: int
    state: PlanState
    version: int
    waits_for: Role | None
    missing: tuple[Sentence, ...]
    measures: tuple[MeasureView, ...]
    reviews: tuple[ReviewView, ...]
    versions: tuple[tuple[int, datetime, int], ...]  # number, moment, measures

    @property
    def share_done(self) -> Decimal | None:
        """Of the measures that have become tasks."""
        tasks = [one for one in self.measures if one.task is not None]
        done = sum(one.done_on is not None for one in tasks)
        return Decimal(done) / len(tasks) if tasks else None

    @property
    def share_in_time(self) -> Decimal | None:
        """Of the measures that are done (S3-11)."""
        done = [one.in_time for one in self.measures if one.in_time is not None]
        return Decimal(sum(done)) / len(done) if done else None


def plan_view(session: Session, acting: Acting, case_id: int) -> PlanView:
    """The plan within the reader's scope."""
    hand = in_hand(session, acting, case_id)
    declared, plan = hand.declared, hand.plan
    programme = hand.held.programme
    found = records(session, acting, Wanted(case=case_id, kind=declared.measure))
    kept = [one for one in found if one.state is not RecordState.CANCELLED]
    pieces = {one.id: one for one in pieces_of(session, case_id)}
    tasks = _tasks(session, [one.id for one in kept])
    zone = programme.zone
    is_waiting = plan.state is PlanState.SUBMITTED
    return PlanView(
        case=case_id,
        state=plan.state,
        version=plan.version,
        waits_for=(hand.next_reviewer or declared.approver) if is_waiting else None,
        missing=tuple(in_words(programme, one) for one in lacks(declared, list(pieces.values()))),
        measures=tuple(
            MeasureView(
                record=one,
                section=str(pieces[one.id].fields.get(declared.section or "", "")) or None,
                task=task.id if task else None,
                state=task.state if task else None,
                due_on=task.due_on if task else None,
                done_on=day_of(done, zone) if done else None,
            )
            for one in kept
            for task, done in [tasks.get(one.id, (None, None))]
        ),
        reviews=_reviews(session, case_id),
        versions=tuple(
            (one.version, one.submitted_at, len(one.measures))
            for one in session.exec(
                select(PlanVersion)
                .where(PlanVersion.case_id == case_id)
                .order_by(col(PlanVersion.version))
            )
        ),
    )


def _tasks(session: Session, record_ids: Sequence[int]) -> dict[int, tuple[Task, datetime | None]]:
    """Record → its task, and when the accepted work was handed in."""
    rows = session.execute(
        select(RecordTask.record_id, Task, Submission.at)
        .join(Task, col(Task.id) == col(RecordTask.task_id))
        .outerjoin(
            Submission,
            (col(Submission.task_id) == col(Task.id)) & col(Submission.is_accepted).is_(True),
        )
        .where(col(RecordTask.record_id).in_(record_ids))
        .order_by(col(Task.id), col(Submission.seq))
    ).all()
    return {
        record: (task, given if task.state is TaskState.ACCEPTED else None)
        for record, task, given in rows
    }


def _reviews(session: Session, case_id: int) -> tuple[ReviewView, ...]:
    rows = session.execute(
        select(PlanReview, Person.name)
        .join(Person, col(Person.id) == col(PlanReview.by))
        .where(PlanReview.case_id == case_id)
        .order_by(col(PlanReview.id))
    ).all()
    return tuple(
        ReviewView(
            version=one.version,
            role=one.role,
            by=name,
            is_endorsed=one.is_endorsed,
            remarks=one.remarks,
            at=one.at,
        )
        for one, name in rows
    )
