"""What a record is about: its cycle, its kind, its place, and the roles that the actor has there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from casework.access import (
    appointments_of,
    case_for,
    require_open,
    roles_over,
)
from casework.acting import Acting
from casework.cycles.versions import programme_at, programme_of
from casework.grants import Right, Scope, grants
from casework.people.responsible import EVERY_REGISTER, Place, in_force
from casework.people.standing_in import persons_of, today
from models.case import Case
from models.cycle import Cycle, ProgrammeVersion
from models.people import Appointment, Person
from models.school import School, Territory
from opora.errors import Forbidden, InputRefused, NotFound, NotReady
from opora.words import Sentence
from programmes.definition import Programme
from programmes.record_kinds import RecordKind, RecordScope
from states.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a record is to be about: exactly what the scope of its kind asks for."""

    cycle: int | None = None  # of the region's records; without it the newest one that is open
    case: int | None = None
    territory: str | None = None  # code
    person: str | None = None  # address


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a record stands, and the roles that the actor has over it."""

    cycle: Cycle
    programme: Programme
    key: str
    kind: RecordKind
    roles: Mapping[Role, int]  # role → whose it is
    case: Case | None = None
    school: School | None = None
    territory: Territory | None = None
    person: Person | None = None
    is_own: bool = False  # a record about the actor

    @property
    def chain(self) -> str:
        """Whose history tells of it."""
        if self.case is not None:
            return f"case:{self.case.id}"
        if self.territory is not None:
            return f"territory:{self.territory.id}"
        return f"person:{self.person.id}" if self.person is not None else f"cycle:{self.cycle.id}"

    @property
    def place(self) -> Place:
        """The place that decides who answers."""
        if self.school is not None:
            return Place(school_id=self.school.id, territory_id=self.school.territory_id)
        return Place(territory_id=self.territory.id if self.territory else None)

    @property
    def rights(self) -> set[Right]:
        """What the actor's roles give."""
        return {right for role in self.roles for right in grants()[role].rights}

    def require(self, roles: Collection[Role], acting: Acting, deed: str) -> None:
        """Raise `Forbidden` unless the actor holds one of these roles; notes in whose place."""
        acting.stands_in.clear()
        usable = [role for role in roles if role in self.roles]
        if not usable or Right.KEEP_RECORDS not in self.rights:
            raise Forbidden(person=acting.called, deed=deed)
        own = acting.person.id if acting.person else None
        if all(self.roles[role] != own for role in usable):
            acting.stands_in.append(self.roles[usable[0]])


def cycle_for(session: Session, acting: Acting, cycle_id: int | None) -> Cycle:
    """The cycle of that number, or the newest open one, where the actor takes part."""
    registers = {one.register_key for one in appointments_of(session, acting)}
    statement = select(Cycle).order_by(col(Cycle.id).desc())
    if EVERY_REGISTER not in registers:
        statement = statement.where(col(Cycle.register_key).in_(registers))
    if cycle_id is not None:
        found = session.exec(statement.where(Cycle.id == cycle_id)).first()
        if found is None:
            raise NotFound(what=Sentence("cycle"), key=cycle_id)
        return found
    open_now = session.exec(statement.where(col(Cycle.is_open)).limit(2)).all()
    if not open_now:
        cure = Sentence("Open a cycle first: opora cycle open")
        raise NotReady(what=Sentence("No cycle is open"), cure=cure)
    if len(open_now) > 1:
        cure = Sentence("Several cycles are open: name one.")
        raise InputRefused(field="--cycle", value="", cure=cure)
    return open_now[0]


def ground_for(session: Session, acting: Acting, key: str, about: About) -> Ground:
    """The ground of a new record of the kind. Raises `NotFound`, `InputRefused`, `NotReady`."""
    if about.case is not None:
        cycle = case_for(session, acting, about.case).cycle
    else:
        cycle = cycle_for(session, acting, about.cycle)
    require_open(cycle)
    kind = kind_of(session, cycle, key)
    _check_scope(kind, about)
    territory = _territory(session, cycle, about.territory) if about.territory else None
    person = _person(session, about.person) if about.person else None
    case = session.get_one(Case, about.case) if about.case is not None else None
    return ground_on(session, acting, cycle, key, (case, territory, person))


def kind_of(session: Session, cycle: Cycle, key: str) -> RecordKind:
    """The kind as the cycle's programme declares it. Raises `InputRefused` naming those it has."""
    kinds = programme_of(session, cycle).records.kinds
    if key not in kinds:
        cure = Sentence("The programme knows: {known}.", {"known": ", ".join(kinds)})
        raise InputRefused(field="KIND", value=key, cure=cure)
    return kinds[key]


