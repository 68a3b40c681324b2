"""One step in the life of a deadline, and its plain form for a database or a history line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from opora.words import Sentence, Words


class StepKind(StrEnum):
    """What may happen to a deadline."""

    PLANNED = "planned"  # the day that the rule says
    JOINED_LATE = "joined_late"  # that day had passed when the school joined (S0-18)
    MOVED = "moved"  # off a day off
    EXTENDED = "extended"
    RESTARTED = "restarted"  # somebody else does the work, and its days count anew
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REPLANNED = "replanned"  # a new version of the programme says another day
    FOLLOWED = "moved_with_anchor"  # the day that it counts from has moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`due_on` is the date in force after this step, `shift` calendar days later than before it.

    `words`: the rule of a planned step, the name of the day off of a moved one.
    `on`: the day of the step itself.
    """

    kind: StepKind
    on: date
    due_on: date
    shift: int = 0
    words: Words | Sentence | None = None
    by: str | None = None
    reason: str | None = None

    def as_row(self) -> dict[str, Any]:
        """The step in JSON's own shapes: texts, integers, objects and null."""
        return {
            "kind": self.kind.value,
            "on": self.on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "shift": self.shift,
            "words": _put(self.words),
            "by": self.by,
            "reason": self.reason,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Step":
        """The step that `as_row` wrote."""
        return cls(
            kind=StepKind(row["kind"]),
            on=date.fromisoformat(row["on"]),
            due_on=date.fromisoformat(row["due_on"]),
            shift=row["shift"],
            words=_take(row["words"]),
            by=row["by"],
            reason=row["reason"],
        )


Ledger = tuple[Step, ...]


def describe_step(step: Step) -> Sentence:
    """The step in words."""
    fields = {
        "due_on": step.due_on,
        "on": step.on,
        "days": step.shift,
        "words": step.words,
        "by": step.by,
        "reason": step.reason,
    }
    return Sentence(_SENTENCES[step.kind], fields)


_SENTENCES = {
    StepKind.PLANNED: "{due_on}: {words}",
    StepKind.JOINED_LATE: "{due_on}: counted from {on}, the day of joining",
    StepKind.MOVED: "{due_on}: moved off a day that does not count: {words}",
    StepKind.EXTENDED: "{due_on}: extended by {by}, reason: {reason}",
    StepKind.RESTARTED: "{due_on}: counted anew from {on} for somebody else, by {by}, "
    "reason: {reason}",
    StepKind.SUSPENDED: "{on}: suspended, reason: {reason}",
    StepKind.RESUMED: "{due_on}: resumed on {on} after {days} days",
    StepKind.REPLANNED: "{due_on}: planned anew by {words}",
    StepKind.FOLLOWED: "{due_on}: moved by {days} days together with {words}, reason: {reason}",
}


def _put(value: object) -> Any:
    match value:
        case Sentence():
            fields = {name: _put(item) for name, item in value.fields.items()}
            return {"sentence": value.text, "fields": fields}
        case Mapping():
            return {"words": dict(value)}
        case date():
            return {"day": value.isoformat()}
        case None | str() | int():
            return value
    message = f"a step cannot keep a {type(value).__name__}: {value!r}"
    raise TypeError(message)


def _take(value: Any) -> Any:
    match value:
        case {"sentence": text, "fields": fields}:
            return Sentence(text, {name: _take(item) for name, item in fields.items()})
        case {"words": words}:
            return words
        case {"day": day}:
            return date.fromisoformat(day)
    return value
