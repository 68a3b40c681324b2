"""Commands in the middle of a year: another version of the programme, a phase of monitoring."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from casework.cases.reading import cycle_numbered
from casework.cycles.adopting import Adoption, adopt
from casework.cycles.phases import open_phase
from casework.passes import Progress
from cli.door import Door, opened
from cli.listings import CHANGES
from cli.options import As, At, DryRun, Json, ProgrammeOption, Yes, command
from cli.pass_words import counted
from cli.programmes_named import programme_named
from cli.refusals import FAILED, FOUND
from opora.words import Sentence
from programmes.definition import Programme
from programmes.milestones import Phase

CycleId = Annotated[
    int,
    typer.Option("--cycle", metavar="ID", min=1, max=2**31 - 1, help="Number of the cycle."),
]


@command("opora cycle adopt --programme ./yugra --cycle 1 --dry-run")
def go_over(
    *,
    programme: ProgrammeOption,
    cycle: CycleId,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Lists every move, milestone, task and date that would change, asks, pins the cycle to the new
    version, and brings each case along. Called again after a stop, it goes on.
    """
    with opened(email, moment) as door:
        new = programme_named(programme)
        ask = not (dry_run or yes)
        with door.deed(lambda _: new.zone) as (session, acting):
            pinned = cycle_numbered(session, cycle)
            found = adopt(session, pinned, new, acting, dry_run=dry_run or ask)
            at = acting.at if acting.is_virtual else None
        if not as_json or ask:
            _show(door, new, found)
        if ask:
            if not door.agrees(Sentence("Go over to this version?")):
                raise typer.Exit(FAILED)
            with door.deed(lambda _: new.zone) as (session, acting):
                found = adopt(session, cycle_numbered(session, cycle), new, acting, dry_run=False)
        done = (
            _carry_out(door, found.pass_id, at, Sentence("Going over")) if found.pass_id else None
        )
        if as_json:
            told: dict[str, Any] = {**asdict(found), "adopted": not dry_run}
            door.out.json({**told, "counts": dict(done.counts) if done else {}})
        if done is not None:
            _end(door, done)


def _show(door: Door, new: Programme, found: Adoption) -> None:
    door.out.tell(
        Sentence(
            "From version {was} to {now}, changes of tasks: {count}",
            {"was": found.was[:12], "now": found.now[:12], "count": len(found.changes)},
        )
    )
    if found.milestones:
        door.out.table(
            [Sentence("Milestone"), Sentence("Change")],
            [
                (new.labels.get(f"milestone.{key}", key), CHANGES[what])
                for key, what in found.milestones.items()
            ],
        )
    door.out.table(
        [
            Sentence("Case"),
            Sentence("School or municipality"),
            Sentence("Stage"),
            Sentence("Title"),
            Sentence("Change"),
            Sentence("Was"),
            Sentence("Now"),
        ],
        [
            (
                one.case,
                one.place,
                new.words(one.stage),
                one.title,
                CHANGES[one.change],
                one.was,
                one.now,
            )
            for one in found.changes
        ],
    )
    for move in found.moves:
        door.out.tell(Sentence("The move {move} asks for other things.", {"move": move.value}))


def _carry_out(door: Door, pass_id: int, at: Any, what: Sentence) -> Progress:
    from flows.running import run_pass  # brings Prefect where the settings choose it

    with door.out.progress(what, None) as show:
        return run_pass(
            door.settings,
            door.engine,
            pass_id,
            at=at,
            on_chunk=lambda done: show(done.counts.get("cases", 0)),
            on_notice=door.out.tell,
        )


def _end(door: Door, done: Progress) -> None:
    counts = counted(done.counts)
    door.out.tell(
        Sentence("Done: {counts}, refused {refused}", {"counts": counts, "refused": done.refused})
    )
    if not done.is_done:
        raise typer.Exit(FAILED)
    if done.refused:
        raise typer.Exit(FOUND)


@command("opora phase open interim --cycle 1")
def begin_phase(
    phase: Annotated[Phase, typer.Argument(metavar="PHASE", help="entry, interim or final.")],
    *,
    cycle: CycleId,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Opens the milestones of the phase that say `opened_by: phase`, for cases that stand at their stage
    or beyond. Again on a later day it takes those who have arrived since.
    """
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            run = open_phase(session, cycle_numbered(session, cycle), phase, acting)
            pass_id, at = run.id or 0, acting.at if acting.is_virtual else None
        done = _carry_out(door, pass_id, at, Sentence("Opening the phase"))
        if as_json:
            told = {"cycle": cycle, "phase": phase, "counts": dict(done.counts)}
            door.out.json({**told, "refused": done.refused, "done": done.is_done})
        _end(door, done)
