"""The register that grows out of files: names by year, closing, merging, unknown schools, stale years."""

import json
from datetime import date

import pytest
import xlsxwriter

from tests.casework.import_desk import (
    FACTS,
    HEADER,
    OWN,
    SCHOOLS,
    counts,
    row,
    set_up,
    table,
)


@pytest.fixture
def desk(database, tmp_path):
    desk = set_up(database, tmp_path, "north-carolina")
    yield desk
    desk.engine.dispose()


@pytest.fixture
def yugra(database, tmp_path):
    desk = set_up(database, tmp_path, "yugra")
    yield desk
    desk.engine.dispose()


# --- stale copies ---------------------------------------------------------------------------------


def test_a_copy_of_last_years_file_is_noticed(desk):
    def year(number: int, shift: int) -> str:
        return table(*(row(f"0103{n:02}", str(number), str(n + shift)) for n in range(25)))

    assert desk.take(year(2016, 0), "schools").warnings == ()
    assert desk.take(year(2017, 1), "schools").warnings == ()
    for dry_run in (True, False, True):
        [warning] = desk.take(year(2018, 1), "schools", dry_run=dry_run).warnings
        assert "All 25 values of spg_score for 2018 equal those of the year before" in str(warning)


def test_a_year_known_to_be_stale_has_a_reason_instead_of_values(desk):
    stale = {
        "year": 2017,
        "facts": ["spg_score"],
        "words": {"ru": "копия 2016", "en": "copy of 2016"},
    }
    own = desk.with_profile(**{**OWN, "known_stale": [stale]})
    own.take("year;id;district;score\n2017;a;d;5\n2018;a;d;6\n", "own")
    facts = [fact for fact in own.rows(FACTS) if fact[3] == "spg_score"]
    assert facts == [
        ("a", 2017, "", "spg_score", None, "stale_copy"),
        ("a", 2018, "", "spg_score", "6", None),
    ]


# --- the register ---------------------------------------------------------------------------------


def test_a_renamed_school_keeps_both_names_by_year_and_a_line_of_history(desk):
    desk.take(table(row(year="2017", name="Старая")), "schools")
    desk.take(table(row(year="2018", name="Новая")), "schools")
    assert [(name, year) for _, name, *_, year in desk.rows(SCHOOLS)] == [("Новая", 2018)]
    names = "SELECT year, value FROM fact WHERE name = 'register.name' ORDER BY year"
    assert desk.rows(names) == [(2017, "Старая"), (2018, "Новая")]
    [(body,)] = desk.rows("SELECT body FROM history_line WHERE deed = 'change_school'")
    changes = json.loads(body)["values"]["changes"]
    assert changes["name"] == {"from": "Старая", "to": "Новая"}


def test_closing_merging_and_working_again_follow_the_latest_year(desk):
    own = desk.with_profile(**OWN)
    header = "year;id;district;name;closed;merged;score\n"
    own.take(f"{header}2016;a;d;А;;;1\n2016;b;d;Б;;;1\n", "own")
    report = own.take(f"{header}2017;a;d;А;30.06.2017;b;\n2017;b;d;Б;;zzz;2\n", "own")
    assert counts(report) == (1, 0, 0, 0, 1)  # merged into a school that nobody knows
    assert str(own.rows(SCHOOLS)[0][5]) == str(date(2017, 6, 30))
    assert own.rows(SCHOOLS)[0][6] == "b"
    own.take(f"{header}2018;a;d;А;;;3\n", "own")
    assert own.rows(SCHOOLS)[0][5:] == (None, None, 2018)
    assert "itself" in str(own.take(f"{header}2018;a;d;А;;a;3\n", "own").rejected[0].why)


DATED = {
    **OWN,
    "columns": [
        {"column": "begun", "registry": "opened", "type": "date", "optional": True},
        *OWN["columns"],
    ],
}


def rejects(report) -> list[tuple[int, str, str]]:
    return [(one.row, one.field, one.value) for one in report.rejected]


def test_a_school_that_closed_before_it_opened_is_rejected_with_row_field_and_cure(desk):
    own = desk.with_profile(**DATED)
    header = "year;id;district;begun;closed\n"
    report = own.take(f"{header}2017;a;d;2015-09-01;2014-06-30\n2017;b;d;2015-09-01;\n", "own")
    assert counts(report) == (1, 0, 0, 0, 1)
    assert rejects(report) == [(2, "closed", "2014-06-30")]
    assert "2015-09-01" in str(report.rejected[0].why)
    later = own.take("year;id;district;closed\n2018;b;d;2010-01-01\n", "own")
    assert rejects(later) == [(2, "closed", "2010-01-01")]
    assert "source" in str(later.rejected[0].cure)
    mended = own.take(f"{header}2018;b;d;2009-09-01;2010-01-01\n", "own")
    assert mended.rejected == ()


