"""The only place that opens a connection and the only one that commits.

A transaction is opened by a door, by each chunk of a pass and by each step of delivery.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine, Table, event, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as _OrmSession
from sqlmodel import Session, SQLModel, create_engine

from opora.errors import SomebodyWasFirst

APPEND_ONLY: set[str] = set()
"""Tables that only grow; `models` fills it, the connection and the database enforce it."""

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "recursive_triggers=ON",  # else INSERT OR REPLACE deletes a line without asking its trigger
    "trusted_schema=OFF",
    "mmap_size=0",
)
_FORBIDDEN_PRAGMAS = {"writable_schema", "recursive_triggers", "foreign_keys", "trusted_schema"}
_FORBIDDEN_ACTIONS = {
    sqlite3.SQLITE_ATTACH,
    sqlite3.SQLITE_DETACH,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_CREATE_TRIGGER,
    sqlite3.SQLITE_DROP_VIEW,
}
_WRITERS: WeakKeyDictionary[Dialect, threading.RLock] = WeakKeyDictionary()
_LOST_RACES = {"23505", "40001", "40P01"}  # PostgreSQL: taken key, not serialisable, deadlock
_TAKEN_KEYS = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
ATTEMPTS = 3
"""So often is a lost race run again before a person hears of it."""

Given = TypeVar("Given")


def connect(url: str, *, owner: bool = False) -> Engine:
    """An engine on `url`; only the `owner` may change the schema, and nobody may change history."""
    options: dict[str, Any] = {"pool_pre_ping": True} if not url.startswith("sqlite") else {}
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine, owner=owner)
    return engine


def _set_up_sqlite(engine: Engine, *, owner: bool) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own late BEGIN is what locks people out
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not owner:
            connection.set_authorizer(_authorise)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("opora_reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    _WRITERS[engine.dialect] = threading.RLock()


def _authorise(
    action: int, first: str | None, second: str | None, _base: str | None, trigger: str | None
) -> int:
    """SQLite asks this for every part of every statement it prepares."""
    if action in _FORBIDDEN_ACTIONS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and first is not None and second is not None:
        return sqlite3.SQLITE_DENY if first.lower() in _FORBIDDEN_PRAGMAS else sqlite3.SQLITE_OK
    if action in {sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE} and first is not None:
        schema = first.startswith("sqlite_") and first != "sqlite_sequence"
        if schema or (first in APPEND_ONLY and trigger is None):
            return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One deed, one chunk or one step of delivery: committed at the end, or not at all.

    Raises `SomebodyWasFirst` when another transaction took the key or the lock that this one needed.
    """
    try:
        with _transaction(engine) as session:
            yield session
    except DBAPIError as error:
        if not _is_lost_race(error):
            raise
        lines = str(error.orig).strip().splitlines()
        raise SomebodyWasFirst(problem=lines[0] if lines else type(error).__name__) from error


@contextmanager
def _transaction(engine: Engine) -> Iterator[Session]:
    lock = _WRITERS.get(engine.dialect)  # SQLite: one writer a process, served in turn
    if lock is None:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
        return
    with lock, Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def trial(engine: Engine) -> Iterator[Session]:
    """The very deed, undone at its end: what it would change is shown before it is done."""
    with transaction(engine) as session:
        yield session
        session.rollback()


def _is_lost_race(error: DBAPIError) -> bool:
    """A taken key or a deadlock; what a trigger or a check refuses is refused for good."""
    reason = error.orig
    return (
        getattr(reason, "sqlstate", None) in _LOST_RACES
        or getattr(reason, "sqlite_errorcode", None) in _TAKEN_KEYS
    )


