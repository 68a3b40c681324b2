"""The schema as a whole: brought to the newest version by its owner, checked by everybody else."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

import models.case
import models.cycle
import models.document
import models.history
import models.indicator
import models.letter
import models.listing
import models.mail_weather
import models.pairing
import models.participant
import models.pass_run
import models.people
import models.plan
import models.record
import models.school
import models.task  # noqa: F401  every table must be known before the schema is compared
from models.guards import postgres_guards, sqlite_guards
from opora.database import connect
from opora.errors import NotReady
from opora.words import Sentence
from states.case_machine import RULES

_MIGRATION_LOCK = 7_011_439  # any number, the same in every process


def _configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", "models:migrations")
    return config


def upgrade(
    owner_url: str,
    app_url: str,
    *,
    stands_at: str | None = None,
    also: Callable[[Connection], None] = lambda _: None,
) -> str:
    """Bring the schema to the newest version in one transaction; gives the version reached.

    `also` is done at the end of the same transaction. `stands_at` is the version of tables that were
    restored without saying it.
    """
    engine = connect(owner_url, owner=True)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            config = _configuration()
            config.attributes["connection"] = connection
            if stands_at is not None:
                command.stamp(config, stands_at)
            command.upgrade(config, "head")
            _state_the_law(connection)
            _lay_guards(connection, owner_url, app_url)
            also(connection)
    finally:
        engine.dispose()
    return newest()


def _state_the_law(connection: Connection) -> None:
    pairs = sorted({(rule.source.value, rule.dest.value) for rule in RULES})
    known = {
        tuple(row) for row in connection.execute(text("SELECT source, dest FROM allowed_move"))
    }
    for source, dest in pairs:
        if (source, dest) not in known:
            connection.execute(
                text("INSERT INTO allowed_move (source, dest) VALUES (:source, :dest)"),
                {"source": source, "dest": dest},
            )


def _lay_guards(connection: Connection, owner_url: str, app_url: str) -> None:
    if connection.dialect.name == "sqlite":
        statements = sqlite_guards()
    else:
        app_role = make_url(app_url).username
        differs = app_role is not None and app_role != make_url(owner_url).username
        statements = postgres_guards(SQLModel.metadata.tables, app_role if differs else None)
    for statement in statements:
        connection.exec_driver_sql(
            statement.replace("%", "%%") if "RAISE EXC" in statement else statement
        )


def newest() -> str:
    """The version that this code was written for."""
    return ScriptDirectory.from_config(_configuration()).get_current_head() or ""


def require_current(engine: Engine) -> None:
    """Raise `NotReady` unless the database stands at the version of this code."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            raise NotReady(what=Sentence("The database is empty"), cure=Sentence("Run: opora init"))
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    if found != newest():
        raise NotReady(
            what=Sentence(
                "The database is at version {found}, the program at {newest}",
                {"found": found, "newest": newest()},
            ),
            cure=Sentence(
                "Run: opora init (it upgrades and loses nothing), or install the newer program"
            ),
        )
