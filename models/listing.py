"""What people do to a list after the rules have spoken: overrides, objections, designation, editions.

Reasons, bases and remarks stand in the words of the history line that each row names, nowhere else.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Json, append_only


class Override(SQLModel, table=True):
    """A person gives or takes a category against the rule. The newest of a school's category stands."""

    __tablename__ = append_only("verdict_override")

    id: int | None = Field(default=None, primary_key=True)
    listing_id: int = Field(foreign_key="listing.id", index=True)
    school_id: int = Field(foreign_key="school.id")
    category: str
    carries: bool
    is_entry: bool  # the category is the one that makes the list
    line_id: int = Field(foreign_key="history_line.id")  # of the deed, also when carried


class Objection(SQLModel, table=True):
    """Somebody who answers for a school objects to its verdict, or appeals against a decision."""

    id: int | None = Field(default=None, primary_key=True)
    listing_id: int = Field(foreign_key="listing.id", index=True)
    school_id: int = Field(foreign_key="school.id")
    appeal_of: int | None = Field(default=None, foreign_key="objection.id", unique=True)
    made_by: int = Field(foreign_key="person.id")
    made_on: date  # the region's day
    line_id: int = Field(foreign_key="history_line.id")
    is_upheld: bool | None = None  # None: nobody has decided yet
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_for: int | None = Field(default=None, foreign_key="person.id")  # the absent person
    decision_line_id: int | None = Field(default=None, foreign_key="history_line.id")


class Designation(SQLModel, table=True):
    """A person designates an eligible school, or takes that back. The newest of a school stands."""

    __tablename__ = append_only("designation")

    id: int | None = Field(default=None, primary_key=True)
    listing_id: int = Field(foreign_key="listing.id", index=True)
    school_id: int = Field(foreign_key="school.id")
    is_designated: bool
    line_id: int = Field(foreign_key="history_line.id")


class Publication(SQLModel, table=True):
    """One edition of a list as it was published: its rows to the letter, under their sha256."""

    __tablename__ = append_only("publication")
    __table_args__ = (UniqueConstraint("listing_id", "edition"),)

    id: int | None = Field(default=None, primary_key=True)
    listing_id: int = Field(foreign_key="listing.id")
    edition: int
    published_on: date
    published_at: datetime
    content: dict[str, Any] = Field(sa_type=Json)  # the act and the rows of the register
    sha256: str  # of the canonical text of `content`
    line_id: int = Field(foreign_key="history_line.id")
