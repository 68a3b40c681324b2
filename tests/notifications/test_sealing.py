"""The bytes of a letter, read back by other code than the one that wrote them."""

import email
from datetime import date
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

import icalendar
import pytest
from hypothesis import example, given, strategies as st

from models.letter import Letter
from notifications.composition import CalendarItem, Composition, Mailbox
from notifications.letters import CONTENTS as KINDS
from notifications.outbox import LetterKind
from notifications.sealing import Sealed, seal
from opora.errors import InputRefused
from tests.notifications.conftest import AT, CONTENTS, ITEM, SENDER

HEADERS = {
    "From", "To", "Subject", "Date", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id",
    "Content-Language", "X-Opora-Letter", "X-Opora-Case", "In-Reply-To", "References",
    "Message-ID", "MIME-Version", "Content-Type",
}  # fmt: skip


def sealed(
    *,
    name: str = "Мария Выдуманная",
    address: str = "maria@example.org",
    language: str = "ru",
    title: str = ITEM.title,
    sequence: int = 0,
) -> Sealed:
    composition = Composition(
        kind=LetterKind.TASK_RETURNED,
        to=Mailbox(name, address, language),
        fields={**CONTENTS.fields(), "person": name, "remarks": title},
        calendar=(
            CalendarItem(
                uid="task-41", title=title, due_on=ITEM.due_on, url=ITEM.url, sequence=sequence
            ),
        ),
        thread="case-17",
    )
    row = Letter(
        id=3, key="returned:3", kind="task_returned", recipient_id=1, case_id=17,
        written_at=AT, send_after=AT, message_id="",
    )  # fmt: skip
    return seal(composition, row, sender=SENDER, at=AT)


def read(letter: Sealed) -> Message:
    return email.message_from_bytes(letter.body, policy=policy.compat32)


def said(message: Message, name: str) -> str:
    return str(make_header(decode_header(message[name])))


def parts(message: Message) -> dict[str, str]:
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()
        for part in message.walk()
        if not part.is_multipart()
    }


def test_a_letter_says_who_what_and_that_a_machine_wrote_it():
    letter = sealed()
    message = read(letter)
    assert said(message, "From") == f"Опора <{SENDER}>"
    assert said(message, "To") == "Мария Выдуманная <maria@example.org>"
    assert said(message, "Subject") == (
        "Нужно доработать: Заполнить рисковый профиль (МБОУ «Школа № 7»)"
    )
    assert message["Message-ID"] == letter.message_id
    assert letter.message_id.endswith("@region.example.org>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Opora-Case"] == "17"
    assert message["References"] == message["In-Reply-To"] != message["Message-ID"]
    assert email.utils.parsedate_to_datetime(message["Date"]) == AT


def test_text_and_html_say_the_same_and_link_to_plain_pages():
    message = read(sealed())
    found = parts(message)
    assert [*found] == ["text/plain", "text/html", "text/calendar"]
    assert message.get_content_type() == "multipart/alternative"
    for form in ("text/plain", "text/html"):
        assert "Срок" in found[form]
        assert "25 ноября 2026 г." in found[form]
        assert "https://opora.example.org/tasks/41" in found[form]
        assert "Вы — куратор этой школы." in found[form]
    assert "<img" not in found["text/html"]
    assert all(len(line) <= 998 for line in sealed().body.split(b"\r\n"))


def test_the_deadline_is_a_whole_day_for_the_calendar():
    [_, _, part] = [p for p in read(sealed(sequence=2)).walk() if not p.is_multipart()]
    assert part.get_param("method") == "PUBLISH"
    calendar = icalendar.Calendar.from_ical(parts(read(sealed(sequence=2)))["text/calendar"])
    [event] = calendar.walk("VEVENT")
    assert (event["uid"], event["sequence"]) == ("task-41@region.example.org", 2)
    assert event.decoded("dtstart") == date(2026, 11, 25)
    assert type(event.decoded("dtstart")) is date
    assert str(event["summary"]) == ITEM.title
    assert "attendee" not in event


def test_the_same_letter_has_the_same_bytes():
    assert sealed() == sealed()


def test_a_digest_has_neither_thread_nor_calendar():
    for extra in ({"thread": "case-1"}, {"calendar": ("x",)}):
        with pytest.raises(ValueError):
            Composition(kind=LetterKind.DIGEST, to=Mailbox("a", "a@b.c"), fields={}, **extra)


def test_a_cyrillic_domain_is_written_as_mail_servers_know_it():
    assert sealed(address="maria@школа.рф").address == "maria@xn--80atdl2c.xn--p1ai"


@pytest.mark.parametrize(
    "address",
    [
        "", "maria", "@example.org", "maria@", "мария@example.org", "a b@example.org",
        "maria@example.org, evil@example.org", "maria@example.org\r\nBcc: evil@example.org",
        "maria@example.org\n", "maria@exa\0mple.org", '"x", evil@example.org', "<maria@example.org>",
        "maria@-example.org", "maria@example..org", "maria@example.org\u2028", "a@b@example.org",
        "m" * 65 + "@example.org", "maria@" + "a" * 64 + ".org", ".maria@example.org",
    ],
)  # fmt: skip
def test_what_is_not_one_plain_address_is_refused(address):
    with pytest.raises(InputRefused):
        sealed(address=address)


hostile = st.text(
    st.sampled_from("\r\n\0\v\f\x1b\u2028\u2029\x85,;:<>@\"'()\\=?._ \tAaЖщё😀\u202e"), max_size=60
)


@given(name=hostile, title=hostile)
@example(name="x\r\nBcc: evil@example.org", title="y\r\nX-Evil: 1")
@example(name='"x", evil@example.org', title="=?utf-8?q?=0D=0AX-Evil:_1?=")
@example(name="=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=", title="")
@example(name="Очень, Длинная " * 12, title="Ж" * 400)
@example(name='Иванова "Мария", О.', title="a" * 1200)
def test_no_name_and_no_text_smuggles_in_a_header_or_a_recipient(name, title):
    message = read(sealed(name=name, title=title))
    assert set(message.keys()) <= HEADERS
    assert len(message.keys()) == len(set(message.keys()))
    [(_, address)] = getaddresses([message["To"]])
    assert address == "maria@example.org"
    assert not set(str(message["Subject"])) & set("\0\v\f\x1b\u2028")
    assert len([part for part in message.walk() if not part.is_multipart()]) == 3
    for part in message.walk():
        assert {key for key in part.keys() if key not in HEADERS} <= {"Content-Transfer-Encoding"}  # noqa: SIM118  a message is no dict


def test_every_kind_has_contents():
    assert set(KINDS) == set(LetterKind)
