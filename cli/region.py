"""An invented region for rehearsals: files as a real one would send them, from a fixed seed.

The totals are those that order 439 publishes (S1-03); schools, people and results are invented, and
every row says so. Nothing here knows the programme's rule: results are planted, the engine judges.
"""

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.region_people import OFFICES, Staff, staff_of
from cli.region_results import context_rows, plans_for, result_rows
from cli.region_schools import MUNICIPALITIES, School, schools_of

MARK = "сгенерированные данные"
"""What every row says of itself."""

SEED = 439
YEARS = 3  # S0-01: the three years up to the one that is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFiles:
    """Five files, each in the form of the import profile of the same name."""

    schools: Path
    results: Path
    context: Path
    people: Path
    assignments: Path

    def by_profile(self) -> Mapping[str, Path]:
        """Profile → file, in the order in which they can be taken in."""
        return {name: getattr(self, name) for name in self.__slots__}


def write_region(folder: Path, *, year: int, seed: int = SEED) -> RegionFiles:
    """Write the files of a region whose newest results are those of `year`."""
    chance = random.Random(seed)  # noqa: S311  a fixed seed is the point
    schools = schools_of(chance)
    plans = plans_for(schools, chance)
    staff = staff_of(schools, [school for school in schools if school.code in plans])
    folder.mkdir(parents=True, exist_ok=True)
    files = RegionFiles(**{name: folder / f"{name}.csv" for name in RegionFiles.__slots__})
    years = range(year - YEARS + 1, year + 1)
    _write(files.schools, _SCHOOLS, map(_school_row, schools))
    _write(files.results, _RESULTS, result_rows(schools, plans, years, chance))
    _write(files.context, _CONTEXT, context_rows(schools, plans, years, chance))
    _write(files.people, _PEOPLE, _people_rows(staff))
    _write(files.assignments, _ASSIGNMENTS, _assignment_rows(staff))
    return files


_SCHOOLS = (
    *("id", "name", "kind", "municipality_id", "municipality", "opened", "closed", "legal_form"),
    *("founder", "settlement", "small", "level", "innovation_site"),
)
_RESULTS = ("id", "year", "procedure", "participants", "below_threshold", "biased")
_CONTEXT = (
    *("id", "year", "wellbeing_index", "parents_higher_education", "incomplete_families"),
    "on_registers",
)
_PEOPLE = ("email", "name", "role", "territory", "school", "language")
_ASSIGNMENTS = ("school", "email", "role")


def _school_row(school: School) -> Sequence[str]:
    municipality = MUNICIPALITIES[school.municipality]
    return (
        school.code,
        f"{school.kind} № {school.number} ({MARK})",
        school.kind,
        municipality.code,
        municipality.name,
        school.opened.isoformat(),
        "",
        school.legal_form,
        school.founder,
        school.settlement,
        "да" if school.is_small else "нет",
        school.level,
        "да" if school.is_innovative else "нет",
    )


def _people_rows(staff: Staff) -> Iterable[Sequence[str]]:
    for person in staff.people:
        office = OFFICES[person.office]
        yield person.email, person.name, office, person.territory, person.school, "ru"


def _assignment_rows(staff: Staff) -> Iterable[Sequence[str]]:
    for code, email in staff.curators.items():
        yield code, email, OFFICES["curator"]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """As a spreadsheet of the region would save it: UTF-8 with BOM and `;`."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([*header, "примечание"])
        writer.writerows([*row, MARK] for row in rows)
