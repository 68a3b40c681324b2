"""Quarantine: what came back from a backup sends no letter and runs no schedule until a person says so.

The copy does not know what the installation it was taken from has done since then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from casework.access import require
from casework.acting import Acting
from casework.grants import Right
from casework.passes import unfinished
from models.history import append
from models.letter import Letter, LetterState
from models.people import Installation
from opora.errors import InputRefused, NotReady
from opora.words import Sentence

SUBJECT = "installation:1"
"""Whose chain tells of backups, restores and releases."""

_WAITING = (LetterState.PENDING, LetterState.CLAIMED)


def quarantined_since(session: Session) -> datetime | None:
    """The moment of the restore that nobody has released yet."""
    return session.exec(select(Installation.quarantined_at)).first()


def require_released(session: Session) -> None:
    """Raise `NotReady` in quarantine: for what would reach people by itself."""
    if quarantined_since(session) is not None:
        raise NotReady(
            what=Sentence("This installation was restored from a backup and is in quarantine"),
            cure=Sentence("See what would be sent: opora release --dry-run"),
        )


def record_restore(session: Session, values: Mapping[str, object], acting: Acting) -> None:
    """One line that says from which backup this installation came back; quarantine begins."""
    require(session, acting, Right.KEEP, None)
    append(session, acting.deed(SUBJECT, "restore", values=values))
    session.execute(update(Installation).values(quarantined_at=acting.recorded_at))


def record_backup(session: Session, values: Mapping[str, object], acting: Acting) -> None:
    """One line that names the backup by its hash, so that a swapped file is found."""
    if acting.person is not None:
        require(session, acting, Right.KEEP, None)
    append(session, acting.deed(SUBJECT, "back_up", values=values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the end of the quarantine lets loose."""

    since: datetime | None  # None: there is no quarantine
    letters: Mapping[str, int]  # kind → how many leave at once
    later: int  # letters whose hour has not come yet
    passes: tuple[str, ...]  # that go on where the backup found them
    forgotten: bool = False  # the letters that would leave at once are not to be sent


def release_quarantine(
    session: Session, reason: str, acting: Acting, *, forget: bool = False, preview: bool = False
) -> Release:
    """End the quarantine, or only show what would follow.

    `forget` drops the letters that are already due: the installation that the backup was taken from
    has most likely sent them. Reminders that are still owed come with the next round.
    """
    require(session, acting, Right.KEEP, None)
    found = _release(session, acting.at, forget=forget)
    if preview:
        return found
    if found.since is None:
        raise NotReady(
            what=Sentence("There is no quarantine"), cure=Sentence("Nothing needs to be released")
        )
    if not reason.strip():
        raise InputRefused(
            field="--reason", value=reason, cure=Sentence("Say why, in a few words.")
        )
    values = {
        "since": found.since,
        "due": sum(found.letters.values()),
        "later": found.later,
        "forgotten": forget,
    }
    append(
        session, acting.deed(SUBJECT, "release", values=values, words={"reason": reason.strip()})
    )
    if forget:
        session.execute(
            update(Letter)
            .where(col(Letter.state).in_(_WAITING), col(Letter.send_after) <= acting.at)
            .values(
                state=LetterState.SUPERSEDED,
                lease_until=None,
                reason="due before the restore: most likely sent by the installation before it",
            )
        )
    session.execute(update(Installation).values(quarantined_at=None))
    return found


def _release(session: Session, at: datetime, *, forget: bool) -> Release:
    waiting = col(Letter.state).in_(_WAITING)
    due = session.execute(
        select(col(Letter.kind), func.count().label("number"))
        .where(waiting, col(Letter.send_after) <= at)
        .group_by(col(Letter.kind))
        .order_by(col(Letter.kind))
    ).all()
    later = select(func.count()).select_from(Letter).where(waiting, col(Letter.send_after) > at)
    return Release(
        since=quarantined_since(session),
        letters={row.kind: row.number for row in due},
        later=session.exec(later).one(),
        passes=tuple(f"{run.kind}:{run.period}" for run in unfinished(session)),
        forgotten=forget,
    )
