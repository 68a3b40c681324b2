"""Who would have to approve their own work: told when a cycle is launched, not when the work is done."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.people.responsible import EVERY_REGISTER, Place, Responsible, in_force, responsible
from casework.tasks.tasking import MAY_JUDGE
from models.cycle import Listing, Verdict
from models.people import Appointment, Person
from models.school import School
from opora.words import Words
from programmes.definition import Programme
from programmes.milestones import Scope
from states.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWork:
    """Work of one milestone that nobody but its doer may approve; how many such tasks."""

    person: str
    name: str
    milestone: str
    title: Words
    tasks: int


@dataclass(frozen=True, slots=True)
class Judges:
    """Everybody who holds a role somewhere; of a shared role all, not only the first."""

    holders: Mapping[tuple[Role, int | None], set[int]] = field(default_factory=dict)

    def are_there(self, approver: Role, place: Place, doer: int) -> bool:
        """Whether somebody else than the doer may judge such work."""
        places = {Role.OPERATOR: None, Role.AUDITOR: None, Role.COORDINATOR: place.territory_id}
        found: set[int] = set()
        for role in MAY_JUDGE.get(approver, {approver}):
            found |= self.holders.get((role, places.get(role, place.school_id)), set())
        return bool(found - {doer})


def judges(session: Session, register: str, *, on: date) -> Judges:
    """Load everybody who holds a role in the register on a day."""
    held: dict[tuple[Role, int | None], set[int]] = defaultdict(set)
    statement = (
        select(Appointment)
        .join(Person, col(Person.id) == col(Appointment.person_id))
        .where(
            col(Person.is_active),
            col(Appointment.register_key).in_((register, EVERY_REGISTER)),
            *in_force(on),
        )
    )
    for one in session.exec(statement):
        held[one.role, one.school_id or one.territory_id].add(one.person_id)
    return Judges(held)


def own_work(
    session: Session, programme: Programme, listing: Listing, acting: Acting
) -> list[OwnWork]:
    """Milestones of a cycle on this list that their doers alone could approve, the most tasks first."""
    on = acting.on(programme.zone)
    fallback = (acting.person.id or 0) if acting.person else 0
    people = responsible(session, programme.register, on=on, fallback=fallback)
    others = judges(session, programme.register, on=on)
    places = _places(session, listing)
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for milestone in programme.milestones:
        if milestone.approves is None:
            continue
        for doer, place in _doers(people, milestone.by, places[milestone.scope]):
            counts[doer, milestone.key] += not others.are_there(milestone.approves, place, doer)
    found = [
        _told(session, programme, person, key, count)
        for (person, key), count in counts.items()
        if count
    ]
    return sorted(found, key=lambda one: (-one.tasks, one.person, one.milestone))


def _doers(people: Responsible, role: Role, places: Iterable[Place]) -> Iterable[tuple[int, Place]]:
    return ((people.person(role, place), place) for place in places)


def _places(session: Session, listing: Listing) -> Mapping[Scope, Sequence[Place]]:
    """The listed schools, their municipalities, and the region."""
    schools = session.exec(
        select(School.id, School.territory_id)
        .join(Verdict, col(Verdict.school_id) == col(School.id))
        .where(Verdict.listing_id == listing.id, col(Verdict.listed))
    ).all()
    found = {scope: [Place()] for scope in Scope}
    found[Scope.CASE] = [Place(school_id=s, territory_id=t) for s, t in schools]
    found[Scope.MUNICIPALITY] = [Place(territory_id=t) for t in sorted({t for _, t in schools})]
    return found


def _told(session: Session, programme: Programme, person: int, key: str, count: int) -> OwnWork:
    found = session.get_one(Person, person)
    title = programme.milestone(key).title
    return OwnWork(person=found.email, name=found.name, milestone=key, title=title, tasks=count)
