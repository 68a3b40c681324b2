"""Stories through the command line: from the files to an accepted task, a moved case, a checked history."""

import sqlite3

import pytest

from casework.imports.importing_sources import keep_source
from casework.tasks.evidence import is_kept, read
from notifications.outbox import LetterKind
from opora.errors import FileRefused
from tests.cli.conftest import GOOD, LOW, OPENED, launch, take_in, write_files
from tests.cli.terminal import Terminal

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
HEAD, CURATOR = "head@example.org", "curator@example.org"
COORDINATOR, OPERATOR = "coordinator@example.org", "operator@example.org"
JUDGE = {"curator": CURATOR, "coordinator": COORDINATOR, "operator": OPERATOR}


def carry_through(terminal: Terminal, *, at: str) -> None:
    """Hand in and accept every open task of the case, by whom it concerns."""
    (terminal.folder / "proof.pdf").write_bytes(PDF)
    for task in terminal.done("task", "list", "--case", 1, "--json").data:
        if task["state"] not in {"open", "returned"}:
            continue
        words = ["task", "submit", task["id"], "--text", "Сделано", "--file", "proof.pdf"]
        terminal.done(*words, at=at, by=task["assignee"])
        if task["approver"] is not None:
            terminal.done("task", "accept", task["id"], at=at, by=JUDGE[task["approver"]])


def test_from_the_files_to_a_moved_case_and_a_checked_history(on_database):
    launch(on_database)
    [case] = on_database.done("case", "list", "--json").data
    assert (case["school"], case["stage"], case["version"]) == (LOW, "identified", 1)

    sent = on_database.done("deliver", "--json", at="2026-09-02").data
    assert sent["sent"] > 0
    assert len(list((on_database.folder / "home" / "mailbox").glob("*.eml"))) == sent["sent"]

    refused = on_database("case", "move", 1, "analyse", at="2026-09-02")
    assert refused.status == 1
    assert refused.err.count("•") == 3  # two documents and the unfinished tasks

    carry_through(on_database, at="2026-09-05")
    moved = on_database.done("case", "move", 1, "analyse", "--json", at="2026-09-07", by=CURATOR)
    assert (moved.data["from"], moved.data["to"]) == ("identified", "analysed")

    history = on_database.done("history", 1, "--json").data
    deeds = [line["deed"] for line in history["lines"]]
    assert deeds[0] == "open_case"
    assert deeds[-1] == "analyse"
    assert history["lines"][-1]["virtual"]
    before = on_database.done("history", 1, "--as-of", "2026-09-06", "--json").data
    assert (before["stage"], history["stage"]) == ("identified", "analysed")
    assert on_database.done("verify", "--json").data["ok"]


def test_a_history_as_of_a_day_before_the_case_says_since_when_it_exists(region):
    answer = region("history", 1, "--as-of", "2026-08-31")
    assert answer.status == 1
    assert "1 сентября 2026" in answer.err
    assert region.done("history", 1, "--as-of", "2026-09-01", "--json").data["lines"]


def test_whoever_would_approve_their_own_work_is_named_before_the_launch(terminal):
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    for profile in ("schools", "results"):
        take_in(terminal, profile)
    words = ["cycle", "open", "--programme", "yugra", "--year", 2026]
    looked = terminal(*words, at=OPENED)  # nobody is there to answer: nothing is opened
    assert "собственную работу" in looked.err
    assert "operator@example.org" in looked.err
    assert looked.err.count("Автор сам не принимает") == 1
    opened = terminal.done(*words, "--yes", at=OPENED)
    alone = [line for line in opened.err.splitlines() if "собственную работу" in line]
    checked = terminal("people", "check", "--json")
    assert checked.status == 3
    titles = {one["title"]["ru"] for one in checked.data if one["lack"] == "own_approval"}
    assert titles
    assert all(any(title in line for line in alone) for title in titles)


def test_a_second_opening_doubles_nothing(region):
    words = ["cycle", "open", "--programme", "yugra", "--year", 2026, "--yes", "--json"]
    first, second = (region.done(*words, at=OPENED).data for _ in range(2))
    assert first == second
    assert (first["cases"], first["refused"], first["programme"]) == (1, 0, "yugra")


def test_identification_answers_with_the_identifiers_of_the_file(region):
    words = ["identify", "--programme", "yugra", "--year", 2026, "--json"]
    found = region.done(*words, at=OPENED).data
    assert {v["school"]: v["listed"] for v in found["verdicts"]} == {LOW: True, GOOD: False}
    assert found["verdicts"][0].keys() >= {"categories", "grounds", "not_rated"}
    assert found["judged"] == 2
    tried = region.done(*words, "--what-if", "low_share=0.6", at=OPENED).data
    assert not any(v["listed"] for v in tried["verdicts"])
    assert tried["listing"] is None


