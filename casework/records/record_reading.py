"""The fields of a record as people read them: names instead of ids, words instead of keys."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from models.people import Person
from models.record import Record
from models.school import School
from opora.words import Sentence, Words, in_language
from programmes.record_kinds import CellType, FieldType, RecordField, RecordKind
from templates.wording import day_in, say


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field with its words. `value` is plain, as it is kept; `said` is for people.

    `said` is a text, a date, a Decimal, a bool, Words, or a tuple of these; of rows, tuples of cells.
    """

    key: str
    words: Words
    type: FieldType
    value: Any
    said: Any
    columns: tuple[Words, ...] = ()  # of rows


@dataclass(frozen=True, slots=True)
class Names:
    """Names behind the ids and codes of many records; loaded once."""

    people: Mapping[int, str]
    schools: Mapping[tuple[str, str], str]  # register and code
    records: Mapping[int, str]


def names_behind(
    session: Session, records: Iterable[tuple[RecordKind, Mapping[str, Any]]], register: str
) -> Names:
    """Load every name that the fields of these records of one register refer to."""
    people: set[int] = set()
    schools: set[str] = set()
    linked: set[int] = set()
    for kind, fields in records:
        for key, value in fields.items():
            field = kind.fields.get(key)
            match field.type if field else None:
                case FieldType.PERSON:
                    people.add(value)
                case FieldType.PERSONS:
                    people.update(value)
                case FieldType.SCHOOL:
                    schools.add(value)
                case FieldType.SCHOOLS:
                    schools.update(value)
                case FieldType.RECORD:
                    linked.add(value)
    return Names(
        _people(session, people), _schools(session, register, schools), _titles(session, linked)
    )


def _people(session: Session, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(col(Person.id).in_(ids))).all()
    return {key: name for key, name in rows if key is not None}


def _schools(session: Session, register: str, codes: Collection[str]) -> dict[tuple[str, str], str]:
    if not codes:
        return {}
    rows = session.execute(
        select(School.code, School.name).where(
            School.register_key == register, col(School.code).in_(codes)
        )
    ).all()
    return {(register, code): name for code, name in rows}


def _titles(session: Session, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = session.execute(select(Record.id, Record.title).where(col(Record.id).in_(ids))).all()
    return {key: title for key, title in rows if key is not None}


def read_out(
    kind: RecordKind,
    fields: Mapping[str, Any],
    names: Names,
    register: str,
    *,
    only: Collection[str] | None = None,
) -> tuple[FieldView, ...]:
    """The fields that are filled, in the kind's order; `only` leaves the others out."""
    return tuple(
        FieldView(
            key=key,
            words=field.words,
            type=field.type,
            value=fields[key],
            said=_SAID.get(field.type, _as_kept)(_Saying(field, names, register), fields[key]),
            columns=tuple(column.words for column in field.columns.values()),
        )
        for key, field in kind.fields.items()
        if key in fields and (only is None or key in only)
    )


def _as_kept(_: "_Saying", value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class _Saying:
    """One field while it is put into words."""

    field: RecordField
    names: Names
    register: str

    def person(self, value: int) -> str:
        return self.names.people.get(value, f"#{value}")

    def school(self, value: str) -> str:
        return self.names.schools.get((self.register, value), value)

    def record(self, value: int) -> str:
        return f"№ {value} {self.names.records.get(value, '')}".strip()

    def row(self, row: Mapping[str, str]) -> tuple[Any, ...]:
        columns = self.field.columns.items()
        return tuple(_CELLS[c.type](row[key]) if key in row else "" for key, c in columns)


_CELLS: Mapping[CellType, Callable[[str], Any]] = {
    CellType.TEXT: str,
    CellType.DATE: date.fromisoformat,
    CellType.NUMBER: Decimal,
}
_SAID: Mapping[FieldType, Callable[[_Saying, Any], Any]] = {
    FieldType.DATE: lambda _, value: date.fromisoformat(value),
    FieldType.NUMBER: lambda _, value: Decimal(value),
    FieldType.CHOICE: lambda saying, value: saying.field.choices.get(value, value),
    FieldType.FILE: lambda _, value: value["name"],
    FieldType.PERSON: lambda saying, value: saying.person(value),
    FieldType.PERSONS: lambda saying, value: tuple(map(saying.person, value)),
    FieldType.SCHOOL: lambda saying, value: saying.school(value),
    FieldType.SCHOOLS: lambda saying, value: tuple(map(saying.school, value)),
    FieldType.RECORD: lambda saying, value: saying.record(value),
    FieldType.ROWS: lambda saying, value: tuple(map(saying.row, value)),
}
"""What is not here is said as it is kept: texts, times, links, yes and no."""


def in_words(said: Any, language: str) -> str:
    """What a field says, as one text of the language."""
    if isinstance(said, list | tuple):
        is_table = any(isinstance(one, tuple) for one in said)
        return ("; " if is_table else ", ").join(in_words(one, language) for one in said)
    if isinstance(said, bool):
        return say(Sentence("yes") if said else Sentence("no"), language)
    if isinstance(said, Decimal):
        return say(Sentence("{number}", {"number": said}), language)
    if isinstance(said, date):
        return day_in(language, said)
    return in_language(said, language) if isinstance(said, Mapping) else str(said)
