"""Indicators through the command line: counted or written down, frozen once, judged by their targets."""

import pytest

from tests.cli.conftest import launch

WHERE = ("--programme", "yugra", "--year", 2026)


@pytest.fixture
def town(on_database):
    launch(on_database)
    return on_database


def values(town, key, **more):
    rows = town.done("indicator", "show", *WHERE, "--json", **more).data
    return {row["place"]: row for row in rows if row["indicator"] == key}


def write(town, key, *numbers, **more):
    return town("indicator", "enter", key, *WHERE, *numbers, "--from", "отчёт института", **more)


def test_a_share_that_is_written_down_reaches_its_target_or_does_not(town):
    assert values(town, "individual_routes")[""]["reached"] is None
    assert write(town, "individual_routes", "--numerator", 4, "--denominator", 100).status == 0
    row = values(town, "individual_routes")[""]
    assert (row["value"], row["reached"]) == ("0.04", False)
    assert write(town, "individual_routes", "--numerator", 5, "--denominator", 100).status == 0
    assert values(town, "individual_routes")[""]["reached"] is True
    assert town.done("verify", "--json").data["ok"]


def test_what_is_counted_is_never_written_down(town):
    refused = write(town, "low_results", "--numerator", 1)
    assert refused.status == 1
    assert write(town, "individual_routes", "--numerator", "много", "--denominator", 1).status == 1
    assert write(town, "no_such", "--numerator", 1).status == 1


def test_a_share_of_schools_counts_those_that_are_judged_and_names_the_others(town):
    [row] = values(town, "low_results").values()
    assert row["place"] == "territory:01"
    assert (int(row["numerator"]), int(row["denominator"])) == (1, 2 - row["unknown"])


def test_the_first_phase_is_frozen_once_and_later_values_are_compared_with_it(town):
    write(town, "trained_teachers", "--numerator", 2, "--denominator", 50)
    town.done("indicator", "freeze", "entry", *WHERE)
    write(town, "trained_teachers", "--numerator", 5, "--denominator", 50)
    row = values(town, "trained_teachers")[""]
    assert (row["baseline"], row["value"], row["change"]) == ("0.04", "0.1", "0.06")
    again = town("indicator", "freeze", "entry", *WHERE)
    assert again.status == 1
    assert town.done("verify", "--json").data["ok"]


def test_a_head_sees_the_own_school_and_the_region_and_no_other(town):
    rows = town.done("indicator", "show", "--json", by="head@example.org").data
    places = {row["place"] for row in rows}
    assert "" in places
    assert "school:010002" not in places
    assert town("indicator", "freeze", "entry", *WHERE, by="head@example.org").status == 1


def test_the_report_shows_them_by_group(town):
    told = town.done("report", "indicators", *WHERE, "--json").data
    assert [table["title"] for table in told["tables"]][:1] == ["Показатели приказа № 439"]
