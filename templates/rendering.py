"""Turns what a letter knows into its subject, text and HTML, by the folder of its kind."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context

from templates.wording import Sayable, day_in, locale_of, one_point, say, tongue

PLURALS = {"ru": ("one", "few", "many"), "en": ("one", "other")}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One letter in one language."""

    subject: str
    text: str
    html: str


def render(kind: str, language: str, fields: Mapping[str, object]) -> Rendered:
    """A field that the template wants and the caller did not give raises: a letter has no holes."""
    language = tongue(language)
    text = _environment().get_template(f"{kind}/{language}.txt.j2")
    html = _environment().get_template(f"{kind}/{language}.html.j2")
    known = {**fields, "language": language}
    known["subject"] = " ".join(_block(text, "subject", known).split())
    return Rendered(
        subject=str(known["subject"]),
        text=_tidy(text.render(known)),
        html=_tidy(html.render(known)),
    )


def _block(template: Template, name: str, known: Mapping[str, object]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(known))))


def _tidy(text: str) -> str:
    """No blanks at line ends, and never two empty lines in a row."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return one_point(re.sub(r"\n{3,}", "\n\n", lines).strip()) + "\n"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "letters"),
        undefined=StrictUndefined,
        autoescape=lambda name: name is None or ".txt." not in name,  # noqa: S701  only plain text is not
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"day": _day, "days": _days, "plural": _plural, "said": _said}
    return environment


@pass_context
def _day(context: Context, value: date, *, year: bool = True) -> str:
    """“22 ноября 2026 г.”, or “22 ноября” without the year."""
    if year:
        return day_in(context["language"], value)
    return format_date(value, "d MMMM", locale=locale_of(context["language"]))


@pass_context
def _days(context: Context, values: Sequence[date]) -> str:
    """The stretch from the first to the last of some days: “18 ноября – 20 ноября 2026 г.”."""
    first, last = min(values), max(values)
    begins = f"{_day(context, first, year=first.year != last.year)} – " if first != last else ""
    return begins + _day(context, last)


@pass_context
def _plural(context: Context, number: int, *forms: str) -> str:
    """The form that follows `number`: one, few, many in Russian; one, other in English."""
    rule = Locale.parse(locale_of(context["language"])).plural_form
    return forms[PLURALS[context["language"]].index(rule(number))]


@pass_context
def _said(context: Context, value: Sayable | str) -> str:
    """A Sentence, Words or error in the reader's language; a text as it is."""
    return value if isinstance(value, str) else say(value, context["language"])
