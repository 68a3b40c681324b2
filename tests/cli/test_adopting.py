"""In the middle of a year: a holiday moved by decree, a milestone added, a phase opened."""

import email
import shutil
from datetime import date
from email import policy
from pathlib import Path

import pytest
from babel.dates import format_date

import programmes
from tests.cli.conftest import launch

YUGRA = Path(programmes.__file__).parent / "yugra"
PHASE = "    phase: interim\n"


@pytest.fixture
def mine(terminal):
    """A copy of the region's programme, to be edited."""
    folder = terminal.folder / "mine"
    shutil.copytree(YUGRA, folder)
    return folder


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def adopt(terminal, *more, at):
    words = ["cycle", "adopt", "--programme", "mine", "--cycle", 1, "--json", *more]
    return terminal.done(*words, at=at).data


def dues(terminal):
    tasks = terminal.done("task", "list", "--json").data
    return {(task["case"], task["milestone"]): task["due_on"] for task in tasks}


def tasks_of(terminal, keys):
    tasks = terminal.done("task", "list", "--json").data
    return [task for task in tasks if (task["case"], task["milestone"]) in keys]


def in_russian(day):
    return format_date(date.fromisoformat(day), "d MMMM", locale="ru")


def mailbox(terminal):
    """Address and text of every letter that has left."""
    for file in sorted((terminal.folder / "home" / "mailbox").glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        yield message["To"].addresses[0].addr_spec, message.get_body(("plain",)).get_content()


def test_a_holiday_by_decree_in_mid_year_moves_the_days_it_touches(on_database, mine):
    launch(on_database)
    before = dues(on_database)
    decreed = before[1, "information_card_filled"]
    day = f'{{on: {decreed}, words: {{ru: день округа, en: region day}}, source: "№ 1"}}'
    edit(mine, "calendar.yaml", "off: []", f"off: [{day}]")
    at = "2026-09-03"
    tried = adopt(on_database, "--dry-run", at=at)
    assert dues(on_database) == before
    assert not tried["adopted"]
    done = adopt(on_database, "--yes", at=at)
    assert done["changes"] == tried["changes"]
    after = dues(on_database)
    said = {(one["case"], one["milestone"]): one["now"] for one in done["changes"]}
    assert {one["change"] for one in done["changes"]} == {"moved"}
    assert said == {key: after[key] for key in before if after[key] != before[key]}
    assert after[1, "information_card_filled"] > decreed
    assert after[1, "curator_named"] == before[1, "curator_named"]  # earlier than the holiday
    task, assignee = next(
        (one["id"], one["assignee"])
        for one in on_database.done("task", "list", "--case", 1, "--json").data
        if one["milestone"] == "information_card_filled"
    )
    shown = on_database.done("task", "show", task, "--json").out
    assert "день округа" in shown
    line = on_database.done("history", 1, "--json").data["lines"][-1]
    assert line["deed"] == "replan"
    assert on_database.done("verify", "--json").data["ok"]
    on_database.done("deliver", at="2026-09-04T10:00")
    told = [letter for letter in mailbox(on_database) if "новая версия" in letter[1]]
    doers = {row["assignee"] for row in tasks_of(on_database, said)}
    assert sorted(to for to, _ in told) == sorted(doers - {"operator@example.org"})  # once each
    [letter] = [text for to, text in told if to == assignee]
    assert "день округа" in letter  # why
    assert in_russian(decreed) in letter  # until now
    again = adopt(on_database, "--yes", at=at)
    assert (again["changes"], again["pass_id"]) == ([], None)
    assert on_database.done("history", 1, "--json").data["lines"][-1]["seq"] == line["seq"]


def test_a_milestone_is_added_and_one_left_out(on_database, mine):
    launch(on_database)
    text = (mine / "stages.yaml").read_text(encoding="utf-8")
    start = text.index("  - key: curator_named")
    end = text.index("  - key: information_card_filled")
    added = (
        text[start:end]
        .replace("curator_named", "visit_agreed")
        .replace("cycle_opened", "stage_entered")
    )
    (mine / "stages.yaml").write_text(text[:start] + added + text[end:], encoding="utf-8")
    done = adopt(on_database, "--yes", at="2026-09-03")
    told = {(one["milestone"], one["change"]) for one in done["changes"]}
    assert told == {("curator_named", "removed"), ("visit_agreed", "added")}
    tasks = on_database.done("task", "list", "--case", 1, "--json").data
    states = {task["milestone"]: task["state"] for task in tasks}
    assert (states["curator_named"], states["visit_agreed"]) == ("cancelled", "open")
    assert on_database.done("case", "show", 1).out
    assert on_database.done("verify", "--json").data["ok"]


def test_nobody_may_come_to_stand_where_no_way_leads_on(on_database, mine):
    launch(on_database)
    on_database.done("case", "decide", 1, "cluster", "Б", "--basis", "протокол", at="2026-09-03")
    stages = mine / "stages.yaml"
    text = stages.read_text(encoding="utf-8").replace(
        "  cluster: {words: {ru: решение", "  group: {words: {ru: решение"
    )
    stages.write_text(
        text.replace("decision, of: cluster", "decision, of: group"), encoding="utf-8"
    )
    clusters = mine / "clusters.yaml"
    said = clusters.read_text(encoding="utf-8")
    clusters.write_text(said.replace("decision: cluster", "decision: group"), encoding="utf-8")
    words = ["cycle", "adopt", "--programme", "mine", "--cycle", 1, "--yes"]
    refused = on_database(*words, at="2026-09-04")
    assert refused.status == 1
    assert refused.err.count("•") == 1
    by_curator = on_database(*words, at="2026-09-04", by="curator@example.org")
    assert by_curator.status == 1
    other = ["cycle", "adopt", "--programme", "north-carolina", "--cycle", 1, "--yes"]
    assert on_database(*other, at="2026-09-04").status == 1
    assert (
        on_database("cycle", "adopt", "--programme", "mine", "--cycle", 9, at="2026-09-04").status
        == 1
    )


def test_a_phase_opens_its_milestones_once(on_database, mine):
    launch(on_database)
    stages = mine / "stages.yaml"
    text = stages.read_text(encoding="utf-8")
    start = text.index("  - key: interim_monitoring")
    moved = text[start:].replace("stage: monitored", "stage: identified", 1)
    moved = moved.replace(PHASE, PHASE + "    opened_by: phase\n", 1)
    stages.write_text(text[:start] + moved, encoding="utf-8")
    assert on_database("phase", "open", "interim", "--cycle", 1, at="2026-09-02").status == 1
    adopted = adopt(on_database, "--yes", at="2026-09-03")
    assert adopted["changes"] == []  # it waits for its phase
    opening = ["phase", "open", "interim", "--cycle", 1, "--json"]
    first = on_database.done(*opening, at="2026-09-04").data
    assert first["counts"] == {"cases": 1, "tasks": 1}
    assert on_database.done(*opening, at="2026-09-04").data == first
    assert on_database.done(*opening, at="2026-09-07").data["counts"] == {"cases": 0, "tasks": 0}
    tasks = on_database.done("task", "list", "--case", 1, "--json").data
    assert [t["milestone"] for t in tasks].count("interim_monitoring") == 1
    assert on_database(*opening, at="2026-09-07", by="head@example.org").status == 1
    assert on_database.done("verify", "--json").data["ok"]
