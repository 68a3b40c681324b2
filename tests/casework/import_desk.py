"""A desk at which the tests of the import take files in: a database, a programme, an operator."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from casework.acting import Acting
from casework.binding import bind_installation
from casework.imports.importing import import_file
from casework.imports.importing_report import ImportReport
from opora.database import connect, reading, transaction
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.import_profiles import ImportProfile, Profiles
from programmes.reading import read_programme

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """`take` imports a text or a file in a transaction of its own and gives the report."""

    engine: Engine
    programme: Programme
    acting: Acting
    folder: Path

    def take(
        self, content: str | Path, profile: str, name: str = "file.csv", **options
    ) -> ImportReport:
        path = content if isinstance(content, Path) else self.folder / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        with transaction(self.engine) as session:
            return import_file(session, self.programme, profile, path, self.acting, **options)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with reading(self.engine) as session:
            return [tuple(row) for row in session.execute(text(statement))]

    def with_profile(self, **rules) -> "Desk":
        """The same desk with a profile `own` of these rules."""
        own = ImportProfile.model_validate({"words": {"ru": "свой", "en": "own"}, **rules})
        profiles = Profiles(profiles={**self.programme.profiles.profiles, "own": own})
        return replace(self, programme=replace(self.programme, profiles=profiles))

    def later(self, days: int) -> "Desk":
        at = self.acting.at.replace(day=self.acting.at.day + days)
        return replace(self, acting=replace(self.acting, at=at, recorded_at=at))


def set_up(database, folder: Path, key: str) -> Desk:
    engine = connect(database.app)
    with transaction(engine) as session:
        first = Acting(at=AT, recorded_at=AT, pass_name="init")
        person = bind_installation(session, "operator@example.org", "Оператор", first)
    programme = read_programme(shipped()[key])
    return Desk(engine, programme, Acting(at=AT, recorded_at=AT, person=person), folder)


FACTS = (
    "SELECT s.code, f.year, f.procedure, f.name, f.value, f.reason FROM fact f"
    " JOIN school s ON s.id = f.school_id ORDER BY 1, 2, 3, 4"
)
SCHOOLS = (
    "SELECT s.code, s.name, t.code, s.kind, s.opened_on, s.closed_on, s.merged_into, s.as_of_year"
    " FROM school s JOIN territory t ON t.id = s.territory_id ORDER BY 1"
)
HISTORY = "SELECT subject, seq, deed FROM history_line ORDER BY subject, seq"

HEADER = (
    "year;agency_code;name;lea_code;county;school_type;category_code;grade_span;"
    "spg_score;spg_grade;eg_status"
)
OWN = {
    "of": "school_years",
    "year": {"column": "year"},
    "school": {"column": "id"},
    "territory": {"column": "district"},
    "unknown_schools": "add",
    "columns": [
        {"column": "name", "registry": "name", "optional": True},
        {"column": "closed", "registry": "closed", "type": "date", "optional": True},
        {"column": "merged", "registry": "merged_into", "optional": True},
        {"column": "score", "fact": "spg_score", "type": "integer", "optional": True},
    ],
}


def table(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def row(code="010303", year="2018", score="40", grade="D", growth="NotMet", **cells) -> str:
    name, span = cells.get("name", "Альфа"), cells.get("span", "KG:05")
    return f"{year};{code};{name};010LEA;Alamance;Regular School;E;{span};{score};{grade};{growth}"


def counts(report):
    return (
        report.added,
        report.changed,
        report.unchanged,
        len(report.left_out),
        report.rejected_rows,
    )
