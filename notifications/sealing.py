"""The bytes of one letter, built once: headers, text and HTML, and its days for the calendar."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from icalendar import Calendar, Event

from models.letter import Letter
from notifications.addresses import domain_of, mailbox, one_line, usable_address
from notifications.composition import CalendarItem, Composition
from notifications.folding import FOLDED
from notifications.outbox import message_id
from opora.words import Sentence
from templates.rendering import render
from templates.wording import say


@dataclass(frozen=True, slots=True)
class Sealed:
    """A letter that will never differ again."""

    message_id: str
    address: str
    body: bytes


def seal(composition: Composition, letter: Letter, *, sender: str, at: datetime) -> Sealed:
    """Render and build; a bad address raises InputRefused, a hole in a text what jinja raises."""
    language = composition.to.language
    address = usable_address(composition.to.address)
    rendered = render(composition.kind.value, language, composition.fields)
    message = EmailMessage(policy=FOLDED)
    message["From"] = mailbox(say(Sentence("Opora"), language), sender)
    message["To"] = mailbox(composition.to.name, address)
    message["Subject"] = one_line(rendered.subject)
    number = message_id(letter.key, domain_of(sender))
    _mark(message, composition, letter, sender=sender, at=at)
    message["Message-ID"] = number
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    if composition.calendar:
        _add_calendar(message, composition.calendar, sender=sender, at=at)
    _name_borders(message, number)
    return Sealed(number, address, message.as_bytes())


def _mark(
    message: EmailMessage, composition: Composition, letter: Letter, *, sender: str, at: datetime
) -> None:
    """Headers that machines read: who wrote this, what about, and that no answer is expected."""
    domain = domain_of(sender)
    message["Date"] = format_datetime(at)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"Opora <opora.{domain}>"
    message["Content-Language"] = composition.to.language
    message["X-Opora-Letter"] = composition.kind.value
    if letter.case_id is not None:
        message["X-Opora-Case"] = str(letter.case_id)
    if composition.thread is not None:
        root = message_id(f"thread:{composition.thread}", domain)
        message["In-Reply-To"] = root
        message["References"] = root


def _add_calendar(
    message: EmailMessage, items: tuple[CalendarItem, ...], *, sender: str, at: datetime
) -> None:
    calendar = Calendar()
    calendar.add("prodid", "-//Opora//deadlines//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for item in items:
        calendar.add_component(_event(item, sender=sender, at=at))
    message.add_alternative(
        calendar.to_ical(),
        maintype="text",
        subtype="calendar",
        cte="quoted-printable",
        params={"method": "PUBLISH", "charset": "utf-8", "name": "deadlines.ics"},
    )


def _event(item: CalendarItem, *, sender: str, at: datetime) -> Event:
    """A whole day that keeps nobody busy, or an hour."""
    event = Event()
    event.add("uid", item.uid if "@" in item.uid else f"{item.uid}@{domain_of(sender)}")
    event.add("dtstamp", at)
    event.add("dtstart", item.begins.astimezone(UTC) if item.begins else item.due_on)
    event.add("summary", item.title)
    event.add("url", item.url)
    event.add("sequence", item.sequence)
    event.add("transp", "OPAQUE" if item.begins else "TRANSPARENT")
    return event


def _name_borders(message: EmailMessage, number: str) -> None:
    """Borders drawn from the Message-ID: the same letter always has the same bytes."""
    for position, part in enumerate(part for part in message.walk() if part.is_multipart()):
        digest = hashlib.sha256(f"{number}:{position}".encode()).hexdigest()
        part.set_boundary(f"opora-{digest[:32]}")
