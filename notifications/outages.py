"""The mail server is away: one knock a minute, whoever knocks and however often the clock restarts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col

from models.mail_weather import MailOutage
from opora.database import insert_or_ignore

PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Knock:
    """Whether letters may be tried now; a trial is one letter while the server counts as away."""

    is_trial: bool = False
    held_until: datetime | None = None
    said: str = ""


def knock(session: Session, *, at: datetime) -> Knock:
    """Ask to try the server: always when it is not known to be away, else once a minute for all."""
    outage = session.get(MailOutage, 1)
    if outage is None:
        return Knock()
    mine = session.connection().execute(
        update(MailOutage)
        .where(col(MailOutage.id) == 1, col(MailOutage.next_knock_at) <= at)
        .values(next_knock_at=at + PAUSE, knocks=col(MailOutage.knocks) + 1)
    )
    if mine.rowcount == 1:
        return Knock(is_trial=True, said=outage.said)
    return Knock(held_until=outage.next_knock_at, said=outage.said)


def begin_outage(session: Session, said: str, *, at: datetime) -> None:
    """The server takes nobody's letters; an outage that lasts keeps its beginning."""
    first = {"id": 1, "since": at, "next_knock_at": at + PAUSE, "knocks": 1, "said": said}
    insert_or_ignore(session, MailOutage, [first])
    session.connection().execute(update(MailOutage).values(next_knock_at=at + PAUSE, said=said))


def end_outage(session: Session) -> None:
    """The server has answered for a letter: everybody's letters may go."""
    session.connection().execute(delete(MailOutage))