@pytest.mark.parametrize("trial", ["low_share", "=1", "low_share=", "nothing=1", "low_share=many"])
def test_a_trial_that_makes_no_sense_is_refused(trial, region):
    answer = region(
        "identify", "--programme", "yugra", "--year", 2026, "--what-if", trial, at=OPENED
    )
    assert answer.status in {1, 2}
    assert answer.out == ""


def test_nobody_is_asked_where_nobody_sits(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    for profile in ("schools", "results"):
        take_in(terminal, profile)
    words = ["cycle", "open", "--programme", "yugra", "--year", 2026]
    assert terminal(*words, at=OPENED).status == 2
    assert terminal.done("case", "list", "--json").data == []
    assert terminal("cycle", "status").status == 1


# --- import ---------------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing_and_the_same_file_changes_nothing(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    tried = take_in(terminal, "schools", "--dry-run", "--json").data
    really = take_in(terminal, "schools", "--json").data
    again = take_in(terminal, "schools", "--json").data
    assert (tried["added"], really["added"], again["added"], again["unchanged"]) == (2, 2, 0, 2)
    assert really.keys() >= {"added", "changed", "unchanged", "left_out", "rejected"}


def test_an_imported_file_is_kept_by_its_hash_and_one_only_looked_at_is_not(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    looked = take_in(terminal, "schools", "--dry-run", "--json").data
    store = f"file://{terminal.folder / 'home' / 'evidence'}"
    assert not is_kept(store, looked["sha256"])
    taken = take_in(terminal, "schools", "--json").data
    assert read(store, taken["sha256"]) == (terminal.folder / "schools.csv").read_bytes()
    again = take_in(terminal, "schools", "--json").data
    assert (again["unchanged"], again["import"]) == (2, None)


def test_a_file_that_changes_while_it_is_read_is_refused_with_its_import(tmp_path):
    path = tmp_path / "schools.csv"
    path.write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(FileRefused):
        keep_source(f"file://{tmp_path / 'store'}", path, "0" * 64)
    assert not (tmp_path / "store").exists()


def test_a_bad_row_is_named_and_kept_and_the_status_says_so(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    file = terminal.folder / "schools.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(LOW, "10001"), encoding="utf-8")
    words = ["import", "schools.csv", "--programme", "yugra", "--profile", "schools", "--json"]
    answer = terminal(*words, at="2026-08-20")
    assert answer.status == 3
    [reject] = answer.data["rejected"]
    assert (reject["file"], reject["row"], reject["value"]) == ("schools.csv", 2, "10001")
    assert reject["cure"]
    [kept] = (terminal.folder / "home" / "rejects").iterdir()
    assert "10001" in kept.read_text(encoding="utf-8-sig")


def test_a_part_larger_than_its_whole_is_no_result(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    take_in(terminal, "schools")
    file = terminal.folder / "results.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(";20;10", ";20;99"), encoding="utf-8")
    words = ["import", "results.csv", "--programme", "yugra", "--profile", "results", "--json"]
    answer = terminal(*words, at="2026-08-20")
    assert answer.status == 3
    assert [(one["row"], one["field"]) for one in answer.data["rejected"]] == [
        (2, "below_threshold"),
        (3, "below_threshold"),
    ]


def test_no_setting_shows_a_secret(terminal, monkeypatch):
    for name, url in (
        ("DATABASE", "postgresql+psycopg://app:HUSH@127.0.0.1/opora?password=HUSH"),
        ("SMTP_URL", "smtps://me:HUSH@example.org:465?x=HUSH"),
        ("STORE_URL", "s3://HUSH:HUSH@bucket/path?token=HUSH"),
        ("BOUNCE_IMAP", "imaps://me:HUSH@example.org"),
    ):
        monkeypatch.setenv(f"OPORA_{name}", url)
    for words in (["config", "show"], ["config", "show", "--json"]):
        assert "HUSH" not in terminal.done(*words).out


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02\xff" * 50, b"a;b\n1;2\n", b'"unclosed;\n' * 3],
    ids=["empty", "binary", "strange", "unclosed"],
)
def test_a_file_that_is_no_table_is_refused_whole(content, terminal):
    terminal.done("init", at="2026-08-01")
    (terminal.folder / "bad.csv").write_bytes(content)
    words = ["import", "bad.csv", "--programme", "yugra", "--profile", "schools"]
    answer = terminal(*words, at="2026-08-20")
    assert (answer.status, answer.out) == (1, "")
    assert "bad.csv" in answer.err


def test_what_is_not_there_is_named(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    head = ["import", "schools.csv"]
    for words, named in (
        ([*head, "--programme", "atlantis", "--profile", "schools"], "atlantis"),
        ([*head, "--programme", "yugra", "--profile", "wishes"], "wishes"),
        (["import", "none.csv", "--programme", "yugra", "--profile", "schools"], "none.csv"),
        (["import", ".", "--programme", "yugra", "--profile", "schools"], ""),
    ):
        answer = terminal(*words, at="2026-08-20")
        assert answer.status in {1, 2}
        assert named in answer.err


# --- tasks and cases ------------------------------------------------------------------------------


def test_the_author_never_accepts_and_a_stale_look_is_refused(region):
    (region.folder / "proof.pdf").write_bytes(PDF)
    tasks = region.done("task", "list", "--case", 1, "--json").data
    task = next(t["id"] for t in tasks if t["assignee"] == HEAD)
    at = "2026-09-03"
    assert (
        region("task", "submit", task, "--file", "proof.pdf", "--seen", 7, at=at, by=HEAD).status
        == 1
    )
    handed = ["task", "submit", task, "--file", "proof.pdf", "--seen", 1, "--json"]
    assert region.done(*handed, at=at, by=HEAD).data["state"] == "submitted"
    assert region("task", "accept", task, at=at, by=HEAD).status == 1
    assert region("task", "return", task, "--remarks", " ", at=at, by=CURATOR).status == 1
    returned = ["task", "return", task, "--remarks", "Нет второй страницы", "--json"]
    assert region.done(*returned, at=at, by=CURATOR).data["state"] == "returned"
    shown = region.done("task", "show", task, by=HEAD).out
    assert "Нет второй страницы" in shown
    cancelled = ["task", "cancel", task, "--reason", "Девятого класса нет", "--json"]
    assert region.done(*cancelled, at=at).data["state"] == "cancelled"


def test_evidence_that_is_missing_or_of_a_wrong_kind_is_refused(region):
    (region.folder / "virus.exe").write_bytes(b"MZ\x90\x00")
    (region.folder / "empty.pdf").write_bytes(b"")
    [task, *_] = region.done("task", "list", "--mine", "--json", by=HEAD).data
    for files in ([], ["virus.exe"], ["empty.pdf"], ["nowhere.pdf"]):
        options = [word for file in files for word in ("--file", file)]
        answer = region("task", "submit", task["id"], *options, at="2026-09-03", by=HEAD)
        assert (answer.status, answer.out) == (1, "")
    assert region.done("task", "list", "--mine", "--json", by=HEAD).data[0]["version"] == 1


def test_what_is_not_yours_does_not_exist_for_you(region):
    for words in (
        ["case", "show", 99],
        ["task", "show", 999],
        ["letter", "show", 999],
        ["history", 99],
    ):
        assert region(*words).status == 1
    assert region("letter", "show", 1, by=HEAD).status == 1
    assert (
        region("cycle", "open", "--programme", "yugra", "--year", 2026, "--yes", by=HEAD).status
        == 1
    )
    assert region("verify", by=HEAD).status == 1
    assert region("round", by=HEAD).status == 1
    assert len(region.done("case", "list", "--json", by=HEAD).data) == 1
    assert region.done("case", "list", "--json", by=OPERATOR).data != []


def test_words_of_the_history_are_for_those_who_may_read_them(region):
    region.done("case", "move", 1, "withdraw", "--basis", "приказ № 7", at="2026-09-03")
    told = region.done("history", 1, "--json", by="auditor@example.org").data["lines"][-1]
    hidden = region.done("history", 1, "--json", by=HEAD).data["lines"][-1]
    assert told["words"] == {"basis": "приказ № 7"}
    assert (hidden["words"], hidden["by"], hidden["deed"]) == ({}, None, "withdraw")
    years = region.done("history", "--school", LOW, "--json").data
    assert [one["year"] for one in years["cases"]] == [2026]
    assert years["lines"][0]["deed"] == "register_school"


def test_a_decision_and_a_late_school_join_the_cycle(region):
    at = "2026-09-03"
    assert region("case", "decide", 1, "weather", "sunny", "--basis", "x", at=at).status == 1
    assert region("case", "decide", 1, "cluster", "Кластер 2", at=at).status == 1
    words = ["case", "decide", 1, "cluster", "Кластер 2", "--basis", "протокол № 3"]
    region.done(*words, at=at)
    assert "Кластер 2" in region.done("case", "show", 1).out
    opening = ["case", "open", "--programme", "yugra", "--year", 2026, "--school"]
    assert region.done(*opening, GOOD, "--json", at=at).data["case"] == 2
    assert region(*opening, GOOD, at=at).status == 1
    assert region(*opening, "999999", at=at).status == 1


def test_a_move_that_the_law_does_not_have_names_those_it_has(region):
    answer = region("case", "move", 1, "monitor", at="2026-09-03")
    assert answer.status == 1
    assert "analyse" in answer.err
    assert region("case", "move", 1, "fly", at="2026-09-03").status == 2


# --- rounds, letters, the board -------------------------------------------------------------------


def test_a_round_claims_once_and_says_what_it_did(region):
    region.done("round", "--json", at="2026-09-08")
    [first] = region.done("round", "--json", at="2026-09-09").data["rounds"]
    [again] = region.done("round", "--json", at="2026-09-09").data["rounds"]
    assert first == again
    assert first["claims"] > 0
    assert first["day"] == "2026-09-09"


def test_letters_are_listed_and_shown(region):
    waiting = region.done("letter", "list", "--json").data
    assert {one["state"] for one in waiting} == {"pending"}
    assert region.done("letter", "show", 1, "--json").data["text"] is None
    listed = region.done("letter", "list").out
    assert not any(kind in listed for kind in LetterKind)  # people read words
    assert not any(kind in region.done("letter", "show", 1).out for kind in LetterKind)
    region.done("deliver", at="2026-09-02")
    shown = region.done("letter", "show", 1, "--json").data
    assert shown["state"] == "sent"
    assert shown["text"].strip()
    assert shown["headers"]["To"].endswith(f"<{shown['to']}>")
    assert region.done("letter", "list", "--state", "dead", "--json").data == []


def test_whoever_delivers_at_night_is_told_when_the_letters_leave(region):
    region.done("round", at="2026-09-05T23:00")
    assert "7 сентября 2026 г., 08:00" in region.done("deliver", at="2026-09-05T23:30").err


def test_the_board_counts_stages_and_names_who_is_late(region):
    region.done("case", "decide", 1, "cluster", "Б", "--basis", "протокол", at="2026-10-15")
    board = region.done("cycle", "status", "--json").data
    assert (board["cases"], board["stages"]["identified"]) == (1, 1)
    assert {row["person"] for row in board["late"]} >= {HEAD, COORDINATOR}
    assert board["passes"][0]["kind"] == "open_cycle"
    assert region.done("cycle", "status", "--json", by=HEAD).data["passes"] == []
    assert "Выдуманный район" in region.done("cycle", "status").out


def test_lists_go_on_page_by_page(region):
    everything = [task["id"] for task in region.done("task", "list", "--json").data]
    page = region.done("task", "list", "--limit", 2, "--json").data
    rest = region.done("task", "list", "--after", page[-1]["id"], "--json").data
    assert [task["id"] for task in page + rest] == everything


def test_a_terminal_is_not_steered_by_a_name(terminal):
    terminal.done("init", at="2026-08-01")
    write_files(terminal.folder)
    file = terminal.folder / "people.csv"
    text = file.read_text(encoding="utf-8").replace("Координатор Выдуманный", "[red]Нет[/red]")
    file.write_text(text, encoding="utf-8")
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    words = ["cycle", "open", "--programme", "yugra", "--year", 2026, "--yes"]
    terminal.done(*words, at=OPENED)
    assert "[red]Нет[/red]" in terminal.done("task", "list").out


def test_a_forged_row_is_found(region):
    with sqlite3.connect(region.folder / "home" / "opora.db") as raw:
        raw.execute("UPDATE task SET due_on = '2030-01-01' WHERE id = 1")
    answer = region("verify", "--json")
    assert answer.status == 3
    assert not answer.data["ok"]
    assert answer.data["broken"][0].keys() == {"subject", "seq", "what"}


def test_programmes_are_checked_listed_and_shown(terminal):
    listed = terminal.done("programme", "list", "--json").data
    assert {one["key"] for one in listed} >= {"yugra", "north-carolina"}
    assert terminal.done("programme", "check", "yugra", "--json").data["ok"]
    assert "moves" in terminal.done("programme", "show", "yugra", "--json").data
    columns = terminal.done("programme", "show", "yugra", "--profile", "results", "--json").data
    needed = [one["column"] for one in columns if one["needed"]]
    assert needed == ["id", "year", "procedure", "participants", "below_threshold"]
    assert (
        "не бывает пустой" in terminal.done("programme", "show", "yugra", "--profile", "people").out
    )
    assert terminal.done("programme", "schema").data["type"] == "object"
    folder = terminal.folder / "mine"
    folder.mkdir()
    assert "programme.yaml" in terminal("programme", "check", "mine").err  # and is not read through
    (folder / "programme.yaml").write_text("key: [\n", encoding="utf-8")
    answer = terminal("programme", "check", "mine", "--json")
    assert answer.status == 3
    assert answer.data["faults"][0].keys() == {"file", "line", "path", "problem", "cure"}
    assert "programme.yaml:" in answer.err
