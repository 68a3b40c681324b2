"""Taking a file in: schools, results, people or assignments, by an import profile of the programme."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from casework.access import require
from casework.acting import Acting
from casework.files.tables import Table, plain_name, read_table
from casework.grants import Right
from casework.imports.importing_appointments import take_in_people
from casework.imports.importing_contradictions import agreeing
from casework.imports.importing_facts import consistent, school_reader
from casework.imports.importing_people import consistent_people, known_people, person_reader
from casework.imports.importing_report import Findings, ImportReport
from casework.imports.importing_rows import bind, headers_of, names_of, read_rows
from casework.imports.importing_schools import take_in
from casework.imports.registering import Register, Source, register_of
from casework.imports.stale_copies import StaleWatch, numbers_of
from models.history import append
from models.school import ImportRun
from opora.canonical import moment
from opora.errors import Forbidden, InputRefused
from opora.words import Sentence
from programmes.definition import Programme
from programmes.import_profiles import ImportProfile, Of, PersonField

_YEARS = range(1990, 2101)


def import_file(
    session: Session,
    programme: Programme,
    profile_name: str,
    path: Path,
    acting: Acting,
    *,
    year: int | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Take the file in, or only tell what would change; the same file again changes nothing.

    Raises FileRefused for a file that is no table of this profile; single bad rows stay out whole
    and are reported. The caller's transaction holds all of it or nothing.
    """
    require(session, acting, Right.IMPORT, programme.register)
    profile = programme.profile(profile_name)
    _check_year(profile, year)
    names = names_of(profile, year)
    table = read_table(
        path, profile.format, {plain_name(name) for all_ in names.values() for name in all_}
    )
    _take_turn(session, programme.register)
    job = _Import(
        session=session,
        programme=programme,
        profile=profile,
        name=profile_name,
        acting=acting,
        table=table,
        year=year,
        findings=Findings(table.file),
        register=register_of(session, programme.register),
        is_dry=dry_run,
    )
    _say_meanings(profile, job.findings)
    positions = bind(profile, table, names)
    counts = job.people(positions) if profile.of in _OF_PEOPLE else job.schools(positions)
    return job.finish(counts)


_OF_PEOPLE = {Of.PEOPLE, Of.ASSIGNMENTS}


