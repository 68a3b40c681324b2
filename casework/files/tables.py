"""A file as a table: header and numbered rows, from CSV in any usual encoding or from a workbook."""

import csv
import hashlib
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from casework.files.alphabets import likelier
from casework.files.cells import RawCell, text_of
from casework.files.workbook_reading import read_workbook
from casework.files.workbooks import ENCRYPTED, ZIP
from opora.errors import FileRefused
from opora.words import Sentence
from programmes.import_profiles import FileFormat

MOST_ROWS = 200_000
MOST_BYTES = 64 * 1024 * 1024
_MOST_COLUMNS = 500
_WORKBOOKS = {".xlsx", ".xlsm"}
_FOREIGN = (
    ENCRYPTED,
    ZIP,
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UNMISTAKABLE = {"utf-8-sig"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BROKEN = re.compile("[\udc80-\udcff]")
_FOREIGN_LETTER = re.compile("[\x80-\u07ff]")
_MANY = 10  # letters of two bytes for each broken one: chance makes no such text
_WORD = re.compile(r"[^\W\d_]+")
_MIXED = re.compile(r"[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]{2,}")

Row: TypeAlias = tuple[int, Sequence[RawCell]]
"""The row's number as a spreadsheet shows it, and its cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`rows` can be walked once. Rows without any text are no rows."""

    file: str
    sha256: str
    header: tuple[str, ...]
    rows: Iterator[Row]
    sheet: str = ""
    encoding: str = ""
    is_workbook: bool = False


def read_table(path: Path, form: FileFormat, names: Iterable[str]) -> Table:
    """The table in the file; `names` are columns one hopes for, to tell the separator by.

    Raises FileRefused for whatever is no readable table, with the cure.
    """
    data = _bytes_of(path)
    digest = hashlib.sha256(data).hexdigest()
    if path.suffix.lower() in _WORKBOOKS or data.startswith((ZIP, ENCRYPTED)):
        sheet, cells = read_workbook(path.name, data, form.sheet)
        rows = _numbered(cells)
        header = _header(path.name, rows, form.header_row)
        limited = _limited(path.name, rows)
        return Table(
            file=path.name,
            sha256=digest,
            header=header,
            rows=limited,
            sheet=sheet,
            is_workbook=True,
        )
    text, encoding = _decoded(path.name, data, form)
    delimiter = _delimiter(text, form, set(names))
    if (
        max(text.count("\n"), text.count("\r")) > MOST_ROWS
    ):  # told before hours of reading, not after
        ahead = _csv_rows(path.name, text, delimiter)
        _header(path.name, ahead, form.header_row)
        deque(_limited(path.name, ahead), maxlen=0)
    rows = _csv_rows(path.name, text, delimiter)
    header = _header(path.name, rows, form.header_row)
    limited = _limited(path.name, rows)
    return Table(file=path.name, sha256=digest, header=header, rows=limited, encoding=encoding)


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise FileRefused(str(path), Sentence("This is a folder: name one file in it."))
    if not path.is_file():
        raise FileRefused(
            str(path), Sentence("There is no such file: compare the name and the folder.")
        )
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise FileRefused(
                path.name,
                Sentence("It is larger than {limit} MiB: split it.", {"limit": MOST_BYTES >> 20}),
            )
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(
            path.name, Sentence("The system says: {why}.", {"why": error.strerror})
        ) from None
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FileRefused(path.name, Sentence("It is empty: export it again."))
    return data


# --- CSV ------------------------------------------------------------------------------------------


def _decoded(file: str, data: bytes, form: FileFormat) -> tuple[str, str]:
    """Text and encoding: the first encoding of the profile in which words look like words."""
    if data.startswith(_UTF_16):
        raise FileRefused(file, Sentence("It is in UTF-16: save it as CSV in UTF-8."))
    if data.startswith(_FOREIGN):
        raise FileRefused(file, Sentence("It is no table: save the table as CSV or XLSX."))
    if "utf-8-sig" in form.encodings:
        _check_wholeness(file, data)
    for position, encoding in enumerate(form.encodings):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if found := _CONTROL.search(text):
            line = text.count("\n", 0, found.start()) + 1
            cure = "Line {line} holds bytes that belong to no text: save the table as CSV again."
            raise FileRefused(file, Sentence(cure, {"line": line}))
        if position + 1 == len(form.encodings) or not _is_garbled(text, encoding):
            likely = None if encoding in _UNMISTAKABLE else likelier(data, encoding)
            if likely is None:
                return text, encoding
            return _in_alphabet(file, data, form, encoding, likely)
    cure = "It is in none of the encodings {known}: save it as CSV in UTF-8."
    raise FileRefused(file, Sentence(cure, {"known": ", ".join(form.encodings)}))


def _check_wholeness(file: str, data: bytes) -> None:
    """UTF-8 with a few broken bytes, where a program cut a text short, is no other encoding."""
    text = data.decode(errors="surrogateescape")
    broken = _BROKEN.findall(text)
    if broken and len(_FOREIGN_LETTER.findall(text)) > _MANY * len(broken):
        line = text.count("\n", 0, text.index(broken[0])) + 1
        cure = "Line {line} holds bytes that belong to no text: save the table as CSV again."
        raise FileRefused(file, Sentence(cure, {"line": line}))


def _in_alphabet(
    file: str, data: bytes, form: FileFormat, encoding: str, likely: str
) -> tuple[str, str]:
    """Any bytes are letters of a Cyrillic encoding: only the profile can say that it is another one."""
    with suppress(UnicodeDecodeError):
        if likely in form.encodings:
            return data.decode(likely), likely
    cure = (
        "It is likely in {likely}, not in {encoding}: save it as CSV in UTF-8,"
        " or name {likely} under `encodings` of the profile."
    )
    raise FileRefused(file, Sentence(cure, {"likely": likely, "encoding": encoding}))


def _is_garbled(text: str, encoding: str) -> bool:
    """Bytes of a western encoding, read as windows-1251, put Cyrillic letters into Latin words."""
    if encoding != "windows-1251":
        return False
    mixed = cyrillic = 0
    for word in _WORD.findall(text):
        mixed += bool(_MIXED.search(word))
        cyrillic += bool(_CYRILLIC.fullmatch(word))
    return mixed > cyrillic


def _delimiter(text: str, form: FileFormat, names: set[str]) -> str:
    """The separator under which most of the expected names appear in the header."""
    if form.delimiter != "auto":
        return form.delimiter

    def fit(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            header = next(islice(reader, form.header_row - 1, None), [])
        except csv.Error:
            return 0, 0
        return len(names & {plain_name(cell) for cell in header}), len(header)

    return max(";,\t", key=fit)


def _csv_rows(file: str, text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if str(error).startswith("field larger than field limit"):
                cure = (
                    "Row {row}: a cell is longer than {limit} characters: shorten it,"
                    " or close the quotation mark that opens and never closes."
                )
                raise FileRefused(
                    file, Sentence(cure, {"row": number + 1, "limit": csv.field_size_limit()})
                ) from None
            cure = "Row {row}: a quotation mark opens and never closes, or stands inside a text ({why})."
            raise FileRefused(
                file, Sentence(cure, {"row": number + 1, "why": str(error)})
            ) from None
        if cells is None:
            return
        number += 1
        if any(cells) and any(cell.strip() for cell in cells):
            yield number, cells


# --- rows and header ------------------------------------------------------------------------------


def _numbered(rows: Iterable[Sequence[RawCell]]) -> Iterator[Row]:
    for number, cells in enumerate(rows, start=1):
        if any(cell != "" and text_of(cell) for cell in cells):
            yield number, cells


def _limited(file: str, rows: Iterator[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise FileRefused(
                file, Sentence("It has more than {limit} rows: split it.", {"limit": MOST_ROWS})
            )
        yield row


def _header(file: str, rows: Iterator[Row], header_row: int) -> tuple[str, ...]:
    for number, cells in rows:
        if number < header_row:
            continue
        if number > header_row:
            break
        if len(cells) > _MOST_COLUMNS:
            raise FileRefused(
                file, Sentence("It has more than {limit} columns.", {"limit": _MOST_COLUMNS})
            )
        return tuple(text_of(cell) for cell in cells)
    raise FileRefused(
        file, Sentence("Row {row} should be its header and is empty.", {"row": header_row})
    )


def plain_name(name: str) -> str:
    """A column's name as names are compared: case and spaces do not matter."""
    return " ".join(name.strip().strip("\ufeff").split()).casefold()
