"""Two years of a region that changes its programme between them: reports show one beside the other."""

import shutil
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

import programmes
from tests.cli.conftest import HEADER, write
from tests.cli.test_years import LIKE, PROCEDURES, RESULTS

A, B = "010001", "010002"
COORDINATOR = "coordinator@example.org"
BESIDE = "Прошлый год рядом с этим"
WHERE = ["--programme", "mine", "--year"]


@pytest.fixture
def first_year(on_database):
    """Two schools with low results; the first task of A is done in time."""
    terminal = on_database
    shutil.copytree(Path(programmes.__file__).parent / "yugra", terminal.folder / "mine")
    terminal.done("init", "--name", "Оператор", at="2025-08-01")
    schools = [[code, f"Школа № {code[-1]}", *LIKE] for code in (A, B)]
    write(terminal.folder / "schools.csv", HEADER, schools)
    write(
        terminal.folder / "people.csv",
        ["email", "name", "role", "territory", "school"],
        [
            [COORDINATOR, "Координатор Выдуманный", "координатор", "01", ""],
            ["head@example.org", "Директор Выдуманный", "руководитель", "", A],
        ],
    )
    take_in(terminal, ("schools", "people"), at="2025-08-01")
    open_with(terminal, 2025, below=10)
    [task, *_] = terminal.done("task", "list", "--mine", "--json", by=COORDINATOR).data
    hand_in = ["task", "submit", task["id"], "--text", "Сделано", "--file", "people.csv"]
    terminal.done(*hand_in, at="2025-09-02", by=COORDINATOR)
    terminal.done("task", "accept", task["id"], at="2025-09-03")
    enter(terminal, 2025, "individual_routes", 4, "2025-09-04")
    return terminal


def take_in(terminal, profiles, at):
    for profile in profiles:
        words = ["import", f"{profile}.csv", "--programme", "mine", "--profile", profile]
        terminal.done(*words, at=at)


def open_with(terminal, year, *, below):
    rows = [[code, year, one, 20, below] for code in (A, B) for one in PROCEDURES]
    write(terminal.folder / "results.csv", RESULTS, rows)
    take_in(terminal, ("results",), at=f"{year}-08-20")
    terminal.done("cycle", "open", *WHERE, year, "--yes", at=f"{year}-09-01")


def enter(terminal, year, key, numerator, at):
    numbers = ["--numerator", numerator, "--denominator", 100, "--from", "отчёт института"]
    terminal.done("indicator", "enter", key, *WHERE, year, *numbers, at=at)


def told(terminal, kind, *more):
    return terminal.done("report", kind, *more, "--json").data


def table(report, title):
    return next(one for one in report["tables"] if one["title"] == title)


def rows_by(report, title, heading):
    """First cell → the cell under the heading."""
    found = table(report, title)
    place = found["columns"].index(heading)
    return {row[0]: row[place] for row in found["rows"]}


def another_programme(terminal):
    """The routes are counted otherwise, the trained teachers no more, the mentors newly."""
    path = terminal.folder / "mine" / "indicators.yaml"
    text = path.read_text(encoding="utf-8")
    routes, trained = text.index("  individual_routes:"), text.index("  trained_teachers:")
    mentors = text[routes:trained].replace("individual_routes", "mentors")
    mentors = mentors.replace("с индивидуальными маршрутами", "с наставником")
    events = text.index("  regional_events:")
    text = text[:trained] + mentors + text[events:]
    text = text.replace("numerator: {tasks: accepted}", "numerator: {tasks: all}")
    path.write_text(text, encoding="utf-8")


def test_a_first_year_has_nothing_beside_it(first_year):
    for kind, *more in (("cycle",), ("municipality",), ("case", 1), ("indicators",), ("lateness",)):
        report = told(first_year, kind, *more)
        titles = {one["title"] for one in report["tables"]}
        headings = {heading for one in report["tables"] for heading in one["columns"]}
        assert not titles & {BESIDE, "Прежние годы"}
        assert not [one for one in headings if "2024" in one]


def test_every_report_lays_last_year_beside_this_one(first_year):
    terminal = first_year
    for case in (1, 2):
        terminal.done("case", "move", case, "withdraw", "--basis", "приказ № 9", at="2026-06-01")
    another_programme(terminal)
    open_with(terminal, 2026, below=8)
    enter(terminal, 2026, "individual_routes", 6, "2026-09-02")

    for kind in ("cycle", "municipality"):
        beside = table(told(terminal, kind), BESIDE)
        assert beside["columns"] == ["Что", "2025 год", "2026 год"]
        assert beside["rows"] == [
            ["Школы", "2", "2"],
            ["Принято задач", "1", "0"],
            ["Выполнено в срок", "100 %", ""],
            ["Исключена из программы", "2", "0"],
        ]
    before = "В срок в 2025 году"
    of_schools = rows_by(told(terminal, "municipality"), "По школам", before)
    assert of_schools == {"Школа № 1": "100 %", "Школа № 2": ""}
    late = told(terminal, "lateness")
    assert rows_by(late, "По муниципалитетам", before)["Выдуманный район"] == "100 %"
    assert rows_by(late, "По задачам", before)["Назначить персонального куратора"] == "100 %"
    case = terminal.done("case", "list", "--json").data[-2]
    assert case["year"] == 2026
    years = table(told(terminal, "case", case["id"]), "Прежние годы")["rows"]
    assert years == [["2025", "Исключена из программы", "1", "100 %"]]

    report = told(terminal, "indicators")
    last: dict[str, str] = {}
    for one in report["tables"]:
        last |= rows_by(report, one["title"], "2025 год")
    assert last["Доля педагогов с индивидуальными маршрутами"] == "4 %"
    assert last["Доля не преодолевших порог"] == "50 %"
    assert last["Доля педагогов с наставником"] == ""  # new
    assert last["Доля принятых задач"] == ""  # counted otherwise now, hence another number
    assert "обученных" not in str(report)
    terminal.done("report", "indicators", "--out", "reports", "--format", "xlsx")
    book = CalamineWorkbook.from_path("reports/indicators-2026.xlsx")
    [head, *rows] = book.get_sheet_by_name("Показатели приказа № 439").to_python()
    assert rows[0][head.index("2025 год")] == 0.04
    terminal.done("document", "make", "analytic_note", 2, "--out", "note.docx", at="2026-09-03")
    assert terminal.done("verify", "--json").data["ok"]


def test_what_the_final_phase_kept_stands_beside_this_year(first_year):
    terminal = first_year
    terminal.done("indicator", "freeze", "final", *WHERE, 2025, at="2026-06-01")
    enter(terminal, 2025, "individual_routes", 90, "2026-06-02")  # after the phase was closed
    open_with(terminal, 2026, below=8)
    rows = terminal.done("indicator", "show", "--year", 2026, "--json").data
    kept = {one["indicator"]: one["year_before"] for one in rows}
    assert kept["individual_routes"] == "0.04"
