"""What pydantic finds wrong with a value, said to people: the problem and its cure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from opora.words import Sentence

MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
"""Kinds of errors of a model and of a dataclass."""


@dataclass(frozen=True, slots=True)
class ValueFault:
    """The problem begins small and has no full stop: it stands behind a place. The cure is whole.

    A validator of ours raises `ValueError(Sentence(…))`; what the library alone knows stays in its
    English.
    """

    problem: Sentence | str
    cure: Sentence

    @property
    def sentence(self) -> Sentence:
        """Both in one."""
        return Sentence("{problem}. {cure}", {"problem": self.problem, "cure": self.cure})


def fault_of(error: Mapping[str, Any]) -> ValueFault:
    """`error` is one of `ValidationError.errors()`."""
    kind, told = error["type"], _fields(error)
    if kind in {"string_too_short", "too_short"} and told["min_length"] == "1":
        kind = "empty"
    if kind in _FAULTS:
        problem, cure = _FAULTS[kind]
        return ValueFault(replace(problem, fields=told), replace(cure, fields=told))
    raised = _raised_in(error)
    if raised is not None:
        return ValueFault(raised, _CORRECT)
    said = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return ValueFault(said, _CORRECT)


def _raised_in(error: Mapping[str, Any]) -> Sentence | None:
    """What a validator of ours raised as `ValueError(Sentence(…))`."""
    raised = (error.get("ctx") or {}).get("error")
    first = raised.args[0] if isinstance(raised, ValueError) and raised.args else None
    return first if isinstance(first, Sentence) else None


def _fields(error: Mapping[str, Any]) -> dict[str, object]:
    """Numbers as words, so that none of them chooses an ending."""
    told: dict[str, object] = {name: str(one) for name, one in (error.get("ctx") or {}).items()}
    told["name"] = str(error["loc"][-1]) if error["loc"] else ""
    for name in ("expected", "expected_tags"):
        if name in told:
            told[name] = re.findall(r"'([^']*)'", str(told[name])) or told[name]
    return told


_CORRECT = Sentence("Correct the value.")
_MISSING = (Sentence("{name} is missing"), Sentence("Add it."))
_UNKNOWN = (
    Sentence("the key {name} is not known here"),
    Sentence("Remove it, or write the key as the documentation spells it."),
)
_WHOLE = (Sentence("this is no whole number"), Sentence("Write a number such as 3."))
_NUMBER = (Sentence("this is no number"), Sentence("Write a number such as 3 or 0.5."))
_LOGICAL = (Sentence("this is neither yes nor no"), Sentence("Write true or false."))
_TEXT = (
    Sentence("this is no text"),
    Sentence("Write a text; identifiers and times of day stand in quotation marks."),
)
_DAY = (Sentence("this is no day"), Sentence("Write a day such as 2026-11-22."))
_TIME = (Sentence("this is no time of day"), Sentence('Write a time such as "09:00".'))
_LIST = (Sentence("a list belongs here"), Sentence("Write entries, each behind a dash."))
_KEYS = (Sentence("keys belong here"), Sentence("Write lines such as key: value, indented."))
_WORD = (Sentence("this word is not known here"), Sentence("Use one of: {expected}."))
_SMALL, _LARGE = Sentence("this is too little"), Sentence("this is too much")
_SHORT, _LONG = Sentence("this is too short"), Sentence("this is too long")

_FAULTS: Mapping[str, tuple[Sentence, Sentence]] = {
    **dict.fromkeys(MISSING, _MISSING),
    **dict.fromkeys(UNKNOWN, _UNKNOWN),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(
        ("decimal_parsing", "decimal_type", "float_parsing", "float_type", "finite_number"), _NUMBER
    ),
    **dict.fromkeys(("bool_parsing", "bool_type"), _LOGICAL),
    **dict.fromkeys(("string_type", "string_sub_type"), _TEXT),
    **dict.fromkeys(
        ("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        _DAY,
    ),
    **dict.fromkeys(("time_parsing", "time_type"), _TIME),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"),
        _KEYS,
    ),
    **dict.fromkeys(("literal_error", "enum"), _WORD),
    "union_tag_invalid": (_WORD[0], Sentence("Use one of: {expected_tags}.")),
    "union_tag_not_found": (
        Sentence("nothing says which kind this is"),
        Sentence("Add the key {discriminator}."),
    ),
    "none_required": (Sentence("nothing belongs here"), Sentence("Remove the value.")),
    "greater_than": (_SMALL, Sentence("Write more than {gt}.")),
    "greater_than_equal": (_SMALL, Sentence("Write {ge} or more.")),
    "less_than": (_LARGE, Sentence("Write less than {lt}.")),
    "less_than_equal": (_LARGE, Sentence("Write {le} or less.")),
    "multiple_of": (
        Sentence("this is no multiple of {multiple_of}"),
        Sentence("Write a multiple of {multiple_of}."),
    ),
    "empty": (Sentence("this is empty"), Sentence("Fill it in.")),
    "string_too_short": (_SHORT, Sentence("Write at least so many characters: {min_length}.")),
    "string_too_long": (_LONG, Sentence("Write at most so many characters: {max_length}.")),
    "too_short": (_SHORT, Sentence("Give at least so many: {min_length}.")),
    "too_long": (_LONG, Sentence("Give at most so many: {max_length}.")),
    "string_pattern_mismatch": (
        Sentence("this is not written in the form that is asked for"),
        Sentence("The form is {pattern}"),
    ),
}
"""Kind of pydantic's error → problem and cure."""
