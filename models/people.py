"""People, the roles they hold for a time in a scope, and who this installation belongs to."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import Json, Word
from states.role import Role


class Person(SQLModel, table=True):
    """Somebody with an address. History knows a person by `id` alone."""

    __table_args__ = (
        Index(
            "departed_people",
            "id",
            sqlite_where=text("is_active = 0"),
            postgresql_where=text("NOT is_active"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)  # lower case
    name: str
    language: str = "ru"
    is_active: bool = True
    successor_id: int | None = None  # the person who took everything over at the departure
    name_forms: dict[str, str] | None = Field(default=None, sa_type=Json)  # genitive → “…”


class Appointment(SQLModel, table=True):
    """`person` holds `role` in a scope from `since` until `until` (the day after the last)."""

    __table_args__ = (
        # S0-11: exactly one active curator for a school; S3-10: one coordinator a municipality
        Index(
            "one_curator_a_school",
            "school_id",
            unique=True,
            sqlite_where=text("role = 'curator' AND until IS NULL"),
            postgresql_where=text("role = 'curator' AND until IS NULL"),
        ),
        Index(
            "one_coordinator_a_territory",
            "territory_id",
            unique=True,
            sqlite_where=text("role = 'coordinator' AND until IS NULL"),
            postgresql_where=text("role = 'coordinator' AND until IS NULL"),
        ),
        Index("appointments_of_a_person", "person_id"),
        Index("appointments_at_a_place", "school_id", "territory_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    role: Role = Field(sa_type=Word(Role))
    register_key: str  # "*" is every register
    territory_id: int | None = Field(default=None, foreign_key="territory.id")
    school_id: int | None = Field(default=None, foreign_key="school.id")
    since: date
    until: date | None = None


class Absence(SQLModel, table=True):
    """From its first to its last day `person` is away; `substitute` sees, does and receives instead.

    Periods of one person never overlap: a newer word changes the period it touches.
    """

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    substitute_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    first_day: date
    last_day: date = Field(index=True)


class Installation(SQLModel, table=True):
    """The one row: who acts when no `--as` is given, and whether this copy may act by itself."""

    id: int = Field(default=1, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    quarantined_at: datetime | None = None  # restored from a backup and not yet released
