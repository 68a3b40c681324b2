"""The commands round and deliver: what the clock does by itself, done by hand."""

from dataclasses import asdict
from datetime import UTC

import typer

from casework.access import require
from casework.acting import Acting
from casework.cases.reading import zone_of_work
from casework.grants import Right
from casework.letters.writing import composer
from casework.passes import Progress
from casework.quarantine import require_released
from casework.reminders.reminding import begin_rounds
from cli.door import Door, opened
from cli.options import As, At, Json, command
from cli.refusals import FAILED, FOUND
from models.pass_run import PassRun
from notifications.delivery import Delivered, deliver
from notifications.outbox import waiting
from notifications.post import post_for
from notifications.return_path import Sender
from opora import clock
from opora.words import Sentence


@command("opora round")
def run_round(*, as_json: Json = False, email: As = None, moment: At = None) -> None:
    """Reminders and escalations that are due and not yet claimed become letters, once each; days
    that nobody ran are caught up in one letter. `opora deliver` sends them.
    """
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            if acting.person is not None:
                require(session, acting, Right.RUN_ROUND, None)
            require_released(session)
            runs = begin_rounds(session, acting)
        done = [(run, _carry_out(door, run, acting)) for run in runs]
        if as_json:
            door.out.json({"rounds": [_as_data(run, progress) for run, progress in done]})
        for run, progress in done:
            told = {
                "period": run.period,
                "tasks": progress.counts.get("tasks", 0),
                "claims": progress.counts.get("claims", 0),
            }
            door.out.tell(
                Sentence("Round {period}: tasks looked at {tasks}, reminders {claims}", told)
            )
        if not runs:
            door.out.tell(Sentence("No cycle is open: there is nobody to remind."))
        if any(progress.refused for _, progress in done):
            raise typer.Exit(FOUND)


def _carry_out(door: Door, run: PassRun, acting: Acting) -> Progress:
    from flows.running import run_pass  # brings Prefect where the settings choose it

    with door.out.progress(Sentence("The daily round"), None) as show:
        return run_pass(
            door.settings,
            door.engine,
            run.id or 0,
            at=acting.at if acting.is_virtual else None,
            on_chunk=lambda done: show(done.counts.get("tasks", 0)),
            on_notice=door.out.tell,
        )


def _as_data(run: PassRun, done: Progress) -> dict[str, object]:
    return {
        "cycle": run.arguments["cycle"],
        "day": run.arguments["day"],
        "tasks": done.counts.get("tasks", 0),
        "claims": done.counts.get("claims", 0),
        "refused": done.refused,
        "done": done.is_done,
    }


@command("opora deliver")
def run_delivery(*, as_json: Json = False, email: As = None, moment: At = None) -> None:
    """Sends every letter whose hour has come to the mail server, or into the mailbox folder where
    none is set. A letter that no server will ever take is dead: exit status 3, see `letter list`.
    """
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            require(session, acting, Right.DELIVER, None)
            require_released(session)
        done = deliver(
            door.engine,
            post_for(door.settings),
            compose=composer(door.settings.public_url, acting.at),
            sender=Sender(door.settings.sender, door.settings.bounce_address),
            at=acting.at,
            real_now=clock.now,
        )
        with door.look() as (session, _):
            later, first = waiting(session, after=acting.at)
            zone = zone_of_work(session) or UTC
        if as_json:
            door.out.json({**asdict(done), "waiting": later, "next_at": first})
        _tell(door, done)
        if first is not None:
            told = {"number": later, "first": first.astimezone(zone)}
            wait = Sentence("Waiting for their hour: {number}, the first at {first}", told)
            door.out.tell(wait)
        if done.outage is not None:
            raise typer.Exit(FAILED)
        if done.dead:
            raise typer.Exit(FOUND)


def _tell(door: Door, done: Delivered) -> None:
    door.out.tell(
        Sentence(
            "Letters: sent {sent}, no longer needed {superseded}, to try again {retried}, dead {dead}",
            asdict(done),
        )
    )
    if done.postponed:
        waiting = {"postponed": done.postponed}
        door.out.tell(Sentence("Waiting, since nobody can be reached: {postponed}", waiting))
    if door.settings.smtp_url is None and done.sent:
        told = {"folder": str(door.settings.mailbox)}
        door.out.tell(Sentence("They lie in {folder}: no mail server is set.", told))
    if done.outage is not None:
        told = {"answer": done.outage}
        door.out.tell(Sentence("The mail server takes no letters now: {answer}", told))
