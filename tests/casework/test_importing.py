"""Files of schools and results: whole rows in or out, once, with their origin, in any order."""

import csv
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from casework.imports.importing_report import harmless, said, write_rejects
from models.schema import upgrade
from opora.errors import FileRefused, Forbidden, InputRefused
from tests.casework.import_desk import (
    FACTS,
    HEADER,
    HISTORY,
    OWN,
    SCHOOLS,
    Desk,
    counts,
    row,
    set_up,
    table,
)
from tests.databases import sqlite_urls


@pytest.fixture
def desk(database, tmp_path):
    desk = set_up(database, tmp_path, "north-carolina")
    yield desk
    desk.engine.dispose()


# --- once, with its origin ------------------------------------------------------------------------


def test_a_file_taken_in_twice_changes_nothing_the_second_time(desk):
    content = table(row(), row("010304"), row("NC-SEA"))
    assert counts(desk.take(content, "schools")) == (2, 0, 0, 1, 0)
    before = desk.rows(FACTS), desk.rows(HISTORY), desk.rows("SELECT * FROM import_run")
    again = desk.take(content, "schools")
    assert counts(again) == (0, 0, 2, 1, 0)
    assert again.import_id is None
    assert before == (desk.rows(FACTS), desk.rows(HISTORY), desk.rows("SELECT * FROM import_run"))


def test_a_dry_run_tells_the_same_and_writes_nothing(desk):
    content = table(row(), row("010304", grade="Z"), row("NC-SEA"))
    before = desk.rows(HISTORY)
    dry = desk.take(content, "schools", dry_run=True)
    assert desk.rows(FACTS) == desk.rows("SELECT * FROM import_run") == []
    assert desk.rows("SELECT * FROM territory") == []
    assert desk.rows(HISTORY) == before
    real = desk.take(content, "schools")
    assert counts(dry) == counts(real) == (1, 0, 0, 1, 1)
    assert dry.rejected == real.rejected
    assert dry.rows == 3


def test_every_fact_keeps_its_file_row_person_and_time(desk):
    report = desk.take(table(row(), "", row("010304", growth="")), "schools", name="2018.csv")
    found = desk.rows(
        "SELECT f.value, f.reason, f.row, r.file, r.sha256, r.person_id, r.at FROM fact f"
        " JOIN import_run r ON r.id = f.import_id WHERE f.name = 'eg_status' ORDER BY f.row"
    )
    origin = ("2018.csv", report.sha256, desk.acting.person.id, "2026-11-22T09:00:00.000000Z")
    assert found == [("NotMet", None, 2, *origin), (None, "not_rated", 4, *origin)]


def test_an_import_is_one_line_of_history_and_each_new_school_another(desk):
    report = desk.take(table(row(), row(year="2017"), row("010304")), "schools", name="Иванова.csv")
    lines = [line for line in desk.rows(HISTORY) if not line[0].startswith("person:")]
    assert lines == [
        (f"import:{report.import_id}", 1, "import"),
        ("school:1", 1, "register_school"),
        ("school:2", 1, "register_school"),
    ]
    [(body,)] = desk.rows("SELECT body FROM history_line WHERE deed = 'import'")
    assert json.loads(body)["values"] == {
        "register": "north-carolina",
        "profile": "schools",
        "sha256": report.sha256,
        "year": None,
        "added": 3,
        "changed": 0,
        "unchanged": 0,
        "left_out": 0,
        "rejected": 0,
    }
    assert "Иванова" not in body
    assert ("Иванова.csv",) in desk.rows("SELECT text FROM history_words")


def test_a_corrected_value_is_a_change_and_its_origin_is_the_new_file(desk):
    desk.take(table(row(), row("010304")), "schools", name="first.csv")
    report = desk.take(table(row("010304"), row(growth="Met")), "schools", name="second.csv")
    assert counts(report) == (0, 1, 1, 0, 0)
    assert desk.rows(
        "SELECT f.value, f.row, r.file FROM fact f JOIN import_run r ON r.id = f.import_id"
        " WHERE f.name = 'eg_status' ORDER BY f.school_id"
    ) == [("Met", 3, "second.csv"), ("NotMet", 3, "first.csv")]


def test_only_who_may_import_imports(desk):
    desk.take(table(row()), "schools")
    desk.take("email;name;role;school\nhead@example.org;Глава;head;010303\n", "people")
    stranger = Desk(desk.engine, desk.programme, desk.acting, desk.folder)
    with pytest.raises(InputRefused, match="schools"):
        stranger.take(table(row()), "no_such_profile")
    from dataclasses import replace

    from casework.access import person_called
    from opora.database import reading

    with reading(desk.engine) as session:
        head = person_called(session, "head@example.org")
    stranger.acting = replace(desk.acting, person=head)
    with pytest.raises(Forbidden):
        stranger.take(table(row()), "schools")


