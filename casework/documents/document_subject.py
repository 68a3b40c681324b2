"""What a document is about, and in whose words it is read."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from models.case import Case
from models.cycle import Cycle
from models.school import School
from opora.words import Words, in_language
from programmes.definition import Programme

Fields = dict[str, Any]
"""What a template may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a document is about, found within the actor's scope, and how it is read."""

    cycle: Cycle
    programme: Programme
    language: str
    on: date
    case: Case | None = None
    school: School | None = None
    record: int | None = None

    def label(self, key: str) -> str:
        """The programme's words for `stage.identified`; the bare word where it has none."""
        words = self.programme.labels.get(key)
        return in_language(words, self.language) if words else key.partition(".")[2]

    def said(self, words: Words) -> str:
        return in_language(words, self.language)
