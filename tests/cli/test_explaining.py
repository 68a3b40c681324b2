"""The operator's November: see why a school is listed, try another threshold, then sign."""

import json

import pytest

from tests.cli.conftest import GOOD, LOW, OPENED, take_in, write, write_files

IDENTIFY = ["identify", "--programme", "yugra", "--year", 2026]
NEAR = "010003"


@pytest.fixture
def november(terminal):
    """Three schools judged by the results of this year and the last: low, good, and near."""
    return prepared(terminal)


@pytest.fixture
def november_anywhere(on_database):
    """The same on either database."""
    return prepared(on_database)


def prepared(terminal):
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    schools = (terminal.folder / "schools.csv").read_text(encoding="utf-8")
    like = schools.splitlines()[-1].replace(GOOD, NEAR).replace("№ 2", "№ 3")
    (terminal.folder / "schools.csv").write_text(schools + like + "\n", encoding="utf-8")
    rows = [
        [school, year, procedure, 14, below]
        for school, below in ((LOW, 9), (GOOD, 0), (NEAR, 5))
        for year in (2025, 2026)
        for procedure in ("oge_math", "oge_russian")
        if (school, procedure) != (NEAR, "oge_russian")
    ]
    header = ["id", "year", "procedure", "participants", "below_threshold"]
    write(terminal.folder / "results.csv", header, rows)
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    return terminal


def explained(terminal, school, *more, by=None):
    return terminal(*IDENTIFY, "--explain", school, *more, by=by)


# --- why ------------------------------------------------------------------------------------------


def test_the_rule_is_told_in_the_words_of_the_region(november):
    said = " ".join(explained(november, LOW).out.split())
    assert "В списке: ШНОР." in said
    assert (
        "Школа относится к категории «ШНОР», если выполняется хотя бы одно из условий: 1)" in said
    )
    assert "не менее чем по 2 оценочным процедурам года показатель «доля не преодолевших" in said
    assert "в каждом из 2 последних лет" in said
    assert "≥ 30 %" in said


def test_every_value_is_traced_to_its_cell(november_anywhere):
    november = november_anywhere
    found = explained(november, LOW, "--json").data
    cells = {
        (one["fact"], one["year"], one["procedure"]): one["cell"]
        for one in found["inputs"]
        if one["cell"]
    }
    expected = {"file": "results.csv", "sheet": "", "row": 4, "column": "below_threshold"}
    assert cells["below_threshold", 2026, "oge_math"] == expected
    assert cells["level", None, None]["file"] == "schools.csv"
    assert (
        "results.csv, строка 4, столбцы: below_threshold, participants"
        in explained(november, LOW).out
    )


def test_how_far_and_what_turns_it_is_said_in_whole_pupils(november):
    found = explained(november, NEAR, "--json").data
    assert (found["listed"], found["hangs_on_one_pupil"]) == (True, True)
    low = found["rules"][0]["distances"][0]
    assert (low["pupils"], low["of"], low["limit"], low["parameter"]) == (
        -1,
        14,
        "0.30",
        "low_share",
    )
    first = found["changes"][0]
    assert (first["fact"], first["from"], first["to"], first["by"]) == (
        "below_threshold",
        "5",
        "4",
        "-1",
    )
    assert first["listed"] is False
    said = " ".join(explained(november, NEAR).out.split())
    assert "Решение держится на 1 ученике из 14" in said


def test_a_change_that_is_shown_turns_the_verdict_when_it_is_imported(november):
    change = next(
        one
        for one in explained(november, NEAR, "--json").data["changes"]
        if one["fact"] == "below_threshold" and one["year"] == 2026
    )
    path = november.folder / "results.csv"
    row = f"{NEAR};2026;oge_math;14;"
    text = path.read_text(encoding="utf-8")
    assert row + change["from"] in text
    path.write_text(text.replace(row + change["from"], row + change["to"]), encoding="utf-8")
    take_in(november, "results")
    assert explained(november, NEAR, "--json").data["listed"] is change["listed"]


def test_where_two_grounds_hold_no_single_change_takes_the_school_off(november):
    found = explained(november, LOW, "--json").data
    assert found["changes"] == []
    assert (
        "Изменение одного показателя этой школы решения не меняет." in explained(november, LOW).out
    )


def test_a_school_is_explained_under_other_parameters_too(november):
    found = explained(november, NEAR, "--what-if", "low_share=0.4", "--json").data
    assert (found["listed"], found["rules"][0]["distances"][0]["limit"]) == (False, "0.4")


