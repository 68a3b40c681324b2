"""A school's plan in one cycle: its state, its versions as they were handed in, its reviews."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from models.columns import Json, Word, append_only
from states.plan_machine import PlanState
from states.role import Role


class SchoolPlan(SQLModel, table=True):
    """The plan of a case as it stands; its measures are records of the case."""

    __tablename__ = "school_plan"

    case_id: int = Field(foreign_key="support_case.id", primary_key=True)
    state: PlanState = Field(default=PlanState.DRAFT, sa_type=Word(PlanState))
    version: int = 0  # so often it has been handed in
    endorsed: int = 0  # so many reviewers, in their order, have endorsed this version
    submitted_by: int | None = Field(default=None, foreign_key="person.id")


class PlanVersion(SQLModel, table=True):
    """The plan as it was handed in; older ones are kept (S3-15)."""

    __tablename__ = append_only("school_plan_version")

    case_id: int = Field(foreign_key="support_case.id", primary_key=True)
    version: int = Field(primary_key=True)
    measures: list[Any] = Field(sa_type=Json)  # record, its version, its section
    submitted_by: int = Field(foreign_key="person.id")
    submitted_at: datetime


class PlanReview(SQLModel, table=True):
    """One reviewer's word on one version."""

    __tablename__ = append_only("school_plan_review")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="support_case.id", index=True)
    version: int
    role: Role = Field(sa_type=Word(Role))
    by: int = Field(foreign_key="person.id")
    is_endorsed: bool
    remarks: str = ""
    at: datetime
