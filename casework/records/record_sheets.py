"""Registers of records and attendance as workbooks: a sheet for each kind, dates and numbers as such."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from casework.records.record_reading import FieldView, in_words
from casework.records.record_summaries import Matrix
from casework.records.record_views import RecordView
from opora.errors import FileRefused
from opora.words import Sentence, Words, in_language
from states.record_machine import RecordState
from templates.wording import say

_LONGEST_SHEET_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_WIDEST = 60
_HEADINGS = (
    Sentence("No."),
    Sentence("Record"),
    Sentence("Day"),
    Sentence("School"),
    Sentence("Name"),
    Sentence("Municipality"),
    Sentence("Rests on"),
    Sentence("State"),
)
STATES = {
    RecordState.WAITING: Sentence("waits for a word"),
    RecordState.STANDING: Sentence("stands"),
    RecordState.CONCLUDED: Sentence("concluded"),
    RecordState.CANCELLED: Sentence("cancelled"),
}


def write_register(path: Path, found: Sequence[RecordView], *, language: str) -> None:
    """One sheet a kind, one row a record, one column a field. Raises FileRefused."""
    kinds = {one.kind: one.words for one in found}
    with new_book(path) as book:
        for words in kinds.values() or ({"ru": "–"},):
            rows = [one for one in found if one.words == words]
            _sheet(book, in_language(words, language), *_register(rows, language))


def write_matrix(path: Path, matrix: Matrix, *, language: str) -> None:
    """Parties down, what was held across: persons who came."""
    held = [f"{one.day:%d.%m.%Y} {one.title}" if one.day else one.title for one in matrix.columns]
    head = [say(Sentence("Who"), language), say(Sentence("Name"), language), *held]
    head.append(say(Sentence("Came"), language))
    rows = [
        [row.party, row.name, *(cell[1] if cell else None for cell in row.cells), row.attended]
        for row in matrix.rows
    ]
    with new_book(path) as book:
        _sheet(book, in_language(matrix.words, language), head, rows)


def _register(found: Sequence[RecordView], language: str) -> tuple[list[str], list[list[Any]]]:
    columns: dict[str, Words] = {}
    for one in found:
        columns |= {field.key: field.words for field in one.fields}
    head = [say(heading, language) for heading in _HEADINGS]
    head += [in_language(words, language) for words in columns.values()]
    return head, [_row(one, columns, language) for one in found]


def _row(one: RecordView, columns: dict[str, Words], language: str) -> list[Any]:
    fields = {field.key: field for field in one.fields}
    state = in_language(one.outcome_words, language) if one.outcome_words else ""
    return [
        one.number,
        one.id,
        one.day,
        one.school,
        one.school_name,
        one.territory_name,
        one.parent,
        state or say(STATES[one.state], language),
        *(_plain(fields.get(key), language) for key in columns),
    ]


def _plain(field: FieldView | None, language: str) -> Any:
    if field is None:
        return None
    if isinstance(field.said, date | Decimal):
        return field.said
    return in_words(field.said, language)


def new_book(path: Path) -> Any:
    """A workbook to be filled. Texts stay texts: nothing that begins with = is ever a formula."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        cure = Sentence("Name a file in a folder that is there.")
        raise FileRefused(str(path), cure)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    return xlsxwriter.Workbook(str(path), options)


def sheet_name(name: str) -> str:
    """The name as a sheet may bear it."""
    return name.translate(_FORBIDDEN).strip()[:_LONGEST_SHEET_NAME] or "–"


def _sheet(book: Any, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    taken = {sheet.get_name().casefold() for sheet in book.worksheets()}
    title = base = sheet_name(name)
    while title.casefold() in taken:
        title = f"{base[: _LONGEST_SHEET_NAME - 3]} {len(taken) + 1}"
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "dd.mm.yyyy", "valign": "top"})
    for column, heading in enumerate(head):
        sheet.write_string(0, column, heading, bold)
        said = [len(str(row[column])) for row in rows if row[column] is not None]
        sheet.set_column(column, column, min(max([len(heading), *said], default=8) + 2, _WIDEST))
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, day if isinstance(cell, date) else wrapped)
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(head) - 1)


def _write(sheet: Any, row: int, column: int, cell: Any, shape: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, shape)
    elif isinstance(cell, int | Decimal):
        sheet.write_number(row, column, float(cell), shape)
    else:
        sheet.write_string(row, column, str(cell), shape)
