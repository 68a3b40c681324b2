"""Commands about cases: list, show, open, move, decide."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Annotated

import typer
from sqlmodel import Session

from casework.access import case_for, require, school_for
from casework.acting import Acting
from casework.cases.deciding import record_decision
from casework.cases.move_changes import changes_since, days_of
from casework.cases.moving import Request, move_case
from casework.cases.reading import (
    CaseView,
    Page,
    case_view,
    cases,
    cycle_of,
    decisions,
    years_before,
    zone_of_case,
    zone_of_work,
)
from casework.cycles.ending import EXIT_OUTCOME, exit_case
from casework.cycles.opening import open_case
from casework.cycles.versions import programme_at, programme_of
from casework.grants import Right
from casework.records.record_views import records_of_case
from casework.tasks.task_views import Wanted, tasks
from cli.case_pairs import pairs_data, print_pairs
from cli.door import Door, opened
from cli.listings import print_changes, print_records, print_tasks, say_more
from cli.options import (
    After,
    As,
    At,
    Basis,
    CaseId,
    DryRun,
    Json,
    Limit,
    ProgrammeOption,
    Seen,
    SomeCycle,
    Year,
    command,
)
from cli.printing import SCREENFUL
from cli.programmes_named import programme_named
from models.history import HistoryLine
from opora.clock import day_of
from opora.errors import MoveNotAllowed
from opora.words import Sentence, Words
from programmes.definition import Programme
from states.case_machine import Standing, open_moves
from states.stage import Move, Outcome, Stage


@command("opora case list --stage analysed --json")
def list_all(
    *,
    cycle: SomeCycle = None,
    stage: Annotated[Stage | None, typer.Option("--stage", help="Only at this stage.")] = None,
    limit: Limit = None,
    after: After = 0,
    as_json: Json = False,
    email: As = None,
) -> None:
    """A coordinator sees the own municipality, a curator and a head the own schools."""
    with opened(email) as door, door.look() as (session, acting):
        page = Page(limit=limit or (None if as_json else SCREENFUL), after=after)
        zone = zone_of_work(session)
        on = acting.on(zone) if zone else acting.at.date()
        found = cases(session, acting, on=on, cycle=cycle, stage=stage, page=page)
        if as_json:
            door.out.json(found)
            return
        words = {one.sha256: programme_at(session, one.sha256) for one in found}
        door.out.table(
            [
                Sentence("Case"),
                Sentence("Year"),
                Sentence("School"),
                Sentence("Name"),
                Sentence("Municipality"),
                Sentence("Stage"),
                Sentence("Late"),
                Sentence("Next due"),
            ],
            [
                (
                    one.id,
                    str(one.year),
                    one.school,
                    one.name,
                    one.territory_name,
                    _standing(words[one.sha256], one),
                    one.late,
                    one.next_due,
                )
                for one in found
            ],
        )
        say_more(door, [one.id for one in found], page)


@command("opora case show 17")
def show(case: CaseId, *, as_json: Json = False, email: As = None) -> None:
    """Stage, tasks with their days, decisions, and the moves that the law has from here."""
    with opened(email) as door, door.look() as (session, acting):
        zone = zone_of_case(session, case)
        on = day_of(acting.at, zone) if zone else acting.at.date()
        seen = case_view(session, acting, case, on=on)
        programme = programme_at(session, seen.sha256)
        tasked = tasks(session, acting, Wanted(case=case), on=on)
        decided = decisions(session, case)
        moves = _open_moves(session, acting, case)
        kept = records_of_case(session, acting, case)
        earlier = years_before(session, case_id=case)
        if as_json:
            told = {"tasks": tasked, "decisions": decided, "records": kept, "moves": list(moves)}
            door.out.json(
                {**asdict(seen), **told, "earlier_years": earlier, **pairs_data(session, case)}
            )
            return
        _print_case(door, programme, seen, earlier)
        print_pairs(door, programme, session, case)
        print_tasks(door, tasked, words={seen.sha256: programme})
        if decided:
            door.out.table(
                [Sentence("Decision"), Sentence("Value"), Sentence("Basis"), Sentence("By")],
                [(_kind(programme, one.kind), one.value, one.basis, one.by) for one in decided],
            )
        if kept:
            print_records(door, kept)
        door.out.table(
            [Sentence("Move"), Sentence("What it is")],
            [(move.value, programme.words(move)) for move in moves],
        )


@command("opora case open --programme yugra --year 2026 --school 860017")
def open_one(
    *,
    programme: ProgrammeOption,
    year: Year,
    school: Annotated[str, typer.Option("--school", metavar="CODE", help="As in the register.")],
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """A school may join in the middle of a cycle: what is past is planned from the day of joining."""
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            require(session, acting, Right.OPEN_CASE, region.register)
            cycle = cycle_of(session, region.key, year)
            pinned = programme_of(session, cycle)
            joining = school_for(session, acting, cycle.register_key, school)
            opened_id = open_case(session, pinned, cycle, joining, acting)
        if as_json:
            door.out.json({"case": opened_id, "cycle": cycle.id, "school": school})
        told = {"case": opened_id, "school": school}
        door.out.tell(Sentence("Case {case} of the school {school} is open.", told))


@command("opora case move 17 approve_programme --basis 'order No. 12' --seen 4")
def move(
    case: CaseId,
    made: Annotated[Move, typer.Argument(metavar="MOVE", help="One of the moves of the law.")],
    *,
    basis: Basis = "",
    remarks: Annotated[str, typer.Option("--remarks", help="What is to be done again.")] = "",
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", help="How the case ends, with `exit`.")
    ] = None,
    dry_run: DryRun = False,
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """A refusal names everything that the move still needs. `opora case show` lists the moves."""
    request = Request(basis=basis, remarks=remarks, outcome=outcome, seen=seen)
    with opened(email, moment) as door:
        zone_of = partial(zone_of_case, case_id=case)
        with door.deed(zone_of, dry_run=dry_run) as (session, acting):
            programme = programme_of(session, case_for(session, acting, case).cycle)
            before = days_of(session, case)
            line = _make(session, case, made, request, acting)
            changes = changes_since(session, programme, case, before)
            stage = programme.words(Stage(line.dest or ""))
            told = {**_as_data(made, line), "dry_run": dry_run, "changes": changes}
        if as_json:
            door.out.json(told)
        else:
            print_changes(door, changes)
        if dry_run:
            door.out.tell(Sentence("Nothing has been changed: this was a look ahead."))
            return
        said = {"case": case, "stage": stage, "version": told["version"]}
        door.out.tell(Sentence("Case {case}: {stage} (version {version})", said))


def _make(
    session: Session, case_id: int, made: Move, request: Request, acting: Acting
) -> HistoryLine:
    """The move; a refusal in the region's words."""
    try:
        if made is Move.EXIT:
            return exit_case(session, case_id, request, acting)
        return move_case(session, case_id, made, request, acting)
    except MoveNotAllowed as refusal:
        programme = programme_of(session, case_for(session, acting, case_id).cycle)
        raise _in_words(refusal, programme, _open_moves(session, acting, case_id)) from None


