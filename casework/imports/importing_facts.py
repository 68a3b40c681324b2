"""Rows about schools: read into facts of a school and year, and freed of repeats and contradictions."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import TypeAlias

from analysis.identification import FactType, Per
from casework.files.cells import RawCell, Reading, one_line, read_identifier, read_year, text_of
from casework.files.cures import CellRefused
from casework.imports.importing_report import Findings, LeftOut
from casework.imports.importing_rows import Faults, Line, read_columns
from opora.errors import NotReady
from opora.words import Sentence
from programmes.definition import Programme
from programmes.import_profiles import (
    Column,
    ImportProfile,
    Registry,
    SchoolColumn,
    TerritoryColumn,
)

STANDING = 0
"""The year of what a file without years says: it holds until the register says otherwise."""

IN_REGISTER = "register."
"""Facts with such names are the register's own attributes by year; no rule can refer to them."""

TERRITORY = f"{IN_REGISTER}territory"

FactKey: TypeAlias = tuple[int, str, str]
"""Year, procedure ("" for none), name."""

_MOST_PROCEDURE = 60
_FIRST_YEAR = 1700
_YEARS_AHEAD = 4  # beyond the next year: what is planned and built
_BLANK_SAYS = {Registry.CLOSED: "not_closed", Registry.MERGED_INTO: "not_merged"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolRow:
    """One row: a school, and what the row says of it. `cells` come back if it must be rejected."""

    row: int
    code: str
    year: int
    procedure: str
    facts: Mapping[FactKey, Reading]
    territory_name: str | None = None
    cells: Sequence[RawCell] = field(repr=False)

    @property
    def key(self) -> tuple[str, int, str]:
        return self.code, self.year, self.procedure


def school_reader(
    programme: Programme, profile: ImportProfile, year: int | None, latest: int
) -> Callable[[Line], SchoolRow]:
    """The function that reads one row; it raises RowRefused with everything that is wrong.

    `latest` is the last year that is not in the future.
    """
    standing = {
        name for name, fact in programme.identification.facts.items() if fact.per is Per.SCHOOL
    }
    stale = {(one.year, name): one.reason for one in profile.known_stale for name in one.facts}
    identifier = profile.school
    if identifier is None:  # the profile's own check asks for it
        raise NotReady(
            what=Sentence("The profile does not say where the identifier stands"),
            cure=Sentence("Add: school"),
        )

    def read(line: Line) -> SchoolRow:
        faults = Faults(line)
        code = faults.read(identifier.column, lambda raw: read_identifier(identifier, raw))
        row_year = _year(profile, faults, year, latest)
        procedure = _procedure(profile, faults)
        facts: dict[FactKey, Reading] = {}
        for column, reading in read_columns(profile.columns, faults, row_year):
            _check_day(column, faults, reading, latest)
            _keep(facts, column, reading, year=row_year, procedure=procedure)
        _check_parts(profile, faults, facts)
        territory_name = _territory(profile, faults, facts, row_year)
        if code is not None and facts.get(
            (row_year, "", _register(Registry.MERGED_INTO))
        ) == Reading(code):
            merging = next(c for c in profile.columns if c.registry is Registry.MERGED_INTO)
            faults.add(merging.column, code, CellRefused("merged_into_itself"))
        faults.settle()
        for (of_year, of, name), reading in facts.items():
            if reading.value is not None and (reason := stale.get((of_year, name))):
                facts[of_year, of, name] = Reading(None, reason)
        return SchoolRow(
            row=line.number,
            code=code or "",
            year=row_year,
            procedure=procedure,
            facts=_standing_apart(facts, standing, profile),
            territory_name=territory_name,
            cells=line.cells,
        )

    return read


def _check_day(column: Column, faults: Faults, reading: Reading | None, latest: int) -> None:
    """A day of another age is a slip of the pen; a few years ahead may be planned."""
    if column.type is not FactType.DATE or reading is None or reading.value is None:
        return
    last = latest + _YEARS_AHEAD
    if not _FIRST_YEAR <= int(reading.value[:4]) <= last:
        error = CellRefused("far_day", first=_FIRST_YEAR, last=last)
        faults.add(column.column, reading.value, error)


def _check_parts(profile: ImportProfile, faults: Faults, facts: Mapping[FactKey, Reading]) -> None:
    """A part is never larger than its whole: nobody's share may come out above one."""
    for column in profile.columns:
        if column.at_most is None:
            continue
        for (year, procedure, name), part in facts.items():
            whole = facts.get((year, procedure, column.at_most))
            if name != column.fact or part.value is None or whole is None or whole.value is None:
                continue
            if Decimal(part.value) > Decimal(whole.value):
                why = CellRefused("above_whole", whole=column.at_most, limit=whole.value)
                faults.add(column.column, part.value, why)


def _register(entry: Registry) -> str:
    return f"{IN_REGISTER}{entry.value}"


def _year(profile: ImportProfile, faults: Faults, given: int | None, latest: int) -> int:
    source = profile.year
    if source is None:
        return STANDING
    if source.column is None:
        return source.fixed or given or STANDING
    last = source.latest or latest

    def read(raw: RawCell) -> int:
        year = read_year(source.form, raw)
        if given is not None and year != given:
            raise CellRefused("other_year", given=given)
        if not source.earliest <= year <= last:
            raise CellRefused("far_year", first=source.earliest, last=last)
        return year

    return faults.read(source.column, read) or STANDING


def _procedure(profile: ImportProfile, faults: Faults) -> str:
    source = profile.procedure
    if source is None or source.column is None:
        return source.fixed or "" if source else ""

    def read(raw: RawCell) -> str:
        text = one_line(text_of(raw))
        if not text:
            raise CellRefused("blank")
        if source.words and text not in source.words:
            raise CellRefused("unknown_word", known=", ".join(sorted(source.words)))
        if len(text) > _MOST_PROCEDURE:
            raise CellRefused("too_long", limit=_MOST_PROCEDURE)
        return source.words.get(text, text)

    return faults.read(source.column, read) or ""


def _keep(
    facts: dict[FactKey, Reading],
    column: Column,
    reading: Reading | None,
    *,
    year: int,
    procedure: str,
) -> None:
    if column.registry is not None:
        said = reading or (
            Reading(None, _BLANK_SAYS[column.registry]) if column.registry in _BLANK_SAYS else None
        )
        if said is not None:
            facts[year, "", _register(column.registry)] = said
    elif column.fact is not None and reading is not None:
        facts[year, column.procedure or procedure, column.fact] = reading


def _territory(
    profile: ImportProfile, faults: Faults, facts: dict[FactKey, Reading], year: int
) -> str | None:
    """Keeps the territory's code as a fact of the year; gives its name where a column has it."""
    source = profile.territory
    if source is None:
        return None
    identifier = _identifier_of(source)
    is_said = source.blank is None or text_of(faults.line.cell(source.column)) != ""
    code = None
    if is_said:
        code = faults.read(source.column, lambda raw: read_identifier(identifier, raw))
    if code is not None:
        facts[year, "", TERRITORY] = Reading(code)
    if source.name_column is None:
        return None
    return faults.read(source.name_column, lambda raw: one_line(text_of(raw)) or None)


@cache
def _identifier_of(source: TerritoryColumn) -> SchoolColumn:
    return SchoolColumn(column=source.column, pattern=source.pattern)


def _standing_apart(
    facts: Mapping[FactKey, Reading], standing: set[str], profile: ImportProfile
) -> dict[FactKey, Reading]:
    """A fact of the school itself belongs to no procedure, whatever row it stood in."""
    if profile.procedure is None:
        return dict(facts)
    return {
        (year, "" if name in standing else procedure, name): reading
        for (year, procedure, name), reading in facts.items()
    }


# --- repeats and contradictions -------------------------------------------------------------------


def consistent(rows: Iterable[SchoolRow], identifier: str, findings: Findings) -> list[SchoolRow]:
    """Rows that neither repeat nor contradict another one; the order of the file plays no part."""
    groups: dict[Hashable, list[SchoolRow]] = defaultdict(list)
    for row in rows:
        groups[row.key].append(row)
    kept = []
    for group in groups.values():
        group.sort(key=lambda row: row.row)
        if any(row.facts != group[0].facts for row in group):
            _reject_all(group, identifier, findings)
            continue
        kept.append(group[0])
        for row in group[1:]:
            why = Sentence("It repeats row {row}.", {"row": group[0].row})
            findings.left_out.append(LeftOut(row.row, why))
    return _agreeing(kept, identifier, findings)


def _agreeing(rows: Sequence[SchoolRow], identifier: str, findings: Findings) -> list[SchoolRow]:
    """A school's rows about several procedures must agree in what they say of the school itself."""
    readings: dict[tuple[str, FactKey], set[Reading]] = defaultdict(set)
    of_school: dict[tuple[str, int], list[SchoolRow]] = defaultdict(list)
    for row in rows:
        of_school[row.code, row.year].append(row)
        for key, reading in row.facts.items():
            readings[row.code, key].add(reading)
    torn = {(code, key[0]) for (code, key), different in readings.items() if len(different) > 1}
    for school_year in torn:
        _reject_all(of_school[school_year], identifier, findings)
    return [row for row in rows if (row.code, row.year) not in torn]


def _reject_all(rows: Sequence[SchoolRow], identifier: str, findings: Findings) -> None:
    numbers = ", ".join(str(row.row) for row in sorted(rows, key=lambda row: row.row))
    for row in rows:
        said = [row.code, str(row.year) if row.year else "", row.procedure]
        error = CellRefused(
            "conflict", rows=numbers, subject=", ".join(part for part in said if part)
        )
        findings.reject(row.row, identifier, row.code, error, [text_of(cell) for cell in row.cells])
