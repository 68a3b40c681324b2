"""A school's plan through the command line: never complete by a tick, reviewed in turn, carried out."""

import pytest

from tests.cli.conftest import launch, write

HEAD, CURATOR = "head@example.org", "curator@example.org"
PARTNER, COORDINATOR = "partner@example.org", "coordinator@example.org"
BASIS = ("--basis", "приказ № 40")


@pytest.fixture
def town(on_database):
    launch(on_database)
    rows = [[PARTNER, "Партнёр Выдуманный", "partner", "", "010001"]]
    write(on_database.folder / "people.csv", ["email", "name", "role", "territory", "school"], rows)
    on_database.done(
        "import", "people.csv", "--programme", "yugra", "--profile", "people", at="2026-09-01T10:00"
    )
    return on_database


def measure(town, section, *, title="Семинар", due="2026-10-15", hour="11:00"):
    fields = {"title": title, "section": section, "due": due, "proof": "протокол"}
    words = [word for key, text in fields.items() for word in ("--field", f"{key}={text}")]
    more = ("--case", 1, *words, "--json")
    return town.done("record", "add", "measure", *more, by=HEAD, at=f"2026-09-02T{hour}").data


def whole(town):
    for section in ("normative", "staff", "monitoring"):
        measure(town, section, title=f"Дело: {section}")


def test_a_plan_without_a_section_is_not_handed_in_and_says_what_it_lacks(town):
    measure(town, "staff")
    checked = town("plan", "check", 1, "--json", by=HEAD)
    assert checked.status == 3
    assert len(checked.data["missing"]) == 2
    refused = town("plan", "submit", 1, by=HEAD, at="2026-09-03")
    assert refused.status == 1
    assert "нормативное обеспечение" in refused.err


def test_the_partner_comments_the_school_revises_and_the_approved_measures_become_tasks(town):
    whole(town)
    town.done("plan", "submit", 1, by=HEAD, at="2026-09-03")
    early = town("plan", "review", 1, "--endorse", by=COORDINATOR, at="2026-09-03T10:00")
    assert early.status == 1
    words = ("plan", "review", 1, "--return", "--remarks", "нет сроков по кадрам")
    town.done(*words, by=PARTNER, at="2026-09-04")
    assert town.done("plan", "show", 1, "--json").data["state"] == "returned"
    town.done("plan", "submit", 1, by=HEAD, at="2026-09-07")
    town.done("plan", "review", 1, "--endorse", by=PARTNER, at="2026-09-08")
    assert town("plan", "approve", 1, "--basis", "приказ № 40", at="2026-09-08T10:00").status == 1
    town.done("plan", "review", 1, "--endorse", by=COORDINATOR, at="2026-09-09")
    town.done("plan", "approve", 1, "--basis", "приказ № 40", at="2026-09-10")
    seen = town.done("plan", "show", 1, "--json").data
    assert (seen["state"], seen["version"]) == ("approved", 2)
    assert {one["due_on"] for one in seen["measures"]} == {"2026-10-15"}
    assert [one["measures"] if isinstance(one, dict) else one[2] for one in seen["versions"]] == [
        3,
        3,
    ]
    tasks = town.done("task", "list", "--json").data
    assert sum(task["milestone"] == "measure_done" for task in tasks) == 3
    assert town.done("verify", "--json").data["ok"]


def test_done_and_done_in_time_are_counted_from_the_tasks(town):
    whole(town)
    town.done("plan", "submit", 1, by=HEAD, at="2026-09-03")
    town.done("plan", "review", 1, "--endorse", by=PARTNER, at="2026-09-04")
    town.done("plan", "review", 1, "--endorse", by=COORDINATOR, at="2026-09-05T10:00")
    town.done("plan", "approve", 1, "--basis", "приказ № 40", at="2026-09-07")
    first, second, _ = (
        one["task"] for one in town.done("plan", "show", 1, "--json").data["measures"]
    )
    town.done("task", "submit", first, "--text", "проведён", by=HEAD, at="2026-10-01")
    town.done("task", "accept", first, by=CURATOR, at="2026-10-20")
    town.done("task", "submit", second, "--text", "проведён", by=HEAD, at="2026-10-21")
    town.done("task", "accept", second, by=CURATOR, at="2026-10-22")
    out = town.done("plan", "show", 1).out
    assert "66,7" in out
    assert "50" in out
    assert town.done("verify", "--json").data["ok"]