def _as_data(made: Move, line: HistoryLine) -> dict[str, object]:
    return {
        "case": int(line.subject.partition(":")[2]),
        "move": made.value,
        "from": line.source,
        "to": line.dest,
        "version": line.version,
        "line": line.seq,
    }


@command("opora case decide 17 cluster 'Кластер 2' --basis 'minutes No. 3'")
def decide(
    case: CaseId,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As the programme names it.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What was decided.")],
    *,
    basis: Basis = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """A later decision of the same kind stands above the earlier one; both are kept."""
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            line = record_decision(session, case, kind, value, acting, basis=basis)
            told = {"case": case, "kind": kind, "value": value, "line": line.seq}
        if as_json:
            door.out.json(told)
        door.out.tell(Sentence("Recorded for case {case}: {value}", {"case": case, "value": value}))


def _kind(programme: Programme, kind: str) -> Sentence | Words:
    """A kind of decision as people call it; that on the exit is the house's own."""
    if kind == EXIT_OUTCOME:
        return Sentence("end of the year")
    return programme.words(f"decision.{kind}")


def _open_moves(session: Session, acting: Acting, case_id: int) -> tuple[Move, ...]:
    held = case_for(session, acting, case_id)
    if held.case is None:
        return ()
    suspended = held.case.suspended_on is not None
    return open_moves(
        Standing(stage=held.case.stage, suspended=suspended, left=held.case.left_stage)
    )


def _in_words(
    refusal: MoveNotAllowed, programme: Programme, open_now: tuple[Move, ...]
) -> MoveNotAllowed:
    """The same refusal in the region's words; where the law has no such move, with those it has."""
    said = {
        "move": programme.words(Move(refusal.move)),
        "stage": programme.words(Stage(refusal.stage)),
    }
    refusal.sentence = replace(refusal.sentence, fields=said)
    if not refusal.unmet:
        moves = [
            Sentence("“{words}” ({key})", {"words": programme.words(move), "key": move.value})
            for move in open_now
        ]
        refusal.unmet = (Sentence("from here the law has: {moves}", {"moves": moves}),)
    return refusal


def _standing(programme: Programme, one: CaseView) -> object:
    """The stage; of an ended case its outcome, which says more."""
    words = programme.words(one.outcome) if one.outcome else programme.words(one.stage)
    return Sentence("{stage} (suspended)", {"stage": words}) if one.suspended_on else words


def _print_case(
    door: Door,
    programme: Programme,
    seen: CaseView,
    earlier: Sequence[tuple[int, Outcome | None]],
) -> None:
    before = [
        Sentence("{year}: {outcome}", {"year": str(year), "outcome": programme.words(outcome)})
        for year, outcome in earlier
        if outcome is not None
    ]
    door.out.pairs(
        [
            (Sentence("Case"), seen.id),
            (Sentence("School"), f"{seen.school} {seen.name}"),
            (Sentence("Municipality"), seen.territory_name),
            (Sentence("Programme"), programme.title),
            (Sentence("Year"), str(seen.year)),
            (Sentence("Years in the programme"), seen.years_in_programme),
            (Sentence("Earlier years"), before or None),
            (Sentence("Goes on from case"), seen.carried_from),
            (Sentence("Stage"), _standing(programme, seen)),
            (Sentence("Since"), seen.stage_since),
            (Sentence("Version"), seen.version),
            (Sentence("Late"), seen.late or None),
        ]
    )
