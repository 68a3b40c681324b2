"""What comes again, through the command line: seminars every week, a report every month."""

import shutil

import pytest

from programmes.folders import shipped
from tests.cli.conftest import OPENED, take_in, write_files
from tests.cli.test_story import CURATOR, HEAD, PDF, carry_through

MORE = """
  - key: weekly_seminar
    title: {ru: Посетить еженедельный семинар, en: Attend the weekly seminar}
    help: {ru: "Двумя строками: тема и кто был.", en: "Two lines: the theme and who was there."}
    by: head
    approves: curator
    due: {after: cycle_opened, calendar_days: 1}
    repeats: {every: week, until: {after: cycle_opened, calendar_days: 60}}
    ladder: standard
    evidence: {text: true}
    source: S3-08
  - key: monthly_report
    scope: municipality
    title: {ru: Отчитаться за месяц, en: Report on the month}
    help: {ru: "Двумя строками: что сделано.", en: "Two lines: what was done."}
    by: coordinator
    due: {on: 09-30}
    repeats: {every: month}
    ladder: standard
    evidence: {text: true}
  - key: phase_talk
    title: {ru: Разобрать итоги этапа, en: Talk the phase over}
    help: {ru: "Двумя строками: что вышло.", en: "Two lines: what came of it."}
    by: head
    due: {on: 10-01}
    repeats: {every: phase}
    ladder: standard
    evidence: {text: true}
ladders:
"""
PHASES = "phases: {entry: {on: 10-01}, interim: {on: 01-20}, final: {before: cycle_ends, calendar_days: 90}}"


@pytest.fixture
def region(on_database):
    """A year whose programme has a seminar every week and a municipal report every month."""
    terminal = on_database
    mine = terminal.folder / "mine"
    shutil.copytree(shipped()["yugra"], mine)
    stages = mine / "stages.yaml"
    text = stages.read_text(encoding="utf-8")
    course, mark, rest = text.partition("\nextension:")
    more = MORE.rstrip().removesuffix("ladders:")
    stages.write_text(f"{course}{more}{mark}{rest}\n{PHASES}\n", "utf-8")
    assert terminal.done("programme", "check", "mine", "--json").data["ok"]
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    terminal.done("cycle", "open", "--programme", "mine", "--year", 2026, "--yes", at=OPENED)
    return terminal


def turns(terminal, milestone):
    return [
        (task["turn"], task["due_on"], task["state"])
        for task in terminal.done("task", "list", "--json").data
        if task["milestone"] == milestone
    ]


def newest(terminal, milestone):
    tasks = terminal.done("task", "list", "--json").data
    return max(task["id"] for task in tasks if task["milestone"] == milestone)


def submit(terminal, task, by, at):
    terminal.done("task", "submit", task, "--text", "Тема: чтение", at=at, by=by)


def test_a_weekly_seminar_lies_one_turn_ahead_and_is_opened_once(region):
    assert turns(region, "weekly_seminar") == [(1, "2026-09-02", "open")]
    region.done("round", at="2026-09-01")
    assert len(turns(region, "weekly_seminar")) == 1
    submit(region, newest(region, "weekly_seminar"), HEAD, "2026-09-01")
    region.done("task", "accept", newest(region, "weekly_seminar"), at="2026-09-01", by=CURATOR)
    for _ in range(2):
        region.done("round", at="2026-09-02")  # accepted: the next one is opened, once
    assert turns(region, "weekly_seminar")[1:] == [(2, "2026-09-09", "open")]
    region.done("round", at="2026-09-09")  # not handed in, due: the next one all the same
    assert turns(region, "weekly_seminar")[1:] == [
        (2, "2026-09-09", "open"),
        (3, "2026-09-16", "open"),
    ]
    region.done("round", at="2026-10-08")  # a silence of four weeks: what was missed is passed over
    assert turns(region, "weekly_seminar")[3:] == [(4, "2026-10-14", "open")]
    shown = region.done("task", "show", newest(region, "weekly_seminar")).out
    assert "каждую неделю" in shown
    for day in ("2026-10-15", "2026-10-22", "2026-10-29", "2026-11-11"):
        region.done("round", at=day)
    assert turns(region, "weekly_seminar")[-1][:2] == (6, "2026-10-28")  # until sixty days are over
    assert region.done("verify", "--json").data["ok"]


