"""Who reads and acts in whose place on a day: absent people have substitutes, departed ones successors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlmodel import Session, col, not_, select

from casework.acting import Acting
from casework.cycles.versions import programme_of
from models.cycle import Cycle
from models.people import Absence, Person


@dataclass(frozen=True, slots=True)
class StandingIn:
    """Everybody who is away on a day, and who instead; loaded once, asked many times."""

    substitutes: Mapping[int, int | None] = field(default_factory=dict)  # of the absent
    successors: Mapping[int, int | None] = field(default_factory=dict)  # of the departed

    def is_here(self, person_id: int) -> bool:
        """Neither absent nor departed."""
        return person_id not in self.substitutes and person_id not in self.successors

    def reader(self, person_id: int) -> int | None:
        """Who receives what is meant for the person; a substitute may have a substitute.

        Where the way ends with nobody, the last absent person keeps it; after a departure: None.
        """
        way: list[int] = []
        current: int | None = person_id
        while current is not None and current not in way:
            if self.is_here(current):
                return current
            way.append(current)
            current = self.substitutes.get(current, self.successors.get(current))
        return next((one for one in reversed(way) if one in self.substitutes), None)

    def absent_for(self, person_id: int) -> frozenset[int]:
        """The absent people in whose place the person sees and acts."""
        return frozenset(
            absent
            for absent in self.substitutes
            if absent != person_id and self.reader(absent) == person_id
        )


def standing_in(session: Session, on: date) -> StandingIn:
    """Load who is away on that day."""
    away = session.exec(
        select(Absence.person_id, Absence.substitute_id).where(
            col(Absence.first_day) <= on, col(Absence.last_day) >= on
        )
    ).all()
    gone = session.exec(
        select(Person.id, Person.successor_id).where(not_(col(Person.is_active)))
    ).all()
    departed = {person_id or 0: successor for person_id, successor in gone}
    return StandingIn({one: by for one, by in away if one not in departed}, departed)


def today(session: Session, acting: Acting) -> date:
    """The day that people live where the newest cycle runs; before any, the latest day on Earth."""
    newest = session.exec(select(Cycle).order_by(col(Cycle.id).desc()).limit(1)).first()
    return acting.on(programme_of(session, newest).zone) if newest else acting.latest_day


def persons_of(session: Session, acting: Acting) -> set[int]:
    """The actor and everybody in whose place they act."""
    if acting.person is None or acting.person.id is None:
        return set()
    own, near = acting.person.id, acting.at.date()
    asked = session.exec(
        select(Absence.id)
        .where(
            Absence.substitute_id == own,
            col(Absence.first_day) <= near + _A_DAY,
            col(Absence.last_day) >= near - _A_DAY,
        )
        .limit(1)
    ).first()
    if asked is None:  # almost always
        return {own}
    return {own, *standing_in(session, today(session, acting)).absent_for(own)}


_A_DAY = timedelta(days=1)  # no region is further from UTC
