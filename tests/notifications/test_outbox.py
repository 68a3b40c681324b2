"""A letter is announced by a row; the same key is written once, whoever tries and how often."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from models.letter import Letter, LetterState
from models.people import Person
from notifications.outbox import Draft, LetterKind, message_id, put, put_all, waiting
from opora.database import reading, transaction
from tests.notifications.conftest import AT


def draft(key: str, recipient_id: int = 1, **more) -> Draft:
    given = {"send_after": AT, **more}
    return Draft(kind=LetterKind.DIGEST, key=key, recipient_id=recipient_id, **given)


@pytest.fixture
def person(engine) -> int:
    with transaction(engine) as session:
        person = Person(email="anna@example.org", name="Анна Выдуманная")
        session.add(person)
        session.flush()
        return person.id or 0


def test_the_same_key_is_written_once(engine, person):
    with transaction(engine) as session:
        assert put(session, draft("digest:1", person), at=AT)
        assert not put(session, draft("digest:1", person), at=AT)
    with transaction(engine) as session:
        wanted = [draft(f"digest:{number}", person) for number in (1, 2, 2, 3)]
        assert put_all(session, wanted, at=AT) == 2
        assert put_all(session, wanted, at=AT) == 0
        assert put_all(session, [], at=AT) == 0


def test_a_letter_waits_with_its_fields(engine, person):
    fields = {"task": 4, "day": datetime(2026, 11, 22, tzinfo=UTC).date(), "ids": (1, 2)}
    with transaction(engine) as session:
        put(session, draft("digest:1", person, fields=fields), at=AT)
    with reading(engine) as session:
        row = session.exec(select(Letter)).one()
        assert (row.state, row.attempt) == (LetterState.PENDING, 0)
        assert row.fields == {"task": 4, "day": "2026-11-22", "ids": [1, 2]}
        assert row.message_id == message_id("digest:1")


def test_a_refused_deed_announces_nothing(engine, person):
    def refuse() -> None:
        with transaction(engine) as session:
            put(session, draft("digest:1", person), at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        refuse()
    with reading(engine) as session:
        assert waiting(session, after=AT - timedelta(days=1)) == (0, None)


def test_letters_wait_for_their_hour(engine, person):
    with transaction(engine) as session:
        for number in range(3):
            later = AT + timedelta(hours=number)
            put(session, draft(f"digest:{number}", person, send_after=later), at=AT)
        assert waiting(session, after=AT) == (2, AT + timedelta(hours=1))


def test_a_letter_to_nobody_is_refused(engine):
    with pytest.raises(IntegrityError), transaction(engine) as session:
        put(session, draft("digest:1", 99), at=AT)


def test_a_name_or_a_float_of_no_plain_form_is_refused(engine, person):
    with transaction(engine) as session, pytest.raises(TypeError):
        put(session, draft("digest:1", person, fields={"share": 0.5}), at=AT)


def test_a_message_id_belongs_to_its_key_and_its_house():
    assert message_id("a") == message_id("a")
    assert message_id("a") != message_id("b")
    assert message_id("a") == f"<{uuid5(NAMESPACE_URL, 'opora:a')}@opora>"
    assert message_id("a", "one.example.org") != message_id("a", "two.example.org")