def run_again(act: Callable[[], Given]) -> Given:
    """Do `act`, whose transactions are whole or nothing; a lost race is run again, twice at most."""
    for _ in range(ATTEMPTS - 1):
        try:
            return act()
        except SomebodyWasFirst:
            continue
    return act()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A look that writes nothing and keeps nobody waiting."""
    with Session(engine.execution_options(opora_reading=True), expire_on_commit=False) as session:
        yield session  # closing undoes whatever was tried; rows that were read stay readable


# --- passes write many rows with few statements ---------------------------------------------------


def insert_all(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, all with the same columns, in one statement."""
    _write(session, table, rows, or_ignore=False)


def insert_or_ignore(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]
) -> int:
    """Insert the rows whose natural key is not there yet, in one statement; gives how many."""
    return _write(session, table, rows, or_ignore=True)


def _write(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]], *, or_ignore: bool
) -> int:
    if not rows:
        return 0
    connection = session.connection()
    statement, columns = _plan(connection.dialect, _bare(table), tuple(rows[0]), or_ignore)
    made = [_column(rows, name, convert) for name, convert in columns]
    values: Any = list(zip(*made, strict=True))
    if not connection.dialect.positional:
        names = [name for name, _ in columns]
        values = [dict(zip(names, row, strict=True)) for row in values]
    return max(connection.exec_driver_sql(statement, values).rowcount, 0)


def _column(
    rows: Sequence[Mapping[str, Any]], name: str, convert: Callable[[Any], Any] | None
) -> list[Any]:
    """One column of all rows, as the driver takes it; what many rows share is converted once."""
    values = [row[name] for row in rows]
    if convert is None:
        return values
    made = {key: convert(value) for key, value in {id(v): v for v in values}.items()}
    return [made[id(value)] for value in values]


@lru_cache(maxsize=128)
def _plan(
    dialect: Dialect,
    table: Table,
    columns: tuple[str, ...],
    or_ignore: bool,
) -> tuple[str, tuple[tuple[str, Callable[[Any], Any] | None], ...]]:
    """The statement's text and each column's converter, in order.

    SQLAlchemy would prepare every row anew; for tens of thousands that is half of a launch.
    """
    insert = sqlite_insert if dialect.name == "sqlite" else postgres_insert
    statement = insert(table).on_conflict_do_nothing() if or_ignore else insert(table)
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup or columns
    converters = (
        table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    )
    return str(compiled), tuple(zip(names, converters, strict=True))


def next_ids(session: Session, table: type[SQLModel], number: int) -> range | list[int]:
    """So many new ids for rows that must know them before they are written.

    SQLite has one writer, who may count on; PostgreSQL gives them from the table's own sequence.
    """
    bare = _bare(table)
    if session.get_bind().dialect.name == "sqlite":
        last: int = session.execute(select(func.coalesce(func.max(bare.c.id), 0))).scalar_one()
        return range(last + 1, last + 1 + number)
    drawn = func.nextval(func.pg_get_serial_sequence(bare.name, "id"))
    return list(session.scalars(select(drawn).select_from(func.generate_series(1, number))))


def _bare(table: type[SQLModel]) -> Table:
    return cast("Table", table.__table__)  # type: ignore[attr-defined]  # SQLModel hides it


@event.listens_for(_OrmSession, "before_flush")
def _refuse_changed_history(session: _OrmSession, _context: object, _instances: object) -> None:
    changed = [*session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    for row in changed:
        if getattr(row, "__tablename__", None) in APPEND_ONLY:
            message = f"{type(row).__name__} is only ever added to"
            raise PermissionError(message)


# --- whole copies ---------------------------------------------------------------------------------


def copy_sqlite(source: Path, target: Path) -> None:
    """A true moment of a file that others write to meanwhile; nobody waits for it (`target` is new).

    On a connection of its own: VACUUM INTO needs ATTACH, which the application's may not. Copying
    the file itself would miss what the log holds, and may tear.
    """
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=60000")
        connection.execute("VACUUM INTO ?", (str(target),))


def damage(path: Path) -> str:
    """What SQLite itself finds wrong with a file; empty when it is whole."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else found
