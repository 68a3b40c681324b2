"""Commands about people: who they are, who is away, who leaves, whom nobody would reach."""

from collections.abc import Sequence
from typing import Annotated

import typer

from casework.people.absences import AbsenceTold, Away, absences, record_absence
from casework.people.departing import Departure, DepartureTold, depart
from casework.people.people_views import PersonView, people, person_view
from casework.people.standing_in import today
from casework.reminders.unreachable import LACKS, unreachable
from cli.deadline_commands import day_of_option
from cli.door import Door, opened
from cli.giving_commands import print_given
from cli.listings import ROLES
from cli.options import As, At, DryRun, Json, PersonArgument, Reason, command
from cli.refusals import FOUND
from opora.words import Sentence


@command("opora people list")
def list_all(
    *,
    inactive: Annotated[bool, typer.Option("--all", help="Those who have left, too.")] = False,
    as_json: Json = False,
    email: As = None,
) -> None:
    """For who looks after people: roles, open tasks, and who reads their letters today."""
    with opened(email) as door, door.look() as (session, acting):
        found = people(session, acting, on=today(session, acting), inactive=inactive)
        if as_json:
            door.out.json(found)
            return
        _print_people(door, found)


@command("opora people show curator@example.org")
def show(person: PersonArgument, *, as_json: Json = False, email: As = None) -> None:
    """One person; yourself, or anybody for who looks after people."""
    with opened(email) as door, door.look() as (session, acting):
        seen = person_view(session, acting, person, on=today(session, acting))
        if as_json:
            door.out.json(seen)
            return
        _print_people(door, [seen])


