"""A list of who came, from a CSV or XLSX file: codes or addresses, and a number of persons of each."""

from pathlib import Path

from casework.files.cells import text_of
from casework.files.tables import plain_name, read_table
from opora.errors import FileRefused
from opora.words import Sentence
from programmes.import_profiles import FileFormat

_CODES = ("code", "код", "school", "школа", "email", "почта")
_PERSONS = ("persons", "человек", "количество")


def parties_in(path: Path) -> list[str]:
    """CODE:PERSONS of every row, one person where nothing is said. Raises FileRefused with the row."""
    table = read_table(path, FileFormat(), (*_CODES, *_PERSONS))
    names = [plain_name(name) for name in table.header]
    code = next((names.index(one) for one in _CODES if one in names), None)
    persons = next((names.index(one) for one in _PERSONS if one in names), None)
    if code is None:
        raise FileRefused(
            path.name, Sentence("It has no column of codes: name one “code” or “код”.")
        )
    found: dict[str, str] = {}
    for number, cells in table.rows:
        name = text_of(cells[code]) if code < len(cells) else ""
        said = text_of(cells[persons]) if persons is not None and persons < len(cells) else ""
        if not name:
            continue
        if name in found or not (said or "1").isdecimal():
            cure = Sentence("Row {row}: one row for each, with a whole number.", {"row": number})
            raise FileRefused(path.name, cure)
        found[name] = said or "1"
    return [f"{name}:{persons}" for name, persons in found.items()]
