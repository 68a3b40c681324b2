"""Indicators: numbers that people write down, and the values that were frozen at a phase."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import append_only


class IndicatorEntry(SQLModel, table=True):
    """A number that nothing here can count: who wrote it down, and where it comes from (S4-06).

    `place` is "" for the region, `territory:<code>` or `school:<code>`; the newest row stands.
    """

    __tablename__ = append_only("indicator_entry")
    __table_args__ = (Index("entries_of_an_indicator", "cycle_id", "indicator", "place"),)

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    indicator: str
    place: str
    numerator: str | None = None  # decimal as text
    denominator: str | None = None
    taken_from: str  # the outside system or paper
    entered_by: int = Field(foreign_key="person.id")
    entered_at: datetime
    line_id: int = Field(foreign_key="history_line.id")


class FrozenValue(SQLModel, table=True):
    """The value of an indicator as it stood when its phase was frozen (S1-12): never changed."""

    __tablename__ = append_only("frozen_value")
    __table_args__ = (UniqueConstraint("cycle_id", "phase", "indicator", "place"),)

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    phase: str
    indicator: str
    place: str
    numerator: str | None = None
    denominator: str | None = None
    unknown: int  # schools whose numbers were not known
    frozen_at: datetime
    line_id: int = Field(foreign_key="history_line.id")
