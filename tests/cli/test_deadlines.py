"""Stories of deadlines through the command line: put off, refused, stopped, moved with the kick-off."""

import pytest

from tests.cli.conftest import launch
from tests.cli.test_story import COORDINATOR, CURATOR, HEAD, carry_through

SELF_ANALYSIS, CARD = "self_analysis_done", "information_card_filled"


@pytest.fixture
def region(on_database):
    launch(on_database)
    return on_database


def task_of(terminal, milestone):
    [found] = [
        task
        for task in terminal.done("task", "list", "--json").data
        if task["milestone"] == milestone
    ]
    return found


def due(terminal, task):
    return terminal.done("task", "show", task, "--json").data["due_on"]


def test_a_deadline_extended_twice_with_one_refusal(region):
    task = task_of(region, CARD)["id"]
    assert due(region, task) == "2026-09-15"
    ask = ["task", "extend", task, "--json", "--reason", "Ремонт здания"]

    first = region.done(*ask, "--days", 3, at="2026-09-03", by=CURATOR).data
    assert first["waits_for"] == COORDINATOR
    assert due(region, task) == "2026-09-15"
    assert region(*ask, "--days", 2, at="2026-09-03", by=HEAD).status == 1  # one at a time
    assert region("task", "extend-accept", task, at="2026-09-03", by=CURATOR).status == 1
    [waits] = region.done("task", "extensions", "--json", by=COORDINATOR).data
    assert (waits["task"], waits["until"], waits["reason"]) == (task, "2026-09-18", "Ремонт здания")
    region.done("task", "extend-accept", task, at="2026-09-04", by=COORDINATOR)
    assert due(region, task) == "2026-09-18"

    region.done(*ask, "--until", "2026-09-30", at="2026-09-07", by=HEAD)
    assert region("task", "extend-refuse", task, at="2026-09-07", by=COORDINATOR).status == 1
    refuse = ["task", "extend-refuse", task, "--remarks", "Хватит и недели"]
    region.done(*refuse, at="2026-09-07", by=COORDINATOR)
    assert due(region, task) == "2026-09-18"
    assert region.done("task", "extensions", "--json").data == []

    second = region.done(*ask, "--days", 5, at="2026-09-08", by=COORDINATOR).data
    assert [(one["from"], one["to"]) for one in second["shifts"]] == [("2026-09-18", "2026-09-25")]
    over = region(*ask, "--days", 8, at="2026-09-08", by=COORDINATOR)  # 3 + 5 + 8 of 15
    assert over.status == 1
    assert all(said in over.err for said in ("«8»", "15", "уже дано 8", "осталось 7"))

    shown = region.done("task", "show", task)
    assert "Координатор Выдуманный" in shown.out
    kinds = [step["kind"] for step in region.done("task", "show", task, "--json").data["deadline"]]
    assert kinds == ["planned", "extended", "extended"]
    deeds = [line["deed"] for line in region.done("history", 1, "--json").data["lines"]]
    assert deeds.count("extend_task") == 2
    assert deeds.count("ask_extension") == 2
    assert deeds.count("refuse_extension") == 1
    decided = region.done("task", "extensions", "--all", "--json").data
    assert [one["granted"] for one in decided] == [True, False]
    assert region.done("verify", "--json").data["ok"]


def test_an_extension_is_told_and_the_reminders_follow_the_new_day(region):
    task = task_of(region, CARD)["id"]
    region.done("deliver", at="2026-09-02")
    extend = ["task", "extend", task, "--days", 5, "--reason", "Ремонт"]
    region.done(*extend, at="2026-09-08", by=HEAD)
    region.done("deliver", at="2026-09-08")
    told = [one for one in region.done("letter", "list", "--json").data if one["state"] == "sent"]
    asked = [one for one in told if one["kind"] == "deadline_changed"]
    assert [one["to"] for one in asked] == [COORDINATOR]
    assert "22 сентября 2026" in region.done("letter", "show", asked[0]["id"]).out
    region.done("task", "extend-accept", task, at="2026-09-09", by=COORDINATOR)
    region.done("deliver", at="2026-09-09")
    letters = region.done("letter", "list", "--json", by=HEAD).data
    [answer] = [one for one in letters if one["kind"] == "deadline_changed"]
    said = region.done("letter", "show", answer["id"]).out
    assert ("22 сентября 2026" in said, "До сих пор 15 сентября 2026 г." in said) == (True, True)

    def reminded(day: str) -> str:
        region.done("round", at=day)
        region.done("deliver", at=day)
        digests = region.done("letter", "list", "--json", by=HEAD).data
        return "".join(
            region.done("letter", "show", one["id"]).out
            for one in digests
            if one["kind"] == "digest" and str(one["sent_at"]).startswith(day)
        )

    assert "информационную карту" not in reminded("2026-09-14")  # a day before the first day
    assert "информационную карту" in reminded("2026-09-15")  # a week before the new one
    assert region.done("verify", "--json").data["ok"]


