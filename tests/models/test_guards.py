"""What the application's own connection is refused: changed history, a stage outside the law."""

from collections.abc import Iterable
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from models.case import Case
from models.history import Deed, HistoryLine, append
from models.letter import Letter
from opora.database import connect, reading, transaction
from opora.errors import SomebodyWasFirst
from tests.worlds import small_world

AT = datetime(2026, 9, 7, 5, 0, tzinfo=UTC)
_COLUMNS = "id, subject, seq, deed, actor, happened_at, recorded_at, body, previous, hash"
_AGAIN = f"SELECT {_COLUMNS.replace('deed', chr(39) + 'other' + chr(39))} FROM history_line"
_SAME_PLACE = _AGAIN.replace("SELECT id", "SELECT id + 1000")

REFUSED = {
    "sqlite": (
        "UPDATE history_line SET deed = 'other'",
        "UPDATE OR REPLACE history_line SET seq = 1",
        "DELETE FROM history_line",
        (
            f"INSERT INTO history_line ({_COLUMNS}) {_AGAIN} WHERE id = 1 "
            "ON CONFLICT (id) DO UPDATE SET deed = excluded.deed"
        ),
        f"INSERT OR REPLACE INTO history_line ({_COLUMNS}) {_AGAIN} WHERE id = 1",
        f"REPLACE INTO history_line ({_COLUMNS}) {_SAME_PLACE} WHERE id = 1",
        f"INSERT OR IGNORE INTO history_line ({_COLUMNS}) {_AGAIN} WHERE id = 1",
        "ALTER TABLE history_line RENAME TO old_lines",
        "ALTER TABLE history_line ADD COLUMN more TEXT",
        "DROP TABLE history_line",
        "DROP TRIGGER history_line_keeps",
        "PRAGMA writable_schema = ON",
        "PRAGMA WRITABLE_SCHEMA = ON",
        "PRAGMA recursive_triggers = OFF",
        "PRAGMA Recursive_Triggers(0)",
        "ATTACH DATABASE ':memory:' AS elsewhere",
        "UPDATE sqlite_master SET sql = '' WHERE name = 'history_line_keeps'",
        "DELETE FROM sqlite_master WHERE name = 'history_line_keeps'",
        "CREATE TRIGGER mine BEFORE INSERT ON history_line BEGIN SELECT RAISE(IGNORE); END",
        "UPDATE allowed_move SET dest = 'exited'",
    ),
    "postgres": (
        "UPDATE history_line SET deed = 'other'",
        "DELETE FROM history_line",
        (
            f"INSERT INTO history_line ({_COLUMNS}) {_AGAIN} WHERE id = 1 "
            "ON CONFLICT (id) DO UPDATE SET deed = excluded.deed"
        ),
        (
            f"INSERT INTO history_line ({_COLUMNS}) {_SAME_PLACE} WHERE id = 1 "
            "ON CONFLICT (subject, seq) DO UPDATE SET deed = excluded.deed"
        ),
        f"INSERT INTO history_line ({_COLUMNS}) {_SAME_PLACE} WHERE id = 1",
        "TRUNCATE history_line CASCADE",
        "ALTER TABLE history_line RENAME TO old_lines",
        "ALTER TABLE history_line ADD COLUMN more TEXT",
        "DROP TABLE history_line CASCADE",
        "DROP TRIGGER history_line_keeps ON history_line",
        "ALTER TABLE history_line DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "SET ROLE opora_owner",
        (
            "CREATE OR REPLACE FUNCTION opora_refuse() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RETURN NEW; END $$"
        ),
        "CREATE RULE mine AS ON INSERT TO history_line DO INSTEAD NOTHING",
        "UPDATE pg_trigger SET tgenabled = 'D'",
        "UPDATE allowed_move SET dest = 'exited'",
    ),
}


@pytest.fixture
def engine(database):
    engine = connect(database.app)
    yield engine
    engine.dispose()


def add_line(session: Session, subject: str = "school:1", **more) -> HistoryLine:
    deed = Deed(subject=subject, deed="look", actor="person:1", at=AT, recorded_at=AT, **more)
    return append(session, deed)


def everything(engine) -> list[tuple[object, ...]]:
    with reading(engine) as session:
        return [
            tuple(row) for row in session.execute(text("SELECT * FROM history_line ORDER BY id"))
        ]


@contextmanager
def plain_connection(engine):
    """The application's connection with nothing of ours around it."""
    with closing(engine.raw_connection()) as connection:
        if engine.dialect.name == "postgresql":
            connection.driver_connection.autocommit = True
        try:
            yield connection
        finally:
            connection.invalidate()  # a pragma that got through must not reach the next statement


def passed(engine, statements: Iterable[str]) -> list[str]:
    """The statements that the database let through."""
    through = []
    for statement in statements:
        with plain_connection(engine) as connection:
            try:
                connection.cursor().execute(statement)
            except engine.dialect.loaded_dbapi.Error:
                continue
            through.append(statement)
    return through


def test_the_applications_connection_cannot_change_history(engine, dialect):
    with transaction(engine) as session:
        add_line(session)
        add_line(session)
    before = everything(engine)
    assert not passed(engine, REFUSED[dialect])
    assert everything(engine) == before
    with transaction(engine) as session:
        assert add_line(session).seq == 3  # what is allowed still is


