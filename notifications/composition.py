"""What a letter says, gathered at the last moment: delivery asks, the caller's function answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from sqlmodel import Session

from models.letter import Letter
from notifications.outbox import LetterKind
from opora.words import Sentence

GATHERED = frozenset({LetterKind.DIGEST, LetterKind.ESCALATION})
"""Kinds that speak of many things at once: without a thread and without calendar parts (law 4)."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person as the post knows them."""

    name: str
    address: str
    language: str = "ru"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarItem:
    """A day for the reader's own calendar; a moved one keeps `uid` and raises `sequence`."""

    uid: str
    title: str
    due_on: date
    url: str
    sequence: int = 0
    begins: datetime | None = None  # what has an hour keeps the reader busy; a deadline does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Everything that the bytes of one letter are made of."""

    kind: LetterKind
    to: Mailbox
    fields: Mapping[
        str, object
    ]  # `Contents.fields()` of the kind's dataclass in notifications.letters
    calendar: tuple[CalendarItem, ...] = ()
    thread: str | None = None  # "case-17": letters of one thread lie together in a mail reader

    def __post_init__(self) -> None:
        if self.kind in GATHERED and (self.calendar or self.thread):
            message = f"a letter of the kind {self.kind} has neither a thread nor calendar parts"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Superseded:
    """The letter has lost its sense since it was put: nobody needs it any more."""

    reason: Sentence


@dataclass(frozen=True, slots=True)
class Postponed:
    """The letter is wanted, but nobody can be reached now: it waits and says why."""

    reason: Sentence
    until: datetime


Compose: TypeAlias = Callable[[Session, Letter], Composition | Superseded | Postponed]
"""Asked at every lease: the first answer is frozen, later ones only tell whether it has sense still."""
