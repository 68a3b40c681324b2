"""Commands of the year's end: proposals, a person's decisions, closing."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from casework.cases.reading import cycle_of, zone_of_case
from casework.cycles.closing import close_cycle
from casework.cycles.ending import Ending, Proposed, decide_exit, propose_exits
from casework.cycles.versions import programme_of
from cli.door import Door, opened
from cli.options import As, At, Basis, CaseId, DryRun, Json, ProgrammeOption, Year, command
from cli.programmes_named import key_of
from opora.words import Sentence
from programmes.definition import Programme
from states.stage import Outcome


@command("opora cycle propose --programme yugra --year 2026 --json")
def propose(
    *,
    programme: ProgrammeOption,
    year: Year,
    facts_year: Annotated[
        int | None,
        typer.Option(
            "--facts-year", metavar="Y", min=1990, max=2100, help="Instead of the year after."
        ),
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """By the programme's exit rules over the results of the year after, with grounds. Again over the
    same results it adds nothing. A person decides each: opora case decide-exit.
    """
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            cycle = cycle_of(session, key_of(programme), year)
            pinned = programme_of(session, cycle)
            found = propose_exits(session, cycle, acting, facts_year=facts_year)
            cycle_id = cycle.id
        if as_json:
            door.out.json({"cycle": cycle_id, "year": year, "proposals": list(map(asdict, found))})
            return
        _print(door, pinned, found)


def _print(door: Door, programme: Programme, found: Sequence[Proposed]) -> None:
    door.out.table(
        [
            Sentence("Case"),
            Sentence("School"),
            Sentence("Name"),
            Sentence("Stage"),
            Sentence("Years"),
            Sentence("Proposed"),
            Sentence("Why not"),
            Sentence("Decided"),
        ],
        [
            (
                one.case,
                one.school,
                one.name,
                programme.words(one.stage),
                one.years,
                programme.words(one.outcome) if one.outcome else None,
                [programme.labels.get(f"reason.{why}", why) for why in one.reasons],
                programme.words(one.decided) if one.decided else None,
            )
            for one in found
        ],
    )


@command("opora case decide-exit 17 --outcome continues --basis 'minutes No. 9'")
def decide(
    case: CaseId,
    *,
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", help="Without it, the proposed one.")
    ] = None,
    basis: Basis = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Why it ends otherwise than proposed.")
    ] = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The move `exit` and the closing of the cycle follow this decision. The proposal is kept beside it."""
    ending = Ending(outcome=outcome, basis=basis, reason=reason)
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            found = decide_exit(session, case, ending, acting)
        told = {
            "case": case,
            "outcome": found.outcome,
            "proposed": found.proposed,
            "line": found.line,
        }
        if as_json:
            door.out.json(told)
        said = {"case": case, "outcome": found.programme.words(found.outcome)}
        door.out.tell(Sentence("Case {case}: {outcome}", said))


@command("opora cycle close --programme yugra --year 2026 --dry-run")
def close(
    *,
    programme: ProgrammeOption,
    year: Year,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Refused while a case has neither exited nor a decided end; each is named. Unfinished tasks are
    cancelled. A closed cycle is only read.
    """
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            cycle = cycle_of(session, key_of(programme), year)
            found = close_cycle(session, cycle, acting, dry_run=dry_run)
        if as_json:
            door.out.json({**asdict(found), "closed": not dry_run})
        told = {"year": str(year), "ended": found.ended, "cancelled": found.cancelled}
        door.out.tell(
            Sentence("Would close {year}: cases ended {ended}, tasks cancelled {cancelled}", told)
            if dry_run
            else Sentence("Closed {year}: cases ended {ended}, tasks cancelled {cancelled}", told)
        )
        if found.awaiting:
            schools = {"schools": found.awaiting}
            door.out.tell(Sentence("Go on, but are not in the next cycle yet: {schools}", schools))
