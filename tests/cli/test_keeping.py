"""Stories of loss: a backup while people work, a return in quarantine, a release, and the doctor."""

import base64
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from models.pass_run import PassRefusal, PassRun, PassState, SkippedPeriod
from opora.database import connect, transaction
from tests.cli.conftest import launch
from tests.cli.terminal import Terminal
from tests.conftest import new_name
from tests.databases import DatabaseUrls, sqlite_urls
from tests.keeping.tools import with_postgres_tools

OPERATOR, CURATOR = "operator@example.org", "curator@example.org"


@pytest.fixture
def kept(on_database, monkeypatch):
    """A region at work, with letters that wait."""
    with_postgres_tools(monkeypatch)
    launch(on_database)
    return on_database


@pytest.fixture
def elsewhere(dialect, request, tmp_path, monkeypatch):
    """Call it to move to an empty machine: another database and another home."""
    made: list[str] = []

    def move() -> DatabaseUrls:
        home = tmp_path / f"other{len(made)}"
        if dialect == "sqlite":
            urls = sqlite_urls(home / "opora.db")
        else:
            name = new_name()
            urls = request.getfixturevalue("postgres").create(name)
            made.append(name)
        monkeypatch.setenv("OPORA_HOME", str(home))
        monkeypatch.setenv("OPORA_DATABASE", urls.app)
        monkeypatch.setenv("OPORA_DATABASE_OWNER", urls.owner)
        return urls

    yield move
    for name in made:
        request.getfixturevalue("postgres").drop(name)


def hand_in(terminal: Terminal, *, at: str) -> None:
    pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    (terminal.folder / "proof.pdf").write_bytes(pdf)
    task = terminal.done("task", "list", "--case", 1, "--json").data[0]
    words = ["task", "submit", task["id"], "--text", "Сделано", "--file", "proof.pdf"]
    terminal.done(*words, at=at, by=task["assignee"])


def test_the_applications_own_role_takes_a_backup(kept, monkeypatch):
    monkeypatch.delenv("OPORA_DATABASE_OWNER")  # the clock of a night knows no other
    made = kept.done("backup", kept.folder / "kept" / "night", "--json", at="2026-09-02").data
    assert (made["broken"], made["missing"]) == (0, [])


def test_what_came_back_sends_nothing_until_a_person_releases_it(kept, elsewhere):
    hand_in(kept, at="2026-09-01T12:00")
    file = kept.folder / "kept" / "september"
    made = kept.done("backup", file, "--json", at="2026-09-01T13:00").data
    assert (made["broken"], made["missing"], made["evidence"]) == (0, [], 1)
    assert made["history"]["lines"] > 0

    elsewhere()
    back = kept.done("restore", file, "--verify", "--json").data
    assert back["quarantine"]
    assert back["lines"] == made["history"]["lines"]
    assert back["evidence"] == 1

    for words in (["deliver"], ["round"]):
        refused = kept(*words, at="2026-09-02")
        assert refused.status == 1
    assert "карантин" in kept.done("case", "list").err
    assert "quarantine" in findings(kept)

    shown = kept.done("release", "--dry-run", "--json", at="2026-09-02").data
    assert sum(shown["letters"].values()) > 0
    assert kept("release", "--yes", at="2026-09-02").status == 1  # no reason
    assert kept("release", "--reason", "Диск", "--yes", at="2026-09-02", by=CURATOR).status == 1
    kept.done("release", "--reason", "Диск сгорел", "--yes", at="2026-09-02")
    assert kept("release", "--reason", "Ещё раз", "--yes", at="2026-09-02").status == 1

    sent = kept.done("deliver", "--json", at="2026-09-02").data
    assert sent["sent"] > 0
    assert kept.done("verify", "--json").data["ok"]
    assert "карантин" not in kept.done("case", "list").err


