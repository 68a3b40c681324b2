"""Documents that were made from what the database knows: an order, a contract, a case folder."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import append_only


class MadeDocument(SQLModel, table=True):
    """One made file; its bytes lie in the store under their sha256, the line tells who made it."""

    __tablename__ = append_only("made_document")

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="support_case.id", index=True)
    record_id: int | None = Field(default=None, foreign_key="kept_record.id")
    kind: str
    language: str
    name: str  # of the file
    sha256: str
    size: int  # bytes
    made_by: int = Field(foreign_key="person.id")
    made_at: datetime
    line_id: int = Field(foreign_key="history_line.id")
