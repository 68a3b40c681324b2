"""Regions that the house has never seen: their programmes are folders of data, from file to list."""

import csv
import math
import re
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from programmes.folders import shipped
from tests.cli.conftest import write

REGIONS = Path(__file__).parent / "regions"
REASONS = "  not_ranked: {ru: вне сравнения, en: not compared}\n"
REASONS += "  too_few_peers: {ru: не с кем сравнить, en: nobody to compare with}\n"
REASONS += "  not_computable: {ru: нельзя вычислить, en: not computable}\n"
REASONS += "  no_room: {ru: нет места в программе, en: no room in the programme}\n"


@pytest.fixture
def programme(tmp_path):
    """A folder as a person would begin it: the own rules, with the course of a shipped programme."""

    def begun(name):
        folder = tmp_path / name
        shutil.copytree(REGIONS / name, folder)
        for file in ("calendar.yaml", "stages.yaml", "words.yaml", "records.yaml", "plan.yaml"):
            text = (shipped()["north-carolina"] / file).read_text(encoding="utf-8")
            text = re.sub(r"\n +prefill: .+", "", text)  # the own rules have other facts
            text = text.replace("reasons:\n", f"reasons:\n{REASONS}")
            (folder / file).write_text(text, encoding="utf-8")
        return folder

    return begun


RESULTS = [  # island, school, trial, pupils, passed in 2024 and in 2025
    ("North", "A1", "Reading", 20, 8, 8),
    ("North", "A1", "Numbers", 10, 4, 5),  # 12/30 = 0.40, then 13/30 = 0.43: the lowest, twice
    ("North", "A2", "Reading", 10, 9, 5),
    ("North", "A2", "Numbers", 10, 9, 6),  # 0.90, then 11/20 = 0.55
    ("North", "A3", "Reading", 10, 9, 9),  # 0.90
    ("South", "B1", "Reading", 10, 7, 7),
    ("South", "B1", "Numbers", 10, 7, 7),  # 0.70: the lowest of the island, and enough
    ("South", "B2", "Reading", 30, 27, 27),  # 0.90
    ("South", "B3", "Reading", 4, 0, 0),  # too few
    ("South", "B4", "Reading", 10, "-", "-"),  # suppressed
    ("West", "C1", "Reading", 10, 8, 1),  # 0.10, one of three: the lowest of its island
    ("West", "C2", "Reading", 10, 8, 9),
    ("West", "C3", "Reading", 10, 8, 9),
    ("Far", "E1", "Reading", 10, 8, 5),  # 0.50, the lowest third, and no room: a third low school
    ("Far", "E2", "Reading", 10, 8, 9),
    ("Far", "E3", "Reading", 10, 8, 9),
    ("East", "D1", "Reading", 10, 5, 5),  # alone: a third of one school, rounded down, is none
]


def write_results(path):
    rows = [
        [year, school, f"Школа {school}", island, trial, pupils, passed]
        for island, school, trial, pupils, *both in RESULTS
        for year, passed in zip((2024, 2025), both, strict=True)
    ]
    write(path, ["year", "school", "name", "island", "trial", "pupils", "passed"], rows)


