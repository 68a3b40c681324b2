"""Files as they come: every usual encoding and separator is read, every broken file is refused cleanly."""

import io
import re
import zipfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings, strategies as st

from casework.files import tables, workbook_reading
from casework.files.alphabets import likelier
from casework.files.tables import Table, plain_name, read_table
from casework.files.workbook_child import cells_in, line_of
from opora.errors import FileRefused
from programmes.import_profiles import FileFormat

NAMES = {plain_name(name) for name in ("id", "name", "score")}
TEXT = "id;name;score\n001903;Школа № 1;50,39\n"


def read(path: Path, **form) -> Table:
    return read_table(path, FileFormat(**form), NAMES)


def written(folder: Path, content: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path, **form) -> str:
    with pytest.raises(FileRefused) as refused:
        list(read(path, **form).rows)
    said = str(refused.value)
    assert path.name in said
    return said


def is_doubted(data: bytes) -> bool:
    """Whether it is refused as UTF-8 that was broken."""
    try:
        tables._check_wholeness("file.csv", data)
    except FileRefused:
        return True
    return False


def workbook(path: Path, *sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    sheet.write(row, column, cell)
    return path


def repacked(path: Path, change) -> Path:
    """The workbook with its sheet's XML changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


# --- CSV ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_usual_encoding_and_separator_is_read(tmp_path, encoding, delimiter, newline):
    text = TEXT.replace(",", ".").replace(";", delimiter).replace("\n", newline)
    table = read(written(tmp_path, text.encode(encoding)))
    assert table.header == ("id", "name", "score")
    assert list(table.rows) == [(2, ["001903", "Школа № 1", "50.39"])]


def test_western_letters_do_not_become_cyrillic_ones(tmp_path):
    text = "id;name;score\n1;Escuela Peña, Año Güemes;5\n2;Collège Saint-Exupéry;6\n"
    table = read(written(tmp_path, text.encode("latin-1")))
    assert table.encoding == "latin-1"
    assert next(table.rows)[1][1] == "Escuela Peña, Año Güemes"


def test_a_separator_inside_quotation_marks_is_text(tmp_path):
    table = read(written(tmp_path, 'id,name,score\n1,"Школа; № 1, ""Лидер""",5\n'.encode()))
    assert next(table.rows)[1] == ["1", 'Школа; № 1, "Лидер"', "5"]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path):
    table = read(written(tmp_path, b'id;name;score\n\n1;"two\nlines";5\n;;\n2;b;6\n'))
    assert [number for number, _ in table.rows] == [3, 5]


def test_a_header_may_stand_below_a_title(tmp_path):
    table = read(written(tmp_path, f"Отчёт\n\n{TEXT}".encode()), header_row=3)
    assert table.header[0] == "id"
    assert next(table.rows)[0] == 4


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"id;name\n1;a\x00b\n", "Line 2 holds bytes"),
        (bytes(range(256)) * 20, "bytes"),
        (b"\xff\xfei\x00d\x00", "UTF-16"),
        (b"%PDF-1.7 ...", "no table"),
        (b"\x89PNG\r\n\x1a\n", "no table"),
        (b'id;name;score\n1;"open;2\n3;b;4\n', "Row 2: a quotation mark opens"),
        (b'id;name;score\n1;"a"b;2\n', "Row 2"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_cure(tmp_path, content, cure):
    assert cure in refusal(written(tmp_path, content))


RUSSIAN = "id;name;score\n001903;Средняя общеобразовательная школа посёлка Горноправдинск;50\n"


@pytest.mark.parametrize("encoding", ["koi8-r", "ibm866"])
def test_another_cyrillic_encoding_is_not_taken_for_windows_1251(tmp_path, encoding):
    path = written(tmp_path, RUSSIAN.encode(encoding))
    said = refusal(path)
    assert encoding in said
    assert "`encodings`" in said
    named = read(path, encodings=["utf-8-sig", "windows-1251", encoding])
    assert (named.encoding, next(named.rows)[1][1]) == (encoding, RUSSIAN.split(";")[3])
    assert read(path, encodings=[encoding]).encoding == encoding


def test_utf_8_with_a_text_cut_short_is_not_taken_for_another_encoding(tmp_path):
    cut = RUSSIAN.encode().replace("посёлка ".encode(), "посёлк".encode() + b"\xd0")
    assert is_doubted(cut)
    assert "Line 2 holds bytes" in refusal(written(tmp_path, cut))


@given(st.lists(st.sampled_from(RUSSIAN.split(";")[3].split()), min_size=1, max_size=30))
@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "ibm866"])
def test_another_encoding_is_not_taken_for_broken_utf_8(encoding, words):
    for text in (" ".join(words), " ".join(words).upper()):
        assert not is_doubted(text.encode(encoding))


def test_windows_1251_is_not_taken_for_koi8_r_either(tmp_path):
    path = written(tmp_path, RUSSIAN.encode("windows-1251"))
    assert read(path).encoding == "windows-1251"
    assert "windows-1251" in refusal(path, encodings=["utf-8-sig", "koi8-r"])


