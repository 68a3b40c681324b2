"""One cell of a file as a typed value, a stated reason, or a refusal: never a guess."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias

from analysis.identification import FactType
from casework.files import raw_cells
from casework.files.cures import CellRefused
from programmes.import_profiles import REQUIRED, Column, SchoolColumn, YearForm

RawCell: TypeAlias = raw_cells.RawCell

LONGEST_TEXT = 2000
_LISTED = 20
_INVISIBLE = "\ufeff\u200b\u200e\u200f"
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
    r"|янв|фев|мар|апр|май|мая|июн|июл|авг|сен|окт|ноя|дек)"
)
_LIKE_A_DATE = re.compile(
    rf"[0-9]{{1,2}}[-.\s/]{_MONTH}\.?(?:[-.\s/][0-9]{{2,4}})?|{_MONTH}\.?[-.\s/][0-9]{{2,4}}",
    re.IGNORECASE,
)
_SHEET_ERROR = re.compile(r"#[A-ZА-Я][A-ZА-Я0-9/?]*[!?]?|#[ДD]ЕЛ/0!|#DIV/0!", re.IGNORECASE)
_INTEGRAL = re.compile(r"-?[0-9]{1,30}")
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,15})?")
_SPOILT_IDENTIFIER = re.compile(r"[0-9]+[.,]0+|[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_SPAN = re.compile(r"([12][0-9]{3})\s*[-–—/]\s*([12][0-9]{3}|[0-9]{2})")
_DAYS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})"),
)
_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "да"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0", "нет"), "no"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A canonical text, or the reason why there is none."""

    value: str | None
    reason: str | None = None


def text_of(raw: RawCell) -> str:
    """The cell as a person sees it, without spaces around it."""
    match raw:
        case str():
            plain = raw if raw.isascii() else unicodedata.normalize("NFC", raw)
            return plain.strip().strip(_INVISIBLE).strip()
        case bool():
            return "true" if raw else "false"
        case float() if math.isfinite(raw):
            return number_text(Decimal(repr(raw)))
        case datetime() if raw.time() == time():
            return raw.date().isoformat()
    return str(raw)


def number_text(number: Decimal) -> str:
    """One text for one number: 60, 60.0 and 6E+1 are all "60"."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def one_line(text: str) -> str:
    """Text with single spaces; control characters and overlong texts raise CellRefused."""
    text = _SPACES.sub(" ", text).strip()
    if _CONTROL.search(text):
        raise CellRefused("control")
    if len(text) > LONGEST_TEXT:
        raise CellRefused("too_long", limit=LONGEST_TEXT)
    return text


def read_cell(column: Column, raw: RawCell) -> Reading | None:
    """What the cell says under the column's rules; None when a blank says nothing."""
    text = text_of(raw)
    if text in column.repairs:
        raw = text = column.repairs[text]
    if not text:
        if column.blank == REQUIRED:
            raise CellRefused("blank")
        return Reading(None, column.blank) if column.blank else None
    if reason := column.suppressed.get(text):
        return Reading(None, reason)
    if column.words is not None:
        return Reading(_word(column, one_line(text)))
    if _SHEET_ERROR.fullmatch(text):
        raise CellRefused("sheet_error")
    value = _READERS[column.type](column, raw, text)
    if column.pattern and not re.fullmatch(column.pattern, value):
        spoilt = is_date(raw) or _LIKE_A_DATE.fullmatch(value)
        raise CellRefused("made_a_date" if spoilt else "not_in_form", pattern=column.pattern)
    return Reading(value)


def is_date(raw: RawCell) -> bool:
    return isinstance(raw, date | time | timedelta)


def _word(column: Column, text: str) -> str:
    words = column.words or ()
    if text in words:
        return str(words[text] if isinstance(words, dict) else text)
    if _LIKE_A_DATE.fullmatch(text):
        raise CellRefused("made_a_date")
    known = sorted(map(str, words))
    more = f", … ({len(known)})" if len(known) > _LISTED else ""
    raise CellRefused("unknown_word", known=", ".join(known[:_LISTED]) + more)


def _text(_column: Column, raw: RawCell, text: str) -> str:
    if is_date(raw) or _LIKE_A_DATE.fullmatch(text):
        raise CellRefused("made_a_date")
    return one_line(text)


