"""Commands about cycles: open one, and look at the board."""

from dataclasses import asdict, dataclass

import typer
from sqlmodel import Session

from casework.access import require
from casework.acting import Acting
from casework.cases.board import (
    Board,
    ListedRow,
    Opened,
    board,
    latest_cycle,
    listed_by,
    number_listed,
    opened as opened_rows,
)
from casework.cases.reading import cycle_of
from casework.cycles.opening import open_cycle
from casework.cycles.versions import programme_at, programme_of
from casework.grants import Right
from casework.judgement.identifying import confirm_list, identify, latest_listing
from casework.passes import Progress, begin
from casework.tasks.own_approval import own_work
from casework.work import OPEN_CYCLE
from cli.board_table import board_table
from cli.door import Door, opened
from cli.options import As, At, Json, ProgrammeOption, SomeProgramme, SomeYear, Year, Yes, command
from cli.own_work_table import warn_of_own_work
from cli.pass_words import PASSES, STATES, counted
from cli.programmes_named import group_words, programme_named
from cli.refusals import FAILED, FOUND
from models.cycle import Cycle, Listing
from opora.errors import NotFound
from opora.words import Sentence
from programmes.definition import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class _Launch:
    """A cycle, the pass that fills it, how many schools are on its list, and a virtual moment."""

    cycle: Cycle
    pass_id: int
    listed: int
    acting: Acting


@command("opora cycle open --programme yugra --year 2026")
def open_year(
    programme: ProgrammeOption,
    year: Year,
    *,
    yes: Yes = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Identifies the schools (or takes the list that is confirmed), shows the numbers, asks, confirms
    the list, and opens cases with their tasks and first letters. A second call doubles nothing.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        launch = _begun(door, region, year) or _begin(door, region, year, yes=yes)
        if launch is None:
            door.out.tell(Sentence("Nothing was opened; the list is kept and not confirmed."))
            raise typer.Exit(FAILED)
        done = _carry_out(door, launch)
        with door.look() as (session, _):
            held = opened_rows(session, launch.cycle.id or 0, launch.pass_id)
        if as_json:
            door.out.json(_as_data(launch.cycle, held, done))
        _tell(door, launch.cycle, held, done)
        if not done.is_done:
            raise typer.Exit(FAILED)
        if held.refusals:
            raise typer.Exit(FOUND)


def _begun(door: Door, programme: Programme, year: int) -> _Launch | None:
    """The launch that somebody has begun before: gone on with, never doubled."""
    with door.deed(lambda _: programme.zone) as (session, acting):
        require(session, acting, Right.OPEN_CYCLE, programme.register)
        try:
            cycle = cycle_of(session, programme.key, year)
        except NotFound:
            return None
        return _launched(session, cycle, acting)


def _begin(door: Door, programme: Programme, year: int, *, yes: bool) -> _Launch | None:
    """List, numbers, question, confirmation; None when the person says no."""
    with door.deed(lambda _: programme.zone) as (session, acting):
        listing = _list(session, programme, year, acting)
        tables = listed_by(session, listing.id or 0)
        alone = own_work(session, programme, listing, acting)
    warn_of_own_work(door, alone)
    if not yes:
        _show_numbers(door, programme, tables)
        question = "Confirm this list and open the cycle of {year}?"
        if not door.agrees(Sentence(question, {"year": str(year)})):
            return None
    with door.deed(lambda _: programme.zone) as (session, acting):
        listing = session.get_one(Listing, listing.id)
        confirm_list(session, listing, acting)
        pinned = programme_at(session, listing.programme_sha256)
        return _launched(session, open_cycle(session, pinned, listing, acting), acting)


def _list(session: Session, programme: Programme, year: int, acting: Acting) -> Listing:
    """The confirmed list; where there is none, the schools are judged now."""
    try:
        listing = latest_listing(session, programme, year)
    except NotFound:
        return identify(session, programme, year, acting).listing
    if listing.confirmed_at is not None:
        return listing
    return identify(session, programme, year, acting).listing


def _launched(session: Session, cycle: Cycle, acting: Acting) -> _Launch:
    arguments = {"cycle": cycle.id, "person": acting.person.id if acting.person else None}
    run = begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=acting.at)
    return _Launch(
        cycle=cycle,
        pass_id=run.id or 0,
        listed=number_listed(session, cycle.listing_id),
        acting=acting,
    )


