"""A published list as a page that a browser opens and a printer prints."""

import functools
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from templates.wording import tongue


def register_page(language: str, fields: Mapping[str, object]) -> str:
    """The register of schools in that language; a missing field raises."""
    language = tongue(language)
    page = _environment().get_template(f"list.{language}.html.j2")
    return page.render(fields, language=language).strip() + "\n"


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("templates", "registers"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
