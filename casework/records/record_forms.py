"""A record before it is written down: its fields with what is known already, on screen or as a workbook.

The workbook comes back by the same door: only what a person changed in it counts as given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.files.raw_cells import RawCell
from casework.files.workbook_reading import read_workbook
from casework.records.prefill_words import source_words
from casework.records.prefilling import Offer, offers
from casework.records.record_grounds import About, Ground, ground_for
from casework.records.record_reading import in_words
from casework.records.record_sheets import new_book, sheet_name
from models.people import Person
from opora.errors import FileRefused, InputRefused
from opora.words import LANGUAGES, Sentence, Words, in_language
from programmes.definition import Programme
from programmes.record_kinds import FieldType, RecordField
from templates.wording import say

_HEADINGS = (
    Sentence("Field"),
    Sentence("What it is"),
    Sentence("Known already"),
    Sentence("Where it comes from"),
    Sentence("Your word"),
    Sentence("Required"),
    Sentence("What may stand there"),
)
_WIDTHS = (18, 34, 24, 34, 44, 12, 44)
_KNOWN, _GIVEN = 2, 4
_LONGEST_LIST = 255  # of a list to choose from
_MARK = "@"
_KIND = "kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """One field. `known` is its `value` as a person would type it; None where nothing is known."""

    key: str
    words: Words
    help: Words | None
    type: FieldType
    required: bool
    choices: Mapping[str, Words]
    columns: Mapping[str, Words]
    value: Any
    known: str | None
    source: Sentence | None

    def may_say(self, language: str) -> str:
        """The choices, the columns of a row, or what the field's own help says."""
        if self.choices:
            return "; ".join(in_language(words, language) for words in self.choices.values())
        if self.columns:
            return " | ".join(in_language(words, language) for words in self.columns.values())
        return in_language(self.help, language) if self.help else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A record of this kind about this subject, before anybody typed."""

    kind: str
    words: Words
    about: Mapping[str, str]  # option of the command → what stands behind it
    rows: tuple[FormRow, ...]


def record_form(session: Session, acting: Acting, key: str, about: About) -> Form:
    """The form for whoever may add such a record. Raises as `add_record` does."""
    ground = ground_for(session, acting, key, about)
    ground.require(ground.kind.add, acting, "add_record")
    programme = ground.programme
    found = offers(session, ground, on=acting.on(programme.zone))
    return Form(
        kind=key,
        words=ground.kind.words,
        about=about_of(ground),
        rows=tuple(
            _row(session, programme, name, field, found.get(name))
            for name, field in ground.kind.fields.items()
        ),
    )


def _row(
    session: Session, programme: Programme, key: str, field: RecordField, offer: Offer | None
) -> FormRow:
    language = programme.languages[0]
    return FormRow(
        key=key,
        words=field.words,
        help=field.help,
        type=field.type,
        required=field.required,
        choices=field.choices,
        columns={name: column.words for name, column in field.columns.items()},
        value=offer.value if offer else None,
        known=_typed(session, language, field, offer.value) if offer else None,
        source=source_words(programme, offer) if offer else None,
    )


def about_of(ground: Ground) -> dict[str, str]:
    """What a record is about, as a form names it."""
    told = {
        "case": str(ground.case.id) if ground.case else None,
        "territory": ground.territory.code if ground.territory else None,
        "person": ground.person.email if ground.person else None,
    }
    return {key: value for key, value in told.items() if value} or {"cycle": str(ground.cycle.id)}


# --- values as a person would type them -----------------------------------------------------------


def _typed(session: Session, language: str, field: RecordField, value: Any) -> str:
    match field.type:
        case FieldType.CHOICE:
            text = in_language(field.choices[value], language)
        case FieldType.YES_NO:
            text = in_words(value, language)
        case FieldType.FILE:
            text = value["name"]
        case FieldType.PERSON | FieldType.PERSONS:
            text = ", ".join(_addresses(session, value if isinstance(value, list) else [value]))
        case FieldType.SCHOOLS:
            text = ", ".join(value)
        case FieldType.ROWS:
            text = "\n".join(" | ".join(row.get(c, "") for c in field.columns) for row in value)
        case _:
            text = str(value)
    return str(text)


def _addresses(session: Session, ids: Sequence[int]) -> list[str]:
    statement = select(Person.email).where(col(Person.id).in_(ids)).order_by(col(Person.id))
    return list(session.exec(statement).all())


# --- as a workbook --------------------------------------------------------------------------------


def write_form(path: Path, form: Form, *, language: str) -> None:
    """One row a field; the column of the person's word begins as what is known. Raises FileRefused."""
    title = in_language(form.words, language)
    with new_book(path) as book:
        sheet = book.add_worksheet(sheet_name(title))
        quiet = book.add_format({"font_color": "#666666", "text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        to_fill = book.add_format(
            {
                "text_wrap": True,
                "valign": "top",
                "bg_color": "#FFF8DC",
                "border": 1,
                "num_format": "@",  # 0012 keeps its zeros, 85% stays what was typed
            }
        )
        sheet.write_string(0, 1, title, bold)
        head = {_KIND: form.kind, **form.about}
        for number, (key, value) in enumerate(head.items(), 1):
            sheet.write_string(number, 0, f"{_MARK}{key}", quiet)
            sheet.write_string(number, 1, value, quiet)
        top = len(head) + 2
        for column, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(top, column, say(heading, language), bold)
        for number, row in enumerate(form.rows, top + 1):
            shapes = {1: bold, _GIVEN: to_fill}
            for column, cell in enumerate(_cells(row, language)):
                sheet.write_string(number, column, cell, shapes.get(column, quiet))
            _offer_choices(sheet, number, row, language)
        sheet.freeze_panes(top + 1, 2)


def _cells(row: FormRow, language: str) -> tuple[str, ...]:
    known = row.known or ""
    return (
        row.key,
        in_language(row.words, language),
        known,
        say(row.source, language) if row.source else "",
        known,
        say(Sentence("yes"), language) if row.required else "",
        row.may_say(language),
    )


def _offer_choices(sheet: Any, number: int, row: FormRow, language: str) -> None:
    """A list to choose from, where a workbook can hold it."""
    listed = [in_language(words, language) for words in row.choices.values()]
    if row.type is FieldType.YES_NO:
        listed = [say(Sentence("yes"), language), say(Sentence("no"), language)]
    if listed and len(",".join(listed)) <= _LONGEST_LIST and not any("," in one for one in listed):
        sheet.data_validation(
            number, _GIVEN, number, _GIVEN, {"validate": "list", "source": listed}
        )


def read_form(file: Path, data: bytes) -> tuple[dict[str, str], dict[str, object]]:
    """What the form is about, and the fields in which a person changed what was known beforehand.

    A field whose known value was wiped out comes back empty: the person took it away. Raises
    FileRefused, also for a field that stands there twice.
    """
    _, rows = read_workbook(file.name, data, None)
    about: dict[str, str] = {}
    given: dict[str, object] = {}
    seen: set[str] = set()
    headings = {say(_HEADINGS[0], language) for language in LANGUAGES}
    for row in rows:
        cells = [*map(_plain, row), *([""] * (_GIVEN + 1))]
        key, known, said = cells[0], cells[_KNOWN], cells[_GIVEN]
        if not key or key in headings:
            continue
        if key in seen:
            cure = Sentence("“{key}” stands there twice: leave one of them.", {"key": key})
            raise FileRefused(file.name, cure)
        seen.add(key)
        if key.startswith(_MARK):
            about[key.removeprefix(_MARK)] = cells[1]
        elif said != known:
            given[key] = said
    if _KIND not in about:
        cure = Sentence("It is no form: write one by opora record form KIND --xlsx FILE.")
        raise FileRefused(file.name, cure)
    return about, given


def _plain(cell: RawCell) -> str:
    """A cell as a person would type it: whole numbers without a point, days without an hour."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return format(Decimal(repr(cell)).normalize(), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()


def require_same(about: Mapping[str, str], kind: str, wanted: Mapping[str, object]) -> None:
    """A form is handed in for what it was written for. Raises InputRefused."""
    for key, value in {_KIND: kind, **wanted}.items():
        if value is not None and key in about and str(value) != about[key]:
            told = {"kind": about[_KIND], "about": about[key]}
            cure = Sentence("This form is of the kind {kind}, about {about}.", told)
            raise InputRefused(field="--file", value=value, cure=cure)
