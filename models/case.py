"""A case: one school in one cycle, and the decisions taken about it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Json, Word, append_only
from states.stage import Outcome, Stage


class Case(SQLModel, table=True):
    """One school in one yearly cycle. `stage` is set in one place, `casework.cases.moving`."""

    __tablename__ = "support_case"  # CASE is a word of SQL
    __table_args__ = (UniqueConstraint("cycle_id", "school_id"),)

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    school_id: int = Field(foreign_key="school.id", index=True)
    stage: Stage = Field(default=Stage.IDENTIFIED, sa_type=Word(Stage))
    version: int = 1  # of the stage; every move is one more
    left_stage: Stage | None = Field(default=None, sa_type=Word(Stage))
    outcome: Outcome | None = Field(default=None, sa_type=Word(Outcome))
    suspended_on: date | None = None
    opened_at: datetime
    stage_since: date
    carried_from: int | None = None  # last year's case, when that one was to go on


class AllowedMove(SQLModel, table=True):
    """The law as the database knows it: a trigger refuses any other change of stage."""

    __tablename__ = append_only("allowed_move")

    source: str = Field(primary_key=True)
    dest: str = Field(primary_key=True)


class Decision(SQLModel, table=True):
    """Who decided what about a case, on what basis. A later one of the same kind stands above it."""

    __tablename__ = append_only("decision")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="support_case.id", index=True)
    kind: str
    value: str
    basis: str
    decided_by: int = Field(foreign_key="person.id")
    decided_at: datetime


class ExitProposal(SQLModel, table=True):
    """What the programme's rule proposes as the end of a case's year; the newest one stands."""

    __tablename__ = append_only("exit_proposal")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="support_case.id", index=True)
    programme_sha256: str
    facts_year: int
    years: int  # in the programme, this one included
    outcome: Outcome | None = Field(default=None, sa_type=Word(Outcome))
    reasons: list[str] = Field(sa_type=Json)  # why nothing can be proposed
    grounds: list[Any] = Field(sa_type=Json)
    proposed_at: datetime