def test_a_monthly_report_of_a_municipality_never_leaves_the_cycle(region):
    assert turns(region, "monthly_report") == [(1, "2026-09-30", "open")]
    for day in ("2026-09-30", "2026-10-30", "2026-12-01", "2027-05-31", "2027-06-30"):
        region.done("round", at=day)
    assert [due for _, due, _ in turns(region, "monthly_report")] == [
        "2026-09-30",
        "2026-10-30",
        "2026-11-30",
        "2026-12-30",
        "2027-06-30",
    ]
    assert region.done("verify", "--json").data["ok"]


def test_what_comes_every_phase_needs_nobody_to_open_the_phase(region):
    assert turns(region, "phase_talk") == [(1, "2026-10-01", "open")]
    for day in ("2026-09-30", "2026-10-01", "2026-10-02"):
        region.done("round", at=day)
    assert turns(region, "phase_talk")[1:] == [(2, "2027-01-20", "open")]
    assert "промежуточный этап" in region.done("task", "show", newest(region, "phase_talk")).out
    for day in ("2027-01-20", "2027-06-10", "2027-08-30"):
        region.done("round", at=day)
    assert [number for number, *_ in turns(region, "phase_talk")] == [1, 2, 3]
    assert region.done("verify", "--json").data["ok"]


@pytest.mark.parametrize(
    ("was", "now", "where"),
    [
        (PHASES, "", "repeats"),
        ("due: {on: 10-01}", "due: {after: kick_off, working_days: 3}", "due"),
        ("interim: {on: 01-20}", "interim: {after: kick_off, working_days: 9}", "phases"),
    ],
)
def test_phases_without_days_of_their_own_are_refused(region, was, now, where):
    stages = region.folder / "mine" / "stages.yaml"
    text = stages.read_text("utf-8")
    head, mark, tail = text.partition("- key: phase_talk")
    stages.write_text(head + mark + tail.replace(was, now, 1), "utf-8")
    answer = region("programme", "check", "mine")
    assert answer.status != 0
    assert where in answer.out + answer.err


def test_the_turn_ahead_holds_no_stage_back_but_what_is_late_does(region):
    carry_through(region, at="2026-09-07")
    region.done("round", at="2026-09-08")
    assert turns(region, "weekly_seminar")[-1] == (2, "2026-09-09", "open")
    late = region("case", "move", 1, "analyse", at="2026-09-16", by=CURATOR)
    assert (late.status, "семинар" in late.err) == (1, True)
    (region.folder / "proof.pdf").write_bytes(PDF)
    submit(region, newest(region, "weekly_seminar"), HEAD, "2026-09-16")
    region.done("task", "accept", newest(region, "weekly_seminar"), at="2026-09-16", by=CURATOR)
    region.done("round", at="2026-09-17")
    assert turns(region, "weekly_seminar")[-1] == (3, "2026-09-23", "open")
    region.done("case", "move", 1, "analyse", at="2026-09-18", by=CURATOR)
    region.done("round", at="2026-09-23")  # it goes on at the next stage
    assert turns(region, "weekly_seminar")[-1] == (4, "2026-09-30", "open")
    region.done("case", "move", 1, "withdraw", "--basis", "приказ № 7", at="2026-09-24")
    ended = len(turns(region, "weekly_seminar"))
    region.done("round", at="2026-10-15")
    assert len(turns(region, "weekly_seminar")) == ended
    assert region.done("verify", "--json").data["ok"]
