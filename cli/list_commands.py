"""Commands about a year's list: who is on it and why, its versions, gaps, editions, comparison."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from casework.judgement.explaining import ground_words
from casework.judgement.gaps import Gap, gaps
from casework.lists.comparing import Change, Comparison, compare_lists
from casework.lists.editions import Act, publish_list
from casework.lists.list_documents import write_documents
from casework.lists.list_rows import ListedSchool
from casework.lists.list_views import VersionView, list_view, versions as versions_of
from casework.lists.listing import listing_of
from cli.deadline_commands import day_of_option
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, Json, ProgrammeOption, Year, command
from cli.programmes_named import group_words, programme_named
from cli.refusals import FOUND
from opora.words import Sentence, Words
from programmes.definition import Programme

Version = Annotated[
    int | None,
    typer.Option(
        "--version",
        metavar="N",
        min=1,
        help="That version; else the one the year's cycle stands on, else the newest.",
    ),
]
CHANGES = {
    Change.ENTERED: Sentence("entered"),
    Change.LEFT: Sentence("left"),
    Change.STAYED: Sentence("stayed"),
}


@command("opora list show --programme yugra --year 2026")
def show(
    programme: ProgrammeOption,
    year: Year,
    *,
    version: Version = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Schools that were judged and are not on it, too.")
    ] = False,
    as_json: Json = False,
    email: As = None,
) -> None:
    """The rule's verdict stands beside what a person said above it, with reason and basis. You see
    the schools that you answer for.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            listing = listing_of(session, region.key, year, version)
            seen = list_view(session, listing, acting, everybody=everybody)
        if as_json:
            door.out.json(seen)
            return
        door.out.pairs(
            [
                (Sentence("Version"), seen.version),
                (Sentence("Judged"), seen.judged_at),
                (Sentence("Confirmed"), seen.confirmed_at),
                (Sentence("Edition"), seen.edition),
            ],
            title=Sentence("List of {year}", {"year": str(year)}),
        )
        _print_schools(door, region, seen.schools)
        if seen.is_changed:
            door.out.tell(
                Sentence(
                    "The list has changed since its edition {edition}.", {"edition": seen.edition}
                )
            )


def _print_schools(door: Door, region: Programme, schools: tuple[ListedSchool, ...]) -> None:
    """What persons said stands below, so that the list itself fits a screen."""
    columns = [
        Sentence("School"),
        Sentence("Name"),
        Sentence("Peer group"),
        Sentence("By the rules"),
        Sentence("On the list"),
        Sentence("Categories"),
    ]
    designates = any(one.designated is not None for one in schools)
    rows: list[tuple[object, ...]] = []
    for one in schools:
        row = (
            one.school,
            [one.name, one.territory],
            group_words(region, one.peer_group),
            _by_rule(one),
            one.listed,
            [_category(region, key) for key in one.categories],
        )
        rows.append((*row, bool(one.designated)) if designates else row)
    door.out.table([*columns, Sentence("Designated")] if designates else columns, rows)
    said = [(one.school, s.reason, s.basis, s.by) for one in schools for s in one.overrides]
    if said:
        door.out.table(
            [Sentence("School"), Sentence("Why"), Sentence("Basis"), Sentence("Who")],
            said,
            title=Sentence("What persons decided above the rules"),
        )


def _by_rule(one: ListedSchool) -> Sentence:
    if one.by_rule is None:
        return Sentence("not rated") if one.not_rated else Sentence("not judged")
    return Sentence("on the list") if one.by_rule else Sentence("not on the list")


def _category(region: Programme, key: str) -> Words | str:
    return region.labels.get(f"category.{key}", key)


@command("opora list versions --programme yugra --year 2026")
def versions(
    programme: ProgrammeOption, year: Year, *, as_json: Json = False, email: As = None
) -> None:
    """Each identification over other facts or other rules is a version; each publication is an
    edition of one. Nothing of them is ever changed.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = versions_of(session, region.key, region.register, year, acting)
        if as_json:
            door.out.json(found)
            return
        door.out.table(
            [
                Sentence("Version"),
                Sentence("Judged"),
                Sentence("Schools judged"),
                Sentence("Listed"),
                Sentence("Overrides"),
                Sentence("Confirmed"),
                Sentence("Who"),
                Sentence("Cycle"),
            ],
            [
                (
                    one.version,
                    one.judged_at,
                    one.judged,
                    one.listed,
                    one.overrides,
                    one.confirmed_at,
                    one.confirmed_by,
                    one.has_cycle,
                )
                for one in found
            ],
        )
        _print_editions(door, found)


def _print_editions(door: Door, found: Sequence[VersionView]) -> None:
    published = [(one.version, edition) for one in found for edition in one.editions]
    if not published:
        return
    columns = [
        Sentence("Version"),
        Sentence("Edition"),
        Sentence("Published"),
        Sentence("Act"),
        Sentence("Schools"),
        Sentence("Fingerprint"),
    ]
    rows = [
        (version, one.edition, one.published_on, one.act["number"], one.schools, one.sha256)
        for version, one in published
    ]
    door.out.table(columns, rows)


@command("opora list gaps --programme yugra --year 2026")
def show_gaps(
    programme: ProgrammeOption, year: Year, *, as_json: Json = False, email: As = None
) -> None:
    """A list is confirmed when every school that had to be judged was judged, or its silence has a
    reason. This names the others, and which facts nobody has given. Exit status 3 when there are any.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = gaps(session, region, year, acting)
        if as_json:
            door.out.json(found)
        elif found:
            _print_gaps(door, region, found)
        else:
            door.out.tell(Sentence("Every school that had to be judged has been judged."))
    if found:
        raise typer.Exit(FOUND)


