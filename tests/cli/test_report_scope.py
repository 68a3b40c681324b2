"""Whatever leaves for a person holds the person's own part alone, down to the bytes of each file."""

import io
import zipfile

import docx
import pypdf
import pytest
from python_calamine import CalamineWorkbook

from tests.cli.conftest import HEADER, OPENED, write
from tests.cli.test_years import LIKE, PROCEDURES, RESULTS

FORMULA = "=cmd|' /C calc'!A0"
MARKUP = "<script>alert(1)</script> & Ко"
HERS, OTHERS = ("010001", "010002"), ("020001",)
COORDINATOR, OTHER, HEAD = "one@example.org", "two@example.org", "head@example.org"
SECRET = ("020001", "Тайная школа", "Соседний район", "Секретова", "two@example.org", "secret@")
KINDS = ("cycle", "municipality", "indicators", "lateness")


@pytest.fixture
def two_districts(on_database):
    """A district whose schools bear hostile names, and another one; a case in each school."""
    terminal = on_database
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    other = ["Школа", "02", "Соседний район", *LIKE[3:]]
    schools = [[HERS[0], FORMULA, *LIKE], [HERS[1], MARKUP, *LIKE]]
    schools.append([OTHERS[0], "Тайная школа", *other])
    people = [
        [COORDINATOR, "@Координатор Первый", "координатор", "01", ""],
        [OTHER, "Координатор Секретова", "координатор", "02", ""],
        [HEAD, "Директор Первый", "руководитель", "", HERS[0]],
        ["secret@example.org", "Директор Секретова", "руководитель", "", OTHERS[0]],
    ]
    header = ["email", "name", "role", "territory", "school"]
    results = [[code, 2026, one, 20, 10] for code in (*HERS, *OTHERS) for one in PROCEDURES]
    write(terminal.folder / "schools.csv", HEADER, schools)
    write(terminal.folder / "people.csv", header, people)
    write(terminal.folder / "results.csv", RESULTS, results)
    for profile in ("schools", "results", "people"):
        words = ["import", f"{profile}.csv", "--programme", "yugra", "--profile", profile]
        terminal.done(*words, at="2026-08-20")
    terminal.done("cycle", "open", "--programme", "yugra", "--year", 2026, "--yes", at=OPENED)
    return terminal


def everything_in(path):
    """All that the file holds: every part of an archive, every page and property of a PDF."""
    data = path.read_bytes()
    if path.suffix in {".xlsx", ".docx"}:
        parts = zipfile.ZipFile(io.BytesIO(data))
        return "\n".join(f"{name}\n{parts.read(name).decode()}" for name in parts.namelist())
    if path.suffix == ".pdf":
        book = pypdf.PdfReader(path)
        return "\n".join([str(book.metadata), *(page.extract_text() for page in book.pages)])
    return data.decode()


def files_of(terminal, person, folder):
    for kind in KINDS:
        terminal.done("report", kind, "--out", folder, by=person)
    return {path.name: everything_in(path) for path in (terminal.folder / folder).iterdir()}


def test_a_coordinators_files_hold_nothing_of_another_municipality(two_districts):
    whole = files_of(two_districts, "operator@example.org", "whole")
    assert len(whole) == 3 * len(KINDS)
    for name in ("cycle-2026.xlsx", "cycle-2026.html", "cycle-2026.pdf"):
        assert "Соседний район" in whole[name]  # the test would see it
    for person, own in ((COORDINATOR, "Выдуманный район"), (HEAD, "calc")):
        mine = files_of(two_districts, person, person)
        assert mine.keys() == whole.keys()
        assert own in mine["municipality-2026.xlsx"]
        for name, text in mine.items():
            assert not [one for one in SECRET if one in text], name
    assert two_districts("report", "municipality", "02", by=COORDINATOR).status == 1
    [secret] = [
        one["id"]
        for one in two_districts.done("case", "list", "--json").data
        if one["school"] == OTHERS[0]
    ]
    assert two_districts("report", "case", secret, by=COORDINATOR).status == 1


def test_each_letter_of_numbers_holds_the_readers_own_part(two_districts):
    words = ("cycle", "inform", "--programme", "yugra", "--year", 2026)
    two_districts.done(*words, at="2026-09-01T12:00")
    two_districts.done("deliver", at="2026-09-02T10:00")
    letters = two_districts.done("letter", "list", "--json").data
    told = {one["to"]: one["id"] for one in letters if one["kind"] == "analytics"}
    for reader, own, foreign in (
        (COORDINATOR, "Ко", "Тайная школа"),
        (HEAD, "calc", "Тайная школа"),
        (OTHER, "Тайная школа", "calc"),
    ):
        text = two_districts.done("letter", "show", told[reader]).out
        assert own in text
        assert foreign not in text
        assert "Выявлена" in text or "выявлена" in text  # the summary is everybody's


def test_hostile_names_are_texts_in_every_file_that_other_programs_open(two_districts):
    terminal = two_districts
    for language, stages in (("ru", "Стадии по муниципалитетам"), ("en", "Stages by municipality")):
        reader = {"ru": "operator@example.org", "en": "english@example.org"}[language]
        if language == "en":
            english_auditor(terminal)
        files_of(terminal, reader, language)
        folder = terminal.folder / language
        for path in folder.glob("*.xlsx"):
            parts = everything_in(path)
            assert not [one for one in ("<f>", "<f ", "definedName", "hidden") if one in parts]
        assert stages in CalamineWorkbook.from_path(folder / "cycle-2026.xlsx").sheet_names
        page = (folder / "municipality-2026.html").read_text()
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    for kind, of in (("list_order", 1), ("analytic_note", 1), ("case_folder", 1)):
        terminal.done("document", "make", kind, of, "--out", f"{kind}.docx", at="2026-09-02")
        cells = [
            c.text for t in docx.Document(f"{kind}.docx").tables for r in t.rows for c in r.cells
        ]
        assert kind == "case_folder" or FORMULA in [
            text.replace("\N{NO-BREAK SPACE}", " ") for text in cells
        ]


def english_auditor(terminal):
    header = ["email", "name", "role", "territory", "school", "language"]
    rows = [["english@example.org", "Auditor Invented", "проверяющий", "", "", "en"]]
    write(terminal.folder / "english.csv", header, rows)
    words = ["import", "english.csv", "--programme", "yugra", "--profile", "people"]
    terminal.done(*words, at="2026-09-01T12:00")