def test_a_locked_backup_shows_nothing_and_comes_back_whole_with_its_key(kept, elsewhere):
    hand_in(kept, at="2026-09-01T12:00")
    key = kept.folder / "backup.key"
    key.write_bytes(base64.b64encode(os.urandom(32)))
    folder = kept.folder / "kept"
    words = ["backup", folder / "september", "--key", key, "--json"]
    made = kept.done(*words, at="2026-09-01T13:00").data
    assert made["locked"]
    bytes_there = [one.read_bytes() for one in folder.rglob("*") if one.is_file()]
    assert not any(b"SQLite format" in one or b"PGDMP" in one for one in bytes_there)
    assert not any(b"%PDF-1.4" in one for one in bytes_there)  # evidence is locked too

    elsewhere()
    refused = kept("restore", folder / "september", "--verify")
    assert refused.status == 1
    assert made["locked"] in refused.err
    other = kept.folder / "other.key"
    other.write_bytes(base64.b64encode(os.urandom(32)))
    assert kept("restore", folder / "september", "--key", other).status == 1
    back = kept.done("restore", folder / "september", "--verify", "--key", key, "--json").data
    assert back["lines"] == made["history"]["lines"]
    assert (back["evidence"], back["missing"]) == (1, [])


def test_generations_stay_as_asked(kept):
    folder = kept.folder / "kept"
    for number in range(3):
        kept.done("backup", folder / f"nr{number}", at="2026-09-01T13:00")
    made = kept.done("backup", folder / "last", "--daily", 2, "--json", at="2026-09-01T13:00").data
    assert sorted(Path(one).name for one in made["removed"]) == ["nr0", "nr1", "nr2"]
    assert sorted(one.name for one in folder.glob("*.json")) == ["last.json"]


def test_letters_that_were_due_before_the_loss_can_be_forgotten(kept, elsewhere):
    file = kept.folder / "kept" / "september"
    kept.done("backup", file, at="2026-09-01T13:00")
    elsewhere()
    kept.done("restore", file)
    words = ["release", "--forget-due", "--reason", "Уже отправлены", "--yes", "--json"]
    done = kept.done(*words, at="2026-09-02").data
    assert done["forgotten"]
    assert sum(done["letters"].values()) > 0
    assert kept.done("deliver", "--json", at="2026-09-02").data["sent"] == 0
    assert kept.done("letter", "list", "--state", "superseded", "--json").data
    assert kept.done("verify", "--json").data["ok"]


def test_a_place_that_is_not_empty_is_left_alone(kept):
    file = kept.folder / "kept" / "september"
    kept.done("backup", file, at="2026-09-01T13:00")
    refused = kept("restore", file)
    assert refused.status == 1
    assert kept.done("case", "list", "--json").data
    assert "карантин" not in kept.done("case", "list").err


def test_a_backup_that_was_changed_is_refused(kept, elsewhere):
    file = kept.folder / "kept" / "september"
    kept.done("backup", file, at="2026-09-01T13:00")
    elsewhere()
    with file.open("ab") as stream:
        stream.write(b"!")
    assert kept("restore", file).status == 1
    file.with_name("september.json").unlink()
    assert kept("restore", file).status == 1
    assert kept("restore", "nowhere").status == 1


def test_nobody_but_the_operator_takes_backups(kept):
    answer = kept("backup", kept.folder / "mine", at="2026-09-02", by=CURATOR)
    assert answer.status == 1
    assert not (kept.folder / "mine").exists()


def test_a_backup_never_writes_over_another(kept):
    file = kept.folder / "kept" / "september"
    kept.done("backup", file, at="2026-09-01T13:00")
    before = file.read_bytes()
    assert kept("backup", file, at="2026-09-01T14:00").status == 1
    assert file.read_bytes() == before


def test_only_the_newest_are_kept_and_strange_files_stay(kept):
    folder = kept.folder / "kept"
    for number in range(3):
        kept.done("backup", folder / f"{number}", at="2026-09-02")
    (folder / "notes.json").write_text("{}")
    last = kept.done("backup", folder / "last", "--keep", 2, "--json", at="2026-09-02").data
    assert [Path(one).name for one in last["removed"]] == ["1", "0"]
    left = {path.name for path in folder.iterdir()}
    assert left == {"2", "2.json", "last", "last.json", "notes.json", "evidence"}