def test_the_author_never_endorses_the_own_plan(town):
    whole(town)
    town.done("plan", "submit", 1, by=CURATOR, at="2026-09-03")
    refused = town("plan", "review", 1, "--endorse", by=CURATOR, at="2026-09-04")
    assert refused.status == 1


def test_each_reviewer_hears_that_it_is_their_turn(town):
    whole(town)
    town.done("plan", "submit", 1, by=HEAD, at="2026-09-03")
    town.done("deliver", at="2026-09-03T14:00")
    told = [
        one["to"]
        for one in town.done("letter", "list", "--json").data
        if one["kind"] == "plan_notice"
    ]
    assert told == [PARTNER]


def test_where_nobody_is_the_partner_whoever_got_the_letter_may_say_the_word(on_database):
    launch(on_database)
    whole(on_database)
    on_database.done("plan", "submit", 1, by=HEAD, at="2026-09-03")
    on_database.done("deliver", at="2026-09-03T14:00")
    letters = on_database.done("letter", "list", "--json").data
    assert [one["to"] for one in letters if one["kind"] == "plan_notice"] == [CURATOR]
    early = on_database("plan", "review", 1, "--endorse", by=COORDINATOR, at="2026-09-04")
    assert early.status == 1  # the curator answers in the place of the partner, nobody above
    on_database.done("plan", "review", 1, "--endorse", by=CURATOR, at="2026-09-04")
    again = on_database("plan", "review", 1, "--endorse", by=CURATOR, at="2026-09-04")
    assert again.status == 1  # now it is the coordinator's turn, and there is one
    on_database.done("plan", "review", 1, "--endorse", by=COORDINATOR, at="2026-09-04")
    assert on_database("plan", "approve", 1, *BASIS, by=CURATOR, at="2026-09-05").status == 1
    on_database.done("plan", "approve", 1, *BASIS, at="2026-09-05")
    assert on_database.done("verify", "--json").data["ok"]


def next_year(town):
    """The school stays low: its case ends with “continues”, and 2027 is opened."""
    of = ["--programme", "yugra", "--year"]
    results = [["010001", 2027, name, 20, 10] for name in ("oge_math", "oge_russian")]
    results += [["010002", 2027, name, 20, 0] for name in ("oge_math", "oge_russian")]
    header = ["id", "year", "procedure", "participants", "below_threshold"]
    write(town.folder / "results.csv", header, results)
    words = ["import", "results.csv", *of[:2], "--profile", "results"]
    town.done(*words, at="2027-06-01")
    ended = ["case", "decide-exit", 1, "--outcome", "continues", *BASIS]
    town.done(*ended, at="2027-06-02")
    town.done("cycle", "close", *of, 2026, at="2027-06-03")
    town.done("cycle", "open", *of, 2027, "--yes", at="2027-09-01")


def test_a_correction_begins_with_last_years_measures_and_takes_none_twice(town):
    assert (
        town("plan", "renew", 1, at="2026-09-02", by=HEAD).status == 1
    )  # there is no earlier year
    whole(town)
    town.done("plan", "submit", 1, by=HEAD, at="2026-09-03")
    town.done("plan", "review", 1, "--endorse", by=PARTNER, at="2026-09-04")
    town.done("plan", "review", 1, "--endorse", by=COORDINATOR, at="2026-09-05T10:00")
    town.done("plan", "approve", 1, *BASIS, at="2026-09-07")
    first, *_ = (one["task"] for one in town.done("plan", "show", 1, "--json").data["measures"])
    town.done("task", "submit", first, "--text", "проведён", by=HEAD, at="2026-10-01")
    town.done("task", "accept", first, by=CURATOR, at="2026-10-02")
    next_year(town)
    renew = ["plan", "renew", 2]
    looked = town.done(*renew, "--undone", "--dry-run", "--json", by=HEAD, at="2027-09-02").data
    assert [one["day"] for one in looked["measures"]] == ["2027-10-15"] * 2
    assert town.done("plan", "show", 2, "--json").data["measures"] == []
    made = town.done(*renew, "--json", by=HEAD, at="2027-09-02").data["measures"]
    assert [one["was_day"] for one in made] == ["2026-10-15"] * 3
    assert town.done(*renew, "--json", by=HEAD, at="2027-09-03").data["measures"] == []
    assert town("plan", "renew", 2, by=CURATOR, at="2027-09-03").status == 0
    town.done("plan", "check", 2, by=HEAD)
    town.done("plan", "submit", 2, by=HEAD, at="2027-09-04")
    assert len(town.done("plan", "show", 1, "--json").data["measures"]) == 3  # the older plan stays
    assert town.done("verify", "--json").data["ok"]