def test_a_head_sees_the_own_school_and_no_other(november):
    head = "head@example.org"
    assert explained(november, LOW, "--json", by=head).data["listed"]
    assert explained(november, GOOD, by=head).status == 1
    assert november(*IDENTIFY, "--what-if", "low_share=0.4", by=head).status == 1
    assert november(*IDENTIFY, "--sweep", "low_share=0.2..0.4", by=head).status == 1
    assert explained(november, GOOD, "--json", by="coordinator@example.org").status == 0


def test_what_is_not_judged_or_not_there_is_refused_with_a_cure(november):
    assert explained(november, "999999").status == 1
    early = november("identify", "--programme", "yugra", "--year", 2020, "--explain", LOW)
    assert early.status == 1
    assert "2020" in early.err


# --- try ------------------------------------------------------------------------------------------


def test_a_trial_names_who_enters_and_leaves_and_keeps_nothing(november):
    found = november.done(*IDENTIFY, "--what-if", "low_share=0.4", "--json").data
    trial = found["trial"]
    assert (trial["listed_now"], trial["listed_then"]) == (2, 1)
    assert [one["school"] for one in trial["leaving"]] == [NEAR]
    assert trial["entering"] == []
    assert trial["by_territory"] == {"01": {"now": 2, "then": 1, "entering": 0, "leaving": 1}}
    assert trial["by_peer_group"]["ordinary"]["then"] == 1
    assert found["listing"] is None
    wide = november.done(*IDENTIFY, "--what-if", "low_share=0.35", "--json").data["trial"]
    assert wide["on_one_pupil"] == [NEAR]  # 5 of 14 are 35.7 %, 4 are 28.6 %
    said = november.done(*IDENTIFY, "--what-if", "low_share=0.4").out
    assert "В списке было бы 1 вместо 2" in said
    assert november("list", "show", "--programme", "yugra", "--year", 2026).status == 1


def test_a_trial_is_compared_with_the_lists_of_the_years_before(november_anywhere):
    november = november_anywhere
    november.done("identify", "--programme", "yugra", "--year", 2025, at=OPENED)
    before = november.done(*IDENTIFY, "--what-if", "low_share=0.4", "--json").data["trial"]
    (year,) = before["lists_before"]
    assert (year["year"], year["version"], year["listed"]) == (2025, 1, 1)
    assert (year["now"]["both"], year["then"]["both"]) == (1, 1)


def test_a_sweep_gives_a_row_for_each_value_and_a_picture(november_anywhere):
    november = november_anywhere
    words = [*IDENTIFY, "--sweep", "low_share=0.30..0.70:0.1"]
    found = november.done(*words, "--json").data
    assert [(one["value"], one["listed"]) for one in found["values"]] == [
        ("0.30", 2),
        ("0.40", 1),
        ("0.50", 1),
        ("0.60", 1),
        ("0.70", 0),
    ]
    assert [one["declared"] for one in found["values"]] == [True, False, False, False, False]
    assert found["values"][-1]["leaving"] == [LOW, NEAR]
    picture = november.folder / "sweep.svg"
    shown = november.done(*words, "--picture", picture)
    assert "█" in shown.out
    drawn = picture.read_text(encoding="utf-8")
    assert drawn.startswith("<?xml")
    assert "<script" not in drawn
    assert "доля не преодолевших порог" in drawn
    assert november(*words, "--picture", picture).status == 2  # nothing is written over


NONSENSE = (
    ["--sweep", "low_share"],
    ["--sweep", "low_share=0.2"],
    ["--sweep", "low_share=0.4..0.2"],
    ["--sweep", "low_share=0.2..0.4:0"],
    ["--sweep", "low_share=0..1:0.0001"],
    ["--sweep", "low_share=a..b"],
    ["--sweep", "nothing=1..2"],
    ["--sweep", "low_share=0.2..0.4", "--explain", LOW],
    ["--picture", "x.svg"],
    ["--what-if", "low_share=0.4", "--confirm"],
    ["--what-if", "low_share=0.4", "--what-if", "low_share=0.5"],
    ["--what-if", "low_share.nowhere=0.4"],
)


def test_what_cannot_be_tried_is_refused(november):
    for words in NONSENSE:
        answer = november(*IDENTIFY, *words)
        assert answer.status in {1, 2}, words
        assert answer.out == "", words
        assert answer.err
        assert "Traceback" not in answer.err


def test_the_answer_is_one_json_value(november):
    assert json.loads(explained(november, GOOD, "--json").out)["school"] == GOOD
