"""Schools that take part in a cycle without, or beside, a case of their own (S2-02)."""

from sqlmodel import Field, SQLModel

from models.columns import append_only


class Participant(SQLModel, table=True):
    """A person enters a school in a category, or takes it out. The newest of a school stands."""

    __tablename__ = append_only("participant")

    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    school_id: int = Field(foreign_key="school.id")
    category: str | None = None  # None: taken out
    line_id: int = Field(foreign_key="history_line.id")  # its words say on what basis
