"""The command demo: an invented region lives through a quarter of a real cycle, from nothing to verify."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from audit.verification import verify
from casework.cases.board import Board, latest_cycle
from casework.cycles.versions import programme_of
from cli.demo_home import MARKER, clear, settings_of
from cli.demo_performance import TRIALS, TRIED, Occasion, perform
from cli.demo_programme import Showing
from cli.demo_screen import Screen
from cli.demo_showing import show_board, show_history, show_letter
from cli.door import Door, WrongUsage, read_settings
from cli.options import command
from cli.printing import Printer
from opora import clock
from opora.database import connect
from opora.words import Sentence
from programmes.folders import shipped


@command("opora demo")
def demo(
    home: Annotated[
        Path, typer.Option("--home", metavar="DIR", help="Where the demonstration lives.")
    ] = Path("home/demo"),
    *,
    programme: Annotated[
        str | None,
        typer.Option(
            "--programme", metavar="KEY", help="Show what this programme does, on a small region."
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Show the demonstration that is there; make none anew.")
    ] = False,
) -> None:
    """An invented region of 290 schools, its list, a cycle opened through Prefect, letters in a
    folder, people at work for a virtual quarter that ends today, and a history that can be checked.
    With --programme a region of 36 schools made for that programme, and what it specially has.
    """
    screen = Screen(Printer(read_settings().language))
    now = clock.now()
    if programme is not None and programme not in shipped():
        cure = Sentence("The programmes that come along: {known}.", {"known": tuple(shipped())})
        raise WrongUsage(field="--programme", value=programme, cure=cure)
    if not keep:
        clear(home)
        if programme is None:
            perform(Occasion(home=home, now=now), screen)
        else:
            small = Occasion(home=home, now=now, flows="direct", every=10, programme=programme)
            perform(small, screen, Showing)
    elif not (home / MARKER).is_file():
        cure = Sentence("There is no demonstration yet: leave --keep out.")
        raise WrongUsage(field="--home", value=str(home), cure=cure)
    engine = connect(settings_of(home).database_url)
    try:
        door = Door(
            settings=settings_of(home), engine=engine, out=screen.out, email=None, moment=None
        )
        is_sound = look_back(door, screen)
    finally:
        engine.dispose()
    if not is_sound:
        raise typer.Exit(1)


# --- what has become of it ------------------------------------------------------------------------


def look_back(door: Door, screen: Screen) -> bool:
    """Board, letter, history, verification, and what to type next; True when all is sound."""
    with screen.chapter(Sentence("The board today")):
        seen = show_board(screen, door)
    with screen.chapter(Sentence("One letter, as it was sent")):
        show_letter(screen, door)
    with screen.chapter(Sentence("One history: work that was given back")):
        case_id = show_history(screen, door)
    with screen.chapter(Sentence("Has anybody rewritten the past?")):
        found = verify(door.engine)
        said = {"lines": found.lines, "broken": len(found.broken)}
        sound = Sentence("verify: ok. Lines recomputed, replayed and compared: {lines}.", said)
        screen.say(sound if found.ok else Sentence("verify: {broken} of {lines} lines.", said))
    with screen.chapter(Sentence("How long it took, and what to try")):
        _tell_times(screen)
        screen.say(Sentence("The region stays in {home}. Try:", {"home": str(door.settings.home)}))
        screen.commands(_next_steps(door, seen, case_id))
    return found.ok


def _tell_times(screen: Screen) -> None:
    rows = [*screen.times, (screen.out.text(Sentence("All together")), screen.elapsed())]
    screen.table(
        [Sentence("Chapter"), Sentence("Seconds")],
        [(title, f"{seconds:7.1f}") for title, seconds in rows],
    )


def _next_steps(door: Door, seen: Board, case_id: int) -> list[str]:
    program = Path(sys.argv[0]) if Path(sys.argv[0]).name == "opora" else Path("opora")
    if program.is_relative_to(Path.cwd()):
        program = program.relative_to(Path.cwd())
    with door.look() as (session, _):
        programme = programme_of(session, latest_cycle(session))
    named = f"--programme {programme.key} --year {seen.year}"
    late = [f"task list --mine --as {seen.late[0].person}"] if seen.late else []
    has_trial = TRIED in programme.identification.parameters
    trial = [f"identify {named} --what-if {TRIED}={TRIALS[0]}"] if has_trial else []
    words = (
        *("cycle status", "case list", f"case show {case_id}", f"history {case_id}"),
        *("task list --late", *late, *trial, "letter list", "report cycle", "verify"),
    )
    return [f"OPORA_HOME={door.settings.home} {program} {one}" for one in words]
