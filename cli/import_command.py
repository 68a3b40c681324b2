"""The command import: a file is taken in by a profile, and every row that stayed out is named."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from casework.imports.importing import import_file
from casework.imports.importing_report import ImportReport, write_rejects
from casework.imports.importing_sources import keep_source
from cli.door import Door, opened
from cli.options import As, At, File, Json, ProgrammeOption, SomeYear, command
from cli.programmes_named import programme_named
from cli.refusals import FOUND, tell_rejected
from opora.settings import Settings
from opora.words import Sentence


@command("opora import schools.csv --programme yugra --profile schools --dry-run")
def take_in(
    file: File,
    *,
    programme: ProgrammeOption,
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="Which columns are which facts.")
    ],
    year: SomeYear = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would change; write nothing.")
    ] = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The same file again changes nothing. Bad rows stay out whole, are named with their cure and
    kept in a rejects file; exit status 3 then.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            report = import_file(session, region, profile, file, acting, year=year, dry_run=dry_run)
            if report.import_id is not None:
                keep_source(door.settings.evidence, file, report.sha256)
        kept = None if dry_run else _keep_rejects(door.settings, report)
        if as_json:
            door.out.json(_as_data(door, report, kept))
        _tell(door, report, kept)
    if report.rejected:
        raise typer.Exit(FOUND)


def _keep_rejects(settings: Settings, report: ImportReport) -> Path | None:
    """The rejects file, named after the file and its content, so that none hides another."""
    if not report.rejected:
        return None
    folder = settings.home / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{Path(report.file).stem[:80]}-{report.sha256[:8]}.csv"
    write_rejects(report, path)
    return path


def _as_data(door: Door, report: ImportReport, kept: Path | None) -> dict[str, object]:
    text = door.out.text
    return {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "left_out": len(report.left_out),
        "left_out_rows": [{"row": one.row, "why": text(one.why)} for one in report.left_out],
        "rejected": [
            {
                "file": one.file,
                "row": one.row,
                "field": one.field,
                "value": one.value,
                "why": text(one.why),
                "cure": text(one.cure),
            }
            for one in report.rejected
        ],
        "warnings": [text(warning) for warning in report.warnings],
        "handed_over": [asdict(one) for one in report.handed_over],
        "rows": report.rows,
        "file": report.file,
        "sheet": report.sheet,
        "sha256": report.sha256,
        "profile": report.profile,
        "dry_run": report.dry_run,
        "import": report.import_id,
        "rejects_file": str(kept) if kept else None,
    }


def _tell(door: Door, report: ImportReport, kept: Path | None) -> None:
    out = door.out
    counts = {
        "file": report.file,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "left_out": len(report.left_out),
        "rejected": report.rejected_rows,
    }
    would = Sentence(
        "{file} would give: added {added}, changed {changed}, unchanged {unchanged}, "
        "left out {left_out}, rejected {rejected}",
        counts,
    )
    did = Sentence(
        "{file}: added {added}, changed {changed}, unchanged {unchanged}, "
        "left out {left_out}, rejected {rejected}",
        counts,
    )
    out.tell(would if report.dry_run else did)
    out.tell_each(report.warnings)
    goes = "{role} {place}: {to} follows {was}, open tasks that go along: {tasks}"
    out.tell_each([Sentence(goes, asdict(one)) for one in report.handed_over])
    tell_rejected(out, report.rejected)
    if kept is not None:
        out.tell(Sentence("The rejected rows are kept in {path}", {"path": str(kept)}))
