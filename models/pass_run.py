"""A pass over many rows: how far it came, who holds it, what it refused (law 7)."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Json, Word, append_only


class PassState(StrEnum):
    """Where a pass stands."""

    RUNNING = "running"
    DONE = "done"


class PassRun(SQLModel, table=True):
    """One pass of one kind over one period; its cursor moves in the transaction of each chunk.

    A large pass may be split: each portion is a row of its own with a `parent_id`, which goes from
    its first `cursor` to `until`. The pass itself then notes where its portions end, and its cursor
    goes there at once when all of them are done.
    """

    __tablename__ = "pass_run"
    __table_args__ = (UniqueConstraint("kind", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    period: str
    arguments: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: PassState = Field(default=PassState.RUNNING, sa_type=Word(PassState))
    cursor: int = 0
    fence: int = 0
    lease_until: datetime | None = None
    counts: dict[str, int] = Field(default_factory=dict, sa_type=Json)
    started_at: datetime
    finished_at: datetime | None = None
    flow_run: str | None = None  # Prefect's name of the run that has it in hand
    parent_id: int | None = Field(default=None, index=True)
    until: int | None = None  # the last id of a portion; of a split pass, that of its last portion

    @property
    def is_split(self) -> bool:
        """Portions of it are still to be done, by whoever takes them."""
        return self.parent_id is None and self.until is not None and self.cursor < self.until


class PassRefusal(SQLModel, table=True):
    """A case that a pass could not serve: kept and shown, while the rest went on."""

    __tablename__ = append_only("pass_refusal")

    id: int | None = Field(default=None, primary_key=True)
    pass_id: int = Field(foreign_key="pass_run.id", index=True)
    subject: str
    reason: str
    at: datetime


class SkippedPeriod(SQLModel, table=True):
    """A period that the timetable's policy left out, recorded instead of forgotten."""

    __tablename__ = append_only("skipped_period")
    __table_args__ = (UniqueConstraint("kind", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    period: str
    policy: str
    noticed_at: datetime
