"""Says an English sentence of the code in the reader's language, through a gettext catalogue.

The catalogue is `wording/<language>.po`; its msgid is the sentence as the code writes it, with its
{fields}. A sentence with a plural is chosen by the first whole number among its fields.
"""

import functools
import string
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from opora.errors import OporaError
from opora.words import LANGUAGES, Sentence, Words, in_language
from templates.catalogue import Catalogue, read_catalogue

Sayable: TypeAlias = Sentence | OporaError | Words
_SPACES = {ord(space): " " for space in "\u202f\u2009\xa0"}
_LOCALES = {"en": "en_GB"}  # 22 November 2026
_SHORT_DAYS = {"ru": "dd.MM.y", "en": "d MMM y"}


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
    from babel.dates import format_date  # noqa: PLC0415  takes longer than a page of the manual

    return plain_spaces(format_date(day, "long", locale=locale_of(language)))


def short_day_in(language: str, day: date) -> str:
    """“22.11.2026”, “22 Nov 2026”: for tables."""
    from babel.dates import format_date  # noqa: PLC0415  as above

    return format_date(day, _SHORT_DAYS[tongue(language)], locale=locale_of(language))


def begun(text: str) -> str:
    """The text as a heading or a line begins: only its first letter is made large."""
    return text[:1].upper() + text[1:]


def one_point(text: str) -> str:
    """A Russian day ends with the point of “г.”: where it ends a sentence, that is its point too."""
    return text.replace(" г..", " г.")


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
    fields = {name: _field(value, language) for name, value in sentence.fields.items()}
    return one_point(pattern.format(**fields))


def _translated(sentence: Sentence, language: str) -> str:
    text, fields = sentence.text, sentence.fields
    numbers = (fields[name] for name in fields_of(text) if name in fields)
    number = next((n for n in numbers if isinstance(n, int) and not isinstance(n, bool)), 0)
    return catalogue_of(language).say(text, number)


def _field(value: object, language: str) -> object:
    match value:
        case Sentence() | OporaError() | Mapping():
            return say(value, language)
        case date():
            return _moment(value, language)
        case Decimal():
            from babel.numbers import format_decimal  # noqa: PLC0415  as above

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
def catalogue_of(language: str) -> Catalogue:
    """The catalogue of `language`, read once; an unknown language gets the first one we speak."""
    return read_catalogue(tongue(language))
