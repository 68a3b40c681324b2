"""The register of schools and territories: what is known, what is added, what has changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.files.cells import Reading
from casework.imports.importing_facts import IN_REGISTER, STANDING, TERRITORY, FactKey, SchoolRow
from models.history import append, append_first
from models.school import School, Territory
from programmes.import_profiles import Registry

Attributes: TypeAlias = Mapping[str, Any]
"""What the register says of a school: columns of its row, and `territory` as a code. No word, no key."""

_ENTRIES = {  # of the register → the school's column, and whether it is a day
    Registry.NAME: ("name", False),
    Registry.KIND: ("kind", False),
    Registry.OPENED: ("opened_on", True),
    Registry.CLOSED: ("closed_on", True),
    Registry.MERGED_INTO: ("merged_into", False),
    "territory": ("territory", False),
}
_BLANK_COUNTS = {
    Registry.CLOSED,
    Registry.MERGED_INTO,
}  # a school that works again says so by a blank
_UNSAID: dict[str, Any] = {
    "kind": "",
    "opened_on": None,
    "closed_on": None,
    "merged_into": None,
    "as_of_year": STANDING,
}


@dataclass(slots=True)
class Register:
    """Codes and ids of everything in one register; `names` finds a territory by its name."""

    key: str
    schools: dict[str, int]
    territories: dict[str, int]
    names: dict[str, str] = field(default_factory=dict)  # of territories → code
    nowhere: str | None = None  # code of the territory for new schools that name none

    def territory_code(self, said: str) -> str | None:
        """The code of a territory given by code or by its full name."""
        return said if said in self.territories else self.names.get(said.casefold())


def register_of(session: Session, key: str) -> Register:
    """The register as it stands."""
    schools = session.exec(select(School.code, School.id).where(School.register_key == key)).all()
    territories = session.exec(
        select(Territory.code, Territory.id, Territory.name).where(Territory.register_key == key)
    ).all()
    return Register(
        key=key,
        schools={code: key_ for code, key_ in schools if key_ is not None},
        territories={code: key_ for code, key_, _ in territories if key_ is not None},
        names={name.casefold(): code for code, _, name in territories},
    )


def territory_names(rows: Iterable[SchoolRow]) -> dict[str, str]:
    """Territory's code → its name: of the latest year the most frequent, then the first by letters."""
    said: dict[str, dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        code = row.facts.get((row.year, "", TERRITORY))
        if code and code.value and row.territory_name:
            said[code.value][row.year][row.territory_name] += 1
    return {
        code: min(years[max(years)].items(), key=lambda named: (-named[1], named[0]))[0]
        for code, years in said.items()
    }


def add_territories(
    session: Session, register: Register, codes: Iterable[str], names: Mapping[str, str]
) -> None:
    """Adds those that the register lacks, in the order of their codes."""
    for code in sorted(set(codes) - register.territories.keys()):
        name = names.get(code, code)
        territory = Territory(register_key=register.key, code=code, name=name)
        session.add(territory)
        session.flush()
        register.territories[code] = territory.id or 0
        register.names.setdefault(name.casefold(), code)


def attributes(facts: Mapping[FactKey, Reading]) -> Attributes:
    """The fold of a school's register facts; the order in which files came plays no part."""
    said: dict[str, dict[int, Reading]] = defaultdict(dict)
    for (year, _, name), reading in facts.items():
        entry = name.removeprefix(IN_REGISTER)
        if entry in _ENTRIES and (reading.value is not None or entry in _BLANK_COUNTS):
            said[entry][year] = reading
    told: dict[str, Any] = {}
    for entry, years in said.items():
        attribute, is_day = _ENTRIES[entry]
        value = years[STANDING if STANDING in years else max(years)].value
        told[attribute] = date.fromisoformat(value) if is_day and value else value
    if said:
        told["as_of_year"] = max(year for years in said.values() for year in years)
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who brings the news, and in which import."""

    acting: Acting
    import_id: int
    sheet: str = ""


def add_schools(
    session: Session, register: Register, news: Mapping[str, Attributes], source: Source
) -> None:
    """Register schools for the first time, each with the first line of its history."""
    if not news:
        return
    rows = [
        _columns(register, {**_UNSAID, "name": code, "code": code, **told})
        for code, told in news.items()
    ]
    ids = session.scalars(
        insert(School).returning(col(School.id), sort_by_parameter_order=True), rows
    ).all()
    deeds = []
    for (code, told), key in zip(news.items(), ids, strict=True):
        register.schools[code] = key or 0
        values = {
            "code": code,
            "name": told.get("name", code),
            "year": told.get("as_of_year", STANDING),
            "import": source.import_id,
        }
        deeds.append(source.acting.deed(f"school:{key}", "register_school", values=values))
    append_first(session, deeds)


def change_schools(
    session: Session, register: Register, news: Mapping[str, Attributes], source: Source
) -> None:
    """Bring schools up to what the register tells now; a line for each that really changed."""
    codes_of = {key: code for code, key in register.territories.items()}
    schools = {
        school.code: school
        for school in session.exec(
            select(School).where(
                School.register_key == register.key, col(School.code).in_(sorted(news))
            )
        )
    }
    updates = []
    for code, told in news.items():
        school = schools[code]
        before = {name: getattr(school, name) for name in _UNSAID}
        before |= {"name": school.name, "territory": codes_of.get(school.territory_id)}
        changes = {
            name: {"from": before[name], "to": value}
            for name, value in told.items()
            if value != before[name]
        }
        if changes:
            updates.append(_columns(register, {**before, **told, "code": code}) | {"id": school.id})
        if changes.keys() - {"as_of_year"}:
            values = {"code": code, "import": source.import_id, "changes": changes}
            deed = source.acting.deed(f"school:{school.id}", "change_school", values=values)
            append(session, deed)
    if updates:
        session.execute(update(School), updates)


def _columns(register: Register, told: Attributes) -> dict[str, Any]:
    columns = {name: value for name, value in told.items() if name != "territory"}
    territory_id = register.territories[told["territory"]]
    return columns | {"register_key": register.key, "territory_id": territory_id}
