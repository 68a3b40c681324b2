"""Who answers for what on a given day: from role, school and territory to a living person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from models.people import Appointment, Person
from schedules.ladders import Audience
from states.role import Role

EVERY_REGISTER = "*"
"""Of an appointment: it holds in every register."""

_UPWARD: Mapping[Role, tuple[Role, ...]] = {
    Role.HEAD: (Role.HEAD, Role.CURATOR, Role.COORDINATOR, Role.OPERATOR),
    Role.PARTNER: (Role.PARTNER, Role.CURATOR, Role.COORDINATOR, Role.OPERATOR),
    Role.CURATOR: (Role.CURATOR, Role.COORDINATOR, Role.OPERATOR),
    Role.COORDINATOR: (Role.COORDINATOR, Role.OPERATOR),
    Role.OPERATOR: (Role.OPERATOR,),
    Role.AUDITOR: (Role.AUDITOR, Role.OPERATOR),
}
"""Where a duty goes when nobody holds the role: up, so that no task is nobody's (S1-32)."""

_AUDIENCE_ROLES: Mapping[Audience, Role] = {
    Audience.CURATOR: Role.CURATOR,
    Audience.COORDINATOR: Role.COORDINATOR,
    Audience.OPERATOR: Role.OPERATOR,
    Audience.HEAD: Role.HEAD,
}


def in_force(on: date) -> tuple[ColumnElement[bool], ...]:
    """Appointments that hold on that day."""
    return (
        col(Appointment.since) <= on,
        or_(col(Appointment.until).is_(None), col(Appointment.until) > on),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """What a duty is about: a school in its territory, a territory alone, or the whole region."""

    school_id: int | None = None
    territory_id: int | None = None


@dataclass(frozen=True, slots=True)
class Responsible:
    """Everybody who holds a role in a register on a day; loaded once, asked many times."""

    fallback: int  # whoever acts: the last resort when not even an operator is appointed
    holders: Mapping[tuple[Role, int | None], int] = field(default_factory=dict)

    def holder(self, role: Role, place: Place) -> int | None:
        """The person who holds exactly this role there."""
        if role in {Role.OPERATOR, Role.AUDITOR}:
            return self.holders.get((role, None))
        if role is Role.COORDINATOR:
            return self.holders.get((role, place.territory_id))
        return self.holders.get((role, place.school_id)) if place.school_id else None

    def person(self, role: Role, place: Place, *, barred: Collection[int] = ()) -> int:
        """The person who answers: the holder, or the next one up; never one of the `barred`."""
        for candidate in _UPWARD[role]:
            found = self.holder(candidate, place)
            if found is not None and found not in barred:
                return found
        return self.fallback

    def above(self, role: Role, place: Place) -> list[int]:
        """Those who stand above the role there, the nearest first."""
        found = (self.holder(candidate, place) for candidate in _UPWARD[role][1:])
        return [person for person in found if person is not None]

    def audience(
        self, audience: Audience, place: Place, *, assignee: int, approver: Role | None
    ) -> int | None:
        """The person whom a rung of a ladder speaks to, if there is one."""
        if audience is Audience.ASSIGNEE:
            return assignee
        if audience is Audience.APPROVER:
            return self.person(approver, place) if approver else None
        role = _AUDIENCE_ROLES.get(audience)
        return self.person(role, place) if role else None


def responsible(
    session: Session,
    register: str,
    *,
    on: date,
    fallback: int,
    places: Collection[Place] | None = None,
) -> Responsible:
    """Load the holders of a register on a day; `places` narrows the roles to those who answer there."""
    statement = (
        select(
            Appointment.role,
            Appointment.school_id,
            Appointment.territory_id,
            Appointment.person_id,
        )
        .join(Person, col(Person.id) == col(Appointment.person_id))
        .where(
            col(Person.is_active),
            col(Appointment.register_key).in_((register, EVERY_REGISTER)),
            *in_force(on),
        )
        # the earliest appointment of a shared role answers; of the own register before a general one
        .order_by(
            (col(Appointment.register_key) == EVERY_REGISTER).desc(), col(Appointment.id).desc()
        )
    )
    if places is not None:
        schools = {place.school_id for place in places if place.school_id is not None}
        territories = {place.territory_id for place in places if place.territory_id is not None}
        no_school = col(Appointment.school_id).is_(None)
        statement = statement.where(
            or_(  # each branch is found in the index of places
                col(Appointment.school_id).in_(schools),
                and_(no_school, col(Appointment.territory_id).in_(territories)),
                and_(no_school, col(Appointment.territory_id).is_(None)),
            )
        )
    holders = {
        (cast("Role", role), school_id or territory_id): person_id
        for role, school_id, territory_id, person_id in session.exec(statement)
    }
    return Responsible(fallback, holders)
