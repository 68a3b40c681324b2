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
_SPACES = {ord(space): " " for space in "\u202f\u2009\xa0"}
_LOCALES = {"en": "en_GB"}  # 22 November 2026


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
    return plain_spaces(format_date(day, "long", locale=locale_of(language)))


def plain_spaces(text: str) -> str:
    """Babel puts narrow spaces before “г.” and into numbers; mail and search do better without."""
    return text.translate(_SPACES)


def tongue(language: str) -> str:
    """`language` if we speak it, else the first that we do."""
    return language if language in LANGUAGES else LANGUAGES[0]


def locale_of(language: str) -> str:
    """Babel's name for how we write dates and numbers in `language`."""
    return _LOCALES.get(tongue(language), tongue(language))


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
    number = next((n for n in numbers if isinstance(n, int) and not isinstance(n, bool)), 0)
    chosen = catalogue.ngettext(text, "", number)  # text or nothing where it knows no plural
    is_known = chosen and (number != 1 or chosen != text)
    return chosen if is_known else catalogue.gettext(text)


def _field(value: object, language: str) -> object:
    match value:
        case Sentence() | OporaError() | Mapping():
            return say(value, language)
        case date():
            return _moment(value, language)
        case Decimal():
            number = format_decimal(value, locale=locale_of(language), decimal_quantization=False)
            return plain_spaces(number)
        case set() | frozenset():
            return ", ".join(sorted(str(_field(item, language)) for item in value))
        case list() | tuple():
            return ", ".join(str(_field(item, language)) for item in value)
    return value


def _moment(value: date, language: str) -> str:
    """A moment is given with its minutes, in the zone that it carries."""
    clock = f", {value:%H:%M}" if isinstance(value, datetime) else ""
    return day_in(language, value) + clock


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of `language`, read once; an unknown language gets the first one we speak."""
    locale = tongue(language)
    file = resources.files("templates") / "wording" / f"{locale}.po"
    catalogue = read_po(io.BytesIO(file.read_bytes()), locale=locale, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