@command(
    "opora people absent curator@example.org --from 2027-04-05 --until 2027-04-25 "
    "--substitute other@example.org"
)
def absent(
    person: PersonArgument,
    *,
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day away.")],
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The last day away.")],
    substitute: Annotated[
        str | None,
        typer.Option("--substitute", metavar="EMAIL", help="Who sees, does and receives instead."),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """You may say it of yourself; who looks after people, of anybody. The substitute sees and does
    what the absent person could, and history says on whose behalf; letters go to the substitute,
    and afterwards all returns. Said again for the same days, the newest word stands.
    """
    with opened(email, moment) as door:
        away = Away(
            first_day=day_of_option("--from", first),
            last_day=day_of_option("--until", until),
            substitute=substitute,
        )
        with door.deed() as (session, acting):
            told = record_absence(session, person, away, acting, dry_run=dry_run)
        if as_json:
            door.out.json(told)
            return
        _print_absence(door, told, dry_run=dry_run)


@command("opora people absences")
def list_absences(
    *,
    past: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Who is away or will be, and who stands in; yours, or all for who looks after people."""
    with opened(email) as door, door.look() as (session, acting):
        found = absences(session, acting, on=today(session, acting), past=past)
        if as_json:
            door.out.json(found)
            return
        door.out.table(
            [
                Sentence("Person"),
                Sentence("From"),
                Sentence("Until"),
                Sentence("Stands in"),
                Sentence("Away now"),
            ],
            [
                (one.name, one.first_day, one.last_day, one.substitute_name, one.is_now)
                for one in found
            ],
        )


@command(
    "opora people depart old@example.org --to new@example.org --on 2027-02-01 --reason Left --dry-run"
)
def leave(
    person: PersonArgument,
    *,
    to: Annotated[str, typer.Option("--to", metavar="EMAIL", help="Who takes everything over.")],
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day of the handover.")],
    reason: Reason,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Tasks, roles and waiting letters go to the successor in one deed, and the person becomes
    inactive. First it lists what only that person would have received.
    """
    with opened(email, moment) as door:
        departure = Departure(to=to, on=day_of_option("--on", on), reason=reason)
        with door.deed() as (session, acting):
            told = depart(session, person, departure, acting, dry_run=dry_run)
        if as_json:
            door.out.json(told)
            return
        _print_departure(door, told, dry_run=dry_run)


@command("opora people check")
def check(*, as_json: Json = False, email: As = None) -> None:
    """Open deadlines of which no living person would hear: the person has left or is away without a
    substitute, the address takes no letters, the ladder speaks to nobody; and work that nobody but
    its doer may approve. Exit status 3 when there is any.
    """
    with opened(email) as door, door.look() as (session, acting):
        found = unreachable(session, acting)
        if as_json:
            door.out.json(found)
        elif found:
            columns = [
                Sentence("Task"),
                Sentence("Title"),
                Sentence("School"),
                Sentence("Due"),
                Sentence("Who does it"),
                Sentence("What is wrong"),
                Sentence("What helps"),
            ]
            door.out.table(
                columns,
                [
                    (one.task, one.title, one.school, one.due_on, one.person, *LACKS[one.lack])
                    for one in found
                ],
            )
        else:
            door.out.tell(
                Sentence("Every open deadline has somebody who will hear of it, and approve it.")
            )
    if found:
        raise typer.Exit(FOUND)


def _print_people(door: Door, found: Sequence[PersonView]) -> None:
    door.out.table(
        [
            Sentence("Person"),
            Sentence("Address"),
            Sentence("Roles"),
            Sentence("Open tasks"),
            Sentence("Active"),
            Sentence("Read today by"),
        ],
        [
            (
                one.name,
                one.email,
                [
                    " ".join(filter(None, (door.out.text(ROLES[r.role]), r.territory, r.school)))
                    for r in one.roles
                ],
                one.open_tasks,
                one.is_active,
                one.instead,
            )
            for one in found
        ],
    )


def _print_absence(door: Door, told: AbsenceTold, *, dry_run: bool) -> None:
    door.out.pairs(
        [
            (Sentence("Person"), told.name),
            (Sentence("From"), told.first_day),
            (Sentence("Until"), told.last_day),
            (Sentence("Stands in"), told.substitute_name),
            (Sentence("Open tasks"), told.open_tasks),
            (Sentence("Fall due meanwhile"), told.due),
            (Sentence("Reminders passed on"), told.passed_on),
            (Sentence("Changes an earlier word"), [_away(one) for one in told.changes] or None),
        ]
    )
    if told.substitute is None:
        door.out.tell(Sentence("Nobody stands in: letters wait for the person."))
    if told.away_too:
        door.out.tell(
            Sentence("Who stands in is away in these days too: see opora people absences.")
        )
    if dry_run:
        door.out.tell(Sentence("Nothing has been changed: this was a look ahead."))


def _away(one: Away) -> Sentence:
    said = {"first": one.first_day.isoformat(), "last": one.last_day.isoformat()}
    if one.substitute is None:
        return Sentence("{first} – {last}, nobody stood in", said)
    return Sentence("{first} – {last}, {person} stood in", {**said, "person": one.substitute})


def _print_departure(door: Door, told: DepartureTold, *, dry_run: bool) -> None:
    out = door.out
    print_given(door, told.tasks)
    out.table(
        [Sentence("Role"), Sentence("Register"), Sentence("Municipality"), Sentence("School")],
        [(ROLES[one.role], one.register, one.territory, one.school) for one in told.roles],
    )
    if told.only_theirs:
        out.table(
            [
                Sentence("Task"),
                Sentence("Title"),
                Sentence("School"),
                Sentence("Due"),
                Sentence("Reminders"),
                Sentence("First one"),
            ],
            [
                (one.task, one.title, one.school, one.due_on, one.rungs, one.first_day)
                for one in told.only_theirs
            ],
            title=Sentence("Nobody else would have heard of"),
        )
    said = {"tasks": len(told.tasks), "roles": len(told.roles), "letters": told.letters}
    out.tell(Sentence("Tasks: {tasks}, roles: {roles}, waiting letters: {letters}.", said))
    if dry_run:
        out.tell(Sentence("Nothing has been changed: this was a look ahead."))
