"""The outbox: a deed announces a letter by writing a row in its own transaction (law 1)."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha1
from typing import Any

from sqlmodel import Session, col, func, select

from models.letter import Letter, LetterState
from opora import canonical
from opora.database import insert_or_ignore

DEFAULT_DOMAIN = "opora"


class LetterKind(StrEnum):
    """What a letter is about; each has a folder in `templates/letters`."""

    CASE_OPENED = "case_opened"
    TASKS_ASSIGNED = "tasks_assigned"
    CASE_MOVED = "case_moved"
    TASK_SUBMITTED = "task_submitted"
    TASK_RETURNED = "task_returned"
    TASK_ACCEPTED = "task_accepted"
    DEADLINE_CHANGED = "deadline_changed"
    DIGEST = "digest"
    ESCALATION = "escalation"
    ADDRESS_REFUSED = "address_refused"
    RECORD_INVITATION = "record_invitation"
    RECORD_NOTICE = "record_notice"
    OBJECTION_MADE = "objection_made"
    OBJECTION_DECIDED = "objection_decided"
    ANALYTICS = "analytics"
    PLAN_NOTICE = "plan_notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter to be; `fields` holds ids only: names and dates are gathered when it leaves."""

    kind: LetterKind
    key: str  # the natural key: the same key is never written twice
    recipient_id: int
    send_after: datetime
    case_id: int | None = None
    cycle_id: int | None = None
    day: date | None = None  # of a digest
    fields: Mapping[str, Any] = field(default_factory=dict)


def put(session: Session, draft: Draft, *, at: datetime) -> bool:
    """Write the letter unless its key is already there; True if it was written."""
    return put_all(session, [draft], at=at) == 1


def put_all(session: Session, drafts: Iterable[Draft], *, at: datetime) -> int:
    """Write the letters whose keys are new; gives how many were."""
    rows = [_row(draft, at=at) for draft in drafts]
    return insert_or_ignore(session, Letter, rows)


def waiting(session: Session, *, after: datetime) -> tuple[int, datetime | None]:
    """How many letters wait for an hour that comes later, and the first such hour."""
    later = Letter.state == LetterState.PENDING, col(Letter.send_after) > after
    count, first = func.count(col(Letter.id)), func.min(Letter.send_after)
    return session.exec(select(count, first).where(*later)).one()


def key_of_day(kind: LetterKind, day: date, person_id: int) -> str:
    """One digest, and one escalation, a person and day: over every register and cycle (law 4)."""
    return f"{kind}:{day}:{person_id}"


def message_id(key: str, domain: str = DEFAULT_DOMAIN) -> str:
    """The Message-ID that belongs to `key`: the same before and after a crash or a restore."""
    digest = bytearray(sha1(_NAMESPACE + key.encode(), usedforsecurity=False).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
    said = digest.hex()
    return f"<{said[:8]}-{said[8:12]}-{said[12:16]}-{said[16:20]}-{said[20:]}@{domain}>"


_NO_FIELDS: Mapping[str, Any] = {}  # one for all: it is written out once
_NAMESPACE = uuid.NAMESPACE_URL.bytes + b"opora:"


def _row(draft: Draft, *, at: datetime) -> dict[str, Any]:
    return {
        "key": draft.key,
        "kind": draft.kind.value,
        "recipient_id": draft.recipient_id,
        "case_id": draft.case_id,
        "cycle_id": draft.cycle_id,
        "day": draft.day,
        "fields": canonical.plain(draft.fields) if draft.fields else _NO_FIELDS,
        "written_at": at,
        "send_after": draft.send_after,
        "state": LetterState.PENDING,
        "attempt": 0,
        "failures": 0,
        "is_ambiguous": False,
        "message_id": message_id(draft.key),
        "reason": "",
    }