def _decimal(column: Column, raw: RawCell, text: str) -> str:
    if is_date(raw) or _LIKE_A_DATE.fullmatch(text):
        raise CellRefused("made_a_date")
    if isinstance(raw, bool):
        raise CellRefused("not_a_number")
    digits = text if isinstance(raw, int | float) else _digits(column, text)
    if not _NUMBER.fullmatch(digits):
        raise CellRefused("not_a_number")
    number = Decimal(digits)
    if column.minimum is not None and number < column.minimum:
        raise CellRefused("too_small", limit=column.minimum)
    if column.maximum is not None and number > column.maximum:
        raise CellRefused("too_large", limit=column.maximum)
    return number_text(number)


def _digits(column: Column, text: str) -> str:
    """The number as ASCII digits with a point, by the profile's rules for commas and spaces."""
    text = text.lstrip("'").replace("\N{MINUS SIGN}", "-")
    if _SPACES.search(text):
        joined = _SPACES.sub("", text)
        if not _NUMBER.fullmatch(joined.replace(",", ".", 1)):
            raise CellRefused("not_a_number")
        if not column.spaces:
            raise CellRefused("space")
        text = joined
    wrong, key = (".", "point") if column.decimal_comma else (",", "comma")
    if wrong in text and _NUMBER.fullmatch(text.replace(wrong, ".", 1)):
        raise CellRefused(key)
    return text.replace(",", ".", 1) if column.decimal_comma else text


def _integer(column: Column, raw: RawCell, text: str) -> str:
    number = _decimal(column, raw, text)
    if not _INTEGRAL.fullmatch(number):
        raise CellRefused("not_whole")
    return number


def _date(_column: Column, raw: RawCell, text: str) -> str:
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    for form in _DAYS:
        if found := form.fullmatch(text):
            try:
                return date(*(int(found[part]) for part in ("year", "month", "day"))).isoformat()
            except ValueError:
                break
    raise CellRefused("not_a_date")


def _yes_no(_column: Column, _raw: RawCell, text: str) -> str:
    if (answer := _YES_NO.get(text.casefold())) is None:
        raise CellRefused("not_yes_no")
    return answer


_READERS: dict[FactType, Callable[[Column, RawCell, str], str]] = {
    FactType.TEXT: _text,
    FactType.WORD: _text,
    FactType.INTEGER: _integer,
    FactType.DECIMAL: _decimal,
    FactType.DATE: _date,
    FactType.YES_NO: _yes_no,
}


def read_identifier(column: SchoolColumn, raw: RawCell) -> str:
    """An identifier as text. One that may have lost its zeros is refused, never guessed."""
    text = text_of(raw).strip(column.strip).strip()
    if not text:
        raise CellRefused("identifier_blank")
    if is_date(raw) or _LIKE_A_DATE.fullmatch(text):
        raise CellRefused("made_a_date")
    if _SPOILT_IDENTIFIER.fullmatch(text):
        raise CellRefused("identifier_number")
    if column.pad_to and _INTEGRAL.fullmatch(text):
        text = text.zfill(column.pad_to)
    if not re.fullmatch(column.pattern, text):
        raise CellRefused("identifier_form", pattern=column.pattern)
    # a number is safe only where the pattern would have noticed that a zero is missing
    may_lack_zeros = re.fullmatch(column.pattern, f"0{text}") and not column.pad_to
    if isinstance(raw, int | float) and may_lack_zeros:
        raise CellRefused("identifier_number")
    return one_line(text)


def read_year(form: YearForm, raw: RawCell) -> int:
    """The year as a number; a school year is one of its two calendar years."""
    text = text_of(raw).lstrip("'")
    if form is YearForm.NUMBER:
        if not re.fullmatch(r"[0-9]{4}", text):
            raise CellRefused("not_a_year", form="2026")
        return int(text)
    span = _SPAN.fullmatch(text)
    if span is None:
        raise CellRefused("not_a_year", form="2025-2026")
    first = int(span[1])
    if not str(first + 1).endswith(span[2]):
        raise CellRefused("not_a_year", form="2025-2026")
    return first + 1 if form is YearForm.SPAN_END else first
