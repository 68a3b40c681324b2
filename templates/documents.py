"""Documents to sign and file: a text in Markdown from a template, then DOCX or PDF.

The templates are `documents/<kind>.<language>.md`; a programme may bring its own under the same
name. They run in Jinja's sandbox and see the fields alone; whatever a field says is text, never
markup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from babel.numbers import format_decimal
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from opora.errors import InputRefused
from opora.words import Sentence, in_language
from templates.wording import begun, day_in, locale_of, short_day_in, tongue

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")  # CommonMark lets each of them stand behind a backslash
_NUMBER_SIGN = re.compile(r"(№|\bNo\\?\.) ")  # it never ends a line
_MOST_STEPS = 10_000
_FIXED = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text whose marks mean something: made by the templates' own filters, never by a field."""

    text: str


class _Sandbox(ImmutableSandboxedEnvironment):
    """A programme's template may reckon, but never so far that the machine stands still."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not (_is_number(left) and _is_number(right)):
            msg = f"{operator} is for two numbers; ** is not allowed"
            raise SecurityError(msg)
        return super().call_binop(context, operator, left, right)


class _Steps:
    """All loops over `range` of one document together: a loop within a loop ends too."""

    def __init__(self) -> None:
        self._left = _MOST_STEPS

    def range(self, *bounds: int) -> range:
        """As Python's. Raises SecurityError when the document has counted too far."""
        steps = range(*bounds)
        self._left -= len(steps)
        if self._left < 0:
            msg = f"over {_MOST_STEPS} steps of range in one document"
            raise SecurityError(msg)
        return steps


class Numbers:
    """`{{ part.next() }}`: the number of the next part, where parts may be left out."""

    def __init__(self, first: int = 1) -> None:
        self._next = first

    def next(self) -> int:
        self._next += 1
        return self._next - 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal)


def document_text(
    kind: str, language: str, fields: Mapping[str, object], own: Mapping[str, str] | None = None
) -> str:
    """The document in Markdown; `own` are the programme's files, name → text.

    Raises InputRefused where a programme's own template fails; a field that is missing raises.
    """
    name = f"{kind}.{tongue(language)}.md"
    theirs = (own or {}).get(f"documents/{name}")
    source = theirs if theirs is not None else _shipped(name)
    spent = _Steps()
    try:
        template = _environment().from_string(source)
        text = template.render(fields, language=tongue(language), range=spent.range)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        if theirs is None:
            raise
        cure = Sentence("Correct the template: {why}.", {"why": str(error)})
        raise InputRefused(field=f"documents/{name}", value=kind, cure=cure) from error
    text = text.replace("г\\..", "г\\.")  # a day ends a sentence by itself
    text = _NUMBER_SIGN.sub(rf"\1{_FIXED}", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def shipped_kinds() -> frozenset[str]:
    """The papers for which a text comes along."""
    names = (file.name for file in (resources.files("templates") / "documents").iterdir())
    return frozenset(name.partition(".")[0] for name in names)


def mistake_in(source: str) -> tuple[int, str] | None:
    """Line and message of what no template may say; None where it can be read."""
    try:
        _environment().parse(source)
    except TemplateSyntaxError as error:
        return error.lineno, error.message or ""
    return None


@cache
def _shipped(name: str) -> str:
    file = resources.files("templates") / "documents" / name
    return file.read_text(encoding="utf-8")


@cache
def _environment() -> _Sandbox:
    environment = _Sandbox(
        undefined=StrictUndefined,
        autoescape=False,  # Markdown, not HTML: `finalize` escapes every field
        finalize=_escaped,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "begun": begun,
        "day": _day,
        "number": _number,
        "said": _said,
        "short": _short,
    }
    environment.globals |= {"blank": _blank, "gap": _gap, "numbers": Numbers}
    return environment


def _escaped(value: object) -> str:
    if isinstance(value, Markdown):
        return value.text
    if value is None:
        return ""
    return _MARKS.sub(r"\\\1", " ".join(str(value).split(" ")).replace("\n", " "))


def _blank(width: int = 20) -> Markdown:
    """A line to write on by hand."""
    return Markdown("\\_" * min(max(width, 1), 80))


def _gap() -> Markdown:
    """What follows stands at the right: the parts of a line share its width."""
    return Markdown("\t")


@pass_context
def _day(context: Context, value: date | None) -> object:
    """“2 июня 2021 г.”; a line to write on where the day is not known yet."""
    if value is None:
        return _blank(14)
    day = value.date() if isinstance(value, datetime) else value
    return day_in(context["language"], day).replace(" ", _FIXED)


@pass_context
def _short(context: Context, value: date | None) -> str:
    """“02.06.2021” in Russian, “2 Jun 2021” in English, for tables; a dash where it is not known."""
    if value is None:
        return "–"
    return short_day_in(context["language"], value).replace(" ", _FIXED)


@pass_context
def _number(context: Context, value: Decimal | float | None, digits: int = 1) -> str:
    """“1 234,5” in Russian, “1,234.5” in English."""
    if value is None:
        return "–"
    pattern = "#,##0." + "#" * digits
    return format_decimal(value, pattern, locale=locale_of(context["language"])).rstrip(".,")


@pass_context
def _said(context: Context, value: object) -> object:
    return in_language(value, context["language"]) if isinstance(value, Mapping) else value
