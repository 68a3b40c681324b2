"""The command doctor: everything that is amiss with an installation, each thing with its cure."""

from collections.abc import Iterator
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from audit.self_check import Finding, examine, examine_history
from audit.surroundings import database_refused, examine_guards, examine_surroundings
from casework.access import person_called, require
from casework.acting import Acting
from casework.cases.reading import latest_moment, zone_of_work
from casework.grants import Right
from cli.door import Refused, read_settings
from cli.options import As, Json, command
from cli.printing import Printer
from cli.refusals import FOUND
from opora import clock
from opora.database import connect, reading
from opora.errors import OporaError
from opora.settings import Settings
from opora.words import Sentence


@command("opora doctor --json")
def doctor(
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Recompute the whole history too.")] = False,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Database, guards, roles, mail, calendar, clock, Prefect, stuck letters and passes, rounds that
    are owed, what the last night's check and backup refused, tasks that reach nobody. Changes
    nothing. Exit status 3 when something was found.
    """
    settings = read_settings()
    engine = connect(settings.database_url)
    try:
        found, out = _examined(settings, engine, email, deep=deep)
    except (OporaError, SQLAlchemyError) as reason:
        raise Refused(reason, settings.language) from reason
    finally:
        engine.dispose()
    if as_json:
        out.json({"ok": not found, "findings": [_as_data(out, one) for one in found]})
    for one in found:
        out.tell(Sentence("{what}. Cure: {cure}.", {"what": one.what, "cure": one.cure}))
    if found:
        raise typer.Exit(FOUND)
    out.tell(Sentence("Nothing is amiss."))


def _as_data(out: Printer, one: Finding) -> dict[str, str]:
    return {"check": one.check, "what": out.text(one.what), "cure": out.text(one.cure)}


def _examined(
    settings: Settings, engine: Engine, email: str | None, *, deep: bool
) -> tuple[list[Finding], Printer]:
    """The rows are looked at only where the database can be worked with, by who may verify."""
    out = Printer(settings.language)
    found = []
    if refused := database_refused(settings, engine):
        found.append(refused)
    else:
        with reading(engine) as session:
            person = person_called(session, email)
            now = clock.now()
            at = (settings.virtual_time and latest_moment(session)) or now
            acting = Acting(at=at, recorded_at=now, person=person)
            require(session, acting, Right.VERIFY, None)
            out = Printer(person.language, zone_of_work(session))
            found += [*examine_guards(session), *examine(session, at=at)]
        if deep:
            with out.progress(Sentence("Reading the history"), None) as show:
                found += examine_history(engine, show)
    return [*found, *examine_surroundings(settings), *_prefect(settings)], out


def _prefect(settings: Settings) -> Iterator[Finding]:
    from flows.prefect_api import is_ready

    if settings.flows == "prefect" and not is_ready(settings):
        said = {"port": settings.prefect_port}
        yield Finding(
            check="prefect",
            what=Sentence("No Prefect server of ours answers on port {port}", said),
            cure=Sentence("opora serve starts it; until then passes run without it"),
        )
