"""The commands serve, deploy and worker: the embedded clock, and the timetable handed to Prefect."""

import logging
from typing import Annotated

import typer

from audit.nightly import back_up_nightly
from audit.surroundings import examine_sqlite, require_own_disk
from audit.verification import verify
from casework.access import require
from casework.grants import Right
from cli.door import opened
from cli.options import As, Json, command
from opora.words import Sentence

CHECK = "audit.verification:verify"
"""Where a worker of Prefect finds the check of the history."""


@command("opora serve")
def serve(*, email: As = None) -> None:
    """Stays until it is stopped (Ctrl-C, SIGTERM): morning rounds, delivery every minute, recovery of
    what was interrupted, letters that came back, the nightly check of the history and backup
    (OPORA_BOUNCE_IMAP, OPORA_BACKUP_DIR). Several may run at once.
    """
    from flows.serving import serve as keep_running

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    with opened(email) as door:
        with door.look() as (session, acting):
            require(session, acting, Right.RUN_ROUND, None)
        require_own_disk(door.settings)
        for one in examine_sqlite(door.settings):
            door.out.tell(Sentence("{what}. Cure: {cure}.", {"what": one.what, "cure": one.cure}))
        door.out.tell(Sentence("The clock is running. Stop it with Ctrl-C."))
        keep_running(
            door.settings,
            door.engine,
            verify=verify,
            backup=back_up_nightly,
            on_notice=door.out.tell,
        )
        door.out.tell(Sentence("The clock has stopped."))


@command("opora deploy")
def deploy(*, as_json: Json = False, email: As = None) -> None:
    """Registers the timetable with the Prefect server, for workers started with `opora worker`.
    Repeating it changes nothing.
    """
    with opened(email) as door:
        with door.look() as (session, acting):
            require(session, acting, Right.RUN_ROUND, None)
        from flows.deployments import deploy as register  # brings Prefect: two seconds

        made = register(door.settings, door.engine, check=CHECK)
        if as_json:
            door.out.json({"deployments": made})
            return
        door.out.table([Sentence("Deployment"), Sentence("Id")], list(made.items()))


@command("opora worker --name second")
def worker(
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What Prefect calls it.")
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option(
            "--at-once", metavar="N", min=1, help="How many runs; by default one for each core."
        ),
    ] = None,
    email: As = None,
) -> None:
    """Stays until it is stopped, and does the runs that `opora deploy` registered. It needs a Prefect
    server (`OPORA_FLOWS=prefect opora serve`). Any number may run: on PostgreSQL they share the
    portions of one large pass. One that is killed loses a moment's work, which another does again.
    """
    with opened(email) as door:
        with door.look() as (session, acting):
            require(session, acting, Right.RUN_ROUND, None)
        from flows.worker import become_worker  # brings Prefect: two seconds

        door.engine.dispose()
        become_worker(door.settings, name=name, at_once=at_once)
