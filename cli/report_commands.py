"""Commands about reports: pages with charts, workbooks, PDF."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from casework.cases.board import latest_cycle
from casework.cases.reading import cycle_of
from casework.cycles.spreading import send_analytics
from casework.cycles.versions import programme_of
from casework.reports.reporting import STUCK_AFTER, Question, ReportKind, report
from cli.door import opened
from cli.options import As, At, Json, ProgrammeOption, SomeProgramme, SomeYear, Year, command
from cli.programmes_named import programme_named
from cli.report_screen import print_report
from opora.errors import FileRefused
from opora.words import Sentence
from templates.document_files import written_as
from templates.documents import document_text
from templates.reports import Report, report_fields, report_page, report_workbook, text_of


class Shape(StrEnum):
    """How a report is written."""

    HTML = "html"
    XLSX = "xlsx"
    PDF = "pdf"


@command("opora report cycle --programme yugra --year 2026 --out reports")
def make(
    kind: Annotated[ReportKind, typer.Argument(metavar="KIND", help="What it is about.")],
    of: Annotated[
        str | None,
        typer.Argument(metavar="CODE|CASE", help="Which municipality, or which case."),
    ] = None,
    *,
    programme: SomeProgramme = None,
    year: SomeYear = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write the files here.")
    ] = None,
    shapes: Annotated[
        list[Shape] | None,
        typer.Option("--format", help="html, xlsx, pdf; without it all three."),
    ] = None,
    stuck_after: Annotated[
        int,
        typer.Option("--stuck-after", metavar="DAYS", min=1, max=1000, help="At planning."),
    ] = STUCK_AFTER,
    as_json: Json = False,
    email: As = None,
) -> None:
    """cycle, municipality, case, indicators, lateness: as far as you may see. On the screen, and with
    --out as files: a page with charts, a workbook, a PDF.
    """
    with opened(email) as door:
        with door.look() as (session, acting):
            cycle = latest_cycle(session, programme=programme, year=year)
            on = acting.on(programme_of(session, cycle).zone)
            question = Question(cycle=cycle, on=on, of=of, stuck_after=stuck_after)
            made = report(session, acting, kind, question)
            at = acting.at
        files = []
        if out is not None:
            for shape in shapes or list(Shape):
                name = f"{kind.value}{f'-{of}' if of else ''}-{cycle.year}.{shape.value}"
                data = _written(made, shape, door.out.language, at=at)
                files.append(_write(out, name, data))
        if as_json:
            door.out.json({**report_fields(made, door.out.language), "files": files})
        elif out is None:
            print_report(door, made)
        for file in files:
            door.out.tell(Sentence("Written: {file}", {"file": file}))


def _written(made: Report, shape: Shape, language: str, *, at: datetime) -> bytes:
    if shape is Shape.HTML:
        return report_page(made, language).encode()
    if shape is Shape.XLSX:
        return report_workbook(made, language)
    text = document_text("report", language, report_fields(made, language))
    title = text_of(made.title, language)
    return written_as("pdf", text, title=title, language=language, at=at)


def _write(folder: Path, name: str, data: bytes) -> str:
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    except OSError as error:
        cure = Sentence("The system says: {why}.", {"why": error.strerror})
        raise FileRefused(str(target), cure) from None
    return str(target)


@command("opora cycle inform --programme yugra --year 2026")
def inform(
    *,
    programme: ProgrammeOption,
    year: Year,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Writes a letter to everybody who takes part: where the cycle stands, the region's indicators,
    and the numbers of the own schools. Twice on one day writes none twice.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            letters = send_analytics(session, cycle_of(session, region.key, year), acting)
        if as_json:
            door.out.json({"letters": letters})
        door.out.tell(Sentence("Letters written: {letters}", {"letters": letters}))