@dataclass(slots=True, kw_only=True)
class _Import:
    """One import on its way."""

    session: Session
    programme: Programme
    profile: ImportProfile
    name: str
    acting: Acting
    table: Table
    year: int | None
    findings: Findings
    register: Register
    is_dry: bool
    columns: dict[str, str] = field(default_factory=dict)
    run: ImportRun | None = field(default=None)

    def schools(self, positions: dict[str, int]) -> Counter[str]:
        """Registry, results, context: rows about schools."""
        self.columns = headers_of(self.profile, positions, self.table.header)
        latest = self.acting.on(self.programme.zone).year + 1
        read = school_reader(self.programme, self.profile, self.year, latest)
        rows = list(read_rows(self.profile, self.table, positions, read, self.findings))
        identifier = self.profile.school.column if self.profile.school else ""
        rows = consistent(rows, identifier, self.findings)
        self.register.nowhere = self.profile.territory.blank if self.profile.territory else None
        rows = agreeing(self.session, rows, self.profile, self.register, self.findings)
        declared = self.programme.identification.facts
        numbers = frozenset(name for name, fact in declared.items() if fact.type.is_number)
        watch = StaleWatch(numbers_of(rows, numbers))
        counts = take_in(self.session, rows, self.register, self._writing(self.source), watch)
        self.findings.warnings += watch.warnings()
        return counts

    def people(self, positions: dict[str, int]) -> Counter[str]:
        """People and assignments."""
        read = person_reader(self.profile, self.register)
        rows = list(read_rows(self.profile, self.table, positions, read, self.findings))
        email = next(
            column.column for column in self.profile.columns if column.field is PersonField.EMAIL
        )
        rows = consistent_people(rows, email, self.findings)
        if self.profile.of is Of.ASSIGNMENTS:
            rows = known_people(self.session, rows, email, self.findings)
        begin = self._writing(self.source)
        taken = take_in_people(self.session, rows, self.programme, self.acting, begin)
        self.findings.handed_over = taken.handed_over
        return taken.counts

    def _writing(self, source: Callable[[], Source]) -> Callable[[], Source] | None:
        return None if self.is_dry else source

    def source(self) -> Source:
        """The origin of what is written; the import's own row is made with the first new thing."""
        if self.run is None:
            if self.acting.person is None:
                raise Forbidden(person=self.acting.name, deed=Right.IMPORT.value)
            self.run = ImportRun(
                register_key=self.programme.register,
                profile=self.name,
                file=self.table.file,
                sha256=self.table.sha256,
                person_id=self.acting.person.id or 0,
                at=moment(self.acting.at),
                columns=self.columns,
            )
            self.session.add(self.run)
            self.session.flush()
        return Source(acting=self.acting, import_id=self.run.id or 0, sheet=self.table.sheet)

    def finish(self, counts: Counter[str]) -> ImportReport:
        """The report; where something was written, also the import's line of history."""
        findings = self.findings
        if not (counts or findings.left_out or findings.rejected):
            findings.warnings.append(Sentence("There is not a single row under the header."))
        report = ImportReport(
            profile=self.name,
            file=self.table.file,
            sha256=self.table.sha256,
            sheet=self.table.sheet,
            encoding=self.table.encoding,
            dry_run=self.is_dry,
            import_id=self.run.id if self.run else None,
            added=counts["added"],
            changed=counts["changed"],
            unchanged=counts["unchanged"],
            left_out=tuple(sorted(findings.left_out, key=lambda one: one.row)),
            rejected=tuple(sorted(findings.rejected, key=lambda one: one.row)),
            warnings=tuple(findings.warnings),
            handed_over=findings.handed_over,
            header=self.table.header,
            originals=findings.originals,
        )
        if self.run is not None:
            self._record(self.run, report)
        return report

    def _record(self, run: ImportRun, report: ImportReport) -> None:
        counts = {
            "added": report.added,
            "changed": report.changed,
            "unchanged": report.unchanged,
            "left_out": len(report.left_out),
            "rejected": report.rejected_rows,
        }
        run.sqlmodel_update(counts)
        self.session.add(run)
        self.session.flush()
        values = {
            "register": run.register_key,
            "profile": run.profile,
            "sha256": run.sha256,
            "year": self.year,
            **counts,
        }
        deed = self.acting.deed(
            f"import:{run.id}", "import", values=values, words={"file": run.file}
        )
        append(self.session, deed)


def _check_year(profile: ImportProfile, year: int | None) -> None:
    source = profile.year
    cure = None
    if year is not None and source is None:
        cure = "A file of this profile belongs to no year: leave the year out."
    elif year is None and source is not None and source.given:
        cure = "The file does not say its year: give the year."
    elif year is not None and year not in _YEARS:
        cure = "Give the year as a number like 2026."
    elif year is not None and source is not None and source.fixed not in {None, year}:
        cure = "The profile is for the year {fixed} alone."
    if cure:
        fixed = source.fixed if source else None
        raise InputRefused(field="year", value=year or "", cure=Sentence(cure, {"fixed": fixed}))


def _say_meanings(profile: ImportProfile, findings: Findings) -> None:
    """A misnamed column is read as the programme says, and the reader of the report is told so."""
    for column in profile.columns:
        if column.meaning is not None:
            told = {"column": column.column, "meaning": column.meaning}
            findings.warnings.append(Sentence("The column “{column}” is read as: {meaning}", told))


def _take_turn(session: Session, register: str) -> None:
    """PostgreSQL: one import a register at a time; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))"),
            {"subject": f"import into {register}"},
        )
