"""A year of support: the programme it is pinned to, the confirmed list it began with."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Json, append_only


class ProgrammeVersion(SQLModel, table=True):
    """The files of a programme as they were, addressed by their sha256."""

    __tablename__ = append_only("programme_version")

    sha256: str = Field(primary_key=True)
    key: str
    files: dict[str, str] = Field(sa_type=Json)
    recorded_at: datetime


class Listing(SQLModel, table=True):
    """The outcome of one identification: who was judged, by which rules, and who confirmed it."""

    __table_args__ = (UniqueConstraint("register_key", "year", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    register_key: str
    programme_key: str
    programme_sha256: str = Field(foreign_key="programme_version.sha256")
    year: int
    version: int
    judged: int
    digest: str  # of all verdicts: the same rules over the same facts give no new version
    judged_at: datetime
    confirmed_at: datetime | None = None
    confirmed_by: int | None = Field(default=None, foreign_key="person.id")


class Verdict(SQLModel, table=True):
    """What the rules say of one school, with the inputs they read. Kept beside any override."""

    __tablename__ = append_only("verdict")
    __table_args__ = (UniqueConstraint("listing_id", "school_id"),)

    id: int | None = Field(default=None, primary_key=True)
    listing_id: int = Field(foreign_key="listing.id")
    school_id: int = Field(foreign_key="school.id", index=True)
    listed: bool
    categories: list[str] = Field(sa_type=Json)
    grounds: list[Any] = Field(sa_type=Json)
    not_rated: list[str] | None = Field(default=None, sa_type=Json)
    peer_group: str | None = None
    kept_off: dict[str, str] | None = Field(default=None, sa_type=Json)  # category → the reason


class Cycle(SQLModel, table=True):
    """One year of support in one register."""

    __table_args__ = (
        UniqueConstraint("programme_key", "year"),
        Index("cycles_of_a_register", "register_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    register_key: str
    programme_key: str
    programme_sha256: str = Field(foreign_key="programme_version.sha256")
    listing_id: int = Field(foreign_key="listing.id")
    year: int
    starts_on: date
    ends_on: date
    opened_at: datetime
    kick_off_on: date | None = (
        None  # the day that `kick_off` counts from; None: that of the opening
    )
    is_open: bool = True
