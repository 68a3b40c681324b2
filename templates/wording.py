"""Says an English sentence of the code in the reader's language, through a gettext catalogue.

The catalogue is `wording/<language>.po`; its msgid is the sentence as the code writes it, with its
{fields}. A sentence with a plural is chosen by the first whole number among its fields.
"""

import functools
import gettext
import io
import string
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from typing import TypeAlias

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from opora.errors import OporaError
from opora.words import LANGUAGES, Sentence, Words, in_language

Sayable: TypeAlias = Sentence | OporaError | Words
NARROW_SPACE = "\u202f"
"""Babel puts it before “г.”; plain mail and search do better with a space."""


def say(said: Sayable, language: str) -> str:
    """The text for a reader of `language`; what the catalogue lacks is said in English."""
    match said:
        case OporaError():
            return _sentence(said.sentence, language)
        case Sentence():
            return _sentence(said, language)
    return in_language(said, language)


def day_in(language: str, day: date) -> str:
    """“22 ноября 2026 г.”, “22 November 2026”."""
    locale = "en_GB" if language == "en" else language
    return format_date(day, "long", locale=locale).replace(NARROW_SPACE, " ").replace("\xa0", " ")


def fields_of(text: str) -> list[str]:
    """Names of the {fields} of a sentence, in their order."""
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def _sentence(sentence: Sentence, language: str) -> str:
    pattern = _translated(sentence, language)
    return pattern.format(
        **{name: _field(value, language) for name, value in sentence.fields.items()}
    )


def _translated(sentence: Sentence, language: str) -> str:
    text, fields = sentence.text, sentence.fields
    catalogue = translations(language)
    numbers = (fields[name] for name in fields_of(text) if name in fields)
    number = next((n for n in numbers if isinstance(n, int) and not isinstance(n, bool)), None)
    if number is not None and (chosen := catalogue.ngettext(text, text, number)) != text:
        return chosen
    return catalogue.gettext(text)


def _field(value: object, language: str) -> object:
    match value:
        case Sentence() | OporaError() | Mapping():
            return say(value, language)
        case datetime():
            return f"{day_in(language, value)} {value:%H:%M}"
        case date():
            return day_in(language, value)
        case Decimal():
            return format_decimal(value, locale=language, decimal_quantization=False)
        case list() | tuple():
            return ", ".join(str(_field(item, language)) for item in value)
        case set() | frozenset():
            return ", ".join(sorted(str(_field(item, language)) for item in value))
    return value


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of `language`, read once; an unknown language gets the first one we speak."""
    tongue = language if language in LANGUAGES else LANGUAGES[0]
    file = resources.files("templates") / "wording" / f"{tongue}.po"
    catalogue = read_po(io.BytesIO(file.read_bytes()), locale=tongue, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
