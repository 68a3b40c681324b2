"""Objections to a list and appeals: who answers for a school objects, another person decides."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from casework.access import answered_school, require
from casework.acting import Acting
from casework.cycles.versions import programme_at
from casework.grants import Right
from casework.letters.announcing_objections import tell_of_decision, tell_of_objection
from casework.lists.listing import is_on_list, listing_of
from casework.lists.overriding import Overridden, Ruling, write_override
from models.cycle import Listing
from models.history import HistoryLine, append, take_turn
from models.listing import Objection, Publication
from models.school import School
from opora.errors import InputRefused, NotFound, NotReady
from opora.words import Sentence
from programmes.definition import Programme


def object_to_list(
    session: Session,
    listing: Listing,
    code: str,
    reason: str,
    acting: Acting,
    *,
    appeal: bool = False,
) -> Objection:
    """Object to the verdict on one's school, or appeal against the decision on an objection.

    Raises `NotFound`, `Forbidden`, `InputRefused`; `NotReady` when it comes too late.
    """
    school = answered_school(session, acting, listing.register_key, code, Right.OBJECT_TO_LIST)
    take_turn(session, f"listing:{listing.id}")
    if not reason.strip():
        cure = Sentence("Say what is wrong with the verdict: whoever decides reads it.")
        raise InputRefused(field="reason", value=reason, cure=cure)
    programme = programme_at(session, listing.programme_sha256)
    earlier = _earlier(session, listing, school)
    if any(one.is_upheld is None for one in earlier):
        told = {"objection": next(one.id for one in earlier if one.is_upheld is None)}
        cure = Sentence("Objection {objection} of this school waits for a decision.", told)
        raise InputRefused(field="school", value=code, cure=cure)
    against = _appealed(earlier, code) if appeal else None
    if against is None and earlier:
        cure = Sentence("It has been decided: an appeal goes to another person, see --appeal.")
        raise InputRefused(field="school", value=code, cure=cure)
    _in_time(session, programme, listing, against, on=acting.on(programme.zone))
    return _write(session, listing, school, reason, against, acting)


def _earlier(session: Session, listing: Listing, school: School) -> list[Objection]:
    """What was ever said against any version of this year's list about the school."""
    return list(
        session.exec(
            select(Objection)
            .join(Listing, col(Listing.id) == col(Objection.listing_id))
            .where(
                Listing.programme_key == listing.programme_key,
                Listing.year == listing.year,
                Objection.school_id == school.id,
            )
            .order_by(col(Objection.id))
        )
    )


def _appealed(earlier: list[Objection], code: str) -> Objection:
    if not earlier:
        cure = Sentence("Nothing has been decided about it: object first.")
        raise InputRefused(field="school", value=code, cure=cure)
    if earlier[-1].appeal_of is not None:
        cure = Sentence("An appeal is decided once and for all.")
        raise InputRefused(field="school", value=code, cure=cure)
    return earlier[-1]


def _in_time(
    session: Session, programme: Programme, listing: Listing, against: Objection | None, *, on: date
) -> None:
    rule = programme.lists.objections
    if against is not None:
        days, begins = rule.appeals_within, _decided_on(session, programme, against)
    else:
        days, begins = rule.within, _published_on(session, listing)
    if days is None or begins is None:
        return
    last = programme.working_calendar.plus_working_days(begins, days)
    if on > last:
        raise NotReady(
            what=Sentence("It comes too late: the last day was {day}", {"day": last}),
            cure=Sentence("The operator may still override the verdict, with a reason."),
        )


def _published_on(session: Session, listing: Listing) -> date | None:
    """The day of the first edition of any version of the year's list."""
    first = session.exec(
        select(Publication)
        .join(Listing, col(Listing.id) == col(Publication.listing_id))
        .where(Listing.programme_key == listing.programme_key, Listing.year == listing.year)
        .order_by(col(Publication.id))
    ).first()
    return first.published_on if first is not None else None


def _decided_on(session: Session, programme: Programme, objection: Objection) -> date | None:
    if objection.decision_line_id is None:
        return None
    line = session.get_one(HistoryLine, objection.decision_line_id)
    return line.happened_at.astimezone(programme.zone).date()


