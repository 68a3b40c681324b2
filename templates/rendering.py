"""Turns what a letter knows into its subject, text and HTML, by the folder of its kind."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context

from opora.words import LANGUAGES
from templates.wording import Sayable, day_in, say


@dataclass(frozen=True, slots=True)
class Rendered:
    """One letter in one language."""

    subject: str
    text: str
    html: str


def render(kind: str, language: str, fields: Mapping[str, object]) -> Rendered:
    """A field that the template wants and the caller did not give raises, instead of leaving a hole."""
    tongue = language if language in LANGUAGES else LANGUAGES[0]
    known = {**fields, "language": tongue}
    text, html = (_environment().get_template(f"{kind}/{tongue}.{form}.j2") for form in ("txt", "html"))
    subject = " ".join(_block(text, "subject", known).split())
    return Rendered(
        subject=subject,
        text=_tidy(text.render(known, subject=subject)),
        html=_tidy(html.render(known, subject=subject)),
    )


def _block(template: Template, name: str, known: Mapping[str, object]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(known))))


def _tidy(text: str) -> str:
    """No blanks at line ends, and never two empty lines in a row."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "letters"),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and ".html." in name,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {"day": _day, "days": _days, "plural": _plural, "said": _said}
    return environment


@pass_context
def _day(context: Context, value: date, *, year: bool = True) -> str:
    """“22 ноября 2026 г.”, or “22 ноября” without the year."""
    language: str = context["language"]
    return day_in(language, value) if year else format_date(value, "d MMMM", locale=language)


@pass_context
def _days(context: Context, values: tuple[date, ...]) -> str:
    """A stretch of days by its ends."""
    first, last = min(values), max(values)
    return _day(context, first) if first == last else f"{_day(context, first)} – {_day(context, last)}"


@pass_context
def _plural(context: Context, number: int, *forms: str) -> str:
    """The one of `forms` (one, few, many in Russian; one, other in English) that follows `number`."""
    rules = Locale.parse(context["language"]).plural_form
    order = {"ru": ("one", "few", "many"), "en": ("one", "other")}[context["language"]]
    return forms[order.index(rules(number))]


@pass_context
def _said(context: Context, value: Sayable | str) -> str:
    """A Sentence, Words or error in the reader's language; a text as it is."""
    return value if isinstance(value, str) else say(value, context["language"])
