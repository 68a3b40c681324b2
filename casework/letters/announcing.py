"""Who is told of what: a letter is a row written with the deed, and says itself when it leaves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from casework.access import Held
from casework.acting import Acting
from casework.people.responsible import Place, Responsible
from models.cycle import Cycle
from models.history import HistoryLine
from models.pairing import Participation
from models.people import Person
from models.task import Submission
from notifications.outbox import Draft, LetterKind, put, put_all
from programmes.definition import Programme
from schedules.working_calendar import next_sending_moment
from states.role import Role

_CLOSE = (Role.CURATOR, Role.HEAD, Role.PARTNER)
"""Those who hold a role at one school: they get a letter of their own for each case."""


def leaves_at(programme: Programme, at: datetime) -> datetime:
    """The first moment of people's working hours from `at` on."""
    return next_sending_moment(programme.working_calendar, at, programme.zone)


def first_letters(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    places: Mapping[int, Place],
    doers: Mapping[int, Iterable[int]],
    people: Responsible,
    acting: Acting,
) -> int:
    """Letters of newly opened cases.

    Who is close to the school hears of each case apart; who stands further away (an operator with
    four hundred cases) gets one letter for the whole cycle.
    """
    send_after = leaves_at(programme, acting.at)
    drafts, further = [], set()
    for case_id, place in places.items():
        close = {p for role in _CLOSE if (p := people.holder(role, place)) is not None}
        further |= set(doers[case_id]) - close
        drafts += [
            Draft(
                kind=LetterKind.CASE_OPENED,
                key=f"case:{case_id}:opened:{person_id}",
                recipient_id=person_id,
                send_after=send_after,
                case_id=case_id,
                cycle_id=cycle.id,
            )
            for person_id in sorted(close)
        ]
    written = put_all(session, drafts, at=acting.at)
    return written + shared_letters(session, programme, cycle, further, acting)


def tell_partners(
    session: Session,
    programme: Programme,
    pair: Participation,
    people: Iterable[int],
    acting: Acting,
) -> None:
    """To the partner school's people, in the course of the year: whom they are to accompany."""
    drafts = [
        Draft(
            kind=LetterKind.CASE_OPENED,
            key=f"case:{pair.case_id}:partner:{pair.id}:{person_id}",
            recipient_id=person_id,
            send_after=leaves_at(programme, acting.at),
            case_id=pair.case_id,
            cycle_id=pair.cycle_id,
            fields={"role": Role.PARTNER},
        )
        for person_id in sorted(people)
    ]
    put_all(session, drafts, at=acting.at)


def shared_letters(
    session: Session, programme: Programme, cycle: Cycle, people: Iterable[int], acting: Acting
) -> int:
    """One letter a person and day about all tasks of the cycle that became theirs."""
    day = acting.on(programme.zone)
    drafts = [
        Draft(
            kind=LetterKind.TASKS_ASSIGNED,
            key=f"cycle:{cycle.id}:tasks:{day}:{person_id}",
            recipient_id=person_id,
            send_after=leaves_at(programme, acting.at),
            cycle_id=cycle.id,
            day=day,
        )
        for person_id in sorted(set(people))
    ]
    return put_all(session, drafts, at=acting.at)


def tell_of_move(
    session: Session, held: Held, line: HistoryLine, *, people: Iterable[int], acting: Acting
) -> None:
    """A letter to each person whose case moved; it reads the move from its history line."""
    case_id = held.case.id if held.case else None
    put_all(
        session,
        [
            Draft(
                kind=LetterKind.CASE_MOVED,
                key=f"case:{case_id}:line:{line.id}:{person_id}",
                recipient_id=person_id,
                send_after=leaves_at(held.programme, acting.at),
                case_id=case_id,
                cycle_id=held.cycle.id,
                fields={"line": line.id},
            )
            for person_id in sorted(set(people))
        ],
        at=acting.at,
    )


def tell_of_task(
    session: Session,
    held: Held,
    kind: LetterKind,
    submission: Submission,
    acting: Acting,
    *,
    to: int,
) -> None:
    """A letter about one task that was handed in, returned or accepted."""
    task = held.task
    if task is None or (acting.person is not None and acting.person.id == to):
        return  # nobody needs a letter about what they have just done
    put(
        session,
        Draft(
            kind=kind,
            key=f"task:{task.id}:{kind}:{task.version}:{to}",
            recipient_id=to,
            send_after=leaves_at(held.programme, acting.at),
            case_id=task.case_id,
            cycle_id=task.cycle_id,
            fields={"task": task.id, "submission": submission.id, "version": task.version},
        ),
        at=acting.at,
    )


def tell_of_deadlines(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    line: HistoryLine,
    concerned: Mapping[int, Iterable[int]],
    acting: Acting,
) -> None:
    """One letter a person about the deadlines that a line tells of; `concerned`: task → people."""
    tasks: dict[int, list[int]] = {}
    for task_id, people in concerned.items():
        for person_id in set(people):
            tasks.setdefault(person_id, []).append(task_id)
    own = acting.person.id if acting.person else None
    drafts = [
        Draft(
            kind=LetterKind.DEADLINE_CHANGED,
            key=f"line:{line.id}:deadlines:{person_id}",
            recipient_id=person_id,
            send_after=leaves_at(programme, acting.at),
            cycle_id=cycle.id,
            fields={"line": line.id, "tasks": sorted(ids)},
        )
        for person_id, ids in sorted(tasks.items())
        if person_id != own  # nobody needs a letter about what they have just done
    ]
    put_all(session, drafts, at=acting.at)


def tell_of_gift(session: Session, given: Sequence[Held], to: Person, acting: Acting) -> None:
    """One letter for each cycle about the tasks that became somebody's today."""
    if acting.person is not None and acting.person.id == to.id:
        return
    first: dict[int, Held] = {}
    for held in given:
        first.setdefault(held.cycle.id or 0, held)
    drafts = [
        Draft(
            kind=LetterKind.TASKS_ASSIGNED,
            key=f"task:{held.task.id}:given:{held.task.version}:{to.id}",
            recipient_id=to.id or 0,
            send_after=leaves_at(held.programme, acting.at),
            cycle_id=cycle_id,
            day=acting.on(held.programme.zone),
            fields={"given": True},
        )
        for cycle_id, held in sorted(first.items())
        if held.task is not None
    ]
    put_all(session, drafts, at=acting.at)
