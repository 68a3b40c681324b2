"""The door of the command line: fast help, clear refusals, and time that never runs back."""

import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.door import Door
from cli.main import GROUPS, TABLE, Listed, run
from cli.printing import Printer
from opora.errors import SomebodyWasFirst
from opora.language import language_of_installation
from opora.settings import Settings
from opora.words import LANGUAGES, Sentence
from tests.cli.conftest import write_files

ROOT = Path(__file__).parents[2]
HEAVY = (
    "sqlmodel",
    "sqlalchemy",
    "prefect",
    "apscheduler",
    "pydantic",
    "pydantic_settings",
    "yaml",
    "babel",
)


def test_help_imports_nothing_heavy():
    question = (
        "import sys, cli.main; cli.main.run(['--help']);"
        f"print(*set({HEAVY!r}) & sys.modules.keys(), file=sys.stderr)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stderr.strip() == ""
    assert all(entry.name.split()[0] in answer.stdout for entry in TABLE)


@pytest.mark.parametrize("entry", [e for e in TABLE if e.name != "demo"], ids=lambda e: e.name)
def test_every_command_has_a_manual_with_one_example(entry, terminal):
    manual = terminal.done(*entry.name.split(), "--help").out
    assert f"Пример: opora {entry.name}" in manual


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: e.name)
def test_every_example_of_the_manual_lacks_nothing(entry):
    loaded = Listed(entry).load()
    example, _, _file = loaded.epilog.partition(" > ")
    words = shlex.split(example.removeprefix(f"opora {entry.name}"))
    given = loaded.make_context(entry.name, words).params  # raises where the door would refuse
    required = {one.name for one in loaded.params if one.required}
    assert required <= {name for name, value in given.items() if value is not None}


def test_every_group_is_named_in_the_table():
    assert GROUPS.keys() == {e.name.split()[0] for e in TABLE if " " in e.name}


@pytest.mark.parametrize(
    ("words", "russian", "english"),
    [
        ("cas", "Нет команды cas. Может быть, case, chase?", "There is no command cas. Did you"),
        ("case mov", "Нет команды mov. Может быть, move?", "no command mov. Did you mean move?"),
        ("case show", "Не указано: КАРТОЧКА. Номер карточки.", "CASE is missing. Number of the"),
        ("case show x", "КАРТОЧКА: это не целое число", "CASE: this is no whole number"),
        ("case show 0", "Напишите 1 или больше", "Write 1 or more"),
        ("case show 1 2", "Это лишнее: 2.", "That is too much: 2."),
        ("case list --stage x", "Подойдёт одно из: identified, ", "Use one of: identified, "),
        (
            "case list --stag x",
            "Нет опции --stag. Может быть, --stage",
            "no option --stag. Did you",
        ),
        ("case list --cycle", "После --cycle нужно значение.", "A value must follow --cycle."),
        ("case list --json=1", "У --json значения нет.", "--json takes no value."),
        (
            "list show --year 2026",
            "Не указано: --programme КЛЮЧ|ПАПКА.",
            "--programme KEY|FOLDER is",
        ),
    ],
    ids=lambda one: one if one.isascii() and one.islower() else "",
)
def test_a_slip_of_the_fingers_is_told_in_the_readers_language(
    words, russian, english, terminal, monkeypatch
):
    answer = terminal(*words.split())
    assert (answer.status, answer.out) == (2, "")
    assert russian in answer.err
    monkeypatch.setenv("OPORA_LANGUAGE", "en")
    assert english in terminal(*words.split()).err


def test_the_manual_speaks_the_language_of_the_installation(terminal, monkeypatch):
    assert "ЗАДАЧА  Номер задачи.  [обязательно]" in terminal.done("task", "show", "--help").out
    (terminal.folder / "opora.toml").write_text('language = "en"', encoding="utf-8")
    assert "TASK  Number of the task.  [required]" in terminal.done("task", "show", "--help").out
    monkeypatch.setenv("OPORA_LANGUAGE", "ru")
    assert "Команды:" in terminal.done("task", "--help").out


@pytest.mark.parametrize("file", ["", 'language = "en"', 'language = "de"', "language = ", "["])
@pytest.mark.parametrize("name", ["OPORA_LANGUAGE", "opora_language"])
@pytest.mark.parametrize("value", [None, "ru", "en", "EN", ""])
def test_the_language_is_what_the_settings_say(file, name, value, terminal, monkeypatch):
    (terminal.folder / "opora.toml").write_text(file, encoding="utf-8")
    if value is not None:
        monkeypatch.setenv(name, value)
    try:
        settled = Settings().language
    except ValueError:
        settled = "ru" if value not in LANGUAGES else value
    assert language_of_installation() == settled


