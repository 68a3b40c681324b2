"""Whether one line of a chain is what was once written: its place, hash, body, columns and words."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeAlias

from sqlalchemy import Select, String, cast, func, select, type_coerce
from sqlalchemy.types import LargeBinary
from sqlmodel import Session, col

from models.history import HistoryLine, HistoryWords
from opora.canonical import LARGEST_INTEGER, canonical, commitment, genesis, link, moment
from opora.errors import HistoryBroken
from opora.words import Sentence

CHUNK = 2000
"""Lines held in memory at once."""

Body: TypeAlias = Mapping[str, Any]
"""A line's body, as its canonical JSON says it."""

Salted: TypeAlias = Mapping[str, tuple[bytes, str]]
"""Field → salt and text of the words that are still kept for one line."""

StoredLine: TypeAlias = Sequence[Any]
"""id, subject, seq, deed, actor, happened_at, recorded_at, source, dest, version, body, previous, hash."""

_COLUMNS = (
    "subject",
    "seq",
    "deed",
    "actor",
    "happened_at",
    "recorded_at",
    "source",
    "dest",
    "version",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing found wrong with a subject; `seq` is the line to look at (0: none is there)."""

    subject: str
    seq: int
    what: Sentence


def stored_lines(
    session: Session, subjects: Collection[str] | None = None
) -> Iterator[Sequence[StoredLine]]:
    """Lines in order of subject and seq, in chunks, through a cursor that keeps memory bounded."""
    statement = _statement(session)
    if subjects is not None:
        statement = statement.where(col(HistoryLine.subject).in_(subjects))
    result = session.connection().execute(statement, execution_options={"yield_per": CHUNK})
    yield from result.partitions()


def _statement(session: Session) -> Select[Any]:
    """Every column as it is stored: a damaged value must be told, not raised by a column type."""
    body = col(HistoryLine.body)
    return select(
        col(HistoryLine.id),
        col(HistoryLine.subject),
        col(HistoryLine.seq),
        col(HistoryLine.deed),
        col(HistoryLine.actor),
        type_coerce(col(HistoryLine.happened_at), String),
        type_coerce(col(HistoryLine.recorded_at), String),
        col(HistoryLine.source),
        col(HistoryLine.dest),
        col(HistoryLine.version),
        cast(body, LargeBinary)
        if session.get_bind().dialect.name == "sqlite"
        else func.convert_to(body, "UTF8", type_=LargeBinary),
        col(HistoryLine.previous),
        col(HistoryLine.hash),
    ).order_by(col(HistoryLine.subject), col(HistoryLine.seq))


def kept_words(session: Session, lines: Sequence[StoredLine]) -> Mapping[int, Salted]:
    """Line id → the words that are still there for it."""
    statement = select(
        col(HistoryWords.line_id),
        col(HistoryWords.field),
        col(HistoryWords.salt),
        col(HistoryWords.text),
    ).where(col(HistoryWords.line_id).in_([line[0] for line in lines]))
    found: dict[int, dict[str, tuple[bytes, str]]] = defaultdict(dict)
    for line_id, field, salt, said in session.connection().execute(statement).all():
        found[line_id][field] = (salt, said)
    return found


def check_line(line: StoredLine, seq: int, previous: bytes, words: Salted) -> Body:
    """The body of a line that holds in its place after `previous`; HistoryBroken names what does not."""
    subject, stored_seq, raw = line[1], line[2], line[10]
    if stored_seq != seq:
        _broken(
            "line {seq} is missing, line {found} stands in its place", seq=seq, found=stored_seq
        )
    if line[11] != previous:
        _broken(
            "the first line does not stand on the beginning of its own chain"
            if previous == genesis(subject)
            else "the line does not stand on the line before it"
        )
    try:
        text = raw.decode()
        if link(subject, seq, previous, text) != line[12]:
            _broken("the hash does not fit the line")
        body = _parsed(text)
        _columns_repeat(line, body)
        _words_fit(body["words"], words)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        _broken("the line cannot be read as a line of history")
    return body


def _parsed(text: str) -> Body:
    body: Body
    body, _ = _DECODER.raw_decode(text)  # what stands after it is missing when it is written again
    again = _ENCODER.encode(body) if text.isascii() else canonical(body)
    if again != text:
        _broken("the body is not written in the canonical form")
    return body


def _columns_repeat(line: StoredLine, body: Body) -> None:
    stored = (*line[1:5], stored_moment(line[5]), stored_moment(line[6]), *line[7:10])
    if stored != tuple([body[name] for name in _COLUMNS]):
        names = zip(_COLUMNS, stored, strict=True)
        wrong = ", ".join(name for name, value in names if value != body[name])
        _broken("columns say something else than the body: {columns}", columns=wrong)


def _words_fit(commitments: Mapping[str, str], words: Salted) -> None:
    for field, (salt, said) in words.items():
        if commitments.get(field) != commitment(salt, said):
            _broken("the words “{field}” are not those that the line commits to", field=field)


def stored_moment(value: object) -> str | None:
    """A moment as its column gives it (text on SQLite) in canonical form."""
    if value is None:
        return None
    if isinstance(value, str) and len(value) == _FULL_MOMENT:
        return f"{value[:10]}T{value[11:]}Z"  # as SQLite keeps every one that was ever written
    read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment(read if read.tzinfo else read.replace(tzinfo=UTC))


_FULL_MOMENT = len("2026-11-22 08:00:00.000000")
_SAFE_DIGITS = len(str(LARGEST_INTEGER)) - 1


def _integer(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS and not -LARGEST_INTEGER < int(digits[:20]) < LARGEST_INTEGER:
        _refuse(digits)
    return int(digits)


def _refuse(literal: str) -> NoReturn:
    message = f"no such number stands in history: {literal}"
    raise ValueError(message)


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer)
_ENCODER = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # what was just read stands in no circle
)


def _broken(what: str, **fields: object) -> NoReturn:
    raise HistoryBroken(what=Sentence(what, fields))
