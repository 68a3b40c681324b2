"""The gathered letters of a day: one digest and one escalation a person, made before they are filled."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time

from sqlmodel import Session, col, select

from models.cycle import Cycle
from models.letter import Letter, LetterState
from notifications.outbox import Draft, LetterKind, key_of_day, put_all
from programmes.definition import Programme
from schedules.working_calendar import next_sending_moment, wall_moment


def letters_of_day(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    pairs: Collection[tuple[int, LetterKind]],
    day: date,
    at: datetime,
) -> Mapping[tuple[int, LetterKind], int]:
    """The letter of each (person, kind): today's, or the next day's when today's has left."""
    wanted = sorted(pairs)
    found: dict[tuple[int, LetterKind], int] = {}
    while wanted:
        drafts = _drafts(programme, cycle, wanted, day, at)
        put_all(session, drafts.values(), at=at)
        open_ones = _open_ones(session, [draft.key for draft in drafts.values()])
        for pair, draft in drafts.items():
            if (letter := open_ones.get(draft.key)) is not None:
                found[pair] = letter
        wanted = [pair for pair in wanted if pair not in found]
        day = programme.working_calendar.plus_working_days(day, 1)
    return found


def _drafts(
    programme: Programme,
    cycle: Cycle,
    pairs: Collection[tuple[int, LetterKind]],
    day: date,
    at: datetime,
) -> dict[tuple[int, LetterKind], Draft]:
    calendar, zone = programme.working_calendar, programme.zone
    earliest = max(at, wall_moment(day, time.min, zone))
    send_after = next_sending_moment(calendar, earliest, zone, "digest")
    return {
        (person, kind): Draft(
            kind=kind,
            key=key_of_day(kind, day, person),
            recipient_id=person,
            send_after=send_after,
            cycle_id=cycle.id,
            day=day,
        )
        for person, kind in pairs
    }


def _open_ones(session: Session, keys: Collection[str]) -> Mapping[str, int]:
    """Key → id of the letters that still take claims; they are held until these are written."""
    rows = session.exec(
        select(Letter.key, Letter.id)
        .where(
            col(Letter.key).in_(keys),
            col(Letter.state) == LetterState.PENDING,
            col(Letter.body).is_(None),
            Letter.attempt == 0,
        )
        .order_by(col(Letter.id))
        .with_for_update()  # delivery must not freeze it before these claims are there
    )
    return {key: letter_id or 0 for key, letter_id in rows}
