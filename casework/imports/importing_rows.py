"""A table under a profile: the header bound to columns, and each row read whole or rejected whole."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from casework.files.cells import RawCell, Reading, read_cell, text_of
from casework.files.cures import CellRefused
from casework.files.tables import Table, plain_name
from casework.imports.importing_report import Findings, LeftOut
from opora.errors import FileRefused, InputRefused
from opora.words import Sentence
from programmes.import_profiles import Column, ImportProfile

_SHOWN = 120  # characters of a bad value in the report

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Line:
    """One row under its header. `cell` takes a column's name as the profile writes it."""

    number: int
    cells: Sequence[RawCell]
    positions: Mapping[str, int]

    def cell(self, name: str) -> RawCell:
        position = self.positions[name]
        return self.cells[position] if position < len(self.cells) else ""


class RowRefused(Exception):
    """What is wrong with a row: for each field its value and the refusal."""

    def __init__(self, faults: Sequence[tuple[str, str, CellRefused]]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} fields")


@dataclass(slots=True)
class Faults:
    """Gathers every refusal of one row, so that its owner mends all at once."""

    line: Line
    found: list[tuple[str, str, CellRefused]] = field(default_factory=list)

    def read(self, name: str, reader: Callable[[RawCell], _Read]) -> _Read | None:
        """What `reader` makes of the cell; a refusal is kept, and gives None."""
        raw = self.line.cell(name)
        try:
            return reader(raw)
        except CellRefused as error:
            self.add(name, raw, error)
        return None

    def add(self, name: str, raw: RawCell, error: CellRefused) -> None:
        self.found.append((name, text_of(raw)[:_SHOWN], error))

    def settle(self) -> None:
        """Raise RowRefused if anything was wrong."""
        if self.found:
            raise RowRefused(self.found)


def names_of(profile: ImportProfile, year: int | None) -> dict[str, tuple[str, ...]]:
    """Profile's column → the names it may have in the header; a name stands for its year's file."""
    names: dict[str, tuple[str, ...]] = {}
    for source in (profile.school, profile.year, profile.territory, profile.procedure):
        if source is not None and source.column is not None:
            names[source.column] = (source.column, *source.aliases)
    if profile.territory and profile.territory.name_column:
        names.setdefault(profile.territory.name_column, (profile.territory.name_column,))
    for column in profile.columns:
        names[column.column] = (*names.get(column.column, (column.column,)), *column.aliases)
    for name in (*(rule.column for rule in profile.leave_out), *profile.required_header):
        names.setdefault(name, (name,))
    return {key: tuple(_of_year(name, year) for name in all_) for key, all_ in names.items()}


def _of_year(name: str, year: int | None) -> str:
    if "{year}" not in name:
        return name
    if year is None:
        cure = Sentence("The columns of this file bear the year: say which year it is of.")
        raise InputRefused(field="year", value="", cure=cure)
    return name.replace("{year}", str(year))


def bind(
    profile: ImportProfile, table: Table, names: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Profile's column → position in the table; FileRefused names what the header lacks."""
    places: dict[str, list[int]] = {}
    for position, name in enumerate(table.header):
        places.setdefault(plain_name(name), []).append(position)
    optional = optional_columns(profile)
    positions: dict[str, int] = {}
    missing = []
    for column, possible in names.items():
        found = [
            at for name in dict.fromkeys(map(plain_name, possible)) for at in places.get(name, [])
        ]
        if len(found) > 1:
            cure = "Its header has “{name}” more than once: rename or delete one of the columns."
            raise FileRefused(table.file, Sentence(cure, {"name": possible[0]}))
        if found:
            positions[column] = found[0]
        elif column not in optional:
            missing.append(possible[0])
    if missing:
        cure = "Its header lacks: {missing}.{near} Is it the right file, profile, year and row of the header?"
        misses = " ".join(_near_miss(name, table.header) for name in missing).rstrip()
        raise FileRefused(
            table.file,
            Sentence(cure, {"missing": ", ".join(missing), "near": f" {misses}" if misses else ""}),
        )
    return positions


def headers_of(
    profile: ImportProfile, positions: Mapping[str, int], header: Sequence[str]
) -> dict[str, str]:
    """`procedure/fact` → the header above its cells, for who asks where a value came from."""
    found: dict[str, str] = {}
    for column in profile.columns:
        if column.fact is not None and column.column in positions:
            key = f"{column.procedure or ''}/{column.fact}"
            above = header[positions[column.column]]
            found[key] = f"{found[key]} | {above}" if found.get(key, above) != above else above
    return found


def optional_columns(profile: ImportProfile) -> set[str]:
    """Columns without which the file is still whole."""
    needed = {*profile.required_header, *(rule.column for rule in profile.leave_out)}
    for source in (profile.school, profile.year, profile.territory, profile.procedure):
        needed |= {source.column} if source is not None and source.column else set()
    optional = {column.column for column in profile.columns if column.optional}
    needed |= {column.column for column in profile.columns if not column.optional}
    return optional - needed


def _near_miss(name: str, header: Sequence[str]) -> str:
    known = {plain_name(cell): cell for cell in header if cell}
    close = difflib.get_close_matches(plain_name(name), known, n=2)
    return f"“{name}”: {' / '.join(known[one] for one in close)}?" if close else ""


def read_rows(
    profile: ImportProfile,
    table: Table,
    positions: Mapping[str, int],
    read: Callable[[Line], _Read],
    findings: Findings,
) -> Iterator[_Read]:
    """What `read` makes of each row that is not left out; rejects go to the findings."""
    width = max((i + 1 for i, name in enumerate(table.header) if name), default=0)
    for number, cells in table.rows:
        line = Line(number, cells, positions)
        try:
            _check_shape(line, table, width)
            if left_out := _left_out(profile, line):
                findings.left_out.append(left_out)
                continue
            yield read(line)
        except RowRefused as error:
            for name, value, why in error.faults:
                findings.reject(number, name, value, why, [text_of(cell) for cell in cells])


def _check_shape(line: Line, table: Table, width: int) -> None:
    beyond = [text for cell in line.cells[width:] if (text := text_of(cell))]
    if beyond:
        raise RowRefused([("row", " ".join(beyond)[:_SHOWN], CellRefused("too_many_cells"))])
    if len(line.cells) < width and not table.is_workbook:
        error = CellRefused("too_few_cells", cells=len(line.cells), columns=width)
        raise RowRefused([("row", text_of(line.cells[-1])[:_SHOWN], error)])


def _left_out(profile: ImportProfile, line: Line) -> LeftOut | None:
    for rule in profile.leave_out:
        text = text_of(line.cell(rule.column))
        equal = rule.equals is not None and text == rule.equals
        if equal or (rule.matches is not None and re.fullmatch(rule.matches, text)):
            return LeftOut(line.number, rule.words)
    return None


def read_columns(
    columns: Iterable[Column], faults: Faults, year: int
) -> Iterator[tuple[Column, Reading | None]]:
    """Every column that means something in that year and is in the file, with what its cell says."""
    for column in columns:
        since, until = column.since or year, column.until or year
        if column.column not in faults.line.positions or not since <= year <= until:
            continue
        raw = faults.line.cell(column.column)
        try:
            yield column, read_cell(column, raw)
        except CellRefused as error:
            faults.add(column.column, raw, error)
