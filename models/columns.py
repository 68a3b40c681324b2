"""Column types and table arguments that SQLite and PostgreSQL keep alike."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Dialect, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from opora.database import APPEND_ONLY

Json = JSON().with_variant(JSONB(), "postgresql")
"""Plain values only; always assigned as a new object, since changes inside are not seen."""


class Word(TypeDecorator[StrEnum]):
    """A member of an enumeration, stored as its word, so that a new word needs no migration."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self._texts = {word: word.value for word in words}  # passes bind a hundred thousand of them
        self._members = {word.value: word for word in words}

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  the library's signature
        """The word itself; one that is not of the enumeration raises ValueError."""
        return None if value is None else self._texts.get(value) or self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002  the library's signature
        """The member again."""
        return None if value is None else self._members.get(value) or self.words(value)


def append_only(table: str) -> str:
    """Declare `table` as one that only grows; gives its name back."""
    APPEND_ONLY.add(table)
    return table
