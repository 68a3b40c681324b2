"""Commands about indicators: what they say, numbers written down, what a phase keeps."""

from dataclasses import asdict
from typing import Annotated

import typer

from casework.cases.board import latest_cycle
from casework.cases.reading import cycle_of
from casework.cycles.versions import programme_of
from casework.indicators.freezing import Written, enter, freeze
from casework.indicators.indicator_views import indicator_rows, indicators_report
from cli.door import opened
from cli.options import (
    As,
    At,
    Json,
    OfSchool,
    OfTerritory,
    ProgrammeOption,
    SomeProgramme,
    SomeYear,
    Year,
    command,
)
from cli.programmes_named import programme_named
from cli.report_screen import print_report
from opora.words import Sentence
from programmes.milestones import Phase


@command("opora indicator show --programme yugra --year 2026")
def show(
    *,
    programme: SomeProgramme = None,
    year: SomeYear = None,
    school: OfSchool = None,
    territory: OfTerritory = None,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Each indicator where you may see it: now, at the first phase, beside its cluster and the region,
    and whether its target is reached. What is not known is said, never counted as zero.
    """
    wanted = f"school:{school}" if school else f"territory:{territory}" if territory else None
    with opened(email) as door, door.look() as (session, acting):
        cycle = latest_cycle(session, programme=programme, year=year)
        if as_json:
            rows = indicator_rows(session, acting, cycle)
            chosen = [asdict(one) for one in rows if wanted in {None, one.place}]
            door.out.json(chosen)
            return
        title = programme_of(session, cycle).title
        print_report(door, indicators_report(session, acting, cycle, title, place=wanted))


@command(
    "opora indicator enter trained_teachers --programme yugra --year 2026 --numerator 12 "
    "--denominator 240 --from 'report of 12 May'"
)
def write_down(
    indicator: Annotated[
        str, typer.Argument(metavar="INDICATOR", help="Its key in the programme.")
    ],
    *,
    programme: ProgrammeOption,
    year: Year,
    taken_from: Annotated[
        str, typer.Option("--from", metavar="SOURCE", help="The system or paper it comes from.")
    ],
    numerator: Annotated[
        str | None, typer.Option("--numerator", metavar="NUMBER", help="So many.")
    ] = None,
    denominator: Annotated[
        str | None, typer.Option("--denominator", metavar="NUMBER", help="… of so many.")
    ] = None,
    school: OfSchool = None,
    territory: OfTerritory = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """For numbers that nothing here can count. The newest one stands; the earlier ones are kept."""
    written = Written(
        indicator=indicator,
        numerator=numerator,
        denominator=denominator,
        taken_from=taken_from,
        school=school,
        territory=territory,
    )
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            row = enter(session, cycle_of(session, region.key, year), written, acting)
        if as_json:
            door.out.json({"indicator": row.indicator, "place": row.place})
        door.out.tell(Sentence("Written down: {indicator}", {"indicator": row.indicator}))


@command("opora indicator freeze entry --programme yugra --year 2026")
def keep(
    phase: Annotated[Phase, typer.Argument(metavar="PHASE", help="entry, interim or final.")],
    *,
    programme: ProgrammeOption,
    year: Year,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Keeps every value as it stands now, for good. Later values are compared with the first phase."""
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            rows = freeze(session, cycle_of(session, region.key, year), phase, acting)
        if as_json:
            door.out.json({"phase": phase.value, "values": len(rows)})
        door.out.tell(Sentence("Values kept: {values}", {"values": len(rows)}))
