"""Tasks, the ledger of each deadline, what was handed in, and the claims of the reminders."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Json, Word, append_only
from states.role import Role
from states.stage import Stage
from states.task_machine import TaskState


class Task(SQLModel, table=True):
    """A milestone addressed to a person. `due_on` is the date in force, the fold of its ledger."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "subject", "milestone", "turn"),
        Index(
            "tasks_to_remind_of",
            "cycle_id",
            "next_remind_on",
            sqlite_where=text("next_remind_on IS NOT NULL"),
            postgresql_where=text("next_remind_on IS NOT NULL"),
        ),
        Index("tasks_of_a_person", "assignee_id", "state"),
        Index("tasks_of_a_case", "case_id"),
        Index("tasks_of_a_milestone", "cycle_id", "milestone", "due_on", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    subject: str  # whose chain tells its history: "case:17", "territory:4", "cycle:2"
    case_id: int | None = Field(default=None, foreign_key="support_case.id")
    territory_id: int | None = Field(default=None, foreign_key="territory.id")
    milestone: str
    turn: int = 1  # one more each time the stage is entered again
    stage: Stage = Field(sa_type=Word(Stage))
    doer: Role = Field(sa_type=Word(Role))
    assignee_id: int = Field(foreign_key="person.id")
    approver: Role | None = Field(default=None, sa_type=Word(Role))
    state: TaskState = Field(default=TaskState.OPEN, sa_type=Word(TaskState))
    version: int = 1
    opened_on: date
    due_on: date
    next_remind_on: date | None = None  # empty when no rung is left or the clocks stand
    silent_until: date | None = None  # somebody was spoken to: no rung speaks up to this day
    assigned_on: date | None = None  # given to this person later than it was opened
    assigned_by: int | None = None  # the person who gave it


class DeadlineStep(SQLModel, table=True):
    """One line of a deadline's ledger; `due_on` is the date in force after it (law 3)."""

    __tablename__ = append_only("deadline_step")

    task_id: int = Field(foreign_key="task.id", primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    due_on: date
    body: dict[str, Any] = Field(sa_type=Json)


class ExtensionRequest(SQLModel, table=True):
    """A wish for a later day that waits for a word, or got one; one at a time for each task."""

    __tablename__ = "extension_request"
    __table_args__ = (
        Index(
            "one_extension_waits",
            "task_id",
            unique=True,
            sqlite_where=text("is_granted IS NULL"),
            postgresql_where=text("is_granted IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id", index=True)
    asked_by: int = Field(foreign_key="person.id")
    asked_at: datetime
    until: date
    reason: str
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None
    is_granted: bool | None = None
    remarks: str = ""


class Submission(SQLModel, table=True):
    """What a person handed in for a task, and what became of it."""

    __table_args__ = (UniqueConstraint("task_id", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id")
    seq: int
    author_id: int = Field(foreign_key="person.id")
    at: datetime
    text: str = ""
    judged_by: int | None = Field(default=None, foreign_key="person.id")
    is_accepted: bool | None = None
    remarks: str = ""


class Evidence(SQLModel, table=True):
    """A file that proves; its bytes lie in the store under their sha256."""

    __tablename__ = append_only("evidence")

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    sha256: str
    name: str
    media_type: str
    size: int  # bytes
    document: str | None = None  # the programme's kind of document


class Reminder(SQLModel, table=True):
    """A claim: this rung of this deadline was taken for this person, once and for all (law 4)."""

    __tablename__ = append_only("reminder")
    __table_args__ = (UniqueConstraint("task_id", "due_on", "rung", "recipient_id"),)

    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id")
    due_on: date
    rung: str
    recipient_id: int = Field(foreign_key="person.id")
    audience: str  # as whom the recipient is told
    day: date  # the rung's own day; earlier than the claim after a silence
    claimed_at: datetime
    letter_id: int = Field(foreign_key="letter.id", index=True)
    on_behalf_of: int | None = None  # the person who was away, when the recipient stood in


class Contact(SQLModel, table=True):
    """Somebody was spoken to about a case or a task; what was said stands with the history line."""

    __tablename__ = append_only("contact")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int | None = Field(default=None, foreign_key="support_case.id", index=True)
    task_id: int | None = Field(default=None, foreign_key="task.id", index=True)
    made_by: int = Field(foreign_key="person.id")
    made_on: date
    silent_until: date | None = None
    line_id: int = Field(foreign_key="history_line.id")
