"""The public page of a cycle: one file that any browser opens and any printer prints, without scripts."""

import functools
from collections.abc import Mapping
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from opora.words import Words, in_language
from templates.wording import begun, day_in


def public_page(fields: Mapping[str, object]) -> str:
    """The page, in `languages` one after the other; a field that it lacks raises."""
    return _environment().get_template("cycle.html.j2").render(fields).strip() + "\n"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "pages"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"words": _words, "day": _day, "begun": begun}
    return environment


@pass_context
def _words(context: Context, value: Words | str) -> str:
    return value if isinstance(value, str) else in_language(value, context["language"])


@pass_context
def _day(context: Context, value: date) -> str:
    return day_in(context["language"], value)
