"""A whole year through the command line: to the exit, returned twice, withdrawn; real files, real mail."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.test_story import COORDINATOR, CURATOR, HEAD, OPERATOR, carry_through
from tests.notifications.mail_server import running

FORWARD = ["analyse", "cluster", "partner", "approve_programme", "monitor", "exit"]
BASIS = ("--basis", "приказ № 12")


def plan(terminal, *, at):
    """Measures in every direction; the curator answers in the place of the tutor, who is nobody yet."""
    for section in ("normative", "staff", "monitoring"):
        fields = {"title": section, "section": section, "due": "2027-05-20", "proof": "справка"}
        words = [word for key, text in fields.items() for word in ("--field", f"{key}={text}")]
        terminal.done("record", "add", "measure", "--case", 1, *words, at=at, by=HEAD)
    terminal.done("plan", "submit", 1, at=at, by=HEAD)
    for by in (CURATOR, COORDINATOR):
        terminal.done("plan", "review", 1, "--endorse", at=at, by=by)
    terminal.done("plan", "approve", 1, *BASIS, at=at)
    [task] = [
        one
        for one in terminal.done("task", "list", "--json").data
        if one["milestone"] == "municipal_programme_adopted"
    ]
    words = ["task", "submit", task["id"], "--file", "proof.pdf"]
    terminal.done(*words, at=at, by=COORDINATOR)
    terminal.done("task", "accept", task["id"], at=at)


def walk(terminal, moves, *, month):
    """Do all the work of each stage, decide what is to be decided, and move the case on."""
    for number, move in enumerate(moves):
        at = (
            f"2026-{month + number:02}-15"
            if month + number <= 12
            else f"2027-{month + number - 12:02}-15"
        )
        terminal.done("round", at=f"{at}T07:00")
        terminal.done("deliver", at=f"{at}T10:00")
        if move == "approve_programme":
            plan(terminal, at=f"{at}T10:30")
        carry_through(terminal, at=f"{at}T11:00")
        for kind in ("cluster", "partner"):
            if move == kind:
                terminal.done("case", "decide", 1, kind, "B", *BASIS, at=f"{at}T11:30")
        outcome = ("--outcome", "improved") if move == "exit" else ()
        terminal.done("case", "move", 1, move, *BASIS, *outcome, at=f"{at}T12:00", by=OPERATOR)


def state_of(terminal):
    [case] = terminal.done("case", "list", "--json").data
    return case["stage"], case["outcome"]


def test_one_school_goes_from_the_file_to_the_exit_through_every_stage(region):
    walk(region, FORWARD, month=10)
    assert state_of(region) == ("exited", "improved")
    history = region.done("history", 1, "--json").data["lines"]
    assert [line["deed"] for line in history if line["deed"] in FORWARD] == FORWARD
    letters = Counter(letter["kind"] for letter in region.done("letter", "list", "--json").data)
    assert {"case_opened", "case_moved", "task_submitted", "task_accepted", "digest"} <= set(
        letters
    )
    assert region.done("verify", "--json").data["ok"]


def test_a_school_returned_twice_does_the_work_again_and_arrives(region):
    walk(region, ["analyse"], month=10)
    for day in (16, 20):
        at = f"2026-10-{day}"
        words = ["return_for_rework", "--remarks", "Причины названы не по каждой школе"]
        region.done("case", "move", 1, *words, at=at, by=CURATOR)
        assert state_of(region)[0] == "identified"
        refused = region("case", "move", 1, "analyse", *BASIS, at=at, by=CURATOR)
        assert refused.status == 1
        carry_through(region, at=f"2026-10-{day + 1}")
        region.done("case", "move", 1, "analyse", *BASIS, at=f"2026-10-{day + 2}", by=CURATOR)
    turns = {task["turn"] for task in region.done("task", "list", "--case", 1, "--json").data}
    assert turns == {1, 2, 3}
    assert region.done("verify", "--json").data["ok"]


def test_a_withdrawn_school_is_left_alone_and_may_come_back(region):
    region.done("case", "move", 1, "withdraw", *BASIS, at="2026-10-01")
    assert state_of(region) == ("exited", "withdrawn")
    region.done("round", at="2026-12-01T07:00")
    region.done("deliver", at="2026-12-01T10:00")
    sent = region.done("letter", "list", "--json").data
    assert not [one for one in sent if one["kind"] == "digest" and one["case"] == 1]
    region.done("case", "move", 1, "reopen", *BASIS, at="2026-12-02")
    assert state_of(region) == ("identified", None)
    assert region.done("verify", "--json").data["ok"]


def test_letters_go_to_a_real_mail_server(region, monkeypatch):
    with running() as server:
        monkeypatch.setenv("OPORA_SMTP_URL", server.url)
        told = region.done("deliver", "--json", at="2026-09-02").data
        assert told["sent"] == len(server.taken) > 0
    assert not (region.folder / "home" / "mailbox").exists()


def official(folder: Path, year: str) -> list[dict[str, str]]:
    with (folder / "north-carolina" / "schools_2014_2018.csv").open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["year"] == year]


def test_the_states_file_gives_the_states_list_through_the_command_line(terminal, real_data):
    terminal.done("init", at="2026-08-01")
    file = real_data / "north-carolina" / "schools_2014_2018.csv"
    words = ["import", file, "--programme", "north-carolina", "--profile", "schools", "--json"]
    taken = terminal.done(*words, at="2026-08-20").data
    assert (taken["left_out"], taken["rejected"]) == (3, [])
    found = terminal.done(
        "identify", "--programme", "north-carolina", "--year", 2018, "--json", at="2026-08-21"
    ).data
    rows = official(real_data, "2018")
    listed = {one["school"] for one in found["verdicts"] if one["listed"]}
    recurring = {one["school"] for one in found["verdicts"] if "recurring" in one["categories"]}
    assert listed == {row["agency_code"] for row in rows if row["lp_school"] == "Y"}
    assert recurring == {
        row["agency_code"] for row in rows if "Y" in (row["rlp_school"], row["clpc_school"])
    }
    with (real_data / "north-carolina" / "districts_2018.csv").open(encoding="utf-8") as stream:
        districts = {
            row["agency_code"]: row["lp_district"] == "Y" for row in csv.DictReader(stream)
        }
    assert {one["territory"]: one["listed"] for one in found["territories"]} == districts
    again = terminal.done(*words, at="2026-08-22").data
    assert (again["added"], again["changed"]) == (0, 0)


@pytest.mark.parametrize("command", ["round", "deliver"])
def test_time_never_runs_backwards(region, command):
    assert region(command, at="2020-01-01").status == 2
