"""Facts of schools compared with what is known, and what is new written, some hundred schools at a time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session, col

from casework.files.cells import Reading, text_of
from casework.files.cures import CellRefused
from casework.files.near_misses import NearMisses
from casework.imports.importing_facts import IN_REGISTER, TERRITORY, FactKey, SchoolRow
from casework.imports.importing_report import Findings
from casework.imports.registering import (
    Register,
    Source,
    add_schools,
    add_territories,
    attributes,
    change_schools,
    territory_names,
)
from casework.imports.stale_copies import StaleWatch
from models.school import Fact
from programmes.import_profiles import ImportProfile, Registry, UnknownSchools

_CHUNK = 500  # schools
_MERGED = f"{IN_REGISTER}{Registry.MERGED_INTO.value}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A fact as the database has it."""

    id: int
    reading: Reading


@dataclass(slots=True)
class _News:
    """What one chunk of schools brings: facts to add and to change, schools to add and to look at."""

    counts: Counter[str] = field(default_factory=Counter)
    added: list[tuple[str, FactKey, Reading, int]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    new_schools: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    known_schools: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def admissible(
    rows: Sequence[SchoolRow], profile: ImportProfile, register: Register, findings: Findings
) -> list[SchoolRow]:
    """Rows whose school is known or may be added, and whose successor exists; the rest is rejected."""
    identifier = profile.school.column if profile.school else ""
    of_registry = {column.registry: column.column for column in profile.columns}
    merging = of_registry.get(Registry.MERGED_INTO, "")
    may_add = profile.unknown_schools is UnknownSchools.ADD
    codes = register.schools.keys() | ({row.code for row in rows} if may_add else set())
    known = NearMisses(codes)
    kept = []
    for row in rows:
        successor = row.facts.get((row.year, "", _MERGED))
        field_name, code, key = identifier, row.code, "unknown_school"
        if row.code not in register.schools and may_add:
            is_placed = register.nowhere is not None or (row.year, "", TERRITORY) in row.facts
            key = "" if is_placed else "no_territory"
        elif row.code in register.schools:
            key = ""
        if not key and successor and successor.value and successor.value not in codes:
            field_name, code, key = merging, successor.value, "unknown_school"
        if not key:
            kept.append(row)
            continue
        error = CellRefused(key, near=known.of(code))
        findings.reject(row.row, field_name, code, error, [text_of(cell) for cell in row.cells])
    return kept


def take_in(
    session: Session,
    rows: Sequence[SchoolRow],
    register: Register,
    source: Callable[[], Source] | None,
    watch: StaleWatch,
) -> Counter[str]:
    """Write what is new; counts rows as added, changed, unchanged. Without a `source` only counts."""
    names = territory_names(rows)
    by_code: dict[str, list[SchoolRow]] = defaultdict(list)
    for row in rows:
        by_code[row.code].append(row)
    years = {row.year for row in rows}
    counts: Counter[str] = Counter()
    codes = sorted(by_code)
    for start in range(0, len(codes), _CHUNK):
        chunk = {code: by_code[code] for code in codes[start : start + _CHUNK]}
        kept = _kept_facts(session, register, chunk, years | {year - 1 for year in years})
        news = _compare(chunk, kept, register)
        for code, of_school in chunk.items():
            known = {key: fact.reading for key, fact in kept.get(code, {}).items()}
            watch.see(of_school, known)
        if source is not None and (news.added or news.changed or news.new_schools):
            _write(session, news, register, names, source())
        counts += news.counts
    return counts


def _kept_facts(
    session: Session, register: Register, codes: Mapping[str, object], years: set[int]
) -> dict[str, dict[FactKey, Kept]]:
    """What the database knows of these schools: those years, and all that the register told."""
    code_of = {register.schools[code]: code for code in codes if code in register.schools}
    found: dict[str, dict[FactKey, Kept]] = defaultdict(dict)
    statement = select(
        col(Fact.id),
        col(Fact.school_id),
        col(Fact.year),
        col(Fact.procedure),
        col(Fact.name),
        col(Fact.value),
        col(Fact.reason),
    ).where(
        col(Fact.school_id).in_(code_of),
        or_(col(Fact.year).in_(years), col(Fact.name).startswith(IN_REGISTER)),
    )
    for key, school_id, year, procedure, name, value, reason in session.execute(statement):
        found[code_of[school_id]][year, procedure, name] = Kept(key, Reading(value, reason))
    return found


def _compare(
    chunk: Mapping[str, Sequence[SchoolRow]],
    kept: Mapping[str, Mapping[FactKey, Kept]],
    register: Register,
) -> _News:
    news = _News()
    for code, rows in chunk.items():
        known = kept.get(code, {})
        is_new = code not in register.schools
        seen: dict[FactKey, Reading] = {}
        for row in sorted(rows, key=lambda row: row.row):
            for key, reading in row.facts.items():
                if key not in seen:
                    _note(news, known, code, (key, reading), row.row)
                    seen[key] = reading
            news.counts[_state(row, known, is_new=is_new)] += 1
        told = attributes({key: fact.reading for key, fact in known.items()} | seen)
        if is_new and "territory" not in told:
            told = {**told, "territory": register.nowhere}
        (news.new_schools if is_new else news.known_schools)[code] = told
    return news


def _note(
    news: _News,
    known: Mapping[FactKey, Kept],
    code: str,
    fact: tuple[FactKey, Reading],
    row: int,
) -> None:
    key, reading = fact
    if key not in known:
        news.added.append((code, key, reading, row))
    elif known[key].reading != reading:
        columns = {"value": reading.value, "reason": reading.reason, "row": row}
        news.changed.append({"id": known[key].id, **columns})


def _state(row: SchoolRow, known: Mapping[FactKey, Kept], *, is_new: bool) -> str:
    if is_new or (row.facts and not known.keys() & row.facts.keys()):
        return "added"
    same = all(key in known and known[key].reading == said for key, said in row.facts.items())
    return "unchanged" if same else "changed"


def _write(
    session: Session,
    news: _News,
    register: Register,
    names: Mapping[str, str],
    source: Source,
) -> None:
    told = {**news.new_schools, **news.known_schools}
    codes = {one["territory"] for one in told.values() if "territory" in one}
    add_territories(session, register, codes, names)
    add_schools(session, register, news.new_schools, source)
    change_schools(session, register, news.known_schools, source)
    if news.added:
        session.execute(insert(Fact), list(_columns(news, register, source)))
    if news.changed:
        origin = {"import_id": source.import_id, "sheet": source.sheet}
        session.execute(update(Fact), [fact | origin for fact in news.changed])


def _columns(news: _News, register: Register, source: Source) -> Iterator[dict[str, Any]]:
    order = sorted(news.added, key=lambda fact: (fact[0], fact[1]))
    for code, (year, procedure, name), reading, row in order:
        yield {
            "school_id": register.schools[code],
            "year": year,
            "procedure": procedure,
            "name": name,
            "value": reading.value,
            "reason": reading.reason,
            "import_id": source.import_id,
            "sheet": source.sheet,
            "row": row,
        }