@pytest.mark.parametrize("said", ["да", "Д", "y", "yes", "", "нет", "n", "yeah"])
def test_a_question_is_answered_in_either_language(said, monkeypatch):
    monkeypatch.setattr("cli.door.is_terminal", lambda _: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{said}\n"))
    here = Door(settings=Settings(), engine=None, out=Printer("ru"), email=None, moment=None)
    assert here.agrees(Sentence("Release it?")) is (said in {"да", "Д", "y", "yes"})


def test_without_init_every_command_says_what_to_do(terminal):
    for words in (["case", "list"], ["verify"], ["round"], ["cycle", "status"]):
        answer = terminal(*words)
        assert (answer.status, answer.out) == (1, "")
        assert "opora init" in answer.err
    assert not (terminal.folder / "home").exists()


def test_init_may_be_repeated_and_keeps_the_person(terminal):
    terminal.done("init", "--name", "Anna Invented", "--language", "en", by="anna@example.org")
    again = terminal.done("init")
    assert "anna@example.org" in again.err
    assert terminal.done("verify", "--json").data == {"ok": True, "lines": 1, "broken": []}


@pytest.mark.parametrize("email", ["nobody", "a@b@c", "a b@example.org", "a@example.org,b@c.d"])
def test_init_refuses_what_is_no_address(email, terminal):
    assert terminal("init", by=email).status == 2


def test_an_unknown_person_may_do_nothing(terminal):
    terminal.done("init")
    answer = terminal("case", "list", by="stranger@example.org")
    assert (answer.status, answer.out) == (1, "")
    assert "stranger@example.org" in answer.err


def test_answers_come_in_the_language_of_the_person(terminal):
    terminal.done("init", "--language", "en")
    assert "The history holds: 1" in terminal.done("verify").err
    terminal.done("init", "--language", "ru", by="second@example.org")
    assert "История" in terminal.done("verify").err


# --- virtual time ---------------------------------------------------------------------------------


def test_a_moment_is_refused_where_time_is_real(terminal, monkeypatch):
    terminal.done("init", at="2026-08-01")
    monkeypatch.delenv("OPORA_VIRTUAL_TIME")
    answer = terminal("round", at="2026-09-01")
    assert (answer.status, answer.out) == (2, "")
    assert "OPORA_VIRTUAL_TIME" in answer.err


def test_time_never_runs_back(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    words = ["import", "schools.csv", "--programme", "yugra", "--profile", "schools"]
    assert terminal(*words, at="2026-07-31").status == 2
    assert terminal(*words, at="2026-08-01T03:00").status == 2
    assert terminal(*words, at="2026-08-01").status == 0  # as late that day as history has come


@pytest.mark.parametrize("moment", ["", "tomorrow", "2026-13-01", "01.09.2026", "2026-09-01T25:00"])
def test_what_is_no_moment_is_wrong_usage(moment, terminal):
    terminal.done("init", at="2026-08-01")
    assert terminal("round", "--at", moment).status == 2


# --- what is wrong with the installation ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLOWS", "magic"),
        ("DATABASE", "no url"),
        ("DATABASE", "mssql+nothing://x"),
        ("PREFECT_PORT", "x"),
    ],
)
def test_a_wrong_setting_is_named(name, value, terminal, monkeypatch):
    monkeypatch.setenv(f"OPORA_{name}", value)
    answer = terminal("config", "show")
    assert (answer.status, answer.out) == (2, "")
    assert name.lower() in answer.err.lower()


def test_a_broken_opora_toml_is_named(terminal):
    (terminal.folder / "opora.toml").write_text("home = [", encoding="utf-8")
    answer = terminal("config", "show")
    assert answer.status == 1
    assert "opora.toml" in answer.err


def test_passwords_are_never_shown(terminal, monkeypatch):
    monkeypatch.setenv(
        "OPORA_DATABASE", "postgresql+psycopg://opora:topsecret@db.example.org/opora"
    )
    monkeypatch.setenv("OPORA_SMTP_URL", "smtp://opora:topsecret@mail.example.org:25")
    for words in (["config", "show"], ["config", "show", "--json"]):
        answer = terminal.done(*words)
        assert "topsecret" not in answer.out + answer.err
    assert terminal.done("config", "show", "--json").data["flows"] == "direct"


def test_a_database_that_is_away_is_one_sentence(terminal, monkeypatch):
    monkeypatch.setenv("OPORA_DATABASE", "postgresql+psycopg://opora@127.0.0.1:9/opora")
    answer = terminal("case", "list")
    assert (answer.status, answer.out) == (1, "")
    assert len(answer.err.strip().splitlines()) == 1


def test_a_file_that_is_no_database_is_one_sentence(terminal):
    (terminal.folder / "home").mkdir()
    (terminal.folder / "home" / "opora.db").write_bytes(b"not a database at all" * 100)
    answer = terminal("case", "list")
    assert (answer.status, answer.out) == (1, "")
    assert "Traceback" not in answer.err


def test_the_unexpected_leaves_a_number_and_no_traceback(terminal, monkeypatch):
    def broken(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr("cli.programme_commands.shipped", broken)
    (terminal.folder / "home").mkdir()
    answer = terminal("programme", "list")
    assert answer.status == 1
    assert "Traceback" not in answer.err
    assert "boom" in (terminal.folder / "home" / "incidents.log").read_text(encoding="utf-8")


def test_a_full_disk_is_one_sentence_without_a_gap(terminal, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cli.programme_commands.shipped", full)
    answer = terminal("programme", "list")
    assert (answer.status, answer.err) == (1, "Система отказывает: No space left on device.\n")


@pytest.mark.parametrize(("losses", "status"), [(0, 0), (2, 0), (3, 1)])
def test_who_lost_a_race_is_tried_again_twice_and_then_told(terminal, monkeypatch, losses, status):
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    lost = [SomebodyWasFirst(problem="taken") for _ in range(losses)]

    def raced(*_):
        if lost:
            raise lost.pop()
        return {}

    monkeypatch.setattr("cli.door.require_current", raced)
    answer = terminal("letter", "list")
    assert answer.status == status
    assert ("taken" in answer.err) is (status == 1)


def test_an_interruption_is_quiet(capsys, monkeypatch, terminal):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.programme_commands.shipped", interrupted)
    assert run(["programme", "list"]) == 130
    assert capsys.readouterr().err == ""


def test_the_process_ends_with_the_status_of_the_command(tmp_path):
    def status(*words: str) -> int:
        run_it = "import sys, cli.main; sys.exit(cli.main.run())"
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {run_it}"
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert (status("version"), status("case", "list"), status("fly")) == (0, 1, 2)
