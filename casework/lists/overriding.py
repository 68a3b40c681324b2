"""A person's word above the rule's: a school comes on the list or off it, with a reason and a basis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from casework.access import require
from casework.acting import Acting
from casework.cycles.versions import programme_at
from casework.grants import Right
from casework.lists.listing import cycle_of_year, standing_overrides, words_of
from casework.records.record_values import LONGEST_TEXT
from models.case import Case
from models.cycle import Listing, Verdict
from models.history import append, take_turn
from models.listing import Override
from models.school import School
from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from programmes.definition import Programme
from states.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a person says of one school; without `category` it is about the list itself."""

    school: str
    carries: bool
    reason: str
    basis: str
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """Both verdicts, the rule's and the person's; `by_rule` is None where the rules did not judge.

    `case` is the school's open case when it leaves the list; `to_open` that it comes without one.
    """

    school: str
    name: str
    category: str
    by_rule: bool | None
    carries: bool
    is_new: bool  # False: somebody said exactly this before
    case: int | None = None
    to_open: bool = False


def override_verdict(
    session: Session,
    listing: Listing,
    ruling: Ruling,
    acting: Acting,
    *,
    dry_run: bool = False,
) -> Overridden:
    """Keep the person's word beside the rule's. Raises `Forbidden`, `NotFound`, `InputRefused`."""
    require(session, acting, Right.OVERRIDE_LIST, listing.register_key)
    return write_override(session, listing, ruling, acting, dry_run=dry_run)


def write_override(
    session: Session,
    listing: Listing,
    ruling: Ruling,
    acting: Acting,
    *,
    objection: int | None = None,
    dry_run: bool = False,
) -> Overridden:
    """The deed itself, for whoever has been let in already."""
    take_turn(session, f"listing:{listing.id}")
    programme = programme_at(session, listing.programme_sha256)
    category = _category(programme, ruling)
    for field, given in (("reason", ruling.reason), ("basis", ruling.basis)):
        if not given.strip():
            cure = Sentence("An override says why, and on what basis.")
            raise InputRefused(field=field, value=given, cure=cure)
        if len(given) > LONGEST_TEXT:
            cure = Sentence("Write a few words, at most {most} characters.", {"most": LONGEST_TEXT})
            raise InputRefused(field=field, value=f"{given[:40]}…", cure=cure)
    school = registered(session, listing.register_key, ruling.school)
    is_entry = category == programme.identification.entry
    by_rule = _by_rule(session, listing, school, category, is_entry=is_entry)
    before = standing_overrides(session, listing.id, school.id).get(school.id or 0, {})
    stands = before.get(category)
    if stands is None and by_rule is ruling.carries:
        cure = Sentence("The rules say so already: there is nothing to override.")
        raise InputRefused(field="school", value=ruling.school, cure=cure)
    is_new = not (stands is not None and _says(session, stands, ruling))
    if is_new and not dry_run:
        _write(session, listing, school, category, ruling, acting, objection=objection)
    case, to_open = _concerned(session, listing, school, ruling) if is_entry else (None, False)
    return Overridden(
        school=school.code,
        name=school.name,
        category=category,
        by_rule=by_rule,
        carries=ruling.carries,
        is_new=is_new,
        case=case,
        to_open=to_open,
    )


def _category(programme: Programme, ruling: Ruling) -> str:
    rules = programme.identification
    category = ruling.category or rules.entry
    if category not in rules.categories:
        cure = Sentence("The programme knows: {known}.", {"known": ", ".join(rules.categories)})
        raise InputRefused(field="category", value=category, cure=cure)
    return category


def registered(session: Session, register: str, code: str) -> School:
    """The school of that identifier; raises `NotFound`."""
    found = session.exec(
        select(School).where(School.register_key == register, School.code == code.strip())
    ).first()
    if found is None:
        raise NotFound(what=Sentence("school"), key=code)
    return found


def _by_rule(
    session: Session, listing: Listing, school: School, category: str, *, is_entry: bool
) -> bool | None:
    """None where the rules did not judge, or could not: a person may then say either."""
    verdict = session.exec(
        select(Verdict).where(Verdict.listing_id == listing.id, Verdict.school_id == school.id)
    ).first()
    if verdict is None or (is_entry and verdict.not_rated is not None):
        return None
    return category in verdict.categories


def _says(session: Session, stands: Override, ruling: Ruling) -> bool:
    said = words_of(session, [stands.line_id]).get(stands.line_id, {})
    same = (said.get("reason"), said.get("basis")) == (ruling.reason, ruling.basis)
    return same and stands.carries is ruling.carries


def _write(
    session: Session,
    listing: Listing,
    school: School,
    category: str,
    ruling: Ruling,
    acting: Acting,
    *,
    objection: int | None,
) -> None:
    programme = programme_at(session, listing.programme_sha256)
    is_entry = category == programme.identification.entry
    values: dict[str, object] = {
        "school": school.code,
        "category": category,
        "carries": ruling.carries,
        "entry": is_entry,
        "objection": objection,
    }
    words = {"reason": ruling.reason, "basis": ruling.basis}
    deed = acting.deed(f"listing:{listing.id}", "override_list", values=values, words=words)
    line = append(session, deed)
    session.add(
        Override(
            listing_id=listing.id or 0,
            school_id=school.id or 0,
            category=category,
            carries=ruling.carries,
            is_entry=is_entry,
            line_id=line.id or 0,
        )
    )
    session.flush()


def _concerned(
    session: Session, listing: Listing, school: School, ruling: Ruling
) -> tuple[int | None, bool]:
    """The open case that a school off the list still has; that a school on it has none."""
    cycle = cycle_of_year(session, listing.programme_key, listing.year)
    if cycle is None or cycle.listing_id != listing.id or not cycle.is_open:
        return None, False
    case = session.exec(
        select(Case).where(Case.cycle_id == cycle.id, Case.school_id == school.id)
    ).first()
    if ruling.carries:
        return None, case is None
    is_open = case is not None and case.stage is not Stage.EXITED
    return (case.id if case is not None and is_open else None), False


def carry_overrides(
    session: Session, before: Listing | None, listing: Listing, acting: Acting
) -> None:
    """A newer version of the year's list keeps what people have said of the one before."""
    if before is None:
        return
    standing = standing_overrides(session, before.id)
    overrides = [one for by_category in standing.values() for one in by_category.values()]
    if not overrides:
        return
    known = set(programme_at(session, listing.programme_sha256).identification.categories)
    kept = sorted((o for o in overrides if o.category in known), key=lambda one: one.id or 0)
    codes = _codes(session, [one.school_id for one in kept])
    told = [
        {"school": codes[o.school_id], "category": o.category, "carries": o.carries} for o in kept
    ]
    values = {"from": before.id, "overrides": told}
    append(session, acting.deed(f"listing:{listing.id}", "carry_overrides", values=values))
    entry = programme_at(session, listing.programme_sha256).identification.entry
    session.add_all(
        Override(
            listing_id=listing.id or 0,
            school_id=one.school_id,
            category=one.category,
            carries=one.carries,
            is_entry=one.category == entry,
            line_id=one.line_id,
        )
        for one in kept
    )
    session.flush()


def _codes(session: Session, schools: Sequence[int]) -> Mapping[int, str]:
    chosen = select(School.id, School.code).where(col(School.id).in_(schools))
    return {school_id: code for school_id, code in session.exec(chosen) if school_id is not None}