def test_evidence_that_is_gone_is_named(kept):
    hand_in(kept, at="2026-09-02")
    files = [p for p in (kept.folder / "home" / "evidence").rglob("*") if p.is_file()]
    [stored] = [p for p in files if p.read_bytes().startswith(b"%PDF")]  # beside what was imported
    stored.write_bytes(b"something else")
    answer = kept("backup", kept.folder / "kept" / "one", "--keep", 1, "--json", at="2026-09-03")
    assert answer.status == 3
    assert answer.data["missing"] == [stored.name]


def test_a_trial_restore_leaves_nothing_behind_while_everything_runs(region):
    file = region.folder / "kept" / "september"
    region.done("backup", file, at="2026-09-02")
    before = {path: path.stat().st_mtime_ns for path in region.folder.rglob("*")}
    tried = region.done("restore", file, "--dry-run", "--json").data
    assert not tried["quarantine"]
    assert tried["lines"] == tried["manifest"]["history"]["lines"]
    after = {path: path.stat().st_mtime_ns for path in region.folder.rglob("*")}
    assert {p for p in after if "opora.db" not in p.name} == {
        p for p in before if "opora.db" not in p.name
    }


def test_a_backup_whose_rows_were_rewritten_is_refused_thoroughly(region, elsewhere_on_sqlite):
    """The file and its manifest agree with each other; the rows and the history do not."""
    with closing(sqlite3.connect(region.folder / "home" / "opora.db")) as database:
        database.execute("UPDATE task SET due_on = '2030-01-01'")
        database.commit()
    file = region.folder / "kept" / "september"
    answer = region("backup", file, "--json", at="2026-09-02")
    assert answer.status == 3
    assert answer.data["broken"] > 0
    elsewhere_on_sqlite()
    assert region("restore", file, "--verify").status == 1
    assert not list((region.folder / "other").glob("*"))


@pytest.fixture
def elsewhere_on_sqlite(tmp_path, monkeypatch):
    def move():
        monkeypatch.setenv("OPORA_HOME", str(tmp_path / "other"))

    return move


def test_without_the_client_of_postgres_a_backup_says_what_is_missing(on_database, monkeypatch):
    launch(on_database)
    url = make_url(os.environ["OPORA_DATABASE"])
    monkeypatch.setenv("PATH", "")
    answer = on_database("backup", on_database.folder / "one", at="2026-09-02")
    if url.get_backend_name() == "sqlite":
        assert answer.status == 0
    else:
        assert answer.status == 1
        assert "pg_dump" in answer.err
    assert not list(on_database.folder.glob(".one*"))


# --- the doctor -----------------------------------------------------------------------------------


def findings(terminal: Terminal, *words: str) -> dict[str, str]:
    answer = terminal("doctor", "--json", *words)
    found = json.loads(answer.out)
    assert answer.status == (0 if found["ok"] else 3)
    return {one["check"]: one["what"] for one in found["findings"]}


def test_a_healthy_installation_has_no_finding_but_its_sqlite(kept, monkeypatch):
    monkeypatch.setattr("audit.surroundings.SAFE_SQLITE", (3, 0, 0))
    monkeypatch.setattr("audit.self_check.years_without_decree", lambda _: ())
    assert findings(kept, "--deep") == {}


def test_the_doctor_names_an_unsafe_sqlite_and_a_missing_decree(kept, dialect, monkeypatch):
    monkeypatch.setattr("audit.surroundings.SAFE_SQLITE", (99,))
    monkeypatch.setattr("audit.self_check.years_without_decree", lambda _: (2026, 2027))
    found = findings(kept)
    assert "2026, 2027" in found["calendar"]
    assert ("sqlite" in found) == (dialect == "sqlite")


def test_nothing_begins_on_a_network_file_system(terminal, monkeypatch):
    monkeypatch.setattr("audit.surroundings.file_system_of", lambda _: "nfs4")
    refused = terminal("init", at="2026-08-01")
    assert (refused.status, "nfs4" in refused.err) == (1, True)
    assert not (terminal.folder / "home").exists()


