"""Commands about who takes part in a cycle: schools with a case, partners, other participants."""

from decimal import Decimal
from typing import Annotated

import typer

from casework.cases.reading import cycle_of
from casework.lists.participating import Entry, Participation, enter_schools, participation
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, DryRun, Json, ProgrammeOption, Year, command
from cli.programmes_named import programme_named
from opora.words import Sentence
from programmes.definition import Programme


@command("opora cycle participants --programme yugra --year 2026")
def participants(
    programme: ProgrammeOption, year: Year, *, as_json: Json = False, email: As = None
) -> None:
    """Schools with a case take part in the category that the programme names; others are entered.
    The numbers stand beside what the programme wants to reach, by municipality.
    """
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = participation(session, cycle_of(session, region.key, year), acting)
        if as_json:
            door.out.json(found)
            return
        _print(door, region, found)


def _print(door: Door, region: Programme, found: Participation) -> None:
    def words(key: str) -> object:
        return region.labels.get(f"participation.{key}", key)

    keys = sorted({key for one in found.by_territory for key in one.categories})
    columns = [Sentence("Municipality"), Sentence("Schools"), Sentence("Take part")]
    door.out.table(
        [*columns, *(region.words(f"participation.{key}") for key in keys)],
        [
            (one.territory, one.schools, one.taking_part, *(one.categories.get(k, 0) for k in keys))
            for one in found.by_territory
        ],
    )
    door.out.table(
        [
            Sentence("School"),
            Sentence("Name"),
            Sentence("Municipality"),
            Sentence("Category"),
            Sentence("Case"),
            Sentence("Basis"),
        ],
        [
            (one.school, one.name, one.territory, words(one.category), one.case, one.basis)
            for one in found.participants
        ],
    )
    told = {
        "taking_part": found.taking_part,
        "schools": found.schools,
        "share": _per_cent(found.share),
        "wanted": _per_cent(found.wanted_share),
    }
    if found.wanted_share is None:
        door.out.tell(Sentence("{taking_part} of {schools} schools take part: {share}", told))
    else:
        text = "{taking_part} of {schools} schools take part: {share}; wanted: {wanted}"
        door.out.tell(Sentence(text, told))
    if found.wants_every_territory:
        told = {"number": found.territories_taking_part, "all": found.territories}
        door.out.tell(Sentence("Municipalities that take part: {number} of {all}", told))


def _per_cent(share: Decimal | None) -> str:
    return f"{(share * 100).normalize():f} %" if share is not None else ""


@command(
    "opora cycle enter 860012 --programme yugra --year 2026 --category partner --basis 'order 7'"
)
def enter(
    schools: Annotated[
        list[str], typer.Argument(metavar="SCHOOL…", help="Schools by their codes.")
    ],
    *,
    programme: ProgrammeOption,
    year: Year,
    category: Annotated[
        str | None, typer.Option("--category", metavar="KEY", help="As the programme names it.")
    ] = None,
    out: Annotated[bool, typer.Option("--out", help="They no longer take part.")] = False,
    basis: Annotated[str, typer.Option("--basis", metavar="TEXT", help="On what: an order.")],
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The newest word about a school stands. A coordinator enters schools of the own municipality."""
    with opened(email, moment) as door:
        region = programme_named(programme)
        if out is (category is not None):
            cure = Sentence("Say either --category KEY or --out.")
            raise WrongUsage(field="--category", value=category or "", cure=cure)
        entry = Entry(schools=schools, category=category, basis=basis)
        with door.deed(lambda _: region.zone) as (session, acting):
            cycle = cycle_of(session, region.key, year)
            changed = enter_schools(session, cycle, entry, acting, dry_run=dry_run)
        if as_json:
            door.out.json({"schools": changed, "category": category, "dry_run": dry_run})
            return
        told = {"count": len(changed)}
        would = Sentence("Would change the participation of {count} schools", told)
        did = Sentence("Changed the participation of {count} schools", told)
        door.out.tell(would if dry_run else did)
