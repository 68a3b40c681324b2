"""The life of a list at the terminal: gaps, overrides, objections, editions, comparison."""

import pytest

from tests.cli.conftest import GOOD, LOW, launch, take_in, write, write_files
from tests.cli.terminal import Terminal

OF_2026 = ("--programme", "yugra", "--year", 2026)
COORDINATOR, HEAD, OPERATOR, SECOND = (
    "coordinator@example.org",
    "head@example.org",
    "owner@example.org",
    "second@example.org",
)


@pytest.fixture
def listed(on_database: Terminal) -> Terminal:
    """Two schools, one of them low; the list is judged and confirmed, no cycle is open."""
    terminal = on_database
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    with (terminal.folder / "people.csv").open("a", encoding="utf-8") as people:
        people.write(f"{SECOND};Вторая Выдуманная;оператор;;\n")
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    terminal.done("identify", *OF_2026, "--confirm", at="2026-08-21")
    return terminal


def schools_of(terminal: Terminal, *more: object) -> dict[str, dict]:
    found = terminal.done("list", "show", *OF_2026, *more, "--json").data["schools"]
    return {one["school"]: one for one in found}


def test_a_list_shows_the_rules_verdict_beside_the_persons_word(listed):
    words = ["--reason", "Здание в ремонте", "--basis", "приказ № 3"]
    tried = listed.done("list", "override", GOOD, *OF_2026, "--on", *words, "--dry-run", at="2026-08-22")
    assert "Это проба" in tried.err
    assert set(schools_of(listed)) == {LOW}

    listed.done("list", "override", GOOD, *OF_2026, "--on", *words, at="2026-08-22")
    listed.done("list", "override", LOW, *OF_2026, "--off", *words, at="2026-08-22")
    found = schools_of(listed)
    assert {key: (one["by_rule"], one["listed"]) for key, one in found.items()} == {
        LOW: (True, False),
        GOOD: (False, True),
    }
    assert found[LOW]["overrides"][0]["reason"] == "Здание в ремонте"
    assert "Здание в ремонте (приказ № 3" in listed.done("list", "show", *OF_2026).out
    assert listed("list", "override", GOOD, *OF_2026, "--on", at="2026-08-22").status == 1
    opened = listed.done("cycle", "open", *OF_2026, "--yes", "--json", at="2026-09-01").data
    assert opened["cases"] == 1
    assert [case["school"] for case in listed.done("case", "list", "--json").data][0] is not None
    listed.done("verify")
