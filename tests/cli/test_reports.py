"""Reports through the command line: on the screen, as a page, a workbook and a PDF."""

import html.parser
import zipfile
from datetime import date

import pypdf
import pytest
from python_calamine import CalamineWorkbook

from tests.cli.conftest import launch, write


class Seen(html.parser.HTMLParser):
    """What stands in a page, and whether it reaches out of itself."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in {"src", "href"} and v and not v.startswith("#")]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def town(on_database):
    launch(on_database)
    return on_database


def test_a_cycle_is_told_in_three_shapes_that_say_the_same(town):
    town.done("report", "cycle", "--out", "reports", at=None)
    page = Seen()
    page.feed((town.folder / "reports" / "cycle-2026.html").read_text())
    assert "script" not in page.tags
    assert page.links == []
    assert "svg" in page.tags
    said = " ".join(page.texts)
    assert "Застряли на планировании" in said
    book = CalamineWorkbook.from_path("reports/cycle-2026.xlsx")
    rows = book.get_sheet_by_name("Стадии по муниципалитетам").to_python()
    assert rows[1][-1] == 1
    assert book.sheet_names[0] == "Коротко"
    assert ["Школы", 1] in book.get_sheet_by_name("Коротко").to_python()
    assert "xl/charts/chart1.xml" in zipfile.ZipFile("reports/cycle-2026.xlsx").namelist()
    text = "\n".join(p.extract_text() for p in pypdf.PdfReader("reports/cycle-2026.pdf").pages)
    assert "Стадии по муниципалитетам" in text


def test_what_is_late_is_told_by_person_and_by_task_with_its_share_done_in_time(town):
    town.done("round", at="2026-10-20T04:00")
    late = town.done("report", "lateness", "--json").data
    people = next(table for table in late["tables"] if table["title"] == "По людям")
    assert any("Директор" in row[0] for row in people["rows"])
    assert sum(int(row[5]) for row in people["rows"]) > 0


def test_a_coordinator_hears_of_the_own_municipality_alone(town):
    mine = town.done("report", "municipality", "--json", by="coordinator@example.org").data
    assert len(mine["tables"][0]["rows"]) == 1
    foreign = town("report", "municipality", "99", "--json", by="coordinator@example.org")
    assert foreign.status == 1


def test_a_case_is_told_with_its_way_and_nobody_else_sees_it(town):
    told = town.done("report", "case", 1, "--json", by="head@example.org").data
    assert told["tables"][0]["rows"]
    assert town("report", "case", 2, by="head@example.org").status == 1


def test_the_numbers_go_to_all_who_take_part_each_with_the_own_schools(town):
    words = ("cycle", "inform", "--programme", "yugra", "--year", 2026, "--json")
    sent = town.done(*words, at="2026-09-01T12:00").data
    assert sent["letters"] >= 4
    again = town.done(*words, at="2026-09-01T12:30").data
    assert again["letters"] == 0
    town.done("deliver", at="2026-09-02T10:00")
    letters = town.done("letter", "list", "--json").data
    mine = next(
        one for one in letters if one["kind"] == "analytics" and one["to"] == "head@example.org"
    )
    text = town.done("letter", "show", mine["id"]).out
    assert "Ваши школы" in text
    assert "Школа № 1" in text
    assert town.done("verify", "--json").data["ok"]


def test_who_is_stuck_at_planning_is_counted_by_hand(town):
    since = town.done("case", "list", "--json").data[0]["stage_since"]
    town.done("round", at="2026-10-20T04:00")
    on = town.done("report", "cycle", "--json").data["on"]
    days = (date.fromisoformat(on) - date.fromisoformat(since)).days
    for after, waiting in ((days - 1, 1), (days + 1, 0)):
        told = town.done("report", "cycle", "--stuck-after", after, "--json").data
        [table] = [one for one in told["tables"] if one["title"] == "Застряли на планировании"]
        assert len(table["rows"]) == waiting


@pytest.mark.parametrize("kind", ["cycle", "municipality", "lateness", "indicators"])
def test_whoever_has_another_municipality_sees_nothing_of_this_one(town, kind):
    write(
        town.folder / "people.csv",
        ["email", "name", "role", "territory", "school"],
        [["other@example.org", "Сосед Выдуманный", "head", "", "010002"]],
    )
    town.done(
        "import", "people.csv", "--programme", "yugra", "--profile", "people", at="2026-09-01T10:00"
    )
    told = town("report", kind, "--json", "--out", "mine", by="other@example.org")
    files = [path.read_bytes().decode() for path in town.folder.glob("mine/*.html")]
    assert told.status == 1 or files
    for text in [told.out, *files]:
        assert "Школа № 1" not in text
        assert "Директор Выдуманный" not in text
        assert "Куратор Выдуманный" not in text
