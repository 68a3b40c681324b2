"""Workbooks (XLSX), looked through before they are opened: bombs, locks and dead formulas refused."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from casework.files.raw_cells import RawCell
from opora.errors import FileRefused
from opora.words import Sentence

ZIP = b"PK\x03\x04"
ENCRYPTED = b"\xd0\xcf\x11\xe0"  # also the old .xls
_MOST_UNPACKED = 256 * 1024 * 1024
_MOST_MEMBERS = 2_000
_HIGHEST_RATIO = 100
_RATIO_MATTERS_FROM = 4 * 1024 * 1024  # small sheets of equal rows pack well and harm nobody
_MOST_CELLS = 6_000_000
_MOST_CHARACTERS = 512 * 1024 * 1024  # of all cells together, shared texts counted at each use
_CHUNK = 1 << 20
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(slots=True)
class _Look:
    """What the walk over one part of a workbook sees; its methods are the parser's ears."""

    height: int = 0
    width: int = 0
    column: int = 0
    texts: list[int] = field(default_factory=list)  # lengths of shared texts
    uses: dict[int, int] = field(default_factory=dict)  # shared text → cells that show it
    dead_formulas: int = 0
    has_formula: bool = False
    has_value: bool = False
    is_shared: bool = False
    inside: str = ""
    number: str = ""
    length: int = 0

    def parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._hear
        parser.StartDoctypeDeclHandler = _refuse_doctype
        return parser

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "row":
                number = attributes.get("r", "")
                self.height = max(self.height + 1, int(number) if number.isdecimal() else 0)
                self.column = 0
            case "c":
                self._enter_cell(attributes)
            case "f":
                self.has_formula = True
            case "v":
                self.has_value, self.inside, self.number = True, "v", ""
            case "is":
                self.has_value = True
            case "si":
                self.length = 0
            case "t":
                self.inside = "t"

    def _end(self, name: str) -> None:
        match name.rpartition(" ")[2]:
            case "c":
                self.dead_formulas += self.has_formula and not self.has_value
            case "v":
                self.inside = ""
                if self.is_shared and (number := self.number.strip()).isdecimal():
                    self.uses[int(number)] = self.uses.get(int(number), 0) + 1
            case "t":
                self.inside = ""
            case "si":
                self.texts.append(self.length)

    def _hear(self, text: str) -> None:
        if self.inside == "t":
            self.length += len(text)
        elif self.inside == "v" and self.is_shared:
            self.number = (self.number + text)[:20]

    def _enter_cell(self, attributes: dict[str, str]) -> None:
        self.column += 1
        if place := _PLACE.fullmatch(attributes.get("r", "")):
            self.column = 0
            for letter in place[1]:
                self.column = self.column * 26 + ord(letter) - ord("A") + 1
            self.height = max(self.height, int(place[2]))
        self.width = max(self.width, self.column)
        self.is_shared = attributes.get("t") == "s"
        self.has_formula = self.has_value = False


def _refuse_doctype(*_: object) -> None:
    raise _Doctype


class _Doctype(Exception):
    """A workbook never declares a document type; entity bombs do."""


def open_workbook(
    file: str, data: bytes, sheet: str | None
) -> tuple[str, Iterator[Sequence[RawCell]]]:
    """The sheet's name and its rows from row 1 on; empty cells are empty texts.

    To be called in a process of its own: `casework.files.workbook_child` does.
    """
    _look_through(file, data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = _sheet(file, book.sheet_names, sheet)
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        cure = "The program that wrote it made a mistake ({why}): save it again, or as CSV."
        raise FileRefused(file, Sentence(cure, {"why": str(error)})) from None
    return name, iter(rows)


def _sheet(file: str, names: Sequence[str], wanted: str | None) -> str:
    if wanted is not None:
        if wanted in names:
            return wanted
        cure = "It has no sheet “{wanted}”; its sheets are: {names}."
        raise FileRefused(file, Sentence(cure, {"wanted": wanted, "names": ", ".join(names)}))
    if len(names) != 1:
        cure = "It has several sheets ({names}): keep one, or name one in the profile."
        raise FileRefused(file, Sentence(cure, {"names": ", ".join(names)}))
    return names[0]


def _look_through(file: str, data: bytes) -> None:
    if data.startswith(ENCRYPTED):
        cure = "It is locked by a password, or of the old kind: save it as XLSX without one, or as CSV."
        raise FileRefused(file, Sentence(cure))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_sizes(file, archive.infolist())
            _walk(file, archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise FileRefused(
            file, Sentence("It is damaged ({why}): save it again.", {"why": str(error)})
        ) from None
    except (expat.ExpatError, _Doctype, UnicodeError):
        raise FileRefused(
            file, Sentence("It is no proper workbook: save it again, or as CSV.")
        ) from None


def _check_sizes(file: str, members: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if len({member.filename for member in members}) < len(members):
        raise FileRefused(file, Sentence("It is no proper workbook: save it again, or as CSV."))
    if any(member.flag_bits & 1 for member in members):
        raise FileRefused(file, Sentence("It is locked by a password: save it without one."))
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise FileRefused(
            file, Sentence("It is a packed file but no workbook: save the table as XLSX or CSV.")
        )
    is_bomb = unpacked > _RATIO_MATTERS_FROM and unpacked / packed > _HIGHEST_RATIO
    if unpacked > _MOST_UNPACKED or len(members) > _MOST_MEMBERS or is_bomb:
        cure = "Unpacked it would take {size} MiB: split it, or save the table as CSV."
        raise FileRefused(file, Sentence(cure, {"size": unpacked >> 20}))


def _walk(file: str, archive: zipfile.ZipFile) -> None:
    """Count what opening would cost; the sizes that a packed file declares may lie."""
    texts: list[int] = []
    looks = []
    left = _MOST_UNPACKED
    for member in archive.infolist():
        with archive.open(member) as stream:
            look, size = _look_at(stream, left)
        left -= size
        if left <= 0:
            raise FileRefused(
                file, Sentence("Unpacked it is far larger than it says: save the table as CSV.")
            )
        looks.append(look)
        texts = look.texts or texts
    for look in looks:
        shown = sum(texts[i] * uses for i, uses in look.uses.items() if i < len(texts))
        if look.height * look.width > _MOST_CELLS or shown > _MOST_CHARACTERS:
            cure = "Its sheet spans {height} rows and {width} columns: delete what lies beyond the table."
            raise FileRefused(file, Sentence(cure, {"height": look.height, "width": look.width}))
        if look.dead_formulas:
            cure = "{count} formulas have never been worked out: open it, recalculate and save it."
            raise FileRefused(file, Sentence(cure, {"count": look.dead_formulas}))


def _look_at(stream: IO[bytes], left: int) -> tuple[_Look, int]:
    """Whatever begins like XML is looked at, under any name; the rest is only measured."""
    look, size = _Look(), 0
    parser = None
    while chunk := stream.read(_CHUNK):
        if size == 0 and chunk.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
            parser = look.parser()
        size += len(chunk)
        if size > left:
            break
        if parser:
            parser.Parse(chunk)
    else:
        if parser:
            parser.Parse(b"", True)
    return look, size
