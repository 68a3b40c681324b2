"""The register of territories and schools, and what is known of each school by year."""

from datetime import date
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Json


class Territory(SQLModel, table=True):
    """A municipality or a larger unit of a register."""

    __table_args__ = (UniqueConstraint("register_key", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    register_key: str
    code: str
    name: str
    parent_id: int | None = Field(default=None, foreign_key="territory.id")


class School(SQLModel, table=True):
    """An educational organisation as its latest row says; earlier years live in its facts."""

    __table_args__ = (UniqueConstraint("register_key", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    register_key: str
    code: str  # the register's identifier, as text: leading zeros matter
    name: str
    territory_id: int = Field(foreign_key="territory.id", index=True)
    kind: str = ""
    opened_on: date | None = None
    closed_on: date | None = None
    merged_into: str | None = None  # code of the school that took it in
    as_of_year: int = 0  # the year whose row these attributes come from


class Fact(SQLModel, table=True):
    """One value of one school in one year, with the cell of the file it came from.

    `value` is canonical text (decimals with a point, dates ISO); a missing value has a `reason`
    (not_rated, suppressed, …) and is never a zero.
    """

    __table_args__ = (
        UniqueConstraint("school_id", "year", "procedure", "name"),
        Index("facts_of_a_year", "year", "name"),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id")
    year: int
    procedure: str = ""  # "" where the fact belongs to no procedure
    name: str
    value: str | None = None
    reason: str | None = None
    import_id: int = Field(foreign_key="import_run.id")
    sheet: str = ""
    row: int


class ImportRun(SQLModel, table=True):
    """One file taken in: what it was, by whom, and what it changed (provenance, S4-06)."""

    __tablename__ = "import_run"

    id: int | None = Field(default=None, primary_key=True)
    register_key: str
    profile: str
    file: str
    sha256: str
    person_id: int = Field(foreign_key="person.id")
    at: str  # canonical moment: provenance that history repeats
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    rejected: int = 0
    columns: dict[str, Any] | None = Field(default=None, sa_type=Json)  # procedure/fact → header