# --- rows out whole -------------------------------------------------------------------------------


def test_a_bad_row_stays_out_whole_and_every_fault_of_it_is_named(desk):
    report = desk.take(table(row(), row("10304", grade="Q", score="400"), row("010305")), "schools")
    assert counts(report) == (2, 0, 0, 0, 1)
    assert [(r.file, r.row, r.field, r.value) for r in report.rejected] == [
        ("file.csv", 3, "agency_code", "10304"),
        ("file.csv", 3, "spg_score", "400"),
        ("file.csv", 3, "spg_grade", "Q"),
    ]
    assert all(str(reject.cure) for reject in report.rejected)
    assert {code for code, *_ in desk.rows(SCHOOLS)} == {"010303", "010305"}


def test_ragged_rows_stay_out(desk):
    report = desk.take(table(row() + ";more", row("010304")[:-10], row("010305")), "schools")
    assert counts(report) == (1, 0, 0, 0, 2)
    assert "more cells" in str(report.rejected[0].why)
    assert "breaks off" in str(report.rejected[1].why)


def test_a_repeated_row_is_left_out_and_says_of_which(desk):
    report = desk.take(table(row(), row("010304"), row()), "schools")
    assert counts(report) == (2, 0, 0, 1, 0)
    assert (report.left_out[0].row, said(report.left_out[0].why)) == (4, "It repeats row 2.")


def test_rows_that_contradict_each_other_stay_out_all(desk):
    report = desk.take(table(row(), row("010304"), row(growth="Met"), row()), "schools")
    assert counts(report) == (1, 0, 0, 0, 3)
    assert {reject.row for reject in report.rejected} == {2, 4, 5}
    assert "Rows 2, 4, 5 say different things" in str(report.rejected[0].why)


def test_rows_of_two_procedures_must_agree_about_the_school(desk):
    own = desk.with_profile(**{**OWN, "procedure": {"column": "exam"}})
    header = "year;id;district;name;exam;score"
    report = own.take(
        table("2018;a;d;А;math;1", "2018;a;d;Б;reading;2", "2018;b;d;В;math;3", header=header),
        "own",
    )
    assert counts(report) == (1, 0, 0, 0, 2)


