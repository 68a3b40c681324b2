"""The fields of a record: read from what a person gives, checked against the kind, named by what is wrong.

Kept as plain values: texts, links, times and choices as text, days as ISO dates, numbers as decimal
text, yes_no as true or false, people and records by id, schools by code, a file as its sha256, name,
size and media type, rows as a list of column → text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, select

from casework.tasks.evidence import Kept
from models.cycle import Cycle
from models.people import Person
from models.record import Record
from models.school import School
from opora.errors import InputRefused
from opora.words import Sentence
from programmes.record_kinds import (
    MANY,
    CellType,
    FieldType,
    RecordField,
    RecordKind,
)

LONGEST_TEXT = 20_000
MOST_THINGS = 1_000
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(\d\d?)\.(\d\d?)\.(\d{4})")
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?")
_NUMBER_OF_A_RECORD = re.compile(r"[0-9]{1,9}")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_YES, _NO = {"yes", "да", "true", "1"}, {"no", "нет", "false", "0"}

Given = Mapping[str, object]
"""Field → what a person wrote: a text, or what YAML makes of it; a file that is kept already."""


@dataclass(frozen=True, slots=True)
class Register:
    """Where schools, people and records are looked up."""

    session: Session
    cycle: Cycle


def read_fields(
    register: Register, kind: RecordKind, given: Given, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """All fields of a record, with `given` in the place of `before`; an empty value takes one away.

    Raises `InputRefused` naming the field and the cure.
    """
    for key in given:
        if key not in kind.fields:
            cure = Sentence("This kind has the fields: {known}.", {"known": ", ".join(kind.fields)})
            raise InputRefused(field=key, value="", cure=cure)
    found = dict(before or {})
    for key, raw in given.items():
        if _is_empty(raw):
            found.pop(key, None)
        else:
            found[key] = _read(register, key, kind.fields[key], raw)
    for key, field in kind.fields.items():
        if field.required and key not in found:
            raise _refuse(key, "", Sentence("A record of this kind needs it."))
    return {key: found[key] for key in kind.fields if key in found}


def _is_empty(raw: object) -> bool:
    return raw is None or raw in ([], {}) or (isinstance(raw, str) and not raw.strip())


def _read(register: Register, key: str, field: RecordField, raw: object) -> Any:
    value = _READERS[field.type](_Cell(register, key, field), raw)
    size: Decimal | None = None
    if field.type is FieldType.NUMBER:
        size = Decimal(value)
    elif field.type in MANY:
        size = Decimal(len(value))
        if len(value) > MOST_THINGS:
            raise _refuse(
                key, len(value), Sentence("At most {most} things.", {"most": MOST_THINGS})
            )
    if size is not None and field.minimum is not None and size < field.minimum:
        raise _refuse(key, size, Sentence("It is at least {least}.", {"least": field.minimum}))
    if size is not None and field.maximum is not None and size > field.maximum:
        raise _refuse(key, size, Sentence("It is at most {most}.", {"most": field.maximum}))
    return value


def _refuse(key: str, value: object, cure: Sentence) -> InputRefused:
    return InputRefused(field=key, value=value, cure=cure)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One field while it is read."""

    register: Register
    key: str
    field: RecordField

    def refuse(self, value: object, cure: Sentence) -> InputRefused:
        return _refuse(self.key, value, cure)

    def text(self, raw: object) -> str:
        """One plain text; what is no text, and what no text may hold, is refused."""
        if isinstance(raw, Kept | Mapping) or (isinstance(raw, Sequence) and raw is not str(raw)):
            raise self.refuse("…", Sentence("Write one value, not several."))
        said = raw.isoformat() if isinstance(raw, date | time) else str(raw)
        text = said.replace("\r\n", "\n").strip()
        if len(text) > LONGEST_TEXT:
            cure = Sentence("At most {most} characters: attach a file.", {"most": LONGEST_TEXT})
            raise self.refuse(f"{text[:40]}…", cure)
        if _NO_TEXT.search(text):
            raise self.refuse("…", Sentence("It holds signs that belong to no text."))
        return text


# --- one value ------------------------------------------------------------------------------------


def _text(cell: _Cell, raw: object) -> str:
    return cell.text(raw)


def _date(cell: _Cell, raw: object) -> str:
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    text = cell.text(raw)
    found = _DAY.fullmatch(text)
    if found is not None:
        year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            pass
    raise cell.refuse(text, Sentence("Write a day like 2026-11-22."))


def _time(cell: _Cell, raw: object) -> str:
    text = cell.text(raw)
    found = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)(:00)?", text)
    if found is None:
        raise cell.refuse(text, Sentence("Write an hour like 14:30."))
    return f"{int(found[1]):02}:{found[2]}"


def _number(cell: _Cell, raw: object) -> str:
    text = cell.text(raw)
    plain = text.replace(" ", "").replace("\xa0", "").replace(",", ".")
    if isinstance(raw, bool) or not _NUMBER.fullmatch(plain):
        raise cell.refuse(text, Sentence("Write a number."))
    whole, _, rest = plain.partition(".")
    rest = rest.rstrip("0")
    return format(Decimal(f"{whole}.{rest}" if rest else whole), "f")


