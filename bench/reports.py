"""All reports on a region of 2,000 schools of which 200 are cases: how long they take, beside the bare
queries over the same rows."""

from collections.abc import Iterator

from sqlalchemy import insert, text
from sqlmodel import Session, select

from bench.worlds import AT, World, measured, open_region, world
from casework.acting import Acting
from casework.reports.reporting import Question, ReportKind, report
from models.cycle import Cycle
from models.school import Fact, ImportRun, Territory
from opora.database import reading, transaction
from templates.document_files import written_as
from templates.documents import document_text
from templates.reports import report_fields, report_page, report_workbook, text_of

SCHOOLS, CASES, TOLD_CASES, YEARS = 2_000, 200, 20, (2023, 2024, 2025, 2026)
PROCEDURES = ("oge_math", "oge_russian")
_BARE = (
    "select * from support_case",
    "select * from task",
    "select * from submission",
    "select * from history_line",
    "select * from school",
    "select f.school_id, f.year, f.procedure, f.name, f.value, f.reason from fact f order by f.year",
)


def measure(scale: float) -> Iterator[str]:
    schools, cases = int(SCHOOLS * scale), int(CASES * scale)
    with world(schools, listed=cases) as region:
        with transaction(region.engine) as session:
            _know(session, region, schools)
        open_region(region)
        whole = cpu = 0.0
        for kind, wanted in _questions(region, int(TOLD_CASES * scale)).items():
            taken = measured(lambda kind=kind, wanted=wanted: _tell(region, kind, wanted))
            whole, cpu = whole + taken.seconds, cpu + taken.cpu
            yield f"{kind.value}: {len(wanted)} in {taken.seconds:.1f} s"
        bare = measured(lambda: _bare(region))
        yield (
            f"{schools} schools, {cases} cases: {whole:.1f} s in all ({cpu:.1f} s of the processor), "
            f"{cpu / bare.cpu:.0f} × the bare queries once ({bare.seconds:.2f} s)"
        )


def _questions(region: World, told: int) -> dict[ReportKind, list[str | None]]:
    with reading(region.engine) as session:
        codes = list(session.exec(select(Territory.code).order_by(Territory.code)).all())
        lists = "select distinct t.code from territory t join school s on s.territory_id = t.id "
        lists += "join support_case c on c.school_id = s.id"
        with_cases = {code for (code,) in session.execute(text(lists))}
    return {
        ReportKind.CYCLE: [None],
        ReportKind.MUNICIPALITY: [code for code in codes if code in with_cases],
        ReportKind.CASE: [str(number) for number in range(1, told + 1)],
        ReportKind.INDICATORS: [None],
        ReportKind.LATENESS: [None],
    }


def _tell(region: World, kind: ReportKind, wanted: list[str | None]) -> None:
    """Each in a session of its own, as a command makes it: page, workbook and PDF."""
    for of in wanted:
        acting: Acting = region.acting()
        with reading(region.engine) as session:
            cycle = session.exec(select(Cycle)).one()
            on = acting.on(region.programme.zone)
            made = report(session, acting, kind, Question(cycle=cycle, on=on, of=of))
        report_page(made, "ru")
        report_workbook(made, "ru")
        written = document_text("report", "ru", report_fields(made, "ru"))
        written_as("pdf", written, title=text_of(made.title, "ru"), language="ru", at=AT)


def _bare(region: World) -> None:
    with reading(region.engine) as session:
        for query in _BARE:
            session.execute(text(query)).all()


def _know(session: Session, region: World, schools: int) -> None:
    """Results of every school in each year."""
    run = ImportRun(
        register_key=region.programme.register,
        profile="results",
        file="results.csv",
        sha256="0" * 64,
        person_id=region.operator.id or 0,
        at="2026-02-02T00:00:00.000000Z",
    )
    session.add(run)
    session.flush()
    session.execute(
        insert(Fact),
        [
            {
                "school_id": school,
                "year": year,
                "procedure": procedure,
                "name": name,
                "value": value,
                "import_id": run.id,
                "sheet": "",
                "row": school,
            }
            for year in YEARS
            for school in range(1, schools + 1)
            for procedure in PROCEDURES
            for name, value in _values(school, year)
        ],
    )


def _values(school: int, year: int) -> tuple[tuple[str, str], ...]:
    below = str((school * 7 + year) % 20)
    return ("participants", "20"), ("below_threshold", below), ("biased", "no")