def test_rejected_rows_are_kept_in_a_file_that_a_spreadsheet_opens_harmlessly(desk, tmp_path):
    evil = "=HYPERLINK(1)"
    report = desk.take(table(row("1", name=evil), row("010304")), "schools")
    assert write_rejects(report, tmp_path / "rejects.csv") == 1
    assert (tmp_path / "rejects.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as stream:
        [kept] = csv.DictReader(stream, delimiter=";")
    assert kept["agency_code"] == "1"
    assert kept["name"] == f"'{evil}"
    assert (kept["row"], kept["spg_score"]) == ("2", "40")
    assert "agency_code: " in kept["why"]
    assert "Format the column as text" in kept["cure"]


@pytest.mark.parametrize("text", ["=1", "+1+cmd", "@x", "-1+1", "\t=1", " =1", "＝1", "|x", '"=1'])
def test_no_cell_of_a_rejects_file_is_a_formula(text):
    assert harmless(text) == f"'{text}"
    assert harmless("-12,5") == "-12,5"


def test_nothing_is_written_when_nothing_was_rejected(desk, tmp_path):
    report = desk.take(table(row()), "schools")
    assert write_rejects(report, tmp_path / "rejects.csv") == 0
    assert not (tmp_path / "rejects.csv").exists()


# --- the header and the year ----------------------------------------------------------------------


def test_a_header_without_needed_columns_refuses_the_file_and_names_near_misses(desk):
    header = HEADER.replace("agency_code", "agency_kode").replace("eg_status", "growth")
    with pytest.raises(FileRefused) as refused:
        desk.take(table(row(), header=header), "schools")
    text = str(refused.value)
    assert "agency_code, eg_status" in text
    assert "“agency_code”: agency_kode" in text


def test_a_column_that_stands_twice_refuses_the_file(desk):
    with pytest.raises(FileRefused, match="more than once"):
        desk.take(table(row() + ";F", header=f"{HEADER};spg_grade"), "schools")


def test_the_order_and_the_case_of_columns_do_not_matter_and_more_are_ignored(desk):
    header = f"Note;{HEADER.upper()}"
    assert counts(desk.take(table(f"x;{row()}", header=header), "schools")) == (1, 0, 0, 0, 0)


def test_the_year_in_a_header_must_be_the_given_one(desk):
    own = desk.with_profile(
        of="school_years",
        year={"given": True},
        school={"column": "id"},
        territory={"column": "district"},
        unknown_schools="add",
        columns=[{"column": "Score {year}", "fact": "spg_score", "type": "integer"}],
    )
    content = "id;district;Score 2017\na;d;5\n"
    with pytest.raises(FileRefused, match="Score 2018"):
        own.take(content, "own", year=2018)
    with pytest.raises(InputRefused, match="year"):
        own.take(content, "own")
    assert counts(own.take(content, "own", year=2017)) == (1, 0, 0, 0, 0)


def test_a_year_that_cannot_be_or_is_not_the_given_one_keeps_the_row_out(desk):
    years = ("2018", "2081", "1918", "2017", "18")
    content = table(*(row(f"01030{n}", year=year) for n, year in enumerate(years)))
    report = desk.take(content, "schools", year=2018)
    assert counts(report) == (1, 0, 0, 0, 4)
    assert "given for the year 2018" in str(report.rejected[0].why)
    report = desk.take(content, "schools", dry_run=True)
    assert [reject.value for reject in report.rejected] == ["2081", "1918", "18"]


def test_a_misnamed_column_is_read_as_the_operator_says_and_the_report_tells_it(desk):
    misnamed = {"ru": "160 баллов и более", "en": "160 points and more"}
    columns = [
        {"column": "PASSER_UNDER_160", "meaning": misnamed, "fact": "spg_score", "type": "integer"}
    ]
    own = desk.with_profile(**{**OWN, "columns": columns})
    report = own.take("year;id;district;PASSER_UNDER_160\n2016;a;d;101\n", "own")
    [warning] = report.warnings
    assert str(warning) == "The column “PASSER_UNDER_160” is read as: 160 points and more"


@pytest.mark.parametrize("content", ["", HEADER + "\n"])
def test_an_empty_file_changes_nothing(desk, content):
    if not content:
        with pytest.raises(FileRefused, match="empty"):
            desk.take(content, "schools")
    else:
        assert desk.take(content, "schools").rows == 0


# --- laws -----------------------------------------------------------------------------------------

ROWS = [
    row("010303", "2017", name="А"),
    row("010303", "2018", name="Б"),
    row("010304", "2018"),
    row("010304", "2018"),
    row("010305", "2018"),
    row("010305", "2018", growth="Met"),
    row("10306", "2018"),
    row("010306", "2016", name="В").replace("010LEA;Alamance", "020LEA;Beaufort"),
    row("NC-SEA"),
]


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    path = tmp_path_factory.mktemp("blank") / "blank.db"
    urls = sqlite_urls(path)
    upgrade(urls.owner, urls.app)
    return path


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(ROWS))
def test_any_permutation_of_the_rows_gives_the_same_database(blank, tmp_path, order):
    from tests.databases import copy_sqlite

    def outcome(rows):
        path = tmp_path / "one.db"
        path.unlink(missing_ok=True)
        copy_sqlite(blank, path)
        desk = set_up(sqlite_urls(path), tmp_path, "north-carolina")
        report = desk.take(table(*rows), "schools")
        ids = desk.rows("SELECT id, code FROM school ORDER BY id")
        result = (counts(report), desk.rows(FACTS), desk.rows(SCHOOLS), ids)
        desk.engine.dispose()
        return result

    assert outcome(order) == outcome(ROWS)


def test_the_order_of_two_years_files_does_not_matter_for_the_register(database, tmp_path):
    older = table(row(year="2017", name="Старая"), row("010304", "2017"))
    newer = table(row(year="2018", name="Новая"))
    desk = set_up(database, tmp_path, "north-carolina")
    desk.take(newer, "schools")
    desk.take(older, "schools")
    assert [school[1] for school in desk.rows(SCHOOLS)] == ["Новая", "Альфа"]
    assert [school[7] for school in desk.rows(SCHOOLS)] == [2018, 2017]
    assert desk.rows("SELECT count(*) FROM history_line WHERE deed = 'change_school'") == [(0,)]
    desk.engine.dispose()


def test_the_real_file_goes_in_whole_and_twice_changes_nothing(desk, real_data):
    path = real_data / "north-carolina" / "schools_2014_2018.csv"
    began = time.monotonic()
    report = desk.take(path, "schools")
    assert time.monotonic() - began < 60  # a guard against the square of the rows; bench/ measures
    assert counts(report) == (12820, 0, 0, 3, 0)
    assert {said(left.why) for left in report.left_out} == {
        "the state's own aggregate row, not a school"
    }
    assert report.rows == 12823
    assert desk.rows("SELECT count(*) FROM school") == [(2682,)]
    assert counts(desk.take(path, "schools", dry_run=True)) == (0, 0, 12820, 3, 0)
