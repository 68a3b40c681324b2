"""What the database itself refuses: changed history, a stage outside the law, a letter sent twice.

Triggers (and on PostgreSQL the rights of the application's role) are laid anew at the end of each
upgrade, so that they always state the present law. Each function gives statements, run in order.
"""

from collections.abc import Iterable

from opora.database import APPEND_ONLY

TERMINAL = "('sent', 'dead', 'superseded')"

_SQLITE = {
    "history_line_once": """BEFORE INSERT ON history_line
        WHEN EXISTS (SELECT 1 FROM history_line
                     WHERE id = NEW.id OR (subject = NEW.subject AND seq = NEW.seq))
        BEGIN SELECT RAISE(ABORT, 'this line of history is already written'); END""",
    "case_begins_identified": """BEFORE INSERT ON support_case
        WHEN NEW.stage <> 'identified' OR NEW.version <> 1
        BEGIN SELECT RAISE(ABORT, 'a case begins identified'); END""",
    "case_stays": """BEFORE DELETE ON support_case
        BEGIN SELECT RAISE(ABORT, 'a case is never deleted'); END""",
    "stage_by_law": """BEFORE UPDATE OF stage, version ON support_case
        WHEN NEW.stage <> OLD.stage OR NEW.version <> OLD.version
        BEGIN
        SELECT RAISE(ABORT, 'every move is one version more') WHERE NEW.version <> OLD.version + 1;
        SELECT RAISE(ABORT, 'the law has no such move') WHERE NOT EXISTS
            (SELECT 1 FROM allowed_move WHERE source = OLD.stage AND dest = NEW.stage);
        SELECT RAISE(ABORT, 'the stage has no line of history') WHERE NOT EXISTS
            (SELECT 1 FROM history_line WHERE subject = 'case:' || NEW.id
             AND version = NEW.version AND source = OLD.stage AND dest = NEW.stage);
        END""",
    "letter_ends_once": f"""BEFORE UPDATE OF state ON letter
        WHEN OLD.state IN {TERMINAL} AND NEW.state <> OLD.state
        BEGIN SELECT RAISE(ABORT, 'this letter has ended'); END""",
}

_POSTGRES_FUNCTIONS = """
CREATE OR REPLACE FUNCTION opora_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE OR REPLACE FUNCTION opora_stage_by_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version <> OLD.version + 1 THEN RAISE EXCEPTION 'every move is one version more'; END IF;
  IF NOT EXISTS (SELECT 1 FROM allowed_move WHERE source = OLD.stage AND dest = NEW.stage)
    THEN RAISE EXCEPTION 'the law has no such move'; END IF;
  IF NOT EXISTS (SELECT 1 FROM history_line WHERE subject = 'case:' || NEW.id
      AND version = NEW.version AND source = OLD.stage AND dest = NEW.stage)
    THEN RAISE EXCEPTION 'the stage has no line of history'; END IF;
  RETURN NEW;
END $$
"""

_POSTGRES = {
    "case_begins_identified": """BEFORE INSERT ON support_case FOR EACH ROW
        WHEN (NEW.stage <> 'identified' OR NEW.version <> 1)
        EXECUTE FUNCTION opora_refuse('a case begins identified')""",
    "case_stays": """BEFORE DELETE ON support_case FOR EACH ROW
        EXECUTE FUNCTION opora_refuse('a case is never deleted')""",
    "stage_by_law": """BEFORE UPDATE ON support_case FOR EACH ROW
        WHEN (NEW.stage <> OLD.stage OR NEW.version <> OLD.version)
        EXECUTE FUNCTION opora_stage_by_law()""",
    "letter_ends_once": f"""BEFORE UPDATE ON letter FOR EACH ROW
        WHEN (OLD.state IN {TERMINAL} AND NEW.state <> OLD.state)
        EXECUTE FUNCTION opora_refuse('this letter has ended')""",
}


def guards_expected(dialect: str) -> set[str]:
    """The names of all triggers that a database of that dialect must have."""
    whole = "stays" if dialect == "sqlite" else "whole"
    each = {f"{table}_{what}" for table in APPEND_ONLY for what in ("keeps", whole)}
    return each | set(_SQLITE if dialect == "sqlite" else _POSTGRES)


def sqlite_guards() -> list[str]:
    """Statements that lay every trigger on SQLite."""
    triggers = dict(_SQLITE)
    for table in sorted(APPEND_ONLY):
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
        triggers[f"{table}_keeps"] = f"BEFORE UPDATE ON {table} {refuse}"
        triggers[f"{table}_stays"] = f"BEFORE DELETE ON {table} {refuse}"
    return [
        statement
        for name, rest in triggers.items()
        for statement in (f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {rest}")
    ]


def postgres_guards(tables: Iterable[str], app_role: str | None) -> list[str]:
    """Statements that lay every trigger on PostgreSQL and give `app_role` its rights."""
    statements = [part for part in _POSTGRES_FUNCTIONS.split(";\nCREATE") if part.strip()]
    statements = [s if s.lstrip().startswith("CREATE") else f"CREATE{s}" for s in statements]
    triggers = {name: (rest.split(" ON ")[1].split()[0], rest) for name, rest in _POSTGRES.items()}
    for table in sorted(APPEND_ONLY):
        refuse = f"EXECUTE FUNCTION opora_refuse('{table} is only ever added to')"
        triggers[f"{table}_keeps"] = (
            table,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        )
        triggers[f"{table}_whole"] = (
            table,
            f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        )
    for name, (table, rest) in triggers.items():
        statements += [f"DROP TRIGGER IF EXISTS {name} ON {table}", f"CREATE TRIGGER {name} {rest}"]
    if app_role is not None:
        statements += _rights(tables, app_role)
    return statements


def _rights(tables: Iterable[str], app_role: str) -> list[str]:
    role = '"' + app_role.replace('"', '""') + '"'
    return [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
        *(
            f"GRANT SELECT, INSERT{'' if table in APPEND_ONLY else ', UPDATE, DELETE'}"
            f' ON "{table}" TO {role}'
            for table in tables
        ),
    ]
