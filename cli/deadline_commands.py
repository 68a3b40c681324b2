"""Commands about deadlines: extend one, decide on what was asked for, move the kick-off of a cycle."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from casework.cases.board import latest_cycle
from casework.cases.reading import zone_of_task
from casework.cycles.versions import programme_of
from casework.deadlines.anchoring import move_kick_off
from casework.deadlines.extending import Extended, Wish, decide_extension, extend_task
from casework.deadlines.extension_views import extensions
from casework.deadlines.following import Shift
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, DryRun, Json, Seen, SomeProgramme, SomeYear, TaskId, command
from models.people import Person
from opora.words import Sentence


def day_of_option(option: str, text: str) -> date:
    """A day as it was typed. Raises WrongUsage for what is no day, such as 2027-02-29."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        cure = Sentence("Write a day that exists, like 2026-11-22.")
        raise WrongUsage(field=option, value=text, cure=cure) from None


@command("opora task extend 204 --days 5 --reason 'The school is being repaired' --dry-run")
def extend(
    task: TaskId,
    *,
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", help="So many working days more.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="Until this day.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledger.")] = "",
    dry_run: DryRun = False,
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The programme says who may, by how many working days in all, and who approves; what somebody
    above must approve waits as a request, see `opora task extensions`. The first date stays in the
    ledger, and what counts from this deadline moves along.
    """
    with opened(email, moment) as door:
        if (days is None) == (until is None):
            cure = Sentence("Give one of --days and --until.")
            raise WrongUsage(field="--days", value=days or "", cure=cure)
        to = days if until is None else day_of_option("--until", until)
        with door.deed(lambda session: zone_of_task(session, task)) as (session, acting):
            wish = Wish(to=to or 0, reason=reason, seen=seen)
            done = extend_task(session, task, wish, acting, dry_run=dry_run)
            judge = session.get(Person, done.waits_for) if done.waits_for else None
            told = {**_as_data(task, done, dry_run=dry_run), "waits_for": judge and judge.email}
        if as_json:
            door.out.json(told)
            return
        print_shifts(door, done.shifts, dry_run=dry_run or judge is not None)
        if judge is not None and not dry_run:
            said = {"person": f"{judge.name} <{judge.email}>"}
            door.out.tell(Sentence("It is asked for; {person} decides.", said))


@command("opora task extensions")
def list_extensions(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that have had their word too.")
    ] = False,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Who asks for a later day, and why: within your scope, oldest first."""
    with opened(email) as door, door.look() as (session, acting):
        found = extensions(session, acting, decided=everything)
        if as_json:
            door.out.json(found)
            return
        door.out.table(
            [
                Sentence("Task"),
                Sentence("Title"),
                Sentence("Due"),
                Sentence("Asked for"),
                Sentence("Who asks"),
                Sentence("Reason"),
                Sentence("Granted"),
                Sentence("Remarks"),
            ],
            [
                (
                    one.task,
                    one.title,
                    one.due_on,
                    one.until,
                    one.asked_by_name,
                    one.reason,
                    one.granted,
                    one.remarks,
                )
                for one in found
            ],
        )


@command("opora task extend-accept 204 --as coordinator@example.org")
def accept_extension(
    task: TaskId,
    *,
    remarks: Annotated[str, typer.Option("--remarks", help="A word to who asked.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Whoever asked never decides; the doer and who asked get a letter."""
    _decide(task, (email, moment), remarks=remarks, granted=True, dry_run=dry_run, as_json=as_json)


@command("opora task extend-refuse 204 --remarks 'The report is due on Friday'")
def refuse_extension(
    task: TaskId,
    *,
    remarks: Annotated[str, typer.Option("--remarks", help="Why the day stays.")] = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The deadline stays what it is; whoever asked may take the request back in this way."""
    _decide(task, (email, moment), remarks=remarks, granted=False, dry_run=False, as_json=as_json)


def _decide(
    task: int,
    who: tuple[str | None, str | None],
    *,
    remarks: str,
    granted: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    with opened(*who) as door:
        with door.deed(lambda session: zone_of_task(session, task)) as (session, acting):
            done = decide_extension(
                session, task, acting, granted=granted, remarks=remarks, dry_run=dry_run
            )
            told = {**_as_data(task, done, dry_run=dry_run), "granted": granted}
        if as_json:
            door.out.json(told)
            return
        if granted:
            print_shifts(door, done.shifts, dry_run=dry_run)
        else:
            door.out.tell(Sentence("Refused: the deadline stays what it is."))


@command("opora cycle kick-off --on 2026-09-25 --reason 'The hall was closed' --dry-run")
def kick_off(
    *,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day of the meeting.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledgers.")] = "",
    programme: SomeProgramme = None,
    year: SomeYear = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Every unfinished deadline that counts from the kick-off, straight or by another one, moves
    along, with a step in its ledger; whoever does the work gets one letter.
    """
    with opened(email, moment) as door:
        day = day_of_option("--on", on)
        with door.look() as (session, _):
            cycle = latest_cycle(session, programme=programme, year=year)
            zone = programme_of(session, cycle).zone
            number = cycle.id or 0
        with door.deed(lambda _: zone) as (session, acting):
            shifts = move_kick_off(session, number, day, acting, reason=reason, dry_run=dry_run)
            told = {
                "cycle": number,
                "kick_off": day,
                "dry_run": dry_run,
                "shifts": [_shift(shift) for shift in shifts],
            }
        if as_json:
            door.out.json(told)
            return
        print_shifts(door, shifts, dry_run=dry_run)


def print_shifts(door: Door, shifts: Sequence[Shift], *, dry_run: bool) -> None:
    """Each day that changes, before and after."""
    columns = [Sentence("Task"), Sentence("Title"), Sentence("Due before"), Sentence("Due after")]
    rows = [(shift.task.id, shift.title, shift.was, shift.now) for shift in shifts]
    if rows:
        door.out.table(columns, rows)
    told = {"count": len(rows)}
    if dry_run:
        door.out.tell(Sentence("Deadlines that would change: {count}. Nothing is changed.", told))
    else:
        door.out.tell(Sentence("Deadlines changed: {count}.", told))


def _as_data(task: int, done: Extended, *, dry_run: bool) -> dict[str, object]:
    return {
        "task": task,
        "dry_run": dry_run,
        "shifts": [_shift(shift) for shift in done.shifts],
    }


def _shift(shift: Shift) -> dict[str, object]:
    return {
        "task": shift.task.id,
        "subject": shift.task.subject,
        "milestone": shift.task.milestone,
        "from": shift.was,
        "to": shift.now,
    }
