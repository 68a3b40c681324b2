"""What the history of a list claims of its overrides, objections, designations and editions."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from sqlalchemy import String, select, type_coerce
from sqlmodel import Session, col

from audit.lines import Body
from models.listing import Designation, Objection, Override, Publication
from models.participant import Participant
from models.school import School
from opora.canonical import canonical

Row: TypeAlias = dict[str, Any]
"""The claimed or the live row of one listing: column → value."""

NAMES = ("overrides", "objections", "designations", "editions")


def nothing_yet() -> Row:
    """What a list begins with."""
    return dict.fromkeys(NAMES, ())


# --- what lines tell ------------------------------------------------------------------------------


def _override(row: Row, body: Body) -> None:
    _add(row, "overrides", _overridden(body["values"]))


def _carried(row: Row, body: Body) -> None:
    _add(row, "overrides", *map(_overridden, body["values"]["overrides"]))


def _overridden(told: Mapping[str, Any]) -> str:
    return f"{told['school']} {told['category']} {_sign(told['carries'])}"


def _objection(row: Row, body: Body) -> None:
    told = body["values"]
    _add(row, "objections", f"{told['school']} {body['actor']} {_OPEN}")


def _decision(row: Row, body: Body) -> None:
    """The school's objection that waits; there is never more than one."""
    told = body["values"]
    waits = [one for one in row["objections"] if one.split()[0] == told["school"]]
    waits = [one for one in waits if one.endswith(_OPEN)]
    if len(waits) != 1:
        raise ValueError(told["school"])  # replay tells it as a line that does not fit
    decided = f"{waits[0].removesuffix(_OPEN)}{_sign(told['upheld'])} {body['actor']}"
    row["objections"] = tuple(decided if one == waits[0] else one for one in row["objections"])


def _designation(row: Row, body: Body) -> None:
    told = body["values"]
    said = _sign(told["designated"])
    _add(row, "designations", *(f"{school} {said}" for school in told["schools"]))


def _edition(row: Row, body: Body) -> None:
    told = body["values"]
    _add(row, "editions", f"{told['edition']} {told['on']} {told['sha256']}")


def _add(row: Row, name: str, *told: str) -> None:
    row[name] = (*row[name], *told)


def _sign(holds: object) -> str:
    return "+" if holds else "-"


_OPEN = "?"
DEEDS: Mapping[str, Callable[[Row, Body], None]] = {
    "override_list": _override,
    "carry_overrides": _carried,
    "object_to_list": _objection,
    "decide_objection": _decision,
    "designate": _designation,
    "publish_list": _edition,
}
"""Each changes the claimed row of its list; ValueError where it does not fit what went before."""


def enter(row: Row, body: Body) -> None:
    """Of a cycle: the schools that a person entered or took out."""
    told = body["values"]
    category = told["category"]
    _add(row, "participants", *(f"{school} {category}" for school in told["schools"]))


# --- what the rows say ----------------------------------------------------------------------------


def add_live(session: Session, listings: dict[int, Row]) -> None:
    """Put the same of the live rows beside each listing."""
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    ids = list(listings)
    for listing_id, name, told in (
        *_live_overrides(session, ids),
        *_live_objections(session, ids),
        *_live_designations(session, ids),
        *_live_editions(session, ids),
    ):
        found[listing_id, name].append(told)
    for listing_id, row in listings.items():
        row.update({name: str(tuple(found[listing_id, name])) for name in NAMES})


def add_participants(session: Session, cycles: dict[int, Row]) -> None:
    """Put the schools that were entered or taken out beside each cycle."""
    found: dict[int, list[str]] = defaultdict(list)
    statement = (
        select(col(Participant.cycle_id), col(School.code), col(Participant.category))
        .join(School, col(School.id) == col(Participant.school_id))
        .where(col(Participant.cycle_id).in_(list(cycles)))
        .order_by(col(Participant.id))
    )
    for cycle_id, school, category in session.connection().execute(statement):
        found[cycle_id].append(f"{school} {category}")
    for cycle_id, row in cycles.items():
        row["participants"] = str(tuple(found[cycle_id]))


_Told: TypeAlias = list[tuple[int, str, str]]


def _live_overrides(session: Session, ids: Collection[int]) -> _Told:
    statement = (
        select(
            col(Override.listing_id),
            col(School.code),
            col(Override.category),
            col(Override.carries),
        )
        .join(School, col(School.id) == col(Override.school_id))
        .where(col(Override.listing_id).in_(ids))
        .order_by(col(Override.id))
    )
    return [
        (row[0], "overrides", f"{row[1]} {row[2]} {_sign(row[3])}")
        for row in session.connection().execute(statement)
    ]


def _live_objections(session: Session, ids: Collection[int]) -> _Told:
    statement = (
        select(
            col(Objection.listing_id),
            col(School.code),
            col(Objection.made_by),
            col(Objection.is_upheld),
            col(Objection.decided_by),
        )
        .join(School, col(School.id) == col(Objection.school_id))
        .where(col(Objection.listing_id).in_(ids))
        .order_by(col(Objection.id))
    )
    found: _Told = []
    for listing_id, school, made_by, is_upheld, decided_by in session.connection().execute(
        statement
    ):
        said = _OPEN if is_upheld is None else f"{_sign(is_upheld)} person:{decided_by}"
        found.append((listing_id, "objections", f"{school} person:{made_by} {said}"))
    return found


def _live_designations(session: Session, ids: Collection[int]) -> _Told:
    statement = (
        select(col(Designation.listing_id), col(School.code), col(Designation.is_designated))
        .join(School, col(School.id) == col(Designation.school_id))
        .where(col(Designation.listing_id).in_(ids))
        .order_by(col(Designation.id))
    )
    return [
        (row[0], "designations", f"{row[1]} {_sign(row[2])}")
        for row in session.connection().execute(statement)
    ]


def _live_editions(session: Session, ids: Collection[int]) -> _Told:
    statement = (
        select(
            col(Publication.listing_id),
            col(Publication.edition),
            type_coerce(col(Publication.published_on), String),
            col(Publication.sha256),
            col(Publication.content),
        )
        .where(col(Publication.listing_id).in_(ids))
        .order_by(col(Publication.id))
    )
    return [
        (row[0], "editions", f"{row[1]} {row[2]} {_proven(row[3], row[4])}")
        for row in session.connection().execute(statement)
    ]


def _proven(sha256: str, content: object) -> str:
    """The fingerprint, and beside it that of the content when they differ."""
    found = hashlib.sha256(canonical(content).encode()).hexdigest()
    return sha256 if found == sha256 else f"{sha256}/{found}"
