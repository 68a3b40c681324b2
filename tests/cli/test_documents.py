"""Documents through the command line, read back by programs that know nothing of ours."""

import io
import zipfile

import docx
import pypdf
import pytest

from tests.cli.conftest import launch

OPERATOR = "operator@example.org"


@pytest.fixture
def town(on_database):
    launch(on_database)
    return on_database


def pdf_text(path):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def docx_text(path):
    paper = docx.Document(path)
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in paper.paragraphs), *cells])


def test_the_order_on_the_list_names_every_school_in_both_formats(town):
    made = town.done(
        "document", "make", "list_order", 1, "--out", "list.pdf", "--set", "number=12-П",
        "--set", "signed_on=2026-09-02", "--set", "signer=О. О. Выдуманная", "--json",
    ).data  # fmt: skip
    town.done("document", "make", "list_order", 1, "--out", "list.docx", "--language", "ru")
    for text in (pdf_text("list.pdf"), docx_text("list.docx")):
        assert "010001" in text
        assert "ПРИКАЗ" in text
        assert "439" in text
    assert "2 сентября 2026 г. № 12-П".replace(" ", "") in pdf_text("list.pdf").replace(
        "\N{NO-BREAK SPACE}", " "
    ).replace(" ", "")
    assert made["size"] == (town.folder / "list.pdf").stat().st_size
    assert zipfile.is_zipfile(io.BytesIO((town.folder / "list.docx").read_bytes()))


def test_a_contract_without_a_partner_says_what_it_lacks_and_is_not_written(town):
    refused = town("document", "make", "partner_contract", 1, "--out", "contract.docx")
    assert refused.status == 1
    assert "opora partner confirm" in refused.err
    assert not (town.folder / "contract.docx").exists()


def test_a_contract_uses_the_stored_form_of_a_name_and_else_leaves_it_as_it_is(town):
    town.done("case", "decide", 1, "partner", "Лицей № 1 (выдуманный)", "--basis", "приказ № 3")
    town.done("document", "make", "partner_contract", 1, "--out", "plain.docx")
    assert "директор:" in docx_text("plain.docx")
    town.done("people", "name", "head@example.org", "--genitive", "Директоровой О. О.")
    town.done("document", "make", "partner_contract", 1, "--out", "declined.docx")
    assert "в лице директора Директоровой О. О." in docx_text("declined.docx").replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_the_case_folder_holds_the_history_and_its_making_is_a_line_of_it(town):
    made = town.done("document", "make", "case_folder", 1, "--out", "folder.pdf", "--json").data
    assert "Папка школы" in pdf_text("folder.pdf")
    [listed] = town.done("document", "list", 1, "--json").data
    assert listed["sha256"] == made["sha256"]
    lines = town.done("history", 1, "--json").data["lines"]
    assert lines[-1]["deed"] == "make_document"
    assert lines[-1]["values"]["sha256"] == made["sha256"]
    assert town.done("verify", "--json").data["ok"]


def test_whoever_may_not_see_the_case_makes_no_folder_of_it(town):
    refused = town("document", "make", "case_folder", 2, "--out", "x.pdf", by="head@example.org")
    assert refused.status == 1
    assert not (town.folder / "x.pdf").exists()


def test_a_note_in_english_has_no_russian_heading(town):
    town.done("document", "make", "analytic_note", 1, "--out", "note.pdf", "--language", "en")
    text = pdf_text("note.pdf")
    assert "Analytic note" in text
    assert "Муниципалитеты" not in text


def test_what_a_field_says_is_text_and_never_markup(town):
    hostile = "#set page(width: 1cm) **жирно** {{ 7*7 }} | <b>"
    town.done("case", "decide", 1, "cluster", hostile, "--basis", "приказ № 4")
    town.done("document", "make", "case_folder", 1, "--out", "hostile.docx")
    assert hostile in docx_text("hostile.docx").replace("\N{NO-BREAK SPACE}", " ")


def test_an_unknown_kind_a_wrong_ending_and_a_wrong_day_are_named(town):
    for words, cure in (
        (("novel", 1, "--out", "x.pdf"), "list_order"),
        (("list_order", 1, "--out", "x.txt"), ".docx"),
        (("list_order", 1, "--out", "x.pdf", "--set", "signed_on=вчера"), "2026-11-22"),
    ):
        refused = town("document", "make", *words)
        assert refused.status in {1, 2}
        assert cure in refused.err


def test_a_plan_is_a_paper_and_stands_in_the_folder_with_the_papers_made_before(town):
    fields = {"title": "Семинар для учителей", "section": "staff", "due": "2026-10-15"}
    fields |= {"proof": "протокол", "budget": "12.5"}
    words = [word for key, text in fields.items() for word in ("--field", f"{key}={text}")]
    town.done("record", "add", "measure", "--case", 1, *words, by="head@example.org")
    for ending, read in (("pdf", pdf_text), ("docx", docx_text)):
        town.done("document", "make", "plan", 1, "--out", f"plan.{ending}")
        text = " ".join(read(f"plan.{ending}").split())
        assert "Семинар для учителей" in text
        assert "15.10.2026" in text
        assert "12,5" in text
        assert "Пока не хватает" in text
    town.done("document", "make", "plan", 1, "--out", "plan.en.pdf", "--language", "en")
    assert "Still missing" in pdf_text("plan.en.pdf")
    town.done("document", "make", "case_folder", 1, "--out", "folder.docx")
    assert "plan-1.pdf" in docx_text("folder.docx")


def test_the_note_holds_the_regions_indicators_with_their_targets(town):
    where = ("--programme", "yugra", "--year", 2026)
    numbers = ("--numerator", 6, "--denominator", 100, "--from", "отчёт института")
    town.done("indicator", "enter", "individual_routes", *where, *numbers)
    town.done("document", "make", "analytic_note", 1, "--out", "note.docx")
    text = docx_text("note.docx").replace("\N{NO-BREAK SPACE}", " ")
    assert "6 %" in text
    assert "Не меньше 5 %" in text
    assert "Время на стадии" in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "ru",
            ("персональных кураторах", "Об утверждении программы", "Методическое событие: Чтение"),
        ),
        ("en", ("Annex", "Approving the school's programme", "Methodical event: Чтение")),
    ],
)
def test_orders_and_minutes_are_written_in_both_languages_and_formats(town, language, said):
    fields = {"title": "Чтение", "type": "seminar", "held_on": "2026-09-04"}
    words = [word for key, text in fields.items() for word in ("--field", f"{key}={text}")]
    town.done("record", "add", "event", *words, at="2026-09-02")
    made = zip(("curators_order", "approval_order", "protocol"), said, strict=True)
    for kind, words in made:
        for ending, read in (("pdf", pdf_text), ("docx", docx_text)):
            file = f"{kind}.{ending}"
            given = ("--out", file, "--language", language, "--set", "signed_on=2026-09-05")
            town.done("document", "make", kind, 1, *given, at="2026-09-05")
            text = " ".join(read(file).replace("\N{NO-BREAK SPACE}", " ").split())
            assert words in text, text
            foreign = {"ru": "ORDER", "en": "ПРИКАЗ"}[language]
            assert foreign not in text
