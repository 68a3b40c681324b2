"""A list as its readers see it: its schools, its versions and editions, the objections to it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from casework.access import require, schools_for
from casework.acting import Acting
from casework.grants import Right
from casework.lists.editions import editions, newest_edition, register_rows
from casework.lists.list_rows import ListedSchool, listed_schools, named
from casework.lists.listing import cycle_of_year, is_on_list, standing_overrides, words_of
from models.cycle import Listing
from models.history import HistoryLine
from models.listing import Objection
from models.people import Person
from models.school import School, Territory
from opora.errors import NotFound
from opora.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """One version of a year's list, or the part of it that the reader may see."""

    programme: str
    year: int
    version: int
    judged_at: datetime
    confirmed_at: datetime | None
    edition: int | None
    is_changed: bool  # since its newest edition
    schools: tuple[ListedSchool, ...] = field(repr=False)


def list_view(
    session: Session, listing: Listing, acting: Acting, *, everybody: bool = False
) -> ListView:
    """Who is on the list or was spoken of; with `everybody` also whoever was judged and is not."""
    newest = newest_edition(session, listing)
    rows = listed_schools(session, listing, schools_for(session, acting, Right.SEE))
    return ListView(
        programme=listing.programme_key,
        year=listing.year,
        version=listing.version,
        judged_at=listing.judged_at,
        confirmed_at=listing.confirmed_at,
        edition=newest.edition if newest else None,
        is_changed=newest is not None
        and newest.content["schools"] != register_rows(session, listing),
        schools=tuple(row for row in rows if everybody or row.listed or row.overrides),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """One published edition."""

    edition: int
    published_on: date
    act: dict[str, Any]
    schools: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version: what the rules gave, what people changed, who answers for it."""

    version: int
    judged_at: datetime
    judged: int
    listed: int
    overrides: int
    confirmed_at: datetime | None
    confirmed_by: str
    has_cycle: bool
    programme_sha256: str
    digest: str
    editions: tuple[EditionView, ...]


def versions(
    session: Session, programme_key: str, register: str, year: int, acting: Acting
) -> list[VersionView]:
    """Every version of the year's list; raises `NotFound` when there is none."""
    require(session, acting, Right.SEE, register)
    found = session.exec(
        select(Listing)
        .where(Listing.programme_key == programme_key, Listing.year == year)
        .order_by(col(Listing.version))
    ).all()
    if not found:
        raise NotFound(what=Sentence("list"), key=year)
    cycle = cycle_of_year(session, programme_key, year)
    return [
        _version(session, one, has_cycle=cycle is not None and cycle.listing_id == one.id)
        for one in found
    ]


def _version(session: Session, listing: Listing, *, has_cycle: bool) -> VersionView:
    counted = select(func.count()).select_from(School).where(is_on_list(listing.id))
    confirmed_by = session.get(Person, listing.confirmed_by) if listing.confirmed_by else None
    return VersionView(
        version=listing.version,
        judged_at=listing.judged_at,
        judged=listing.judged,
        listed=session.exec(counted).one(),
        overrides=sum(len(said) for said in standing_overrides(session, listing.id).values()),
        confirmed_at=listing.confirmed_at,
        confirmed_by=confirmed_by.name if confirmed_by else "",
        has_cycle=has_cycle,
        programme_sha256=listing.programme_sha256,
        digest=listing.digest,
        editions=tuple(
            EditionView(
                edition=one.edition,
                published_on=one.published_on,
                act=one.content["act"],
                schools=len(one.content["schools"]),
                sha256=one.sha256,
            )
            for one in editions(session, listing)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionView:
    """`is_upheld`: None while nobody has decided."""

    id: int
    school: str
    name: str
    territory: str
    appeal_of: int | None
    by: str
    made_on: date
    reason: str
    is_upheld: bool | None
    decided_by: str
    remarks: str


def objections(
    session: Session, programme_key: str, year: int, acting: Acting, *, decided: bool = False
) -> list[ObjectionView]:
    """Objections to any version of the year's list within the reader's scope."""
    statement = (
        select(Objection, School, Territory)
        .join(Listing, col(Listing.id) == col(Objection.listing_id))
        .join(School, col(School.id) == col(Objection.school_id))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(
            Listing.programme_key == programme_key,
            Listing.year == year,
            schools_for(session, acting, Right.SEE),
        )
        .order_by(col(Objection.id))
    )
    if not decided:
        statement = statement.where(col(Objection.is_upheld).is_(None))
    rows = session.exec(statement).all()
    lines = [line for row, *_ in rows for line in (row.line_id, row.decision_line_id)]
    words = words_of(session, lines)
    return [
        ObjectionView(
            id=row.id or 0,
            school=school.code,
            name=school.name,
            territory=territory.name,
            appeal_of=row.appeal_of,
            by=session.get_one(Person, row.made_by).name,
            made_on=row.made_on,
            reason=words.get(row.line_id, {}).get("reason", ""),
            is_upheld=row.is_upheld,
            decided_by=_decider(session, row),
            remarks=words.get(row.decision_line_id or 0, {}).get("remarks", ""),
        )
        for row, school, territory in rows
    ]


def _decider(session: Session, objection: Objection) -> str:
    if objection.decision_line_id is None:
        return ""
    return named(session, session.get_one(HistoryLine, objection.decision_line_id).actor)