def _show_numbers(
    door: Door, programme: Programme, tables: tuple[list[ListedRow], list[ListedRow]]
) -> None:
    groups, territories = tables
    numbers = [Sentence("Judged"), Sentence("Listed"), Sentence("Not rated")]
    door.out.table(
        [Sentence("Peer group"), *numbers],
        [(group_words(programme, r.key), r.judged, r.listed, r.not_rated) for r in groups],
    )
    door.out.table(
        [Sentence("Municipality"), *numbers],
        [(row.key, row.judged, row.listed, row.not_rated) for row in territories],
    )


def _carry_out(door: Door, launch: _Launch) -> Progress:
    """The pass to its end, the way the settings choose; resumed where it stopped before."""
    from flows.running import run_pass  # brings Prefect where the settings choose it

    with door.out.progress(Sentence("Opening cases"), launch.listed) as show:
        return run_pass(
            door.settings,
            door.engine,
            launch.pass_id,
            at=launch.acting.at if launch.acting.is_virtual else None,
            on_chunk=lambda done: show(done.counts.get("cases", 0)),
            on_notice=door.out.tell,
        )


def _as_data(cycle: Cycle, held: Opened, done: Progress) -> dict[str, object]:
    return {
        "cycle": cycle.id,
        "programme": cycle.programme_key,
        "sha256": cycle.programme_sha256,
        "year": cycle.year,
        "cases": held.cases,
        "tasks": held.tasks,
        "letters": held.letters,
        "refused": len(held.refusals),
        "refusals": [{"subject": key, "reason": why} for key, why in held.refusals.items()],
        "done": done.is_done,
        "flow_run": held.flow_run,
    }


def _tell(door: Door, cycle: Cycle, held: Opened, done: Progress) -> None:
    told = {
        "year": str(cycle.year),
        "cases": held.cases,
        "tasks": held.tasks,
        "letters": held.letters,
    }
    door.out.tell(
        Sentence("The cycle of {year}: cases {cases}, tasks {tasks}, letters {letters}", told)
    )
    if not done.is_done:
        door.out.tell(Sentence("Another process is opening it right now; ask again in a minute."))
    for subject, reason in held.refusals.items():
        door.out.tell_each([Sentence("{subject}: {why}", {"subject": subject, "why": reason})])


# --- the board ------------------------------------------------------------------------------------


@command("opora cycle status --json")
def status(
    *,
    programme: SomeProgramme = None,
    year: SomeYear = None,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Stages × municipalities, late tasks and with whom, and how the passes went: of the newest
    cycle, or of the one that is named.
    """
    with opened(email) as door, door.look() as (session, acting):
        cycle = latest_cycle(session, programme=programme, year=year)
        pinned = programme_of(session, cycle)
        seen = board(session, acting, cycle, on=acting.on(pinned.zone))
        if as_json:
            door.out.json(asdict(seen))
        else:
            _print(door, pinned, seen)


def _print(door: Door, programme: Programme, seen: Board) -> None:
    out, told = door.out, {"year": str(seen.year), "cases": seen.cases}
    shown = board_table(programme, seen, out.language)
    out.table(shown.columns, shown.rows, title=Sentence("Cycle of {year}: {cases} cases", told))
    out.paragraph(shown.legend)
    if seen.outcomes:
        out.table(
            [Sentence("Outcome"), Sentence("Cases")],
            [(programme.words(outcome), number) for outcome, number in seen.outcomes.items()],
        )
    if seen.late:
        out.table(
            [
                Sentence("Late with"),
                Sentence("Address"),
                Sentence("Tasks"),
                Sentence("Days at most"),
            ],
            [(row.name, row.person, row.tasks, row.most_days) for row in seen.late[:20]],
        )
    if seen.passes:
        out.table(
            [
                Sentence("Pass"),
                Sentence("Period"),
                Sentence("State"),
                Sentence("Counts"),
                Sentence("Refused"),
                Sentence("Flow run"),
            ],
            [
                (
                    PASSES.get(row.kind, row.kind),
                    row.period.partition(":")[2],
                    STATES[row.state],
                    counted(row.counts),
                    row.refused,
                    row.flow_run,
                )
                for row in seen.passes[-10:]
            ],
        )