def _choice(cell: _Cell, raw: object) -> str:
    text = cell.text(raw)
    for key, words in cell.field.choices.items():
        if text.casefold() in {key, *(said.casefold() for said in words.values())}:
            return key
    known = ", ".join(cell.field.choices)
    raise cell.refuse(text, Sentence("Possible are: {known}.", {"known": known}))


def _yes_no(cell: _Cell, raw: object) -> bool:
    text = cell.text(raw).casefold()
    if text not in _YES | _NO:
        raise cell.refuse(text, Sentence("Write yes or no."))
    return text in _YES


def _link(cell: _Cell, raw: object) -> str:
    text = cell.text(raw)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s<>\"]", text):
        raise cell.refuse(text, Sentence("Write an address that begins with https://"))
    return text


def _file(cell: _Cell, raw: object) -> dict[str, Any]:
    if not isinstance(raw, Kept):
        raise cell.refuse(raw, Sentence("Name a file."))
    return {
        "sha256": raw.sha256,
        "name": raw.name,
        "size": raw.size,
        "media_type": raw.media_type,
    }


def _person(cell: _Cell, raw: object) -> int:
    email = cell.text(raw).lower()
    found = cell.register.session.exec(select(Person).where(Person.email == email)).first()
    if found is None or found.id is None:
        cure = Sentence("Nobody has this address here: bring people in first, or use a text.")
        raise cell.refuse(email, cure)
    return found.id


def _school(cell: _Cell, raw: object) -> str:
    code = cell.text(raw)
    register = cell.register.cycle.register_key
    found = cell.register.session.exec(
        select(School.code).where(School.register_key == register, School.code == code)
    ).first()
    if found is None:
        raise cell.refuse(code, Sentence("The register has no such school."))
    return found


def _record(cell: _Cell, raw: object) -> int:
    text = cell.text(raw)
    number = int(text) if _NUMBER_OF_A_RECORD.fullmatch(text) else 0
    found = cell.register.session.get(Record, number)
    if found is None or found.cycle_id != cell.register.cycle.id:
        raise cell.refuse(text, Sentence("This cycle has no such record."))
    return number


# --- several values -------------------------------------------------------------------------------


def _each(read: Callable[[_Cell, object], Any]) -> Callable[[_Cell, object], list[Any]]:
    """A list, or a text with commas; the same thing twice counts once."""

    def several(cell: _Cell, raw: object) -> list[Any]:
        parts = raw if isinstance(raw, list | tuple) else re.split(r"[,;\n]", cell.text(raw))
        values = (read(cell, part) for part in parts if not _is_empty(part))
        return list(dict.fromkeys(values))

    return several


def _rows(cell: _Cell, raw: object) -> list[dict[str, str]]:
    """A list of mappings, or lines whose cells stand between |, in the columns' order."""
    if isinstance(raw, list | tuple):
        listed = list(raw)
    else:
        lines = [line for line in re.split(r"[;\n]", cell.text(raw)) if line.strip()]
        listed = [dict(zip(cell.field.columns, line.split("|"), strict=False)) for line in lines]
        if any(line.count("|") >= len(cell.field.columns) for line in lines):
            raise cell.refuse("|", _columns(cell))
    return [_row(cell, position, row) for position, row in enumerate(listed, 1)]


def _row(cell: _Cell, position: int, row: object) -> dict[str, str]:
    if not isinstance(row, Mapping) or row.keys() - cell.field.columns.keys():
        raise cell.refuse(position, _columns(cell))
    found: dict[str, str] = {}
    for key, column in cell.field.columns.items():
        raw = row.get(key)
        if _is_empty(raw):
            if column.required:
                cure = Sentence("Row {row} lacks “{column}”.", {"row": position, "column": key})
                raise cell.refuse("", cure)
            continue
        found[key] = _CELLS[column.type](
            _Cell(cell.register, _place(cell, position, key), _PLAIN), raw
        )
    return found


def _place(cell: _Cell, position: int, column: str) -> str:
    return f"{cell.key}[{position}].{column}"


def _columns(cell: _Cell) -> Sentence:
    known = ", ".join(cell.field.columns)
    return Sentence("A row has the columns: {known}.", {"known": known})


_PLAIN = RecordField(words={})
_CELLS: Mapping[CellType, Callable[[_Cell, object], str]] = {
    CellType.TEXT: _text,
    CellType.DATE: _date,
    CellType.NUMBER: _number,
}
_READERS: Mapping[FieldType, Callable[[_Cell, object], Any]] = {
    FieldType.TEXT: _text,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.NUMBER: _number,
    FieldType.CHOICE: _choice,
    FieldType.YES_NO: _yes_no,
    FieldType.LINK: _link,
    FieldType.FILE: _file,
    FieldType.PERSON: _person,
    FieldType.PERSONS: _each(_person),
    FieldType.SCHOOL: _school,
    FieldType.SCHOOLS: _each(_school),
    FieldType.RECORD: _record,
    FieldType.ROWS: _rows,
}
