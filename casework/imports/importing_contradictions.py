"""What files and the register together cannot both mean: closed before opened, merged in a circle."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from casework.files.cells import Reading, text_of
from casework.files.cures import CellRefused
from casework.imports.importing_facts import IN_REGISTER, FactKey, SchoolRow
from casework.imports.importing_report import Findings
from casework.imports.importing_schools import admissible
from casework.imports.registering import Register, attributes
from models.school import Fact, School
from programmes.import_profiles import ImportProfile, Registry

_CHUNK = 500
_TELLING = tuple(
    f"{IN_REGISTER}{entry.value}"
    for entry in (Registry.OPENED, Registry.CLOSED, Registry.MERGED_INTO)
)


def agreeing(
    session: Session,
    rows: Sequence[SchoolRow],
    profile: ImportProfile,
    register: Register,
    findings: Findings,
) -> list[SchoolRow]:
    """Rows that the register can hold beside all that it knows; the rest is rejected.

    Looked at again after each rejection: a row may have leant on one that stays out.
    """
    known = _known(session, rows, register)
    merged = _merged(session, register)
    while True:
        kept = admissible(rows, profile, register, findings)
        kept = _dated(kept, known, profile, findings)
        kept = _merging_somewhere(kept, known, merged, profile, findings)
        if len(kept) == len(rows):
            return kept
        rows = kept


def _known(
    session: Session, rows: Sequence[SchoolRow], register: Register
) -> dict[str, dict[FactKey, Reading]]:
    """What the register was told before of the schools whose days or successor a row tells."""
    telling = {row.code for row in rows if any(_said(row, name) for name in _TELLING)}
    code_of = {register.schools[code]: code for code in telling if code in register.schools}
    known: dict[str, dict[FactKey, Reading]] = {code: {} for code in telling}
    ids = sorted(code_of)
    columns = (col(Fact.school_id), col(Fact.year), col(Fact.name), col(Fact.value))
    for start in range(0, len(ids), _CHUNK):
        chunk = col(Fact.school_id).in_(ids[start : start + _CHUNK])
        for school_id, year, name, value in session.execute(
            select(*columns).where(chunk, col(Fact.name).in_(_TELLING))
        ):
            known[code_of[school_id]][year, "", name] = Reading(value)
    return known


def _merged(session: Session, register: Register) -> dict[str, str]:
    """School → the school that took it in, as the register stands."""
    found = session.execute(
        select(col(School.code), col(School.merged_into)).where(
            col(School.register_key) == register.key, col(School.merged_into).is_not(None)
        )
    )
    return {code: successor for code, successor in found if successor}


def _said(row: SchoolRow, name: str) -> Reading | None:
    return row.facts.get((row.year, "", name))


def _told(
    rows: Sequence[SchoolRow], known: Mapping[str, Mapping[FactKey, Reading]]
) -> dict[str, Mapping[str, Any]]:
    """Of each school in question: what the register would say once the rows were in it."""
    facts: dict[str, dict[FactKey, Reading]] = {code: dict(said) for code, said in known.items()}
    for row in rows:
        if row.code in facts:
            facts[row.code] |= {key: row.facts[key] for key in row.facts if key[2] in _TELLING}
    return {code: attributes(said) for code, said in facts.items()}


def _dated(
    rows: Sequence[SchoolRow],
    known: Mapping[str, Mapping[FactKey, Reading]],
    profile: ImportProfile,
    findings: Findings,
) -> list[SchoolRow]:
    wrong = {
        code: CellRefused("closed_before_opened", opened=told["opened_on"].isoformat())
        for code, told in _told(rows, known).items()
        if told.get("opened_on") and told.get("closed_on") and told["closed_on"] < told["opened_on"]
    }
    entries = (Registry.CLOSED, Registry.OPENED)  # the first that the row tells is named
    return _without(rows, profile, findings, entries, wrong.get)


def _merging_somewhere(
    rows: Sequence[SchoolRow],
    known: Mapping[str, Mapping[FactKey, Reading]],
    merged: Mapping[str, str],
    profile: ImportProfile,
    findings: Findings,
) -> list[SchoolRow]:
    after = dict(merged)
    for code, told in _told(rows, known).items():
        if "merged_into" in told:
            after[code] = told["merged_into"] or ""
    circles = {code: way for code in known if (way := _circle(code, after))}
    wrong = {code: CellRefused("merged_in_a_circle", way=way) for code, way in circles.items()}
    return _without(rows, profile, findings, (Registry.MERGED_INTO,), wrong.get)


def _circle(code: str, successors: Mapping[str, str]) -> str:
    """The way by which a school comes back to itself, as “a → b → a”; empty where it does not."""
    way = [code]
    while (following := successors.get(way[-1])) and following not in way:
        way.append(following)
    return " → ".join([*way, code]) if following == code else ""


def _without(
    rows: Sequence[SchoolRow],
    profile: ImportProfile,
    findings: Findings,
    entries: Sequence[Registry],
    fault_of: Callable[[str], CellRefused | None],
) -> list[SchoolRow]:
    columns = {column.registry: column.column for column in profile.columns}
    kept = []
    for row in rows:
        telling = [
            (entry, said.value)
            for entry in entries
            if (said := _said(row, f"{IN_REGISTER}{entry.value}")) and said.value
        ]
        error = fault_of(row.code) if telling else None
        if error is None:
            kept.append(row)
            continue
        entry, value = telling[0]
        cells = [text_of(cell) for cell in row.cells]
        findings.reject(row.row, columns.get(entry, entry.value), value, error, cells)
    return kept
