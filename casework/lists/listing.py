"""The list as it stands: the rules' verdicts, and above them what people have decided."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from models.cycle import Cycle, Listing, Verdict
from models.history import HistoryWords
from models.listing import Designation, Override
from models.school import School
from opora.errors import NotFound
from opora.words import Sentence
from programmes.definition import Programme


def listing_of(
    session: Session, programme_key: str, year: int, version: int | None = None
) -> Listing:
    """That version; without one, the list that the year's cycle stands on, else the newest.

    Raises `NotFound` when nobody has identified yet, or never so often.
    """
    versions = select(Listing).where(Listing.programme_key == programme_key, Listing.year == year)
    if version is not None:
        versions = versions.where(Listing.version == version)
    else:
        cycle = cycle_of_year(session, programme_key, year)
        if cycle is not None:
            return session.get_one(Listing, cycle.listing_id)
    found = session.exec(versions.order_by(col(Listing.version).desc())).first()
    if found is None:
        raise NotFound(what=Sentence("list"), key=year if version is None else f"{year}, {version}")
    return found


def cycle_of_year(session: Session, programme_key: str, year: int) -> Cycle | None:
    """The programme's cycle of the year, where it has been opened."""
    return session.exec(
        select(Cycle).where(Cycle.programme_key == programme_key, Cycle.year == year)
    ).first()


# --- who is on it, asked of School.id -------------------------------------------------------------


def is_on_list(listing_id: int | None) -> ColumnElement[bool]:
    """The rules listed the school, or a person put it there; and no person took it off since."""
    newest = (
        select(func.max(Override.id))
        .where(Override.listing_id == listing_id, col(Override.is_entry))
        .group_by(col(Override.school_id))
    )
    said = select(Override.school_id).where(col(Override.id).in_(newest))
    put_on = said.where(col(Override.carries))
    by_rule = select(Verdict.school_id).where(Verdict.listing_id == listing_id, col(Verdict.listed))
    return or_(
        col(School.id).in_(put_on), col(School.id).in_(by_rule) & col(School.id).not_in(said)
    )


def is_designated(listing_id: int | None) -> ColumnElement[bool]:
    """The newest word about the school designates it."""
    newest = (
        select(func.max(Designation.id))
        .where(Designation.listing_id == listing_id)
        .group_by(col(Designation.school_id))
    )
    return col(School.id).in_(
        select(Designation.school_id).where(
            col(Designation.id).in_(newest), col(Designation.is_designated)
        )
    )


def is_supported(listing_id: int | None, programme: Programme) -> ColumnElement[bool]:
    """On the list, and designated where the programme asks for that."""
    if programme.lists.designation is None:
        return is_on_list(listing_id)
    return is_on_list(listing_id) & is_designated(listing_id)


# --- what people said -----------------------------------------------------------------------------


def standing_overrides(
    session: Session, listing_id: int | None, school_id: int | None = None
) -> Mapping[int, Mapping[str, Override]]:
    """School → category → the override that stands."""
    statement = select(Override).where(Override.listing_id == listing_id)
    if school_id is not None:
        statement = statement.where(Override.school_id == school_id)
    found: dict[int, dict[str, Override]] = defaultdict(dict)
    for one in session.exec(statement.order_by(col(Override.id))):
        found[one.school_id][one.category] = one
    return found


def carried_categories(
    programme: Programme, by_rule: Iterable[str], overrides: Mapping[str, Override]
) -> tuple[str, ...]:
    """The categories that a school carries in the end, in the order of the programme."""
    rule = set(by_rule)
    return tuple(
        key
        for key in programme.identification.categories
        if (overrides[key].carries if key in overrides else key in rule)
    )


def categories_of(
    session: Session, programme: Programme, listing_id: int, school_id: int | None
) -> tuple[str, ...]:
    """The same of one school of a list; nothing where nobody has judged it."""
    verdict = session.exec(
        select(Verdict).where(Verdict.listing_id == listing_id, Verdict.school_id == school_id)
    ).first()
    said = standing_overrides(session, listing_id, school_id).get(school_id or 0, {})
    return carried_categories(programme, verdict.categories if verdict else (), said)


def words_of(session: Session, lines: Iterable[int | None]) -> Mapping[int, Mapping[str, str]]:
    """History line → its words that are still kept: reason, basis, remarks."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    wanted = sorted({line for line in lines if line is not None})
    for start in range(0, len(wanted), 500):
        chosen = col(HistoryWords.line_id).in_(wanted[start : start + 500])
        for one in session.exec(select(HistoryWords).where(chosen)):
            found[one.line_id][one.field] = one.text
    return found