def _write(
    session: Session,
    listing: Listing,
    school: School,
    reason: str,
    against: Objection | None,
    acting: Acting,
) -> Objection:
    programme = programme_at(session, listing.programme_sha256)
    appeal_of = against.id if against is not None else None
    values = {"school": school.code, "appeal_of": appeal_of}
    deed = acting.deed(
        f"listing:{listing.id}", "object_to_list", values=values, words={"reason": reason}
    )
    line = append(session, deed)
    objection = Objection(
        listing_id=listing.id or 0,
        school_id=school.id or 0,
        appeal_of=appeal_of,
        made_by=(acting.person.id or 0) if acting.person else 0,
        made_on=acting.on(programme.zone),
        line_id=line.id or 0,
    )
    session.add(objection)
    session.flush()
    barred = deciders(against) if against is not None else set()
    tell_of_objection(session, programme, listing, objection, acting, barred=barred)
    return objection


# --- the decision ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What somebody decides, and why; the basis is that of the override when it is upheld."""

    is_upheld: bool
    remarks: str
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision, and the override that it brings when the objection is upheld."""

    objection: int
    programme: str
    year: int
    is_upheld: bool
    override: Overridden | None = None


def decide_objection(
    session: Session, objection_id: int, resolution: Resolution, acting: Acting
) -> Decided:
    """Uphold it, and the verdict is turned round by an override; or refuse it with remarks.

    An appeal is decided by another person than the objection was; nobody decides on their own.
    """
    objection = session.get(Objection, objection_id)
    if objection is None:
        raise NotFound(what=Sentence("objection"), key=objection_id)
    listing = session.get_one(Listing, objection.listing_id)
    require(session, acting, Right.DECIDE_OBJECTION, listing.register_key)
    take_turn(session, f"listing:{listing.id}")
    session.refresh(objection, with_for_update=True)
    _may_decide(session, objection, resolution, acting)
    line = _write_decision(session, listing, objection, resolution, acting)
    changed = _turn_round(session, listing, objection, resolution, acting)
    programme = programme_at(session, listing.programme_sha256)
    tell_of_decision(session, programme, listing, objection, line, acting)
    return Decided(
        objection=objection_id,
        programme=listing.programme_key,
        year=listing.year,
        is_upheld=resolution.is_upheld,
        override=changed,
    )


def deciders(objection: Objection) -> set[int]:
    """Whoever decided it, and in whose place."""
    return {one for one in (objection.decided_by, objection.decided_for) if one is not None}


def _may_decide(
    session: Session, objection: Objection, resolution: Resolution, acting: Acting
) -> None:
    cure = None
    mine = {(acting.person.id or 0) if acting.person else 0, *acting.stands_in}
    if objection.is_upheld is not None:
        cure = Sentence("It is decided already.")
    elif objection.made_by in mine:
        cure = Sentence("Nobody decides on what they said themselves: somebody else does.")
    elif objection.appeal_of is not None:
        first = session.get_one(Objection, objection.appeal_of)
        if deciders(first) & mine:
            cure = Sentence("An appeal is decided by somebody who did not decide the objection.")
    if cure is not None:
        raise InputRefused(field="objection", value=objection.id, cure=cure)
    if not resolution.remarks.strip():
        cure = Sentence("Say why: whoever objected reads it.")
        raise InputRefused(field="remarks", value=resolution.remarks, cure=cure)
    if resolution.is_upheld and not resolution.basis.strip():
        cure = Sentence("An override says why, and on what basis.")
        raise InputRefused(field="basis", value=resolution.basis, cure=cure)


def _write_decision(
    session: Session, listing: Listing, objection: Objection, resolution: Resolution, acting: Acting
) -> HistoryLine:
    school = session.get_one(School, objection.school_id)
    values = {
        "objection": objection.line_id,
        "school": school.code,
        "upheld": resolution.is_upheld,
    }
    words = {"remarks": resolution.remarks, "basis": resolution.basis}
    deed = acting.deed(f"listing:{listing.id}", "decide_objection", values=values, words=words)
    line = append(session, deed)
    objection.is_upheld = resolution.is_upheld
    objection.decided_by = acting.person.id if acting.person else None
    objection.decided_for = acting.stands_in[0] if acting.stands_in else None
    objection.decision_line_id = line.id
    session.add(objection)
    session.flush()
    return line


def _turn_round(
    session: Session, listing: Listing, objection: Objection, resolution: Resolution, acting: Acting
) -> Overridden | None:
    """The override of an upheld objection stands on the list that is in force now."""
    if not resolution.is_upheld:
        return None
    school = session.get_one(School, objection.school_id)
    in_force = listing_of(session, listing.programme_key, listing.year)
    on_list = select(School.id).where(School.id == school.id, is_on_list(in_force.id))
    ruling = Ruling(
        school=school.code,
        carries=session.exec(on_list).first() is None,
        reason=resolution.remarks,
        basis=resolution.basis,
    )
    return write_override(session, in_force, ruling, acting, objection=objection.line_id)
