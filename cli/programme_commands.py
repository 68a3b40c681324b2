"""Commands about programmes: check, list, show, schema. None of them needs a database."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from casework.imports.profile_views import ColumnView, columns_of
from cli.door import read_settings
from cli.options import Json, ProgrammeArgument, SomeYear, command
from cli.printing import Printer
from cli.programmes_named import programme_named
from cli.refusals import FOUND
from opora.errors import ProgrammeInvalid
from opora.words import Sentence
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.json_schema import schema as published
from programmes.reading import read_programme
from states.needs import Need


@command("opora programme check ./my-region")
def check(programme: ProgrammeArgument, *, as_json: Json = False) -> None:
    """Every fault comes with file, line and cure; exit status 3 when there is one. Warnings stand
    apart and change nothing: rules that always hold, groups for which nobody is left.
    """
    out = _printer()
    try:
        found = programme_named(programme)
    except ProgrammeInvalid as invalid:
        if as_json:
            faults = {"ok": False, "faults": _told(out, invalid.faults), "warnings": []}
            out.json({"programme": programme, **faults})
        out.tell(invalid)
        for fault in invalid.faults:
            typer.echo(out.text(fault), err=True)
        raise typer.Exit(FOUND) from None
    if as_json:
        sound = {"ok": True, "faults": [], "warnings": _told(out, found.warnings)}
        out.json({"programme": found.key, "sha256": found.sha256, **sound})
    for warning in found.warnings:
        out.tell(Sentence("Warning: {warning}", {"warning": out.text(warning)}))
    told = {"key": found.key, "sha256": found.sha256}
    out.tell(Sentence("{key} holds together. Its fingerprint: {sha256}", told))


@command("opora programme list")
def list_all(*, as_json: Json = False) -> None:
    """A region's own programme lives in a folder of its own and is named by that folder."""
    out = _printer()
    found = [read_programme(folder) for folder in shipped().values()]
    if as_json:
        out.json(
            [
                {"key": p.key, "title": p.title, "register": p.register, "sha256": p.sha256}
                for p in found
            ]
        )
        return
    out.table(
        [Sentence("Programme"), Sentence("Title"), Sentence("Register"), Sentence("Fingerprint")],
        [(p.key, p.title, p.register, p.sha256[:12]) for p in found],
    )


@command("opora programme show yugra --profile results")
def show(
    programme: ProgrammeArgument,
    *,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Which columns its file has.")
    ] = None,
    year: SomeYear = None,
    as_json: Json = False,
) -> None:
    """Acts, the year, import profiles, moves with their needs, milestones and what proves them;
    with --profile the columns of the file that it takes in.
    """
    out = _printer()
    found = programme_named(programme)
    if profile is not None:
        _print_columns(out, columns_of(found, profile, year=year), as_json=as_json)
        return
    if as_json:
        out.json(_as_data(found))
        return
    _print(out, found)


@command("opora programme schema > programme.schema.json")
def schema() -> None:
    """Give it to your editor: it completes and checks the files of a programme while you write."""
    _printer().json(published())


def _print_columns(out: Printer, columns: Iterable[ColumnView], *, as_json: bool) -> None:
    if as_json:
        out.json(
            [
                {
                    "column": one.names[0],
                    "also": one.names[1:],
                    "holds": out.text(one.holds),
                    "needed": one.is_needed,
                    "values": [out.text(value) for value in one.values],
                }
                for one in columns
            ]
        )
        return
    out.table(
        [
            Sentence("Column"),
            Sentence("Also called"),
            Sentence("What it holds"),
            Sentence("Needed"),
            Sentence("What may stand there"),
        ],
        [
            (one.names[0], list(one.names[1:]), one.holds, one.is_needed, list(one.values))
            for one in columns
        ],
    )


def _told(out: Printer, faults: Iterable[Any]) -> list[dict[str, object]]:
    return [
        {
            "file": one.file,
            "line": one.line,
            "path": one.path,
            "problem": out.text(one.problem),
            "cure": out.text(one.cure),
        }
        for one in faults
    ]


def _printer() -> Printer:

    return Printer(read_settings().language)


def _as_data(programme: Programme) -> dict[str, object]:
    return {
        "key": programme.key,
        "title": programme.title,
        "sha256": programme.sha256,
        "register": programme.register,
        "zone": programme.zone.key,
        "acts": [act.model_dump(mode="json") for act in programme.acts],
        "cycle": programme.cycle.model_dump(mode="json"),
        "profiles": {key: one.words for key, one in programme.profiles.profiles.items()},
        "moves": {
            move.value: rule.model_dump(mode="json")
            for move, rule in programme.course.moves.items()
        },
        "milestones": [one.model_dump(mode="json") for one in programme.milestones],
        "decisions": {key: kind.words for key, kind in programme.decisions.items()},
        "documents": {key: kind.words for key, kind in programme.documents.items()},
        "clusters": {rule.key: rule.words for rule in programme.clusters.rules},
        "pools": {pool.key: pool.words for pool in programme.partners.pools},
        "forms": {form.key: form.words for form in programme.partners.forms},
        "parameters": {
            key: one.model_dump(mode="json")
            for key, one in programme.identification.parameters.items()
        },
    }


def _print(out: Printer, programme: Programme) -> None:

    out.pairs(
        [
            (Sentence("Programme"), programme.key),
            (Sentence("Title"), programme.title),
            (Sentence("Rests on"), [act.number or act.title for act in programme.acts]),
            (Sentence("Territory"), programme.territory.name),
            (Sentence("Time zone"), programme.zone.key),
            (Sentence("Year"), f"{programme.cycle.starts} – {programme.cycle.ends}"),
            (Sentence("Fingerprint"), programme.sha256),
        ]
    )
    out.table(
        [Sentence("Import profile"), Sentence("What it takes in")],
        [(key, profile.words) for key, profile in programme.profiles.profiles.items()],
    )
    out.table(
        [Sentence("Move"), Sentence("What it is"), Sentence("Who makes it"), Sentence("Needs")],
        [
            (
                move.value,
                programme.words(move),
                [programme.words(role) for role in rule.by],
                list(_needs(rule.needs)),
            )
            for move, rule in programme.course.moves.items()
        ],
    )
    _print_keys(out, programme)
    out.table(
        [
            Sentence("Stage"),
            Sentence("Milestone"),
            Sentence("Who does it"),
            Sentence("Who accepts"),
        ],
        [
            (
                programme.words(one.stage),
                one.title,
                programme.words(one.by),
                programme.words(one.approves) if one.approves else None,
            )
            for one in programme.milestones
        ],
    )


def _print_keys(out: Printer, programme: Programme) -> None:
    """What the commands around clusters and partners are told by its key."""
    for heading, kept in (
        (Sentence("Cluster"), programme.clusters.rules),
        (Sentence("Pool"), programme.partners.pools),
        (Sentence("Form"), programme.partners.forms),
    ):
        if kept:
            out.table([Sentence("Key"), heading], [(one.key, one.words) for one in kept])


def _needs(needs: Iterable[Need]) -> Iterable[str]:
    return (f"{one.need} {one.of}" if one.of else one.need for one in needs)
