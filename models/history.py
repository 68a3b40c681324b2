"""History: every deed is one line in its subject's chain. Lines are added, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, and_, func, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.columns import append_only
from opora.canonical import Form, Gap, canonical, commitment, genesis, link, moment, new_salt
from opora.database import insert_all, next_ids


class HistoryLine(SQLModel, table=True):
    """One deed. `body` is the exact canonical text that was hashed; the other columns repeat it."""

    __tablename__ = append_only("history_line")
    __table_args__ = (
        UniqueConstraint("subject", "seq"),
        Index(
            "one_line_a_stage",
            "subject",
            "version",
            unique=True,
            sqlite_where=text("version IS NOT NULL"),
            postgresql_where=text("version IS NOT NULL"),
        ),
        Index("lines_by_time", "happened_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subject: str  # "case:17", "school:4", "cycle:1", "territory:3", "import:9", "person:2", …
    seq: int  # 1, 2, 3 … in the subject's chain
    deed: str
    actor: str  # "person:3" or "pass:daily_round:2026-11-22"
    happened_at: datetime
    recorded_at: datetime
    source: str | None = None  # stage before and after, and the stage's version: moves only
    dest: str | None = None
    version: int | None = None
    body: str
    previous: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class HistoryWords(SQLModel, table=True):
    """A name, remark or reason that a line only commits to; may be erased, the chain still holds."""

    __tablename__ = "history_words"
    __table_args__ = (UniqueConstraint("line_id", "field"),)

    id: int | None = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="history_line.id")
    field: str
    salt: bytes = Field(sa_type=LargeBinary)
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is to become one line. `words` enter the chain only as salted commitments."""

    subject: str
    deed: str
    actor: str
    at: datetime
    recorded_at: datetime
    values: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    dest: str | None = None
    version: int | None = None
    is_virtual: bool = False  # `at` was given on the command line in virtual time


def append(session: Session, deed: Deed) -> HistoryLine:
    """Add one line to its subject's chain and flush it: the line first, then the state."""
    take_turn(session, deed.subject)
    last = session.exec(
        select(HistoryLine.seq, HistoryLine.hash)
        .where(HistoryLine.subject == deed.subject)
        .order_by(col(HistoryLine.seq).desc())
        .limit(1)
    ).first()
    seq, previous = _place(deed, last)
    salts = {name: new_salt() for name in deed.words}
    line = HistoryLine(**_columns(deed, seq, previous, salts))
    session.add(line)
    session.flush()
    if salts:
        insert_all(session, HistoryWords, _words(deed, line.id, salts))
    return line


def append_all(session: Session, deeds: Sequence[Deed]) -> None:
    """Add one line to each of many chains at once (passes): no subject is named twice."""
    subjects = sorted(deed.subject for deed in deeds)
    for subject in subjects:
        take_turn(session, subject)
    newest = (
        select(HistoryLine.subject, func.max(HistoryLine.seq).label("seq"))
        .where(col(HistoryLine.subject).in_(subjects))
        .group_by(col(HistoryLine.subject))
        .subquery()
    )
    last = {
        subject: (seq, link_before)
        for subject, seq, link_before in session.exec(
            select(HistoryLine.subject, HistoryLine.seq, HistoryLine.hash).join(
                newest,
                and_(
                    col(HistoryLine.subject) == newest.c.subject,
                    col(HistoryLine.seq) == newest.c.seq,
                ),
            )
        )
    }
    _add(session, deeds, [last.get(deed.subject) for deed in deeds])


def append_first(session: Session, deeds: Sequence[Deed]) -> None:
    """Add the first line of many new chains at once (passes): the subjects have no line yet."""
    _add(session, deeds, [None] * len(deeds))


def _add(session: Session, deeds: Sequence[Deed], last: Sequence[tuple[int, bytes] | None]) -> None:
    if not deeds:
        return
    salts = [{name: new_salt() for name in deed.words} for deed in deeds]
    ids = next_ids(session, HistoryLine, len(deeds))
    rows = [
        {"id": line_id, **_columns(deed, *_place(deed, before), own)}
        for line_id, deed, before, own in zip(ids, deeds, last, salts, strict=True)
    ]
    insert_all(session, HistoryLine, rows)
    words = [
        word
        for deed, line_id, own in zip(deeds, ids, salts, strict=True)
        for word in _words(deed, line_id, own)
    ]
    insert_all(session, HistoryWords, words)


def _place(deed: Deed, last: tuple[int, bytes] | None) -> tuple[int, bytes]:
    """Where a line stands after the last one of its chain: its number, and the hash before it."""
    return (last[0] + 1, last[1]) if last else (1, genesis(deed.subject))


def append_alike(
    session: Session, deed: Deed, subjects: Sequence[str], gaps: Sequence[Mapping[str, object]]
) -> None:
    """Add the first line of many new chains that tell the same but for the `Gap`s in its values.

    The deed's own subject stands for each of the subjects; it commits to no words.
    """
    form = Form(_body(deed, 1, {}) | {"subject": Gap("subject")})
    columns = _told(deed, 1)
    rows = []
    for line_id, subject, values in zip(
        next_ids(session, HistoryLine, len(subjects)), subjects, gaps, strict=True
    ):
        body, previous = form.filled({"subject": subject, **values}), genesis(subject)
        own = {"id": line_id, "subject": subject, "body": body, "previous": previous}
        rows.append({**columns, **own, "hash": link(subject, 1, previous, body)})
    insert_all(session, HistoryLine, rows)


def take_turn(session: Session, subject: str) -> None:
    """PostgreSQL: one writer a subject until the end of the transaction; SQLite has one anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))"),
            {"subject": subject},
        )


def _columns(deed: Deed, seq: int, previous: bytes, salts: Mapping[str, bytes]) -> dict[str, Any]:
    body = canonical(_body(deed, seq, salts))
    return {
        **_told(deed, seq),
        "body": body,
        "previous": previous,
        "hash": link(deed.subject, seq, previous, body),
    }


def _body(deed: Deed, seq: int, salts: Mapping[str, bytes]) -> dict[str, object]:
    return {
        "subject": deed.subject,
        "seq": seq,
        "deed": deed.deed,
        "actor": deed.actor,
        "happened_at": moment(deed.at),
        "recorded_at": moment(deed.recorded_at),
        "virtual": deed.is_virtual,
        "source": deed.source,
        "dest": deed.dest,
        "version": deed.version,
        "values": deed.values,
        "words": {name: commitment(salts[name], said) for name, said in deed.words.items()},
    }


def _told(deed: Deed, seq: int) -> dict[str, Any]:
    """What the columns of a line repeat of its body."""
    return {
        "subject": deed.subject,
        "seq": seq,
        "deed": deed.deed,
        "actor": deed.actor,
        "happened_at": deed.at,
        "recorded_at": deed.recorded_at,
        "source": deed.source,
        "dest": deed.dest,
        "version": deed.version,
    }


def _words(deed: Deed, line_id: int | None, salts: Mapping[str, bytes]) -> list[dict[str, object]]:
    return [
        {"line_id": line_id, "field": name, "salt": salts[name], "text": said}
        for name, said in deed.words.items()
    ]