@pytest.mark.parametrize("day", ["0026-09-01", "1614-01-01", "2126-09-01"])
def test_a_day_of_another_age_is_rejected(desk, day):
    report = desk.with_profile(**DATED).take(f"year;id;district;begun\n2017;a;d;{day}\n", "own")
    assert rejects(report) == [(2, "begun", day)]
    assert "1700" in str(report.rejected[0].why)


def test_schools_merged_in_a_circle_are_rejected(desk):
    own = desk.with_profile(**OWN)
    header = "year;id;district;merged\n"
    three = own.take(f"{header}2017;a;d;b\n2017;b;d;c\n2017;c;d;a\n2017;e;d;a\n", "own")
    assert {one.row for one in three.rejected} == {2, 3, 4, 5}  # e leant on what stays out
    assert {one.field for one in three.rejected} == {"merged"}
    assert "a → b → c → a" in str(three.rejected[0].why)
    own.take(f"{header}2017;a;d;b\n2017;b;d;\n", "own")
    back = own.take(f"{header}2018;b;d;a\n", "own")
    assert rejects(back) == [(2, "merged", "a")]
    itself = own.take(f"{header}2018;b;d;b\n", "own")
    assert rejects(itself) == [(2, "merged", "b")]
    nobody = own.take(f"{header}2018;b;d;zzz\n", "own")
    assert rejects(nobody) == [(2, "merged", "zzz")]


def test_a_blank_name_in_a_later_year_does_not_erase_the_name(desk):
    desk.take(table(row(year="2017", name="Альфа"), row(year="2018", name="")), "schools")
    assert desk.rows(SCHOOLS)[0][1] == "Альфа"


def test_a_school_of_no_known_territory_is_kept_where_the_profile_has_a_place_for_it(desk):
    nowhere = row(year="2014").replace("010LEA;Alamance", ";")
    desk.take(table(nowhere), "schools")
    assert desk.rows(SCHOOLS)[0][2] == "unknown"
    desk.take(table(row(year="2013")), "schools")
    assert desk.rows(SCHOOLS)[0][2] == "010LEA"


def test_results_of_an_unknown_school_are_rejected_with_near_misses(yugra):
    head = "id;name;kind;opened;closed;municipality_id;municipality;"
    head += "legal_form;founder;settlement;small;level\n"
    registry = (
        head + "001903;Школа № 1;сош;1998-09-01;;77;Город;budget;municipal;urban;no;ordinary\n"
    )
    assert counts(yugra.take(registry, "schools")) == (1, 0, 0, 0, 0)
    results = "id;year;procedure;participants;below_threshold\n"
    report = yugra.take(
        results + "001903;2026;ОГЭ математика;1 204;<5\n001930;2026;ОГЭ математика;20;5\n",
        "results",
    )
    assert counts(report) == (1, 0, 0, 0, 1)
    assert "→ 001903" in str(report.rejected[0].cure)
    found = [fact[1:] for fact in yugra.rows(FACTS) if fact[2]]
    assert found == [
        (2026, "oge_math", "below_threshold", None, "suppressed"),
        (2026, "oge_math", "participants", "1204", None),
    ]
    assert counts(yugra.take(registry, "schools")) == (0, 0, 1, 0, 0)


def test_a_workbook_gives_the_same_rows_and_names_its_sheet(desk):
    path = desk.folder / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Результаты")
        for number, line in enumerate([HEADER, row(), row("010304")]):
            for place, cell in enumerate(line.split(";")):
                sheet.write(number, place, int(cell) if cell in {"2018", "40"} else cell)
        sheet.write_row(3, 0, [2018, 10305, "В", "010LEA", "Alamance", "Regular School", "E"])
    report = desk.take(path, "schools")
    assert counts(report) == (2, 0, 0, 0, 1)
    assert report.rejected[0].value == "10305"
    assert desk.rows("SELECT DISTINCT sheet FROM fact") == [("Результаты",)]
    assert counts(desk.take(table(row(), row("010304")), "schools")) == (0, 0, 2, 0, 0)
