"""Records of declared kinds: what their lines claim, and where the live rows differ from it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sqlalchemy import String, select, type_coerce
from sqlmodel import Session, col, select as select_rows

from audit.lines import Body, Salted
from casework.records.marks import PAIRS, marks_of
from casework.records.prefilling import as_text
from casework.records.record_telling import PREFILLED, said_freely
from models.record import Record, RecordMaking, RecordPrefill, RecordReply
from opora.canonical import commitment
from opora.errors import HistoryBroken
from opora.words import Sentence

_TOLD = ("kind", "state", "outcome", "number", "parent")
_FIELD = "field_"
_FIRST_OF = {second: first for first, second in PAIRS}


@dataclass(slots=True)
class ClaimedRecord:
    """A record as its lines leave it; free words only as commitments, with the salts still kept."""

    row: dict[str, Any]
    version: int
    fields: Mapping[str, Any]
    commitments: Mapping[str, str]
    salts: Mapping[str, bytes]
    prefilled: Mapping[str, tuple[str, str | None, bytes | None]] = field(default_factory=dict)
    """Field → source, commitment and salt of what stood there before anybody typed."""
    made_by: str | None = None
    marks: dict[tuple[str, str], int] = field(default_factory=dict)
    replies: list[tuple[str | None, bytes | None]] = field(default_factory=list)


Claims = dict[int, ClaimedRecord]
"""Records of one subject by id."""


def _written(records: Claims, body: Body, words: Salted) -> None:
    """Added, amended, confirmed, concluded, cancelled: each is one version more."""
    values = body["values"]
    number, version = values["record"], values["record_version"]
    before = records.get(number)
    if (before.version if before else 0) + 1 != version:
        _contradiction("the line leaves out a version of the record {record}", record=number)
    claimed = ClaimedRecord(
        row={name: values[name] for name in _TOLD},
        version=version,
        fields=values["fields"],
        commitments={
            name.removeprefix(_FIELD): said
            for name, said in body["words"].items()
            if name.startswith(_FIELD)
        },
        salts={name.removeprefix(_FIELD): salt for name, (salt, _) in words.items()},
        prefilled=_prefilled(body, words),
        made_by=values.get("made_by"),
    )
    if before is not None:
        claimed.marks, claimed.replies = before.marks, before.replies
        claimed.prefilled, claimed.made_by = before.prefilled, before.made_by
    records[number] = claimed


def _prefilled(body: Body, words: Salted) -> dict[str, tuple[str, str | None, bytes | None]]:
    found: Mapping[str, str] = body["values"].get("prefilled", {})
    names = {key: f"{PREFILLED}{key}" for key in found}
    return {
        key: (
            source,
            body["words"].get(names[key]),
            words[names[key]][0] if names[key] in words else None,
        )
        for key, source in found.items()
    }


def _marked(records: Claims, body: Body, _: Salted) -> None:
    values = body["values"]
    found = _known(records, values["record"])
    for party, persons in values["parties"].items():
        found.marks[party, values["mark"]] = persons
    for (party, mark), persons in found.marks.items():
        first = _FIRST_OF.get(mark)  # type: ignore[call-overload]  # a word of the enumeration
        if first is not None and persons > found.marks.get((party, first), 0):
            _contradiction(
                "more came to the record {record} than were invited", record=values["record"]
            )


def _answered(records: Claims, body: Body, words: Salted) -> None:
    found = _known(records, body["values"]["record"])
    salt = words["text"][0] if "text" in words else None
    found.replies.append((body["words"].get("text"), salt))


def _known(records: Claims, number: int) -> ClaimedRecord:
    if number not in records:
        _contradiction("the record {record} was never written down", record=number)
    return records[number]


def _contradiction(what: str, **fields: object) -> NoReturn:
    raise HistoryBroken(what=Sentence(what, fields))


WRITTEN = ("add_record", "amend_record", "confirm_record", "conclude_record", "cancel_record")
"""Deeds that may open tasks, or take them away."""

DEEDS: Mapping[str, Callable[[Claims, Body, Salted], None]] = {
    **dict.fromkeys(WRITTEN, _written),
    "invite_to_record": _marked,
    "attend_record": _marked,
    "ask_acknowledgement": _marked,
    "acknowledge_record": _marked,
    "answer_record": _answered,
}


# --- the live rows --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Live:
    """The rows of many subjects."""

    records: Mapping[str, Mapping[int, Any]]  # by subject
    marks: Mapping[int, Mapping[tuple[str, str], int]]
    replies: Mapping[int, Sequence[str]]
    prefilled: Mapping[int, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    made: Mapping[int, str] = field(default_factory=dict)  # record → the rule of its parent


def live_records(session: Session, subjects: Sequence[str]) -> Live:
    """Load them; words outside an enumeration are told, not raised."""
    rows = session.connection().execute(
        select(
            col(Record.id),
            col(Record.subject),
            col(Record.kind),
            type_coerce(col(Record.state), String).label("state"),
            col(Record.outcome),
            col(Record.number),
            col(Record.parent_id).label("parent"),
            col(Record.version),
            col(Record.fields),
        ).where(col(Record.subject).in_(subjects))
    )
    records: dict[str, dict[int, Any]] = {}
    for row in rows:
        records.setdefault(row.subject, {})[row.id] = row
    ids = [number for of_one in records.values() for number in of_one]
    if not ids:
        return Live(records, {}, {})
    replies: dict[int, list[str]] = {}
    said = session.connection().execute(
        select(col(RecordReply.record_id), col(RecordReply.text))
        .where(col(RecordReply.record_id).in_(ids))
        .order_by(col(RecordReply.record_id), col(RecordReply.seq))
    )
    for record_id, text in said:
        replies.setdefault(record_id, []).append(text)
    prefilled: dict[int, dict[str, tuple[str, str]]] = {}
    for one in session.exec(
        select_rows(RecordPrefill).where(col(RecordPrefill.record_id).in_(ids))
    ):
        known = prefilled.setdefault(one.record_id, {})
        known[one.field] = (one.source, as_text(one.value, one.origin))
    made = {
        one.made_id: one.rule
        for one in session.exec(select_rows(RecordMaking).where(col(RecordMaking.made_id).in_(ids)))
    }
    return Live(records, marks_of(session, ids), replies, prefilled, made)


def in_records(subject: str, claims: Claims, live: Live) -> Iterator[Sentence]:
    """Every difference of one subject's records, both sides told."""
    rows = live.records.get(subject, {})
    for number in sorted(claims.keys() | rows.keys()):
        if number not in claims:
            yield Sentence("record {record} has no line of history", {"record": number})
        elif number not in rows:
            yield Sentence(
                "history tells of the record {record}, the live row is missing", {"record": number}
            )
        else:
            for name in _differing(claims[number], rows[number]):
                yield _differs(number, name)
            if claims[number].marks != live.marks.get(number, {}):
                yield _differs(number, "attendance")
            if not _is_said(claims[number].replies, live.replies.get(number, ())):
                yield _differs(number, "answers")
            if claims[number].made_by != live.made.get(number):
                yield _differs(number, "made_by")
            if not _stood_there(claims[number], live.prefilled.get(number, {})):
                yield _differs(number, "prefilled")


