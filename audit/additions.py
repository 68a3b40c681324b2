"""Rows that one line of history adds and nobody changes: each is compared with what its line told."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlmodel import Session, SQLModel, col

from audit.lines import Body
from models.case import ExitProposal
from models.pairing import ClusterAssignment, CuratorOffer, PairWish, Participation
from opora.words import Sentence

Row: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """The table a deed adds to, the subject whose line tells it, the column that names the subject."""

    table: type[SQLModel]
    kind: str
    owner: str
    told: tuple[str, ...]  # values of the line, and columns of the row, by the same names


ADDITIONS: Mapping[str, Addition] = {
    "propose_exit": Addition(
        table=ExitProposal,
        kind="case",
        owner="case_id",
        told=("programme_sha256", "facts_year", "years", "outcome", "reasons", "grounds"),
    ),
    "assign_cluster": Addition(
        table=ClusterAssignment,
        kind="case",
        owner="case_id",
        told=("cluster", "whose", "rule", "proposal", "facts_year"),
    ),
    "confirm_partner": Addition(
        table=Participation,
        kind="case",
        owner="case_id",
        told=("candidate", "pool", "form", "score", "parts", "since"),
    ),
    "wish_pair": Addition(
        table=PairWish, kind="case", owner="case_id", told=("kind", "stance", "candidate", "over")
    ),
    "offer_curator": Addition(
        table=CuratorOffer,
        kind="person",
        owner="person_id",
        told=("register_key", "most", "territories", "languages"),
    ),
}
"""Deed → what it adds."""


def told_row(body: Body) -> Row:
    """The row that a line claims to have added; a value it does not tell raises KeyError."""
    return tuple(_said(body["values"][name]) for name in ADDITIONS[body["deed"]].told)


def in_additions(
    subject: str, claimed: Mapping[str, Sequence[Row]], live: Mapping[tuple[str, str], list[Row]]
) -> Iterator[Sentence]:
    """Where the added rows of one subject are not those that its lines tell."""
    for deed, addition in ADDITIONS.items():
        told, found = list(claimed.get(deed, ())), live.get((deed, subject), [])
        if told != found:
            yield Sentence(
                "{table}: history tells of {told} rows, {found} are there, and they differ",
                {
                    "table": str(addition.table.__tablename__),
                    "told": len(told),
                    "found": len(found),
                },
            )


def live_additions(
    session: Session, subjects: Sequence[str]
) -> Mapping[tuple[str, str], list[Row]]:
    """(Deed, subject) → the rows that stand there, in the order in which they were added."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for deed, addition in ADDITIONS.items():
        ids = _ids(addition.kind, subjects)
        columns = addition.table.__table__.c  # type: ignore[attr-defined]  # SQLModel hides it
        owner = columns[addition.owner]
        if not ids:
            continue
        statement = select(owner, *(columns[name] for name in addition.told))
        statement = statement.where(owner.in_(ids)).order_by(col(columns.id))
        for number, *values in session.connection().execute(statement).all():
            row = tuple(map(_said, values))
            found[deed, f"{addition.kind}:{number}"].append(row)
    return found


def _ids(kind: str, subjects: Sequence[str]) -> list[int]:
    split = (subject.partition(":") for subject in subjects)
    return [int(number) for said, _, number in split if said == kind and number.isdecimal()]


def _said(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping | list):
        return json.dumps(value, sort_keys=True)  # JSON of the database keeps no order
    return str(value)
