"""What history keeps of a record's fields, and what lists are told of it: title, day, files."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from programmes.record_kinds import FieldType, RecordKind

PREFILLED = "prefilled_"
"""Before the name of a field: what stood there before anybody typed, committed to in the line."""

_FREE = frozenset({FieldType.TEXT, FieldType.LINK, FieldType.ROWS})


def data_of(kind: RecordKind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Field → value as the chain tells it; what was written freely is left to `words_of`."""
    return {
        key: value["sha256"] if of_type is FieldType.FILE else value
        for key, of_type, value in _typed(kind, fields)
        if of_type not in _FREE
    }


def words_of(kind: RecordKind, fields: Mapping[str, Any]) -> dict[str, str]:
    """`field_KEY` → what the chain only commits to: texts, links, rows, names of files."""
    found: dict[str, str] = {}
    for key, of_type, value in _typed(kind, fields):
        if of_type is FieldType.FILE:
            found[f"field_{key}"] = value["name"]
        elif of_type in _FREE:
            found[f"field_{key}"] = said_freely(value)
    return found


def said_freely(value: Any) -> str:
    """A free value as the one text that is committed to."""
    return (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )


def files_of_fields(kind: RecordKind, fields: Mapping[str, Any]) -> set[str]:
    """sha256 of every file that the fields name."""
    typed = _typed(kind, fields)
    return {value["sha256"] for _, of_type, value in typed if of_type is FieldType.FILE}


def _typed(kind: RecordKind, fields: Mapping[str, Any]) -> Iterator[tuple[str, FieldType, Any]]:
    """A newer version of the programme may have left a field out: older records keep it."""
    for key, value in fields.items():
        if key in kind.fields:
            yield key, kind.fields[key].type, value


def title_of(kind: RecordKind, fields: Mapping[str, Any]) -> str:
    """The first line of the field that names the record."""
    said = str(fields.get(kind.title_field or "", ""))
    return said.splitlines()[0][:200] if said else ""


def day_in(fields: Mapping[str, Any], key: str | None) -> date | None:
    """The day that a date field holds."""
    value = fields.get(key or "")
    return date.fromisoformat(value) if value else None
