"""Texts that wait for a reader: said only when it is known in which language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Words: TypeAlias = Mapping[str, str]
"""One text in several languages: {"ru": …, "en": …}. Kept in programmes, never in code."""

LANGUAGES = ("ru", "en")


def in_language(words: Words, language: str) -> str:
    """The text in `language`, else in the first language that has it (Russian before English)."""
    for candidate in (language, *LANGUAGES):
        if text := words.get(candidate):
            return text
    return next(iter(words.values()), "")


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with {fields}; `templates.wording.say` gives it in the reader's language.

    A field may be a plain value, a date, `Words`, or another `Sentence`.
    """

    text: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text.format(**{name: _plain(value) for name, value in self.fields.items()})


def _plain(value: object) -> object:
    return in_language(value, "en") if isinstance(value, Mapping) else value
