"""What people do with a task: hand it in, accept it, return it with remarks, cancel it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from casework.access import Held, task_for, task_in
from casework.acting import Acting
from casework.cycles.versions import version_with
from casework.deadlines.suspending import next_remind_on
from casework.grants import Right
from casework.letters.announcing import tell_of_task
from casework.people.responsible import responsible
from casework.people.standing_in import persons_of
from casework.records.record_counting import earlier_turns, proving, standing_for
from casework.tasks.evidence import Kept
from models.history import HistoryLine, append
from models.task import Evidence, Submission, Task
from notifications.outbox import LetterKind
from opora.errors import (
    AuthorAccepts,
    EvidenceRefused,
    Forbidden,
    InputRefused,
    NotFound,
    StaleView,
)
from opora.words import Sentence
from programmes.definition import Programme
from programmes.milestones import Milestone
from states.role import Role
from states.task_machine import TaskDeed, TaskState, task_destination

MAY_JUDGE: dict[Role, set[Role]] = {
    Role.CURATOR: {Role.CURATOR, Role.COORDINATOR, Role.OPERATOR},
    Role.COORDINATOR: {Role.COORDINATOR, Role.OPERATOR},
    Role.OPERATOR: {Role.OPERATOR},
    Role.PARTNER: {Role.PARTNER, Role.CURATOR, Role.COORDINATOR, Role.OPERATOR},
}
"""Who may judge in the place of the approver: whoever stands above, never the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What a person hands in: two lines, files that are already kept in the store, or both."""

    text: str = ""
    files: Sequence[Kept] = ()
    seen: int | None = None  # version of the task that the person looked at


def submit_task(session: Session, task_id: int, handed_in: HandedIn, acting: Acting) -> HistoryLine:
    """Hand a task in. Without an approver it is accepted at once.

    Raises `NotFound`, `Forbidden`, `StaleView`, `TaskNotOpen`, `EvidenceRefused`.
    """
    held = task_for(session, acting, task_id, Right.SUBMIT_TASK)
    task = task_in(held)
    _unchanged(task, handed_in.seen)
    version = version_with(session, held.programme, task.milestone)
    milestone = version.milestone(task.milestone)
    dest = task_destination(TaskDeed.SUBMIT, task.state)
    if task.approver is None:
        dest = TaskState.ACCEPTED
    _counts_as_proof(session, version, milestone, handed_in, task)
    _has_records(session, version, milestone, task)
    submission = _write_submission(session, task, handed_in, dest, acting)
    _write_evidence(session, submission, milestone, handed_in.files)
    line = _set(
        session,
        held,
        TaskDeed.SUBMIT,
        dest,
        acting,
        values={"evidence": [file.sha256 for file in handed_in.files]},
        words={"text": handed_in.text, **_names(handed_in.files)},
    )
    if task.approver is not None:
        judge = _answers_for(session, held, task.approver, acting)
        tell_of_task(session, held, LetterKind.TASK_SUBMITTED, submission, acting, to=judge)
    return line


def accept_task(
    session: Session, task_id: int, acting: Acting, *, remarks: str = "", seen: int | None = None
) -> HistoryLine:
    """Accept what was handed in; the author never does. Raises `AuthorAccepts` then."""
    return _judge(session, task_id, acting, TaskDeed.ACCEPT, remarks=remarks, seen=seen)


def return_task(
    session: Session, task_id: int, acting: Acting, *, remarks: str, seen: int | None = None
) -> HistoryLine:
    """Give it back with remarks that say what is to be done again."""
    if not remarks.strip():
        cure = Sentence("Say what is to be done again: the remarks go to the author.")
        raise InputRefused(field="remarks", value=remarks, cure=cure)
    return _judge(session, task_id, acting, TaskDeed.RETURN, remarks=remarks, seen=seen)


def cancel_task(
    session: Session, task_id: int, acting: Acting, *, reason: str, seen: int | None = None
) -> HistoryLine:
    """Take a task away; the reason stays in the history."""
    if not reason.strip():
        cure = Sentence("Say why the task is no longer needed.")
        raise InputRefused(field="reason", value=reason, cure=cure)
    held = task_for(session, acting, task_id, Right.CANCEL_TASK)
    task = task_in(held)
    _unchanged(task, seen)
    dest = task_destination(TaskDeed.CANCEL, task.state)
    words = {"reason": reason}
    return _set(session, held, TaskDeed.CANCEL, dest, acting, words=words)


def _judge(
    session: Session,
    task_id: int,
    acting: Acting,
    deed: TaskDeed,
    *,
    remarks: str,
    seen: int | None,
) -> HistoryLine:
    held = task_for(session, acting, task_id, Right.JUDGE_TASK)
    task = task_in(held)
    _unchanged(task, seen)
    dest = task_destination(deed, task.state)
    submission = _latest_submission(session, task)
    _may_judge(task, submission, held, acting)
    submission.judged_by = acting.person.id if acting.person else None
    submission.is_accepted = deed is TaskDeed.ACCEPT
    submission.remarks = remarks
    session.add(submission)
    words = {"remarks": remarks}
    line = _set(session, held, deed, dest, acting, words=words)
    kind = LetterKind.TASK_ACCEPTED if deed is TaskDeed.ACCEPT else LetterKind.TASK_RETURNED
    tell_of_task(session, held, kind, submission, acting, to=submission.author_id)
    if deed is TaskDeed.RETURN and task.assignee_id != submission.author_id:
        tell_of_task(session, held, kind, submission, acting, to=task.assignee_id)
    return line


def _unchanged(task: Task, seen: int | None) -> None:
    if seen is not None and seen != task.version:
        raise StaleView(seen=seen, version=task.version)


def _may_judge(task: Task, submission: Submission, held: Held, acting: Acting) -> None:
    if acting.person is not None and submission.author_id == acting.person.id:
        raise AuthorAccepts(person=acting.called)
    judges = MAY_JUDGE.get(task.approver, {task.approver}) if task.approver else set()
    if not held.roles & judges:
        raise Forbidden(person=acting.called, deed=Right.JUDGE_TASK.value)
    held.acts_by(judges, acting)


def _counts_as_proof(
    session: Session, programme: Programme, milestone: Milestone, handed_in: HandedIn, task: Task
) -> None:
    """Raise `EvidenceRefused` when the milestone asks for more than was handed in.

    A record that is the document need not be handed in as a file.
    """
    wanted = milestone.evidence
    if wanted is None:
        return
    have = len(handed_in.files)
    if wanted.document is not None and have < wanted.at_least:
        have += standing_for(session, programme, task, wanted.document, milestone.phase)
    if wanted.document is not None and have < wanted.at_least:
        reason = Sentence(
            "“{title}” asks for {wanted} file(s) “{document}”, {have} given",
            {
                "title": milestone.title,
                "wanted": wanted.at_least,
                "document": programme.documents[wanted.document].words,
                "have": have,
            },
        )
        raise EvidenceRefused(reason=reason)
    if wanted.text and not handed_in.text.strip():
        reason = Sentence("“{title}” asks for a few words", {"title": milestone.title})
        raise EvidenceRefused(reason=reason)


def _has_records(session: Session, programme: Programme, milestone: Milestone, task: Task) -> None:
    """Raise `EvidenceRefused` when fewer records stand than the milestone asks for."""
    wanted = milestone.evidence
    if wanted is None or wanted.record is None:
        return
    have = proving(session, task, wanted.record)
    if milestone.repeats is not None:
        have -= wanted.at_least * earlier_turns(session, task)  # each turn has its own
    if have < wanted.at_least:
        reason = Sentence(
            "“{title}” asks for {wanted} record(s) “{record}”, {have} stand",
            {
                "title": milestone.title,
                "wanted": wanted.at_least,
                "record": programme.record_kind(wanted.record).words,
                "have": have,
            },
        )
        raise EvidenceRefused(reason=reason)


def _write_submission(
    session: Session, task: Task, handed_in: HandedIn, dest: TaskState, acting: Acting
) -> Submission:
    seq = session.exec(
        select(func.count()).select_from(Submission).where(Submission.task_id == task.id)
    ).one()
    submission = Submission(
        task_id=task.id or 0,
        seq=seq + 1,
        author_id=(acting.person.id or 0) if acting.person else 0,
        at=acting.at,
        text=handed_in.text,
        is_accepted=True if dest is TaskState.ACCEPTED else None,
    )
    session.add(submission)
    session.flush()
    return submission


def _write_evidence(
    session: Session, submission: Submission, milestone: Milestone, files: Sequence[Kept]
) -> None:
    document = milestone.evidence.document if milestone.evidence else None
    session.add_all(
        Evidence(
            submission_id=submission.id or 0,
            sha256=file.sha256,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            document=document,
        )
        for file in files
    )


def _names(files: Sequence[Kept]) -> dict[str, str]:
    """File names may name people: they enter history as commitments, like every other word."""
    return {f"file_{number}": file.name for number, file in enumerate(files, 1)}


def _latest_submission(session: Session, task: Task) -> Submission:
    statement = (
        select(Submission).where(Submission.task_id == task.id).order_by(col(Submission.seq).desc())
    )
    found = session.exec(statement).first()
    if found is None:
        raise NotFound(what=Sentence("submission of task"), key=task.id)
    return found


def _set(
    session: Session,
    held: Held,
    deed: TaskDeed,
    dest: TaskState,
    acting: Acting,
    *,
    values: dict[str, object] | None = None,
    words: dict[str, str] | None = None,
) -> HistoryLine:
    """The line, then the state: the one place where a person changes a task."""
    task = task_in(held)
    told = {
        "milestone": task.milestone,
        "turn": task.turn,
        "cycle": task.cycle_id,
        "from": task.state,
        "to": dest,
        "task_version": task.version + 1,
        **(values or {}),
    }
    line = append(
        session, acting.deed(task.subject, f"{deed.value}_task", values=told, words=words)
    )
    task.state = dest
    task.version += 1
    if held.case is None or held.case.suspended_on is None:  # else the clocks stand
        task.next_remind_on = next_remind_on(
            session, held.programme, task, on=acting.on(held.programme.zone)
        )
    session.add(task)
    session.flush()
    return line


def _answers_for(session: Session, held: Held, role: Role, acting: Acting) -> int:
    people = responsible(
        session,
        held.cycle.register_key,
        on=acting.on(held.programme.zone),
        fallback=task_in(held).assignee_id,
        places=[held.place],
    )
    return people.person(role, held.place, barred=persons_of(session, acting))
