"""The one written form of a history line, its hash, and the salted commitments that hide words.

Under these rules the standard library's output is byte-equal to RFC 8785: ASCII keys, no floats,
NFC texts, integers below 2**53, moments as UTC `YYYY-MM-DDTHH:MM:SS.ffffffZ`, explicit nulls.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

LARGEST_INTEGER = 2**53
_PREFIX = b"opora-h1"
_GENESIS = b"opora-genesis-1"


def moment(value: datetime) -> str:
    """An aware moment as canonical text; a naive one raises ValueError."""
    if value.tzinfo is None:
        message = f"a naive moment has no place in history: {value!r}"
        raise ValueError(message)
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: object) -> object:
    """`value` in the few shapes that canonical JSON has; floats and unknown types raise TypeError."""
    shape = _EXACT.get(type(value)) or _shape_of(value)
    if shape is not None:
        return shape(value)
    message = f"{type(value).__name__} has no canonical form: {value!r}"
    raise TypeError(message)


def _shape_of(value: object) -> Callable[[Any], object] | None:
    return next((shape for kind, shape in _SHAPES if isinstance(value, kind)), None)


def _integer(value: int) -> int:
    if abs(value) < LARGEST_INTEGER:
        return value
    message = f"an integer of history stays below 2**53: {value}"
    raise TypeError(message)


def _key(key: object) -> str:
    if isinstance(key, str) and key.isascii():
        return key
    message = f"a key must be ASCII text: {key!r}"
    raise TypeError(message)


def _unchanged(value: object) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Gap:
    """Stands in a `Form` for a value that each of many like texts fills in for itself."""

    name: str

    def as_mark(self) -> str:
        """A text that no deed can hold: databases keep no text with a zero in it."""
        return f"\0{self.name}\0"


_SHAPES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (type(None), _unchanged),
    (bool, _unchanged),  # before int, which it is too
    (StrEnum, lambda value: value.value),
    (str, lambda value: value if value.isascii() else unicodedata.normalize("NFC", value)),
    (int, _integer),
    (Decimal, lambda value: format(value, "f")),
    (datetime, moment),  # before date, which it is too
    (date, date.isoformat),
    (Mapping, lambda value: {_key(key): plain(item) for key, item in value.items()}),
    (list, lambda value: [plain(item) for item in value]),
    (tuple, lambda value: [plain(item) for item in value]),
    (frozenset, lambda value: [plain(item) for item in sorted(value)]),
    (set, lambda value: [plain(item) for item in sorted(value)]),
    (Gap, Gap.as_mark),
)
_EXACT = {**dict(_SHAPES), dict: dict(_SHAPES)[Mapping]}
"""By exact type: nearly every value is of one of these, and history is written often."""


_write = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def canonical(value: object) -> str:
    """`value` as canonical JSON text."""
    return _write(plain(value))


class Form:
    """Canonical text with gaps: of ten thousand like lines the common part is written once."""

    __slots__ = ("_gaps", "_text")

    def __init__(self, value: object) -> None:
        text = canonical(value)
        self._gaps = tuple(_MARK.findall(text))
        self._text = _MARK.sub("%s", text.replace("%", "%%"))

    def filled(self, values: Mapping[str, object]) -> str:
        """The text that `canonical` gives with these values in the gaps."""
        return self._text % tuple([_written(values[name]) for name in self._gaps])


_MARK = re.compile(r'"\\u0000([^"\\]+)\\u0000"')


def _written(value: object) -> str:
    return str(_integer(value)) if type(value) is int else canonical(value)


def genesis(subject: str) -> bytes:
    """What the first line of a subject's chain stands on: the subject's own name."""
    return hashlib.sha256(_GENESIS + subject.encode()).digest()


def link(subject: str, seq: int, previous: bytes, body: str) -> bytes:
    """Hash of line `seq` of `subject`; every part has a fixed length, so no two inputs look alike."""
    return hashlib.sha256(
        _PREFIX
        + hashlib.sha256(subject.encode()).digest()
        + seq.to_bytes(8, "big")
        + previous
        + hashlib.sha256(body.encode()).digest()
    ).digest()


def new_salt() -> bytes:
    """Sixteen bytes that make a commitment to a short text unguessable."""
    return secrets.token_bytes(16)


def commitment(salt: bytes, text: str) -> str:
    """What history keeps of a text: erasing salt and text leaves the chain provable."""
    return hashlib.sha256(salt + unicodedata.normalize("NFC", text).encode()).hexdigest()
