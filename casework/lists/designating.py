"""Eligible is not designated: where the programme asks for it, a person designates, within caps."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from sqlmodel import Session, col, func, select

from casework.access import require
from casework.acting import Acting
from casework.cycles.versions import programme_at
from casework.grants import Right
from casework.lists.listing import is_designated, is_on_list, is_supported
from casework.lists.overriding import registered
from models.cycle import Listing, Verdict
from models.history import append, take_turn
from models.listing import Designation
from models.school import School, Territory
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from programmes.definition import Programme
from programmes.lists import Cap, CapOf, CapPer


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which schools, by identifier (None: every eligible one), on what basis."""

    schools: Sequence[str] | None
    basis: str
    is_designated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Designated:
    """The schools that the deed changes, and how many are designated of how many eligible."""

    schools: tuple[str, ...]
    designated: int
    eligible: int


def designate(
    session: Session, listing: Listing, choice: Choice, acting: Acting, *, dry_run: bool = False
) -> Designated:
    """Designate schools, or take it back. Raises `InputRefused` with the numbers of a full cap."""
    require(session, acting, Right.DESIGNATE, listing.register_key)
    take_turn(session, f"listing:{listing.id}")
    programme = programme_at(session, listing.programme_sha256)
    if programme.lists.designation is None:
        cure = Sentence("This programme supports every school of the list: nobody is designated.")
        raise InputRefused(field="programme", value=programme.key, cure=cure)
    if not choice.basis.strip():
        cure = Sentence("A designation says on what basis.")
        raise InputRefused(field="basis", value=choice.basis, cure=cure)
    eligible = _ids(session, listing, is_on_list(listing.id))
    standing = _ids(session, listing, is_designated(listing.id))
    chosen = eligible if choice.schools is None else _chosen(session, listing, choice, eligible)
    changed = {i: c for i, c in chosen.items() if (i in standing) is not choice.is_designated}
    after = (
        (standing.keys() | changed) if choice.is_designated else standing.keys() - changed.keys()
    )
    after &= eligible.keys()
    if choice.is_designated:
        _within_caps(session, programme, listing, set(after), set(eligible))
    if changed and not dry_run:
        _write(session, listing, changed, choice, acting)
    return Designated(
        schools=tuple(sorted(changed.values())), designated=len(after), eligible=len(eligible)
    )


def _ids(session: Session, listing: Listing, chosen: object) -> dict[int, str]:
    rows = session.execute(
        select(School.id, School.code).where(
            School.register_key == listing.register_key,
            chosen,  # type: ignore[arg-type]  # one of the conditions of casework.lists.listing
        )
    ).all()
    return {row[0]: row[1] for row in rows}


def _chosen(
    session: Session, listing: Listing, choice: Choice, eligible: Mapping[int, str]
) -> dict[int, str]:
    found: dict[int, str] = {}
    for code in choice.schools or ():
        school = registered(session, listing.register_key, code)
        if choice.is_designated and school.id not in eligible:
            cure = Sentence("It is not on the list: only who is on it can be designated.")
            raise InputRefused(field="school", value=code, cure=cure)
        found[school.id or 0] = school.code
    if not found:
        cure = Sentence("Name schools, or say --all.")
        raise InputRefused(field="school", value="", cure=cure)
    return found


def _write(
    session: Session,
    listing: Listing,
    changed: Mapping[int, str],
    choice: Choice,
    acting: Acting,
) -> None:
    values = {"schools": sorted(changed.values()), "designated": choice.is_designated}
    subject = f"listing:{listing.id}"
    deed = acting.deed(subject, "designate", values=values, words={"basis": choice.basis})
    line = append(session, deed)
    session.add_all(
        Designation(
            listing_id=listing.id or 0,
            school_id=school_id,
            is_designated=choice.is_designated,
            line_id=line.id or 0,
        )
        for school_id in sorted(changed, key=lambda one: changed[one])
    )
    session.flush()


# --- caps -----------------------------------------------------------------------------------------


def _within_caps(
    session: Session, programme: Programme, listing: Listing, after: set[int], eligible: set[int]
) -> None:
    rule = programme.lists.designation
    if rule is None or not rule.caps:
        return
    places = _places(session, listing)
    for cap in rule.caps:
        counted = eligible if cap.of is CapOf.ELIGIBLE else places.keys()
        taken = Counter(places[school][cap.per] for school in after)
        whole = Counter(places[school][cap.per] for school in counted if school in places)
        for place, number in sorted(taken.items()):
            most = _most(cap, whole[place])
            if number > most:
                raise _refusal(programme, cap, place, (number, most, whole[place]))


def _most(cap: Cap, whole: int) -> int:
    if cap.at_most is not None:
        return cap.at_most
    return int((Decimal(cap.share or 0) * whole).to_integral_value(ROUND_FLOOR))


def _refusal(
    programme: Programme, cap: Cap, place: str, numbers: tuple[int, int, int]
) -> InputRefused:
    said: object = place
    if cap.per is CapPer.REGION:
        said = programme.territory.name
    elif cap.per is CapPer.PEER_GROUP and place:
        said = programme.words(f"peer_group.{place}")
    number, most, whole = numbers
    told = {"place": said, "most": most, "whole": whole, "number": number}
    if cap.of is CapOf.JUDGED:
        text = "In {place} at most {most} may be designated ({whole} were judged)."
    else:
        text = "In {place} at most {most} may be designated ({whole} are eligible)."
    return InputRefused(field="schools", value=number, cure=Sentence(text, told))


def _places(session: Session, listing: Listing) -> dict[int, dict[CapPer, str]]:
    """School → where each kind of cap counts it; judged ones, and those a person put on the list."""
    rows = session.execute(
        select(School.id, Territory.name, Verdict.peer_group)
        .select_from(School)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .outerjoin(
            Verdict,
            (col(Verdict.school_id) == col(School.id)) & (col(Verdict.listing_id) == listing.id),
        )
        .where(
            School.register_key == listing.register_key,
            col(Verdict.id).is_not(None) | is_on_list(listing.id),
        )
    ).all()
    return {
        row[0]: {CapPer.REGION: "", CapPer.TERRITORY: row[1], CapPer.PEER_GROUP: row[2] or ""}
        for row in rows
    }


def require_designated(session: Session, programme: Programme, listing: Listing) -> None:
    """Raise `NotReady` while a programme that asks for designation has no designated school."""
    if programme.lists.designation is None:
        return
    number = select(func.count()).select_from(School)
    if session.exec(number.where(is_supported(listing.id, programme))).one() == 0:
        told = {"programme": programme.key, "year": str(listing.year)}
        raise NotReady(
            what=Sentence("No school of the list of {year} is designated", told),
            cure=Sentence(
                "Designate them: opora list designate --programme {programme} --year {year}", told
            ),
        )
