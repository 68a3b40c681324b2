"""What a reader does not want apart: kinds switched off, and more letters a day than the programme allows."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, func, or_, select

from casework.access import person_called, require
from casework.acting import Acting
from casework.grants import Right
from models.cycle import Cycle
from models.history import append
from models.letter import Letter, LetterState
from models.mail_weather import GatheredLetter, UnwantedLetter
from notifications.composition import Superseded
from notifications.outbox import Draft, LetterKind, key_of_day, put
from opora.errors import InputRefused
from opora.words import Sentence
from programmes.definition import Programme
from schedules.working_calendar import next_sending_moment, wall_moment

SWITCHABLE = frozenset(
    {
        LetterKind.CASE_OPENED,
        LetterKind.TASKS_ASSIGNED,
        LetterKind.CASE_MOVED,
        LetterKind.TASK_ACCEPTED,
        LetterKind.ANALYTICS,
    }
)
"""Kinds that only tell: whatever is to be done comes in the digest too."""

NEVER_GATHERED = frozenset(
    {
        LetterKind.DIGEST,
        LetterKind.ESCALATION,
        LetterKind.TASK_RETURNED,
        LetterKind.ADDRESS_REFUSED,
        LetterKind.OBJECTION_MADE,
        LetterKind.OBJECTION_DECIDED,
        LetterKind.ANALYTICS,
    }
)
"""Kinds that leave on their day, whatever the limit says; they count first."""


def prefer(session: Session, email: str, kind: LetterKind, acting: Acting, *, wanted: bool) -> bool:
    """Switch a kind on or off for a person: their own deed, or an operator's. True if it changed."""
    person = person_called(session, email)
    if acting.person is None or acting.person.id != person.id:
        require(session, acting, Right.CARE_FOR_LETTERS, None)
    if kind not in SWITCHABLE:
        told = {"kinds": ", ".join(sorted(SWITCHABLE))}
        cure = Sentence("Only these may be switched off: {kinds}.", told)
        raise InputRefused(field="--kind", value=kind.value, cure=cure)
    found = session.get(UnwantedLetter, (person.id, kind.value))
    if (found is None) is wanted:
        return False
    values = {"kind": kind, "wanted": wanted}
    append(session, acting.deed(f"person:{person.id}", "prefer_letters", values=values))
    if found is not None:
        session.delete(found)
    else:
        session.add(UnwantedLetter(person_id=person.id or 0, kind=kind.value))
    session.flush()
    return True


def unwanted_kinds(session: Session, email: str, acting: Acting) -> list[str]:
    """What the person has switched off."""
    person = person_called(session, email)
    if acting.person is None or acting.person.id != person.id:
        require(session, acting, Right.CARE_FOR_LETTERS, None)
    statement = select(UnwantedLetter.kind).where(UnwantedLetter.person_id == person.id)
    return sorted(session.exec(statement))


def unwanted(session: Session, letter: Letter) -> Superseded | None:
    """The objection of a reader who has switched this kind off."""
    if letter.kind not in SWITCHABLE:
        return None
    if session.get(UnwantedLetter, (letter.recipient_id, letter.kind)) is None:
        return None
    return Superseded(Sentence("the reader has switched this kind of letter off"))


# --- the limit of a day ---------------------------------------------------------------------------


def gathered(
    session: Session, letter: Letter, cycle: Cycle, programme: Programme, *, at: datetime
) -> Superseded | None:
    """The objection of a day that is full; the next digest tells of the letter instead."""
    most = programme.course.letters.most_a_day
    if most is None or letter.kind in NEVER_GATHERED or letter.body is not None:
        return None
    today = at.astimezone(programme.zone).date()
    if _of_the_day(session, letter.recipient_id, programme, today) < most:
        return None
    digest = _next_digest(session, letter, cycle, programme, today, at)
    session.add(GatheredLetter(letter_id=letter.id or 0, digest_id=digest))
    session.flush()
    told = {"most": most}
    return Superseded(Sentence("the day's limit of {most} letters: the next digest tells it", told))


def _of_the_day(session: Session, person_id: int, programme: Programme, today: date) -> int:
    """Letters of that day that have left, or are on their way, or go before all others."""
    begins = wall_moment(today, time.min, programme.zone)
    ends = wall_moment(today + timedelta(days=1), time.min, programme.zone)
    left = col(Letter.sent_at).is_not(None) & (col(Letter.sent_at) >= begins)
    waits = col(Letter.state).in_((LetterState.PENDING, LetterState.CLAIMED))
    first = waits & (col(Letter.send_after) < ends)
    frozen = first & col(Letter.address).is_not(None)
    urgent = first & col(Letter.kind).in_([kind.value for kind in NEVER_GATHERED])
    return session.exec(
        select(func.count(col(Letter.id))).where(
            Letter.recipient_id == person_id, or_(left, frozen, urgent)
        )
    ).one()


def _next_digest(
    session: Session,
    letter: Letter,
    cycle: Cycle,
    programme: Programme,
    today: date,
    at: datetime,
) -> int:
    """The digest of the next working day that is not written yet."""
    calendar, zone, day = programme.working_calendar, programme.zone, today
    while True:
        day = calendar.plus_working_days(day, 1)
        key = key_of_day(LetterKind.DIGEST, day, letter.recipient_id)
        draft = Draft(
            kind=LetterKind.DIGEST,
            key=key,
            recipient_id=letter.recipient_id,
            send_after=next_sending_moment(
                calendar, wall_moment(day, time.min, zone), zone, "digest"
            ),
            cycle_id=cycle.id,
            day=day,
        )
        put(session, draft, at=at)
        found = session.exec(select(Letter).where(Letter.key == key)).one()
        if found.state is LetterState.PENDING and found.body is None:
            return found.id or 0


def told_in(
    session: Session, digest_id: int | None, subject_of: Callable[[Letter], str | None]
) -> tuple[str, ...]:
    """Subjects of the letters that this digest stands for, but for those that lost their sense."""
    letters = session.exec(
        select(Letter)
        .join(GatheredLetter, col(GatheredLetter.letter_id) == col(Letter.id))
        .where(GatheredLetter.digest_id == digest_id)
        .order_by(col(Letter.id))
    ).all()
    return tuple(said for letter in letters if (said := subject_of(letter)) is not None)
