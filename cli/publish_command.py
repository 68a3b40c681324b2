"""The command that writes the page of a cycle for everybody who takes part."""

from pathlib import Path
from typing import Annotated

import typer

from casework.cases.reading import cycle_of
from casework.cycles.publishing import publish_cycle
from cli.door import opened
from cli.options import As, At, Json, ProgrammeOption, Year, command
from cli.programmes_named import programme_named
from opora.words import Sentence


@command("opora cycle publish --programme yugra --year 2026 --out public")
def publish(
    *,
    programme: ProgrammeOption,
    year: Year,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the page and its files go.")
    ],
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """One page without scripts, in Russian and in English, with what `records.yaml` declares public:
    schools, dates, acts, progress, records of public kinds. Nothing else leaves.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            cycle = cycle_of(session, region.key, year)
            store = door.settings.evidence
            told = publish_cycle(session, cycle, acting, folder=out, store_url=store)
        if as_json:
            door.out.json(told)
        said = {"page": told.page, "schools": told.schools, "records": told.records}
        door.out.tell(Sentence("{page}: {schools} school(s), {records} record(s).", said))
