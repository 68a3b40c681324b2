"""The rows of a list: each school with the rule's verdict, and what people said above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select as sa_select, true
from sqlmodel import Session, col, select

from casework.cycles.versions import programme_at
from casework.lists.listing import (
    carried_categories,
    is_designated,
    is_on_list,
    standing_overrides,
    words_of,
)
from models.cycle import Listing, Verdict
from models.history import HistoryLine
from models.listing import Override
from models.people import Person
from models.school import School, Territory


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said of a category, and why."""

    category: str
    carries: bool
    reason: str
    basis: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSchool:
    """`by_rule`: None where the rules did not judge or could not; `listed` stands in the end."""

    school: str
    name: str
    territory: str
    peer_group: str | None
    by_rule: bool | None
    listed: bool
    categories: tuple[str, ...]
    grounds: tuple[str, ...]
    not_rated: tuple[str, ...]
    designated: bool | None  # None: the programme designates nobody
    by_override: bool  # a person's word decides whether it is listed
    overrides: tuple[Said, ...] = ()


def listed_schools(
    session: Session, listing: Listing, where: ColumnElement[bool] | None = None
) -> list[ListedSchool]:
    """Every school that was judged or spoken of, in order of identifiers; `where` is of School."""
    programme = programme_at(session, listing.programme_sha256)
    standing = standing_overrides(session, listing.id)
    said = _said(session, standing)
    designates = programme.lists.designation is not None
    rows: list[ListedSchool] = []
    for one in session.execute(_rows(listing, where)):
        overrides = standing.get(one.id, {})
        rows.append(
            ListedSchool(
                school=one.code,
                name=one.name,
                territory=one.territory,
                peer_group=one.peer_group,
                by_rule=one.listed if one.not_rated is None else None,
                listed=bool(one.on_list),
                categories=carried_categories(programme, one.categories or (), overrides),
                grounds=tuple(dict.fromkeys(g["rule"] for g in one.grounds or ())),
                not_rated=tuple(one.not_rated or ()),
                designated=bool(one.designated) if designates else None,
                by_override=programme.identification.entry in overrides,
                overrides=tuple(said[kept.id or 0] for kept in overrides.values()),
            )
        )
    return rows


def _rows(listing: Listing, where: ColumnElement[bool] | None) -> Any:
    judged = (col(Verdict.school_id) == col(School.id)) & (col(Verdict.listing_id) == listing.id)
    spoken_of = select(Override.school_id).where(Override.listing_id == listing.id)
    return (
        sa_select(
            col(School.id),
            col(School.code),
            col(School.name),
            col(Territory.name).label("territory"),
            col(Verdict.listed),
            col(Verdict.categories),
            col(Verdict.grounds),
            col(Verdict.not_rated),
            col(Verdict.peer_group),
            is_on_list(listing.id).label("on_list"),
            is_designated(listing.id).label("designated"),
        )
        .select_from(School)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .outerjoin(Verdict, judged)
        .where(
            col(School.register_key) == listing.register_key,
            col(Verdict.id).is_not(None) | col(School.id).in_(spoken_of),
            true() if where is None else where,
        )
        .order_by(col(School.code))
    )


def _said(session: Session, standing: Mapping[int, Mapping[str, Override]]) -> Mapping[int, Said]:
    """Override → what its line says; a carried one says what was said first."""
    kept = [one for by_category in standing.values() for one in by_category.values()]
    words = words_of(session, (one.line_id for one in kept))
    found: dict[int, Said] = {}
    for one in kept:
        line = session.get_one(HistoryLine, one.line_id)
        said = words.get(one.line_id, {})
        found[one.id or 0] = Said(
            category=one.category,
            carries=one.carries,
            reason=said.get("reason", ""),
            basis=said.get("basis", ""),
            by=named(session, line.actor),
            at=line.happened_at,
        )
    return found


def named(session: Session, actor: str) -> str:
    """The name of who did it."""
    kind, _, number = actor.partition(":")
    person = session.get(Person, int(number)) if kind == "person" else None
    return person.name if person else actor