def declared(session: Session, cycle: Cycle, key: str) -> RecordKind:
    """The kind of a record that is there; one that the programme has left out, as it was last.

    Raises `NotFound`.
    """
    found = programme_of(session, cycle).records.kinds.get(key)
    if found is not None:
        return found
    kept = (
        select(ProgrammeVersion.sha256)
        .where(ProgrammeVersion.key == cycle.programme_key)
        .order_by(col(ProgrammeVersion.recorded_at).desc())
    )
    for earlier in session.exec(kept).all():
        found = programme_at(session, earlier).records.kinds.get(key)
        if found is not None:
            return found
    raise NotFound(what=Sentence("kind of record"), key=key)


def _check_scope(kind: RecordKind, about: About) -> None:
    given = {
        RecordScope.CASE: about.case,
        RecordScope.MUNICIPALITY: about.territory,
        RecordScope.PERSON: about.person,
    }
    for scope, value in given.items():
        if (kind.scope is scope) is (value is None):
            field = _OPTIONS[scope]
            cure = (
                Sentence("A record of this kind needs it.")
                if value is None
                else Sentence("A record of this kind is not about that: leave it out.")
            )
            raise InputRefused(field=field, value=value or "", cure=cure)


_OPTIONS = {
    RecordScope.CASE: "--case",
    RecordScope.MUNICIPALITY: "--territory",
    RecordScope.PERSON: "--person",
}


def _territory(session: Session, cycle: Cycle, code: str) -> Territory:
    found = session.exec(
        select(Territory).where(
            Territory.register_key == cycle.register_key, Territory.code == code
        )
    ).first()
    if found is None:
        raise NotFound(what=Sentence("territory"), key=code)
    return found


def _person(session: Session, email: str) -> Person:
    found = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    if found is None:
        raise NotFound(what=Sentence("person"), key=email)
    return found


def ground_on(
    session: Session,
    acting: Acting,
    cycle: Cycle,
    key: str,
    subject: tuple[Case | None, Territory | None, Person | None],
) -> Ground:
    """The ground of a record of that kind about a case, a territory, a person, or the region."""
    case, territory, person = subject
    school = session.get_one(School, case.school_id) if case is not None else None
    programme = programme_of(session, cycle)
    return Ground(
        cycle=cycle,
        programme=programme,
        key=key,
        kind=declared(session, cycle, key),
        roles=_roles(session, acting, cycle, (school, territory, person)),
        case=case,
        school=school,
        territory=territory,
        person=person,
        is_own=person is not None and person.id in persons_of(session, acting),
    )


def _roles(
    session: Session,
    acting: Acting,
    cycle: Cycle,
    subject: tuple[School | None, Territory | None, Person | None],
) -> Mapping[Role, int]:
    """The actor's roles over the subject; over what is the region's, any role held there."""
    school, territory, person = subject
    register = cycle.register_key
    if school is not None:
        territory_id = school.territory_id
        return roles_over(
            session, acting, register=register, school=school, territory_id=territory_id
        )
    if territory is not None:
        return roles_over(
            session, acting, register=register, school=None, territory_id=territory.id
        )
    held = [
        one
        for one in appointments_of(session, acting)
        if one.register_key in {EVERY_REGISTER, register}
    ]
    found: dict[Role, int] = {}
    for one in held:
        if person is None or person.id == one.person_id or is_wide(one):
            found.setdefault(one.role, one.person_id)
    if person is not None:
        for place in _places_of(session, acting, person, register):
            where = {"school": place[0], "territory_id": place[1]}
            for role, holder in roles_over(session, acting, register=register, **where).items():  # type: ignore[arg-type]  # two of its keywords
                found.setdefault(role, holder)
    return found


def is_wide(appointment: Appointment) -> bool:
    """Does it reach over the whole register?"""
    return grants()[appointment.role].scope is Scope.REGISTER


def _places_of(
    session: Session, acting: Acting, person: Person, register: str
) -> list[tuple[School | None, int | None]]:
    """Schools and territories where the person holds a role."""
    held = session.exec(
        select(Appointment).where(
            Appointment.person_id == person.id,
            col(Appointment.register_key).in_((register, EVERY_REGISTER)),
            *in_force(today(session, acting)),
        )
    ).all()
    found: list[tuple[School | None, int | None]] = []
    for one in held:
        school = session.get(School, one.school_id) if one.school_id else None
        found.append((school, school.territory_id if school else one.territory_id))
    return found
