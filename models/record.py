"""Records of declared kinds: what was written down, its versions, who came, who answered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Json, Word, append_only
from states.record_machine import RecordState


class Record(SQLModel, table=True):
    """One record as it stands now; `fields` is key → value as `casework.records.record_values` writes it.

    Exactly one of `case_id`, `territory_id`, `person_id` is set, or none: then it is the region's.
    """

    __tablename__ = "kept_record"
    __table_args__ = (
        UniqueConstraint("cycle_id", "kind", "number"),
        Index("records_of_a_kind", "cycle_id", "kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    kind: str  # of the programme's
    subject: str  # whose chain tells its history: "case:17", "territory:4", "cycle:2", "person:3"
    case_id: int | None = Field(default=None, foreign_key="support_case.id", index=True)
    territory_id: int | None = Field(default=None, foreign_key="territory.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    parent_id: int | None = Field(default=None, foreign_key="kept_record.id", index=True)
    number: int | None = None  # in the register of its kind and cycle
    title: str = ""
    day: date | None = None
    until: date | None = None  # the last day on which it holds
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: RecordState = Field(sa_type=Word(RecordState))
    outcome: str | None = None
    version: int = 1
    added_by: int = Field(foreign_key="person.id")
    added_at: datetime
    changed_by: int = Field(foreign_key="person.id")  # who wrote the newest version


class RecordVersion(SQLModel, table=True):
    """A record as it was written down by one deed; older ones are kept."""

    __tablename__ = append_only("kept_record_version")

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    version: int = Field(primary_key=True)
    deed: str
    fields: dict[str, Any] = Field(sa_type=Json)
    state: RecordState = Field(sa_type=Word(RecordState))
    outcome: str | None = None
    remarks: str = ""
    by: int = Field(foreign_key="person.id")
    at: datetime


class RecordMark(SQLModel, table=True):
    """Somebody is invited or asked, came or acknowledged; the newest row of its kind stands."""

    __tablename__ = append_only("record_mark")
    __table_args__ = (Index("marks_of_a_party", "party"),)

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    party: str = Field(primary_key=True)  # "school:4", "territory:3", "person:2", or "guests"
    mark: str = Field(primary_key=True)  # a word of `casework.records.attending.Mark`
    seq: int = Field(primary_key=True)
    persons: int
    by: int = Field(foreign_key="person.id")
    at: datetime


class RecordReply(SQLModel, table=True):
    """One answer, or a further question, in a record's thread."""

    __tablename__ = append_only("record_reply")

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    seq: int = Field(primary_key=True)
    author_id: int = Field(foreign_key="person.id")
    at: datetime
    text: str


class RecordFile(SQLModel, table=True):
    """A file that some version of a record names; its bytes lie in the store under their sha256."""

    __tablename__ = append_only("record_file")

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    sha256: str = Field(primary_key=True)


class RecordTask(SQLModel, table=True):
    """The task that a record has made."""

    __tablename__ = append_only("record_task")

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    task_id: int = Field(foreign_key="task.id", primary_key=True)


class RecordPrefill(SQLModel, table=True):
    """What a field of a record said before anybody typed, and where that came from."""

    __tablename__ = append_only("record_prefill")

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    field: str = Field(primary_key=True)
    source: str  # "fact:share_below:2026", "indicator:low_results:value", "case:cluster", …
    origin: str = ""  # file and row, number of the earlier record
    value: Any = Field(sa_type=Json)  # as `casework.records.record_values` writes it


class RecordMaking(SQLModel, table=True):
    """A record that followed from another one by a rule of its kind: once a rule."""

    __tablename__ = append_only("record_making")

    record_id: int = Field(foreign_key="kept_record.id", primary_key=True)
    rule: str = Field(primary_key=True)
    made_id: int = Field(foreign_key="kept_record.id", index=True)
