"""A database with people, letters for them, and a mail server to carry them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from models.letter import DeliveryAnswer, Letter
from models.people import Person
from notifications.composition import CalendarItem, Composition, Mailbox, Superseded
from notifications.letters import TaskItem, TaskReturned
from notifications.outbox import Draft, LetterKind, put
from opora.database import connect, reading, transaction
from tests.databases import DatabaseUrls
from tests.notifications.mail_server import MailServer, running

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SENDER = "opora@region.example.org"
ITEM = TaskItem(
    title="Заполнить рисковый профиль",
    help="анкета с подписью директора",
    due_on=date(2026, 11, 25),
    url="https://opora.example.org/tasks/41",
    school="МБОУ «Школа № 7»",
)
CONTENTS = TaskReturned(
    person="Мария Выдуманная",
    programme="Поддержка школ",
    why="Вы — куратор этой школы.",
    home_url="https://opora.example.org",
    item=ITEM,
    remarks="Нет подписи.",
    by="О. Придуманная",
)


@pytest.fixture
def engine(database: DatabaseUrls) -> Iterator[Engine]:
    engine = connect(database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running() as server:
        yield server


@pytest.fixture
def write(engine: Engine) -> Callable[..., int]:
    """Put a letter for a person made on the spot; gives its id."""

    def write(name: str, *, address: str | None = None, send_after: datetime = AT) -> int:
        with transaction(engine) as session:
            person = Person(email=address or f"{name}@example.org", name=f"{name} Выдуманная")
            session.add(person)
            session.flush()
            draft = Draft(
                kind=LetterKind.TASK_RETURNED,
                key=f"returned:{name}",
                recipient_id=person.id or 0,
                send_after=send_after,
            )
            assert put(session, draft, at=AT)
            return session.exec(select(Letter.id).where(Letter.key == draft.key)).one() or 0

    return write


def compose(session: Session, letter: Letter) -> Composition | Superseded:
    """What casework would hand in: the letter as the present day sees it."""
    person = session.get_one(Person, letter.recipient_id)
    return Composition(
        kind=LetterKind(letter.kind),
        to=Mailbox(person.name, person.email, person.language),
        fields=CONTENTS.fields(),
        calendar=(CalendarItem(uid="task-41", title=ITEM.title, due_on=ITEM.due_on, url=ITEM.url),),
        thread="case-17",
    )


def letter(engine: Engine, letter_id: int) -> Letter:
    with reading(engine) as session:
        found = session.get_one(Letter, letter_id)
        session.expunge_all()
        return found


def answers(engine: Engine, letter_id: int) -> list[DeliveryAnswer]:
    with reading(engine) as session:
        statement = select(DeliveryAnswer).where(DeliveryAnswer.letter_id == letter_id)
        found = list(session.exec(statement.order_by(DeliveryAnswer.id)))
        session.expunge_all()
        return found