def test_a_strangers_region_is_configured_and_never_coded(on_database, programme):
    """North: A1 is the lowest third and the lowest twice. South: B1 is enough. West: C1. Far: E1, for
    whom there is no room.
    """
    folder = programme("islands")
    checked = on_database.done("programme", "check", folder, "--json")
    assert checked.data["ok"]
    (warning,) = checked.data["warnings"]
    assert (warning["file"], warning["path"]) == ("identification.yaml", "peer_groups[1]")
    assert f"identification.yaml:{warning['line']}" in checked.err

    on_database.done("init", at="2025-12-01")
    write_results(on_database.folder / "results.csv")
    take = ["import", "results.csv", "--programme", folder, "--profile", "results", "--json"]
    assert on_database.done(*take, at="2025-12-20").data["rejected"] == []

    judge = ["identify", "--programme", folder, "--year", 2025, "--json"]
    answer = on_database.done(*judge, at="2025-12-21")
    verdicts = {one["school"]: one for one in answer.data["verdicts"]}
    assert [school for school, one in verdicts.items() if one["listed"]] == ["A1", "C1"]
    assert verdicts["B1"]["not_rated"] is None
    assert verdicts["B3"]["not_rated"] == ["too_few"]
    assert verdicts["B4"]["not_rated"] == ["suppressed"]
    assert verdicts["E1"]["kept_off"] == {"low": "no_room"}
    assert (verdicts["E1"]["listed"], verdicts["E1"]["not_rated"]) == (False, None)
    rules = " ".join(ground["rule"] for ground in verdicts["A1"]["grounds"])
    assert "level < 0.60 (enough)" in rules
    assert "place 1 of 3, the limit is 1" in rules
    assert "apart < 0" in rules
    sources = {one["source"] for ground in verdicts["A1"]["grounds"] for one in ground["inputs"]}
    assert any(source.startswith("results.csv:") for source in sources)

    again = on_database.done(*take, at="2025-12-22").data
    assert (again["added"], again["changed"]) == (0, 0)
    later = on_database.done(*judge, at="2025-12-23").data
    assert (later["listing"], later["verdicts"]) == (
        answer.data["listing"],
        answer.data["verdicts"],
    )

    tried = [*judge, "--what-if", "enough=0.35"]
    assert on_database.done(*tried, at="2025-12-24").data["listed"] == 2  # A1 by its two years


def test_moscows_file_is_read_with_its_misnamed_column_as_it_is_meant(
    terminal, programme, real_data
):
    """`PASSER_UNDER_160` can only be "160 and more": the profile says so, nothing is guessed."""
    folder, file = programme("moscow"), real_data / "moscow" / "ege_2015_2016.csv"
    terminal.done("init", at="2016-10-01")
    words = ["import", file, "--programme", folder, "--profile", "results", "--json"]
    taken = terminal.done(*words, at="2016-11-10").data
    assert taken["rejected"] == []
    found = terminal.done(
        "identify", "--programme", folder, "--year", 2016, "--json", at="2016-11-11"
    ).data
    with file.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    shares = {
        row["OGRN"]: Fraction(int(row["PASSER_UNDER_160"]), took)
        for row in rows
        if (took := int(row["PASSED_NUMBER_FULL"])) >= 10
    }
    place = math.ceil(Fraction(5, 100) * len(shares))
    limit = sorted(shares.values())[place - 1]
    assert found["judged"] == len(rows) == 626
    assert {one["school"] for one in found["verdicts"] if one["not_rated"]} == {
        row["OGRN"] for row in rows if row["OGRN"] not in shares
    }
    assert {one["school"] for one in found["verdicts"] if one["listed"]} == {
        school for school, share in shares.items() if share <= limit
    }


def test_a_file_that_says_what_its_profile_does_not_is_refused_not_guessed(terminal, programme):
    """Read as its header has it, a part would be larger than its whole."""
    folder = programme("moscow")
    terminal.done("init", at="2016-10-01")
    header = ["OGRN", "AdmArea", "EDU_NAME", "YEAR", "PASSED_NUMBER_FULL"]
    header += ["PASSES_OVER_220", "PASSER_UNDER_160"]
    row = ["1027700000001", "Центральный", "Школа № 1", "2015-2016", 100, 80, 20]
    write(terminal.folder / "wrong.csv", header, [row])
    (terminal.folder / "wrong.csv").write_text(
        (terminal.folder / "wrong.csv").read_text(encoding="utf-8").replace(",", ";"),
        encoding="utf-8",
    )
    words = ["import", "wrong.csv", "--programme", folder, "--profile", "results", "--json"]
    (rejected,) = terminal(*words, at="2016-11-10").data["rejected"]
    assert "PASSES_OVER_220" in str(rejected)