def _differing(claimed: ClaimedRecord, row: Any) -> Iterator[str]:
    told = {**claimed.row, "version": claimed.version}
    yield from (name for name, value in told.items() if value != getattr(row, name))
    for key, value in claimed.fields.items():
        found = row.fields.get(key)
        plain = found["sha256"] if isinstance(found, dict) and "sha256" in found else found
        if plain != value:
            yield key
    for key, committed in claimed.commitments.items():
        found, salt = row.fields.get(key), claimed.salts.get(key)
        if isinstance(found, dict):
            found = found.get("name")
        if salt is not None and (
            found is None or commitment(salt, said_freely(found)) != committed
        ):
            yield key
    known = claimed.fields.keys() | claimed.commitments.keys()
    yield from sorted(row.fields.keys() - known) if known else ()


def _stood_there(claimed: ClaimedRecord, live: Mapping[str, tuple[str, str]]) -> bool:
    """What stood in the fields beforehand, by source and, while the salts are kept, by value."""
    if claimed.prefilled.keys() != live.keys():
        return False
    return all(
        source == live[key][0] and (salt is None or committed == commitment(salt, live[key][1]))
        for key, (source, committed, salt) in claimed.prefilled.items()
    )


def _is_said(claimed: Sequence[tuple[str | None, bytes | None]], live: Sequence[str]) -> bool:
    if len(claimed) != len(live):
        return False
    return all(
        salt is None or committed == commitment(salt, text)
        for (committed, salt), text in zip(claimed, live, strict=True)
    )


def _differs(number: int, name: str) -> Sentence:
    return Sentence(
        "record {record}: “{name}” is not what history says", {"record": number, "name": name}
    )
