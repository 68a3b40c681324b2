"""What was worked out and decided about clusters, partners and curators; rows that are only added."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from models.columns import Json, append_only


class ClusterAssignment(SQLModel, table=True):
    """The cluster of a case: what the rule table says, what the data propose, what a person decided.

    `whose` is `rule`, `proposal` or `person`: the word that was taken. The newest row stands.
    """

    __tablename__ = append_only("cluster_assignment")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="support_case.id", index=True)
    programme_sha256: str
    facts_year: int
    cluster: str
    whose: str
    rule: str | None = None
    reasons: list[str] = Field(sa_type=Json)  # why the table gives nothing
    grounds: list[Any] = Field(sa_type=Json)
    proposal: str | None = None
    apart: list[Any] = Field(sa_type=Json)  # what sets the proposed group apart
    decided_at: datetime


class Participation(SQLModel, table=True):
    """Who helps a case in its cycle: a school, or an organisation by its key. The newest row stands."""

    __tablename__ = append_only("participation")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="support_case.id", index=True)
    cycle_id: int = Field(foreign_key="cycle.id", index=True)
    candidate: str  # code of the school, or key of the organisation
    school_id: int | None = Field(default=None, foreign_key="school.id", index=True)
    pool: str | None = None
    form: str | None = None
    score: int  # in ten-thousandths
    parts: dict[str, int] = Field(sa_type=Json)  # likewise
    since: date
    confirmed_at: datetime


class PairWish(SQLModel, table=True):
    """What a person wants of the next proposal for a case: this one fixed, that one barred, or free.

    `kind` is `partner` or `curator`; `candidate` a code, a key, or `person:5`. The newest stands.
    """

    __tablename__ = append_only("pair_wish")

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="support_case.id", index=True)
    kind: str
    stance: str
    candidate: str
    over: int | None = (
        None  # the confirmed pair that stood when it was wished, and that it replaces
    )
    wished_by: int = Field(foreign_key="person.id")
    wished_at: datetime


class CuratorOffer(SQLModel, table=True):
    """Somebody who may be given schools to look after, where, and how many. The newest stands."""

    __tablename__ = append_only("curator_offer")

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    register_key: str
    most: int  # 0: no more
    territories: list[str] = Field(sa_type=Json)
    languages: list[str] = Field(sa_type=Json)
    offered_at: datetime
