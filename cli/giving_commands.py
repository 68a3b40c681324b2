"""Commands that give tasks to somebody else, and those about the telephone: contact, chase."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from casework.cases.reading import zone_of_case, zone_of_task, zone_of_work
from casework.reminders.chasing import Chased, chase
from casework.reminders.contacting import MOST_SILENT_DAYS, Note, note_contact
from casework.tasks.reassigning import Clock, Gift, Given, hand_over, reassign_task
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, DryRun, Json, OfTerritory, Reason, Seen, TaskId, command
from opora.words import Sentence

ToOption = Annotated[str, typer.Option("--to", metavar="EMAIL", help="Who gets it.")]
ClockOption = Annotated[
    Clock,
    typer.Option(
        "--clock",
        help="keep: the day stays; restart: as many working days as at first, counted from today.",
    ),
]


@command("opora task reassign 204 --to other@example.org --reason 'Knows the school'")
def reassign(
    task: TaskId,
    *,
    to: ToOption,
    reason: Reason,
    clock: ClockOption = Clock.KEEP,
    dry_run: DryRun = False,
    seen: Seen = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The new person gets a letter and the rungs to come; a restarted clock never makes a day
    earlier.
    """
    with opened(email, moment) as door:
        gift = Gift(to=to, reason=reason, clock=clock, seen=seen)
        with door.deed(lambda session: zone_of_task(session, task)) as (session, acting):
            given = reassign_task(session, task, gift, acting, dry_run=dry_run)
        _answer(door, given, clock, dry_run=dry_run, as_json=as_json)


@command(
    "opora people handover --from old@example.org --to new@example.org --clock keep --reason Leave "
    "--dry-run"
)
def handover(
    *,
    giver: Annotated[str, typer.Option("--from", metavar="EMAIL", help="Whose tasks.")],
    to: ToOption,
    clock: ClockOption,
    reason: Reason,
    territory: OfTerritory = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Every unfinished task of one person goes to another, each with its line of history; roles stay
    where they are.
    """
    with opened(email, moment) as door:
        gift = Gift(to=to, reason=reason, clock=clock)
        with door.deed() as (session, acting):
            given = hand_over(session, giver, gift, acting, territory=territory, dry_run=dry_run)
        _answer(door, given, clock, dry_run=dry_run, as_json=as_json)


@command("opora contact task:204 --note 'Promised for Friday' --silence-days 3")
def contact(
    subject: Annotated[
        str, typer.Argument(metavar="case:ID|task:ID", help="What the talk was about.")
    ],
    *,
    note: Annotated[str, typer.Option("--note", help="What was agreed.")],
    silence_days: Annotated[
        int,
        typer.Option(
            "--silence-days",
            metavar="N",
            min=0,
            max=MOST_SILENT_DAYS,
            help="No reminders for so many days.",
        ),
    ] = 0,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Reminders that fall into the silence come after it, in one letter; the deadline stays."""
    kind, number = _subject(subject)
    with opened(email, moment) as door:
        zone_of = zone_of_case if kind == "case" else zone_of_task
        with door.deed(lambda session: zone_of(session, number)) as (session, acting):
            said = Note(text=note, silence_days=silence_days)
            about = {"case": number} if kind == "case" else {"task": number}
            told = note_contact(session, acting, said, **about)
        if as_json:
            door.out.json(told)
        if told.silent_until is None:
            door.out.tell(Sentence("Noted."))
        else:
            door.out.tell(
                Sentence("Noted; {tasks} task(s) silent until {silent_until}.", asdict(told))
            )


@command("opora chase --days 5")
def chase_list(
    *,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, help="Late by so many.")] = 1,
    as_json: Json = False,
    email: As = None,
) -> None:
    """With what, who stands in for them, and what was agreed when they were last spoken to."""
    with opened(email) as door, door.look() as (session, acting):
        zone = zone_of_work(session)
        on = acting.on(zone) if zone else acting.at.date()
        found = chase(session, acting, on=on, days=days)
        if as_json:
            door.out.json(found)
            return
        _print_chased(door, found)


def _subject(text: str) -> tuple[str, int]:
    kind, _, number = text.partition(":")
    if kind not in {"case", "task"} or not number.isdecimal() or int(number) >= 2**31:
        cure = Sentence("Write case:17 or task:204.")
        raise WrongUsage(field="case:ID|task:ID", value=text, cure=cure)
    return kind, int(number)


def _answer(
    door: Door, given: Sequence[Given], clock: Clock, *, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        door.out.json({"dry_run": dry_run, "clock": clock, "tasks": [asdict(g) for g in given]})
        return
    print_given(door, given)
    if dry_run:
        door.out.tell(Sentence("Nothing has been changed: this was a look ahead."))


def print_given(door: Door, given: Sequence[Given]) -> None:
    """Tasks that change hands, with their days before and after."""
    door.out.table(
        [
            Sentence("Task"),
            Sentence("Title"),
            Sentence("School"),
            Sentence("From"),
            Sentence("To"),
            Sentence("Due"),
            Sentence("New day"),
        ],
        [
            (one.task, one.title, one.school, one.was, one.to, one.due_on, one.new_due_on)
            for one in given
        ],
    )


def _print_chased(door: Door, found: Sequence[Chased]) -> None:
    door.out.table(
        [
            Sentence("Person"),
            Sentence("Address"),
            Sentence("Stands in"),
            Sentence("Days late"),
            Sentence("Late tasks"),
            Sentence("Last contact"),
            Sentence("Note"),
            Sentence("Silent until"),
        ],
        [
            (
                one.name,
                one.person,
                one.instead,
                one.most_days,
                [f"{late.task} {door.out.text(late.title)}" for late in one.tasks],
                one.last_contact.on if one.last_contact else None,
                one.last_contact.note if one.last_contact else None,
                one.last_contact.silent_until if one.last_contact else None,
            )
            for one in found
        ],
    )