def _print_gaps(door: Door, region: Programme, found: list[Gap]) -> None:
    rows = []
    for gap in found:
        missing: list[object] = []
        for one in gap.missing:
            told = {
                "fact": region.words(f"fact.{one.fact}"),
                "year": str(one.year),
                "procedure": region.words(f"procedure.{one.procedure}") if one.procedure else "",
            }
            if one.procedure:
                missing.append(Sentence("{fact} {year} ({procedure})", told))
            elif one.year is not None:
                missing.append(Sentence("{fact} {year}", told))
            else:
                missing.append(region.words(f"fact.{one.fact}"))
        rows.append((gap.school, gap.name, gap.territory, missing))
    columns = [
        Sentence("School"),
        Sentence("Name"),
        Sentence("Municipality"),
        Sentence("Not given"),
    ]
    door.out.table(columns, rows)
    total = {"count": len(found)}
    door.out.tell(Sentence("{count} open schools of the register have not been judged", total))


@command(
    "opora list publish --programme yugra --year 2026 --number 10-П-512 --signed 2026-09-01 "
    "--signer 'И. Придуманный' --out registers"
)
def publish(
    programme: ProgrammeOption,
    year: Year,
    *,
    number: Annotated[str, typer.Option("--number", metavar="TEXT", help="Number of the act.")],
    signed: Annotated[str, typer.Option("--signed", metavar="DAY", help="Day of the act.")],
    signer: Annotated[str, typer.Option("--signer", metavar="NAME", help="Who signed it.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Where the files go; else into the home."),
    ] = None,
    version: Version = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Fixes the list as it stands: version, edition, day, act and sha256, and writes it as a
    workbook and a page. The same act over the same list is the same edition: its files are written
    again. The day of the first edition is the one from which objections are counted.
    """
    act = Act(number=number, signed_on=day_of_option("--signed", signed), signer=signer)
    with opened(email, moment) as door:
        region = programme_named(programme)
        folder = out or door.settings.home / "lists"
        with door.deed(lambda _: region.zone) as (session, acting):
            listing = listing_of(session, region.key, year, version)
            published = publish_list(session, listing, act, acting)
            files = write_documents(session, published, folder, door.out.language)
        told: dict[str, object] = {
            "version": listing.version,
            "edition": published.edition,
            "published_on": published.published_on,
            "schools": len(published.content["schools"]),
            "sha256": published.sha256,
            "workbook": str(files.workbook),
            "page": str(files.page),
        }
        if as_json:
            door.out.json(told)
            return
        door.out.tell(
            Sentence(
                "Edition {edition} of version {version}: {schools} schools. {workbook}, {page}",
                told,
            )
        )


@command("opora list compare --programme yugra --year 2026 --with 2025")
def compare(
    programme: ProgrammeOption,
    year: Year,
    *,
    other: Annotated[
        str | None,
        typer.Option(
            "--with", metavar="Y[.N]", help="Another year, or a version; else last year's."
        ),
    ] = None,
    version: Version = None,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Who entered, who left and who stayed, by municipality and peer group, with the grounds that
    only one of the two lists has.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            new = listing_of(session, region.key, year, version)
            old_year, old_version = _year_and_version(other, year)
            old = listing_of(session, region.key, old_year, old_version)
            found = compare_lists(session, old, new, acting)
        if as_json:
            door.out.json(_as_data(found))
            return
        _print_comparison(door, region, found)


def _year_and_version(text: str | None, year: int) -> tuple[int, int | None]:
    if text is None:
        return year - 1, None
    first, _, second = text.partition(".")
    if not first.isdecimal() or (second and not second.isdecimal()):
        cure = Sentence("Write a year like 2025, or a year and a version like 2025.2.")
        raise WrongUsage(field="--with", value=text, cure=cure)
    return int(first), int(second) if second else None


def _as_data(found: Comparison) -> dict[str, object]:
    return {
        "old": {"year": found.old[0], "version": found.old[1]},
        "new": {"year": found.new[0], "version": found.new[1]},
        "by_territory": found.by_territory,
        "by_peer_group": {key or "": counts for key, counts in found.by_peer_group.items()},
        "schools": found.schools,
    }


def _print_comparison(door: Door, region: Programme, found: Comparison) -> None:
    counts = [CHANGES[change] for change in Change]
    groups = [
        (group_words(region, key), *(row[change] for change in Change))
        for key, row in found.by_peer_group.items()
    ]
    places = [(key, *(row[change] for change in Change)) for key, row in found.by_territory.items()]
    door.out.table([Sentence("Peer group"), *counts], groups)
    door.out.table([Sentence("Municipality"), *counts], places)
    columns = [
        Sentence("School"),
        Sentence("Name"),
        Sentence("Change"),
        Sentence("New grounds"),
        Sentence("Grounds gone"),
        Sentence("By a person's decision"),
    ]
    words = ground_words(region)
    rows = [
        (
            one.school,
            one.name,
            CHANGES[one.change],
            [words.said(rule, one.peer_group) for rule in one.gained],
            [words.said(rule, one.peer_group) for rule in one.lost],
            one.by_override,
        )
        for one in found.schools
        if one.change is not Change.STAYED or one.gained or one.lost
    ]
    door.out.table(columns, rows)
