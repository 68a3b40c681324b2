"""The self-check: open deadlines of which no living person would hear, or that nobody may approve."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cycles.versions import ladder_of, milestone_of, programme_of
from casework.grants import Right
from casework.letters.readdressing import refusal_of
from casework.people.absences import manages_people
from casework.people.responsible import Responsible, responsible
from casework.people.standing_in import StandingIn, standing_in
from casework.reminders.only_theirs import place_of, told_by, waiting_tasks
from casework.tasks.own_approval import Judges, judges
from models.cycle import Cycle
from models.people import Person
from models.school import School
from models.task import Task
from opora.clock import day_of
from opora.errors import Forbidden
from opora.words import Sentence, Words
from programmes.definition import Programme


class Lack(StrEnum):
    """Why nobody would hear of a deadline."""

    INACTIVE = "inactive"
    ABSENT = "absent"
    NO_ADDRESS = "no_address"
    NO_AUDIENCE = "no_audience"
    OWN_APPROVAL = "own_approval"


LACKS: Mapping[Lack, tuple[Sentence, Sentence]] = {
    Lack.INACTIVE: (
        Sentence("the person has left, and nobody took over"),
        Sentence("opora task reassign ID --to EMAIL, or people handover"),
    ),
    Lack.ABSENT: (
        Sentence("the person is away, and nobody stands in"),
        Sentence("opora people absent EMAIL … --substitute EMAIL"),
    ),
    Lack.NO_ADDRESS: (
        Sentence("the address takes no letters"),
        Sentence("import people with the right address, or reassign"),
    ),
    Lack.NO_AUDIENCE: (
        Sentence("no rung of the ladder speaks to anybody"),
        Sentence("import people or assignments for the roles of the ladder"),
    ),
    Lack.OWN_APPROVAL: (
        Sentence("nobody but the doer may approve it"),
        Sentence("import people: give a second person a role that approves such work"),
    ),
}
"""What is wrong, and what helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """One open deadline without a living recipient, or without anybody to approve the work."""

    task: int
    case: int | None
    cycle: int
    title: Words
    school: str | None
    due_on: date
    person: str
    lack: Lack


def unreachable(session: Session, acting: Acting) -> list[Unreachable]:
    """Every waiting task of an open cycle that lacks somebody. For who manages people."""
    if not manages_people(session, acting):
        raise Forbidden(person=acting.called, deed=Right.MANAGE_PEOPLE.value)
    return lacking(session, at=acting.at)


def lacking(session: Session, *, at: datetime) -> list[Unreachable]:
    """The same at a moment, whoever asks; by task within each cycle."""
    found: list[Unreachable] = []
    for cycle in session.exec(select(Cycle).where(Cycle.is_open).order_by(col(Cycle.id))).all():
        programme = programme_of(session, cycle)
        on = day_of(at, programme.zone)
        around = _Around(
            session,
            programme,
            responsible(session, cycle.register_key, on=on, fallback=0),
            standing_in(session, on),
            judges(session, cycle.register_key, on=on),
            {},
        )
        found += (
            _told(session, programme, task, school, lack)
            for task, school in waiting_tasks(session, cycle)
            if (lack := around.lack_of(task, school)) is not None
        )
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """Who is there on this day; what is known of a reader is asked once."""

    session: Session
    programme: Programme
    people: Responsible
    present: StandingIn
    judges: Judges
    readable: dict[int, bool]

    def lack_of(self, task: Task, school: School | None) -> Lack | None:
        reader = self.present.reader(task.assignee_id)
        if reader is None:
            return Lack.INACTIVE
        if not self.present.is_here(reader):
            return Lack.ABSENT
        if not self._takes_letters(reader):
            return Lack.NO_ADDRESS
        if not any(self._audience(task, school)):
            return Lack.NO_AUDIENCE
        return None if self._is_judged(task, school) else Lack.OWN_APPROVAL

    def _is_judged(self, task: Task, school: School | None) -> bool:
        place = place_of(task, school)
        approver = task.approver
        return approver is None or self.judges.are_there(approver, place, task.assignee_id)

    def _audience(self, task: Task, school: School | None) -> Iterator[bool]:
        place = place_of(task, school)
        for rung in ladder_of(self.session, self.programme, task.milestone):
            for person in told_by(rung, task, place, self.people):
                reader = self.present.reader(person)
                yield reader is not None and self._takes_letters(reader)

    def _takes_letters(self, person_id: int) -> bool:
        if person_id not in self.readable:
            person = self.session.get_one(Person, person_id)
            self.readable[person_id] = (
                "@" in person.email and refusal_of(self.session, person) is None
            )
        return self.readable[person_id]


def _told(
    session: Session, programme: Programme, task: Task, school: School | None, lack: Lack
) -> Unreachable:
    return Unreachable(
        task=task.id or 0,
        case=task.case_id,
        cycle=task.cycle_id,
        title=milestone_of(session, programme, task.milestone).title,
        school=school.code if school else None,
        due_on=task.due_on,
        person=session.get_one(Person, task.assignee_id).email,
        lack=lack,
    )