def test_a_dry_run_shows_the_days_and_changes_nothing(region):
    task = task_of(region, CARD)["id"]
    extend = ["task", "extend", task, "--days", 2, "--reason", "Ремонт", "--dry-run", "--json"]
    tried = region.done(*extend, at="2026-09-03").data
    assert tried["dry_run"]
    assert [one["to"] for one in tried["shifts"]] == ["2026-09-17"]
    assert due(region, task) == "2026-09-15"
    assert region.done("task", "extensions", "--all", "--json").data == []
    kick_off = ["cycle", "kick-off", "--on", "2026-09-29", "--reason", "x", "--dry-run", "--json"]
    before = region.done("task", "list", "--json").data
    assert region.done(*kick_off, at="2026-09-03").data["shifts"]
    assert region.done("task", "list", "--json").data == before


@pytest.mark.parametrize(
    "words",
    [
        ["--days", 0, "--reason", "x"],
        ["--days", 3, "--reason", " "],
        ["--days", 16, "--reason", "x"],
        ["--days", 99999, "--reason", "x"],
        ["--until", "2026-09-15", "--reason", "x"],
        ["--until", "2026-02-30", "--reason", "x"],
        ["--until", "2099-01-01", "--reason", "x"],
        ["--until", "2026-09-20", "--days", 3, "--reason", "x"],
        ["--reason", "x"],
        ["--days", 3, "--reason", "x", "--seen", 7],
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(words, region):
    task = task_of(region, CARD)["id"]
    answer = region("task", "extend", task, *words, at="2026-09-03")
    assert answer.status in {1, 2}
    assert answer.out == ""
    assert due(region, task) == "2026-09-15"


def test_who_does_the_work_never_decides_on_the_own_deadline(region):
    task = task_of(region, "curator_named")["id"]
    extend = ["task", "extend", task, "--days", 2, "--reason", "Отпуск", "--json"]
    asked = region.done(*extend, at="2026-09-03", by=COORDINATOR).data
    assert asked["waits_for"] not in {None, COORDINATOR}
    assert region("task", "extend-accept", task, at="2026-09-03", by=COORDINATOR).status == 1
    taken_back = ["task", "extend-refuse", task, "--remarks", "Успею"]
    region.done(*taken_back, at="2026-09-03", by=COORDINATOR)
    assert region("task", "extend", task, "--days", 2, "--reason", "x", by="auditor@example.org",
                  at="2026-09-03").status == 1  # fmt: skip


def test_the_kick_off_ten_days_late_moves_what_counts_from_it(region):
    analysis, card = task_of(region, SELF_ANALYSIS)["id"], task_of(region, CARD)["id"]
    municipal = task_of(region, "municipal_programme_adopted")["id"]
    meeting = task_of(region, "kick_off_held")["id"]
    was = {task: due(region, task) for task in (analysis, card, municipal, meeting)}
    assert was[meeting] == "2026-09-15"
    late = ["cycle", "kick-off", "--on", "2026-09-25", "--reason", "Зал был закрыт", "--json"]
    told = region.done(*late, at="2026-09-14").data
    moved = {one["task"]: (one["from"], one["to"]) for one in told["shifts"]}
    assert moved.keys() == {analysis, municipal, meeting}
    assert moved[meeting] == ("2026-09-15", "2026-09-25")
    assert moved[analysis] == (was[analysis], "2026-10-09")
    assert due(region, card) == was[card]
    assert {task: due(region, task) for task in moved} == {t: to for t, (_, to) in moved.items()}
    assert region(*late, at="2026-09-14").status == 1  # it is on that day already
    for day in ("2026-09-26", "2027-09-01", "2026-09-31"):  # a Saturday, another year, no day
        answer = region("cycle", "kick-off", "--on", day, "--reason", "x", at="2026-09-14")
        assert answer.status in {1, 2}
    assert region(*late, at="2026-09-14", by=COORDINATOR).status == 1
    assert "Зал был закрыт" in region.done("task", "show", analysis).out
    region.done("deliver", at="2026-09-14")
    letters = region.done("letter", "list", "--json", by=HEAD).data
    assert [one["state"] for one in letters if one["kind"] == "deadline_changed"] == ["sent"]
    assert region.done("verify", "--json").data["ok"]


def test_a_case_suspended_for_twelve_days_keeps_its_ledger_in_words(region):
    task = task_of(region, CARD)["id"]
    region.done("case", "move", 1, "suspend", "--basis", "приказ № 8", at="2026-09-07")
    extend = ["task", "extend", task, "--days", 1, "--reason", "Карантин"]
    region.done(*extend, at="2026-09-08")
    region.done("round", at="2026-09-15")
    region.done("case", "move", 1, "resume", at="2026-09-19")
    seen = region.done("task", "show", task, "--json").data
    kinds = [step["kind"] for step in seen["deadline"]]
    assert kinds == ["planned", "suspended", "extended", "resumed"]
    assert seen["due_on"] == "2026-09-28"  # 16 September and twelve days
    shown = region.done("task", "show", task).out
    for said in ("приостановлен", "12 дней", "Карантин"):
        assert said in shown
    assert region.done("verify", "--json").data["ok"]


def test_each_move_that_shifts_days_shows_them_first_and_changes_nothing(region):
    def shown(move, at, *more):
        words = ["case", "move", 1, move, *more]
        before = region.done("history", 1, "--json").data, region.done("task", "list").out
        look = region.done(*words, "--dry-run", "--json", at=at).data
        assert (region.done("history", 1, "--json").data, region.done("task", "list").out) == before
        done = region.done(*words, "--json", at=at).data
        assert look == {**done, "dry_run": True}
        return {
            one["milestone"]: (one["change"], one["was"], one["now"]) for one in done["changes"]
        }

    stood = shown("suspend", "2026-09-07", "--basis", "приказ № 8")
    assert stood[CARD] == ("stopped", "2026-09-15", "2026-09-15")
    assert shown("resume", "2026-09-19")[CARD] == ("moved", "2026-09-15", "2026-09-28")
    gone = shown("withdraw", "2026-09-21", "--basis", "приказ № 9", "--remarks", "Закрыта")
    assert gone[CARD] == ("removed", "2026-09-28", None)
    back = shown("reopen", "2026-09-22", "--basis", "приказ № 10", "--remarks", "По ошибке")
    assert back[CARD][:2] == ("added", None)
    refused = region("case", "move", 1, "analyse", "--dry-run", at="2026-09-22")
    assert (refused.status, "самоанализ" in refused.err) == (1, True)
    assert "срок приостановлен" in region.done("case", "move", 1, "suspend", "--basis", "x",
                                               "--dry-run", at="2026-09-22").out  # fmt: skip
    assert region.done("verify", "--json").data["ok"]


def test_what_counts_from_a_deadline_moves_when_that_is_put_off(region):
    for move, day in (
        ("analyse", "2026-09-07"),
        ("cluster", "2026-09-09"),
        ("partner", "2026-09-11"),
    ):
        carry_through(region, at=day)
        for kind in ("cluster", "partner"):
            decide = ["case", "decide", 1, kind, "А", "--basis", "протокол № 3"]
            region.done(*decide, at=day)
        region.done("case", "move", 1, move, "--basis", "приказ № 12", at=day)
    plan, act = task_of(region, "programme_submitted"), task_of(region, "programme_act")
    extend = ["task", "extend", plan["id"], "--days", 5, "--reason", "Болезнь директора", "--json"]
    told = region.done(*extend, at="2026-09-14").data["shifts"]
    assert [one["task"] for one in told] == [plan["id"], act["id"]]
    assert all(one["to"] > one["from"] for one in told)
    steps = region.done("task", "show", act["id"], "--json").data["deadline"]
    assert "moved_with_anchor" in [step["kind"] for step in steps]
    assert region.done("verify", "--json").data["ok"]
