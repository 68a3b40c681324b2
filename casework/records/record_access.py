"""Who sees which records whole, and who only what is public of them; one record fetched for a deed."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, or_, select as sa_select
from sqlmodel import Session, col, select

from casework.access import appointments_of, cases_for, require_open
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right, grants
from casework.people.responsible import EVERY_REGISTER
from casework.people.standing_in import persons_of
from casework.records.record_grounds import Ground, ground_on, is_wide
from models.case import Case
from models.cycle import Cycle
from models.people import Appointment, Person
from models.record import Record, RecordMark
from models.school import School, Territory
from opora.errors import NotFound
from opora.words import Sentence
from states.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A record in hand. Outside its own circle only public fields of public kinds are shown."""

    record: Record
    ground: Ground
    is_inside: bool


def record_for(session: Session, acting: Acting, record_id: int, right: Right = Right.SEE) -> Seen:
    """The record, locked for a deed. What is not yours to see does not exist: `NotFound`."""
    statement = select(Record).where(Record.id == record_id)
    record = session.exec(statement if right is Right.SEE else statement.with_for_update()).first()
    if record is None:
        raise NotFound(what=Sentence("record"), key=record_id)
    ground = ground_of(session, acting, record)
    inside = _is_inside(session, acting, record, ground)
    if not inside and not is_public_to(session, acting, ground):
        raise NotFound(what=Sentence("record"), key=record_id)
    if right is not Right.SEE:
        require_open(ground.cycle)
    return Seen(record=record, ground=ground, is_inside=inside)


def ground_of(session: Session, acting: Acting, record: Record) -> Ground:
    """Where a record that is there already stands."""
    cycle = session.get_one(Cycle, record.cycle_id)
    case = session.get(Case, record.case_id) if record.case_id else None
    territory = session.get(Territory, record.territory_id) if record.territory_id else None
    person = session.get(Person, record.person_id) if record.person_id else None
    return ground_on(session, acting, cycle, record.kind, (case, territory, person))


def _is_inside(session: Session, acting: Acting, record: Record, ground: Ground) -> bool:
    statement = select(Record.id).where(
        Record.id == record.id, inside(session, acting, (ground.cycle,))
    )
    return ground.is_own or session.exec(statement).first() is not None


def is_public_to(session: Session, acting: Acting, ground: Ground) -> bool:
    """Is the kind public, and does the actor take part in the register?"""
    registers = {one.register_key for one in appointments_of(session, acting)}
    takes_part = bool(registers & {EVERY_REGISTER, ground.cycle.register_key})
    return ground.kind.public and takes_part


def parties_of(session: Session, acting: Acting) -> set[str]:
    """What the actor may be invited or asked as: the person, their schools, their territories."""
    found = {f"person:{person_id}" for person_id in persons_of(session, acting)}
    for one in appointments_of(session, acting):
        if one.school_id is not None:
            found.add(f"school:{one.school_id}")
        elif one.territory_id is not None:
            found.add(f"territory:{one.territory_id}")
    return found


# --- many records ---------------------------------------------------------------------------------


def inside(session: Session, acting: Acting, cycles: Collection[Cycle]) -> ColumnElement[bool]:
    """Records of these cycles that the actor sees whole."""
    mine = persons_of(session, acting)
    invited = sa_select(col(RecordMark.record_id)).where(
        col(RecordMark.party).in_(parties_of(session, acting))
    )
    ids = [cycle.id for cycle in cycles]
    seen = cases_for(session, acting).with_only_columns(col(Case.id))
    return col(Record.cycle_id).in_(ids) & or_(
        col(Record.case_id).in_(seen),
        col(Record.added_by).in_(mine),
        col(Record.person_id).in_(mine),
        col(Record.id).in_(invited),
        *(_over(session, acting, cycle) for cycle in cycles),
    )


def _over(session: Session, acting: Acting, cycle: Cycle) -> ColumnElement[bool]:
    """What lies outside cases, by the actor's roles in the cycle's register."""
    held = [
        one
        for one in appointments_of(session, acting)
        if one.register_key in {EVERY_REGISTER, cycle.register_key}
        and Right.SEE in grants()[one.role].rights
    ]
    of_cycle = (col(Record.cycle_id) == cycle.id) & col(Record.case_id).is_(None)
    if any(is_wide(one) for one in held):
        return of_cycle
    territories = [one.territory_id for one in held if one.territory_id is not None]
    own_kinds = _kinds_of(session, cycle, {one.role for one in held})
    of_region = col(Record.territory_id).is_(None) & col(Record.person_id).is_(None)
    return of_cycle & or_(
        false(),
        col(Record.territory_id).in_(territories),
        col(Record.person_id).in_(_people_of(territories)),
        of_region & col(Record.kind).in_(own_kinds),
    )


def _kinds_of(session: Session, cycle: Cycle, roles: Collection[Role]) -> list[str]:
    """Kinds that somebody with one of these roles adds, confirms or answers."""
    kinds = programme_of(session, cycle).records.kinds
    return [
        key
        for key, kind in kinds.items()
        if {*kind.add, *kind.confirm, *(kind.thread.by if kind.thread else ())} & set(roles)
    ]


def _people_of(territories: Collection[int]) -> Select[tuple[int]]:
    """Who holds a role in these territories or their schools."""
    return (
        sa_select(col(Appointment.person_id))
        .outerjoin(School, col(School.id) == col(Appointment.school_id))
        .where(
            col(Appointment.until).is_(None),
            or_(
                col(Appointment.territory_id).in_(territories),
                col(School.territory_id).in_(territories),
            ),
        )
    )


def public(session: Session, acting: Acting, cycles: Collection[Cycle]) -> ColumnElement[bool]:
    """Records of public kinds in these cycles, for those who take part in the register."""
    registers = {one.register_key for one in appointments_of(session, acting)}
    found: list[ColumnElement[bool]] = [false()]
    for cycle in cycles:
        if registers & {EVERY_REGISTER, cycle.register_key}:
            kinds = programme_of(session, cycle).records.kinds
            shown = [key for key, kind in kinds.items() if kind.public]
            found.append((col(Record.cycle_id) == cycle.id) & col(Record.kind).in_(shown))
    return or_(*found)
