"""Forms that begin with what is known, through the command line: Yugra's card and its monitoring."""

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.cli.conftest import launch

HEAD, CURATOR = "head@example.org", "curator@example.org"
COORDINATOR = "coordinator@example.org"
ADVICE = "Взаимопосещение уроков"


@pytest.fixture
def yugra(on_database):
    launch(on_database)
    return on_database


def save(terminal, name, rows):
    with xlsxwriter.Workbook(str(terminal.folder / name)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


def filled(terminal, name, words):
    """The workbook as a person saves it again: `words` by key in the column of the person's word."""
    rows = CalamineWorkbook.from_path(name).get_sheet_by_index(0).to_python()
    new = [[*row[:4], words.get(row[0], row[4]), *row[5:]] for row in rows]
    save(terminal, "filled.xlsx", new)
    return rows


TYPED = {"filled_on": "04.09.2026", "pupils": 312, "teachers": 28, "facilities": "Спортзал"}
ADD = ["record", "add", "information_card", "--file"]


def card_of(terminal, **words):
    form = ["record", "form", "information_card", "--case", 1, "--xlsx", "card.xlsx"]
    terminal.done(*form, at="2026-09-03", by=HEAD)
    filled(terminal, "card.xlsx", {**TYPED, **words})
    book = CalamineWorkbook.from_path(str(terminal.folder / "filled.xlsx"))
    return book.get_sheet_by_index(0).to_python()


def test_a_form_with_a_forged_number_of_a_case_is_refused_in_words(yugra):
    rows = card_of(yugra)
    for number in ("99999999999999999999", "1" * 5000, "0", "²", "-1", "x"):
        save(yugra, "bad.xlsx", [["@case", number] if row[0] == "@case" else row for row in rows])
        said = yugra(*ADD, "bad.xlsx", at="2026-09-04", by=HEAD)
        assert said.status == 1
        assert "incidents" not in said.err


def test_numbers_that_no_database_holds_are_wrong_usage(yugra):
    huge = 2**70
    for words in (
        ["record", "form", "information_card", "--case", huge],
        ["record", "add", "information_card", "--case", 1, "--parent", huge],
        ["record", "list", "--case", huge],
        ["record", "list", "--after", huge],
        ["case", "list", "--cycle", huge],
        ["task", "list", "--case", huge],
    ):
        assert "incidents" not in yugra(*words, by=HEAD).err


def test_no_row_of_a_form_is_lost_without_a_word(yugra):
    rows = card_of(yugra)
    top = next(n for n, row in enumerate(rows) if row[0] and not str(row[0]).startswith("@"))
    save(yugra, "twice.xlsx", [*rows, ["pupils", "", "", "", 999]])
    assert "pupils" in yugra(*ADD, "twice.xlsx", at="2026-09-04", by=HEAD).err
    save(yugra, "cut.xlsx", [*rows[:top], *rows[top + 1 :]])  # somebody deleted the headings
    made = yugra.done(*ADD, "cut.xlsx", "--json", at="2026-09-04", by=HEAD).data["record"]
    shown = yugra.done("record", "show", made, "--json", by=HEAD).data
    fields = {one["key"]: one["value"] for one in shown["view"]["fields"]}
    assert fields["filled_on"] == "2026-09-04"


def test_a_form_amends_only_a_record_of_what_it_was_written_for(yugra):
    rows = card_of(yugra)
    made = yugra.done(*ADD, "filled.xlsx", "--json", at="2026-09-04", by=HEAD).data["record"]
    amend = ["record", "amend", made, "--file"]
    save(yugra, "other.xlsx", [["@case", "2"] if row[0] == "@case" else row for row in rows])
    assert yugra(*amend, "other.xlsx", at="2026-09-05", by=HEAD).status == 1
    save(yugra, "kind.xlsx", [["@kind", "visit"] if row[0] == "@kind" else row for row in rows])
    assert yugra(*amend, "kind.xlsx", at="2026-09-05", by=HEAD).status == 1
    yugra.done(*amend, "filled.xlsx", at="2026-09-05", by=HEAD)


def task_of(terminal, milestone):
    listed = terminal.done("task", "list", "--json").data
    return next(one for one in listed if one["milestone"] == milestone)


def test_the_card_comes_filled_in_goes_back_as_a_workbook_and_is_the_proof(yugra):
    task = task_of(yugra, "information_card_filled")["id"]
    hand_in = ["task", "submit", task, "--text", "Карта заполнена"]
    assert yugra(*hand_in, at="2026-09-03", by=HEAD).status == 1  # neither card nor file
    form = ["record", "form", "information_card", "--case", 1]
    assert "Школа № 1" in yugra.done(*form, at="2026-09-03", by=HEAD).out
    yugra.done(*form, "--xlsx", "card.xlsx", at="2026-09-03", by=HEAD)
    typed = {"filled_on": "04.09.2026", "pupils": 312, "teachers": 28, "small": "да"}
    rows = filled(yugra, "card.xlsx", {**typed, "facilities": "Спортзал, 2 класса физики"})
    known = {row[0]: (row[2], row[3]) for row in rows}
    assert known["settlement"] == ("городская", "местность, 2026 (schools.csv:2)")
    assert known["below_threshold"][0] == "0.5"
    add = ["record", "add", "information_card", "--file", "filled.xlsx", "--json"]
    made = yugra.done(*add, at="2026-09-04", by=HEAD).data
    assert made["case"] == 1  # the form knows what it is about
    shown = yugra.done("record", "show", made["record"], "--json", by=HEAD).data
    fields = {one["key"]: one["value"] for one in shown["view"]["fields"]}
    assert (fields["pupils"], fields["small"], fields["below_threshold"]) == ("312", True, "0.5")
    changed = [one["key"] for one in shown["prefilled"] if not one["is_kept"]]
    assert changed == ["small"]
    page = yugra.done("record", "show", made["record"], by=HEAD).out
    assert "Известно заранее" in page
    wrong = ["record", "add", "monitoring_form", "--file", "filled.xlsx"]
    assert "information_card" in yugra(*wrong, at="2026-09-04", by=CURATOR).err
    yugra.done(*hand_in, at="2026-09-04", by=HEAD)
    yugra.done("task", "accept", task, at="2026-09-05", by=CURATOR)
    assert yugra.done("verify", "--json").data["ok"]


def test_what_monitoring_finds_becomes_a_recommendation_and_a_measure(yugra):
    add = ["record", "add", "monitoring_form", "--case", 1, "--json"]
    said = {
        "filled_on": "2026-09-07",
        "conclusions": "Слабое чтение",
        "lags": "чтение",
        "advice": ADVICE,
        "addressee": "methodical_service",
        "measure": "Читательские конференции",
    }
    words = [word for key, value in said.items() for word in ("--field", f"{key}={value}")]
    made = yugra.done(*add, *words, at="2026-09-07", by=CURATOR).data
    advice, measure = made["made"]
    seen = yugra.done("record", "show", advice, "--json").data
    assert [one["id"] for one in seen["parents"]] == [made["record"]]
    assert seen["view"]["title"] == ADVICE
    [task] = seen["tasks"]
    assert task["due_on"] == "2026-10-05"  # twenty working days
    assert task_of(yugra, "recommendation_done")["assignee"] == COORDINATOR
    assert yugra.done("record", "show", measure, "--json").data["view"]["state"] == "waiting"
    yugra.done("deliver", at="2026-09-08")
    waiting = [
        one["to"]
        for one in yugra.done("letter", "list", "--json").data
        if one["kind"] == "record_notice"
    ]
    assert waiting.count(COORDINATOR) >= 1
    yugra.done("record", "confirm", measure, at="2026-09-09", by=COORDINATOR)
    assert task_of(yugra, "measure_done")["due_on"] == "2026-12-01"
    yugra.done(
        "record", "amend", made["record"], "--field", "visits=14", at="2026-09-10", by=CURATOR
    )
    form = yugra.done("record", "show", made["record"], "--json").data
    assert len(form["children"]) == 2
    visits = next(one for one in form["prefilled"] if one["key"] == "visits")
    assert (visits["known"], visits["given"], visits["is_kept"]) == ("0", "14", False)
    again = ["record", "form", "monitoring_form", "--case", 1, "--json"]
    phase = yugra.done(*again, at="2026-09-11", by=CURATOR).data["rows"][0]
    assert phase["known"] == "входной"
    report = yugra.done("report", "case", 1).out
    assert ADVICE in report
    history = yugra.done("history", 1).out
    assert ADVICE in history
    assert yugra.done("verify", "--json").data["ok"]


def test_a_form_from_anybody_names_files_beside_itself_and_none_beyond(yugra):
    form = ["record", "form", "school_act", "--case", 1, "--xlsx", "act.xlsx"]
    yugra.done(*form, at="2026-09-03", by=HEAD)
    secret = yugra.folder / "secret.txt"
    secret.write_text("пароль", encoding="utf-8")
    folder = yugra.folder / "sent"
    folder.mkdir()
    (folder / "scan.txt").write_text("акт", encoding="utf-8")
    said = {"number": "5", "signed_on": "2026-09-01", "title": "О программе", "signer": "Директор"}
    add = ["record", "add", "school_act", "--file", "sent/act.xlsx", "--json"]
    for name in (str(secret), "../secret.txt", "scan.txt"):
        filled(yugra, "act.xlsx", {**said, "scan": name})
        (yugra.folder / "filled.xlsx").replace(folder / "act.xlsx")
        said_back = yugra(*add, at="2026-09-04", by=HEAD).err
        assert ("рядом с формой" in said_back) is (name != "scan.txt")
    assert "--parent" in said_back  # the file was read: only what the act rests on is still missing