@given(st.lists(st.sampled_from(RUSSIAN.split(";")[3].split()), min_size=1, max_size=30))
def test_words_in_windows_1251_are_never_doubted(words):
    for text in (" ".join(words), " ".join(words).upper()):
        assert likelier(text.encode("windows-1251"), "windows-1251") is None


def test_a_cell_beyond_the_limit_names_the_row_and_the_limit(tmp_path):
    path = written(tmp_path, f"id;name;score\n001;а;1\n002;{'б' * 140_000};2\n".encode())
    said = refusal(path)
    assert "Row 3" in said
    assert "131072 characters" in said


def test_a_file_in_no_allowed_encoding_is_refused(tmp_path):
    path = written(tmp_path, TEXT.encode("windows-1251"))
    assert "utf-8-sig" in refusal(path, encodings=["utf-8-sig"])


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    assert "folder" in refusal(tmp_path)
    assert "no such file" in refusal(tmp_path / "absent.csv")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.truncate(tables.MOST_BYTES + 1)
    assert "64 MiB" in refusal(path)
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert "more than 3 rows" in refusal(written(tmp_path, b"id;name\n" + b"1;a\n" * 4))


def test_a_file_of_a_header_alone_has_no_rows(tmp_path):
    assert list(read(written(tmp_path, b"id;name;score\n")).rows) == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(content=st.binary(max_size=300))
def test_whatever_the_bytes_the_answer_is_a_table_or_a_refusal(tmp_path, content):
    with suppress(FileRefused):  # anything else would be a mistake of ours
        list(read(written(tmp_path, content)).rows)


# --- workbooks ------------------------------------------------------------------------------------


def test_a_workbook_is_read_with_its_row_numbers(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["id", "score"], [], ["001903", 50.5], ["'7", 3]])
    table = read(path)
    assert table.sheet == "Sheet1"
    assert [(number, list(cells)) for number, cells in table.rows] == [
        (3, ["001903", 50.5]),
        (4, ["'7", 3.0]),
    ]


def test_one_of_several_sheets_must_be_named(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["id"], ["1"]], [["id"], ["2"]])
    assert "Sheet1, Sheet2" in refusal(path)
    assert next(read(path, sheet="Sheet2").rows)[1] == ["2"]
    assert "no sheet “Other”" in refusal(path, sheet="Other")


def test_a_locked_or_old_workbook_is_refused(tmp_path):
    path = written(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512, "b.xlsx")
    assert "password" in refusal(path)


def test_formulas_that_were_never_worked_out_are_refused(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["id", "score"], ["1", "=1+1"]])
    repacked(path, lambda xml: re.sub(rb"<v>0</v>", b"", xml))
    assert "1 formulas" in refusal(path)


def test_a_sheet_that_spans_the_world_is_refused_before_it_is_opened(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["id"], ["1"]])
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    repacked(path, lambda xml: xml.replace(b"</sheetData>", far))
    assert "1048576 rows" in refusal(path)


def test_a_bomb_is_refused_by_its_declared_size(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["id"], ["1"]])
    repacked(path, lambda xml: xml.replace(b"</sheetData>", b" " * 80_000_000 + b"</sheetData>"))
    assert path.stat().st_size < 200_000
    assert "Unpacked" in refusal(path)


def test_a_bomb_of_entities_is_refused(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["id"], ["1"]])
    laugh = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    repacked(path, lambda xml: laugh + xml[xml.index(b"<worksheet") :])
    assert "no proper workbook" in refusal(path)


def test_one_long_text_shown_in_a_million_cells_is_refused(tmp_path):
    path = workbook(tmp_path / "b.xlsx", [["x" * 30_000]])
    cells = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(2, 30_000)
    )
    repacked(path, lambda xml: xml.replace(b"</sheetData>", cells + b"</sheetData>"))
    assert "spans" in refusal(path)


def test_a_workbook_that_takes_too_much_memory_costs_a_refusal_alone(tmp_path, monkeypatch):
    path = workbook(tmp_path / "b.xlsx", [["id"], *[[f"{n}"] for n in range(5_000)]])
    assert len(list(read(path).rows)) == 5_000
    monkeypatch.setattr(workbook_reading, "MOST_MEMORY", 1)
    assert "save the table as CSV" in refusal(path)


def test_a_workbook_that_takes_too_long_costs_a_refusal_alone(tmp_path, monkeypatch):
    path = workbook(tmp_path / "b.xlsx", [["id"], ["1"]])
    monkeypatch.setattr(workbook_reading, "MOST_SECONDS", 0.0001)
    assert "seconds" in refusal(path)


@given(
    st.lists(
        st.text()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.dates()
        | st.datetimes()
        | st.times()
        | st.timedeltas(timedelta(0), timedelta(days=40)),
        max_size=8,
    )
)
def test_cells_pass_from_process_to_process_unchanged(cells):
    line = line_of(cells)
    assert "\n" not in line
    back = cells_in(line)
    assert back == cells
    assert list(map(type, back)) == list(map(type, cells))


def test_another_packed_file_is_no_workbook(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no workbook" in refusal(written(tmp_path, packed.getvalue(), "b.xlsx"))
    assert "damaged" in refusal(written(tmp_path, packed.getvalue()[:40], "b.xlsx"))
    assert "damaged" in refusal(written(tmp_path, b"id;name\n1;a\n", "b.xlsx"))