def test_a_right_that_the_role_gives_itself_is_none(engine, dialect):
    if dialect == "postgres":
        passed(engine, ["GRANT UPDATE, DELETE ON history_line TO opora_app"])  # a warning, no error
        assert not passed(engine, ["UPDATE history_line SET deed = 'other'"])


def test_an_ignored_conflict_leaves_the_line_as_it_was(engine):
    with transaction(engine) as session:
        add_line(session)
    before = everything(engine)
    ignoring = f"INSERT INTO history_line ({_COLUMNS}) {_AGAIN} WHERE id = 1 ON CONFLICT DO NOTHING"
    with plain_connection(engine) as connection:
        try:
            connection.cursor().execute(ignoring)
        except engine.dialect.loaded_dbapi.Error:
            assert engine.dialect.name == "sqlite"  # its trigger asks first, and refuses
    assert everything(engine) == before


def test_the_session_refuses_a_changed_or_deleted_line(engine):
    with transaction(engine) as session:
        add_line(session)
    with pytest.raises(PermissionError), transaction(engine) as session:
        session.exec(select(HistoryLine)).one().deed = "other"
    with pytest.raises(PermissionError), transaction(engine) as session:
        session.delete(session.exec(select(HistoryLine)).one())


def test_two_lines_never_take_one_place(engine):
    with transaction(engine) as session:
        line = add_line(session)
        same = line.model_dump(exclude={"id"})
    with pytest.raises((SomebodyWasFirst, DBAPIError)), transaction(engine) as session:
        session.add(HistoryLine(**same))


# --- the law of stages ----------------------------------------------------------------------------


@pytest.fixture
def case_id(engine) -> int:
    with transaction(engine) as session:
        return small_world(session, schools=1).cases[0]


def move(engine, case_id: int, dest: str, version: int, told: str | None = None) -> None:
    """Change the stage in the table; `told` is where the line says that the case went, if one is."""
    with transaction(engine) as session:
        if told is not None:
            line_of(session, case_id, told, version)
        session.execute(
            text("UPDATE support_case SET stage = :dest, version = :version WHERE id = :id"),
            {"dest": dest, "version": version, "id": case_id},
        )


def line_of(session: Session, case_id: int, dest: str, version: int) -> None:
    add_line(session, f"case:{case_id}", source="identified", dest=dest, version=version)


def test_a_stage_with_its_line_is_taken(engine, case_id):
    move(engine, case_id, "analysed", 2, told="analysed")
    with reading(engine) as session:
        assert session.get_one(Case, case_id).version == 2


def test_a_stage_without_a_line_is_refused(engine, case_id):
    with pytest.raises(DBAPIError, match="no line of history"):
        move(engine, case_id, "analysed", 2)


def test_the_line_must_tell_of_this_very_move(engine, case_id):
    with pytest.raises(DBAPIError, match="no line of history"):
        move(engine, case_id, "analysed", 2, told="exited")


def test_a_pair_outside_the_law_is_refused_even_with_a_line(engine, case_id):
    with pytest.raises(DBAPIError, match="no such move"):
        move(engine, case_id, "monitored", 2, told="monitored")


def test_a_version_is_never_skipped(engine, case_id):
    with pytest.raises(DBAPIError, match="one version more"):
        move(engine, case_id, "analysed", 3, told="analysed")


def test_a_stage_does_not_change_under_the_same_version(engine, case_id):
    with pytest.raises(DBAPIError, match="one version more"):
        move(engine, case_id, "analysed", 1)


def test_two_lines_never_tell_of_one_version_of_a_stage(engine, case_id):
    with transaction(engine) as session:
        line_of(session, case_id, "analysed", 2)
    with pytest.raises(SomebodyWasFirst), transaction(engine) as session:
        line_of(session, case_id, "exited", 2)


def test_a_case_is_not_born_beyond_identified(engine, case_id):
    with transaction(engine) as session:
        row = session.get_one(Case, case_id).model_dump(exclude={"id", "school_id"})
        school = session.execute(text("SELECT max(id) FROM school")).scalar_one()
    for wrong in ({"stage": "analysed"}, {"version": 2}):
        with pytest.raises(DBAPIError, match="begins identified"), transaction(engine) as session:
            session.add(Case(**{**row, **wrong}, school_id=school))


def test_a_case_is_never_deleted(engine, case_id):
    with pytest.raises(DBAPIError, match="never deleted"), transaction(engine) as session:
        session.execute(text("DELETE FROM support_case WHERE id = :id"), {"id": case_id})


# --- letters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["sent", "dead", "superseded"])
def test_a_letter_that_has_ended_stays_so(engine, case_id, end):
    statement = text("UPDATE letter SET state = :state WHERE id = :id")
    with transaction(engine) as session:
        letter = session.exec(select(Letter.id)).first()
        session.execute(statement, {"state": end, "id": letter})
    with pytest.raises(DBAPIError, match="has ended"), transaction(engine) as session:
        session.execute(statement, {"state": "pending", "id": letter})