def test_the_doctor_sees_that_there_is_no_database(terminal, monkeypatch):
    assert "database" in findings(terminal)
    assert not (terminal.folder / "home" / "opora.db").exists()
    monkeypatch.setenv("OPORA_DATABASE", "postgresql+psycopg://opora@127.0.0.1:9/opora")
    assert "database" in findings(terminal)


def test_the_doctor_knocks_at_the_mail_server_and_at_prefect(kept, monkeypatch):
    monkeypatch.delenv("OPORA_VIRTUAL_TIME")
    assert "mailbox" in findings(kept)["mail"]
    monkeypatch.setenv("OPORA_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("OPORA_FLOWS", "prefect")
    monkeypatch.setenv("OPORA_PREFECT_PORT", "9")
    assert {"mail", "prefect"} <= findings(kept).keys()


def test_the_doctor_sees_letters_that_do_not_leave_and_tasks_that_reach_nobody(kept):
    engine = connect(os.environ["OPORA_DATABASE"])
    with transaction(engine) as session:
        session.execute(text("UPDATE person SET is_active = false WHERE email LIKE 'head%'"))
        session.execute(text("UPDATE letter SET state = 'dead' WHERE id = 1"))
        session.execute(
            text("UPDATE letter SET send_after = '2026-01-01 00:00:00+00:00' WHERE id = 2")
        )
    engine.dispose()
    assert {"letters", "recipients"} <= findings(kept).keys()


def test_the_doctor_asks_the_database_itself_who_may_remove_its_guards(kept, dialect, monkeypatch):
    owner = os.environ["OPORA_DATABASE_OWNER"]
    monkeypatch.delenv("OPORA_DATABASE_OWNER")  # as it is wherever but at `init`
    assert not {"guards", "roles"} & findings(kept).keys()
    engine = connect(owner, owner=True)
    with engine.begin() as connection:
        on = " ON decision" if dialect == "postgres" else ""
        connection.execute(text(f"DROP TRIGGER decision_keeps{on}"))
        if dialect == "postgres":
            connection.execute(text("GRANT UPDATE ON history_line TO opora_app"))
    engine.dispose()
    found = findings(kept)
    assert "decision_keeps" in found["guards"]
    if dialect == "postgres":
        assert "history_line" in found["roles"]
        monkeypatch.setenv("OPORA_DATABASE", owner)
        assert "владеет" in findings(kept)["roles"]
        monkeypatch.setenv("OPORA_DATABASE_OWNER", owner)
    kept.done("init", at="2026-09-02")
    assert "guards" not in findings(kept)


def test_the_doctor_sees_rounds_that_are_owed_and_what_a_night_refused(kept):
    task = kept.done("task", "list", "--case", 1, "--json").data[0]["id"]
    kept.done("contact", f"task:{task}", "--note", "Звонок", at="2026-09-03")
    assert "rounds" not in findings(kept)
    kept.done("contact", f"task:{task}", "--note", "Звонок", at="2026-09-10")
    assert "2026" in findings(kept)["rounds"]
    kept.done("round", at="2026-09-10")
    assert not {"rounds", "nights"} & findings(kept).keys()

    engine, at = connect(os.environ["OPORA_DATABASE"]), datetime(2026, 9, 10, tzinfo=UTC)
    with transaction(engine) as session:
        for kind, reason in (("nightly_verification", "torn"), ("nightly_backup", "disk is full")):
            run = PassRun(kind=kind, period="2026-09-10", state=PassState.DONE, started_at=at)
            session.add(run)
            session.flush()
            session.add(PassRefusal(pass_id=run.id or 0, subject="case:1", reason=reason, at=at))
        for kind in ("daily_round", "of_an_older_version"):
            skipped = SkippedPeriod(kind=kind, period="1:2026-09-08", policy="once", noticed_at=at)
            session.add(skipped)
    engine.dispose()
    assert "1:2026-09-08" in findings(kept)["skipped"]
    told = json.loads(kept("doctor", "--json").out)["findings"]
    nights = [one["what"] for one in told if one["check"] == "nights"]
    assert ["case:1" in nights[0], "disk is full" in nights[1]] == [True, True]


def test_who_may_not_verify_may_not_ask_the_doctor(kept):
    assert kept("doctor", by=CURATOR).status == 1
