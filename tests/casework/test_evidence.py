"""Evidence: kept once under its hash, shown under a harmless name, refused when it lies about itself."""

import hashlib
import io
import zipfile
from itertools import count

import pytest
import xlsxwriter
from hypothesis import given, strategies as st

from casework.tasks.evidence import TYPES, keep, read, safe_name
from opora.errors import EvidenceRefused, NotFound

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 40 + b"\xff\xd9"


@pytest.fixture
def store(tmp_path):
    return f"file://{tmp_path / 'evidence'}"


def packed(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def opendocument(kind: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<office/>")
    return stream.getvalue()


def workbook() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write(0, 0, "протокол")
    return stream.getvalue()


DOCX = packed(word__document_xml=b"<w/>")
HONEST = {
    "order.pdf": PDF,
    "order.docx": DOCX,
    "plan.xlsx": workbook(),
    "note.odt": opendocument("text"),
    "table.ods": opendocument("spreadsheet"),
    "photo.png": PNG,
    "photo.jpg": JPEG,
    "photo.JPEG": JPEG,
    "data.csv": b"id;score\n1;2\n",
    "note.txt": "Протокол № 3".encode(),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_file_is_kept_under_its_hash(store, tmp_path, name):
    kept = keep(store, HONEST[name], name=name, limit_mb=1)
    digest = hashlib.sha256(HONEST[name]).hexdigest()
    assert (kept.sha256, kept.size, kept.name) == (digest, len(HONEST[name]), name)
    assert kept.media_type == TYPES[name.rpartition(".")[2].lower()].media_type
    assert (tmp_path / "evidence" / digest[:2] / digest[2:4] / digest).read_bytes() == HONEST[name]
    assert read(store, digest) == HONEST[name]


def test_the_same_bytes_are_kept_once_whatever_they_are_called(store, tmp_path):
    first = keep(store, PDF, name="a.pdf", limit_mb=1)
    path = tmp_path / "upload"
    path.write_bytes(PDF)
    assert keep(store, path, name="b.pdf", limit_mb=1).sha256 == first.sha256
    assert len([file for file in (tmp_path / "evidence").rglob("*") if file.is_file()]) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("page.html", b"<html>", "not taken"),
        ("archive.zip", DOCX, "not taken"),
        ("program.exe", b"MZ", "not taken"),
        ("picture.svg", b"<svg/>", "not taken"),
        ("noending", PDF, "not taken"),
        ("order.pdf.exe", PDF, "not taken"),
        ("order.pdf", b"", "empty"),
        ("order.pdf", b" \n ", "empty"),
        ("order.pdf", PDF + b"\x00" * (1 << 20), "larger than 1 MiB"),
        ("order.pdf", b"MZ" + PDF, "no pdf"),
        ("order.pdf", b"%PDF-1.7 cut off", "no pdf"),
        ("photo.png", b"<svg onload=alert(1)>", "no png"),
        ("photo.jpg", JPEG[:10], "no jpg"),
        ("note.txt", b"<html><script>alert(1)</script>", "no txt"),
        ("data.csv", b"a;b\x00c", "no csv"),
        ("order.docx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "no docx"),
        ("order.docx", workbook(), "no docx"),
        ("order.docx", packed(word__document_xml=b"<w/>", vbaProject=b"")[:20], "no docx"),
        ("note.odt", opendocument("spreadsheet"), "no odt"),
    ],
    ids=count(1),  # the bytes of an archive hold the time it was made
)
def test_what_does_not_count_is_refused_with_the_reason(store, name, content, reason):
    with pytest.raises(EvidenceRefused, match=reason):
        keep(store, content, name=name, limit_mb=1)


@pytest.mark.parametrize(("name", "head"), [("a.pdf", PDF), ("a.png", PNG), ("a.jpg", JPEG)])
def test_a_file_with_an_archive_at_its_end_is_refused(store, name, head):
    with pytest.raises(EvidenceRefused):
        keep(store, head + packed(evil=b"x") + b"%%EOF\xff\xd9", name=name, limit_mb=1)


def test_a_document_behind_another_file_is_refused(store):
    with pytest.raises(EvidenceRefused):
        keep(store, b"GIF89a" + DOCX, name="a.docx", limit_mb=1)


def test_macros_bombs_and_escaping_names_are_refused(store):
    macros, escaping = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(macros, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("word/vbaProject.bin", "x")
    with zipfile.ZipFile(escaping, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("../../etc/passwd", "x")
    bomb = packed(word__document_xml=b"0" * 5_000_000)
    for content in (macros.getvalue(), escaping.getvalue(), bomb):
        with pytest.raises(EvidenceRefused, match="no docx"):
            keep(store, content, name="a.docx", limit_mb=1)


def test_a_programme_may_allow_less(store):
    with pytest.raises(EvidenceRefused, match="possible are: pdf"):
        keep(store, PNG, name="a.png", limit_mb=1, allowed=("pdf",))


def test_a_changed_or_missing_file_is_noticed(store, tmp_path):
    kept = keep(store, PDF, name="a.pdf", limit_mb=1)
    next(f for f in (tmp_path / "evidence").rglob("*") if f.is_file()).write_bytes(PDF + b"!")
    with pytest.raises(EvidenceRefused, match="not the one"):
        read(store, kept.sha256)
    for key in ("0" * 64, "../../etc/passwd", ""):
        with pytest.raises(NotFound):
            read(store, key)


def test_a_damaged_copy_is_replaced_when_the_file_is_handed_in_again(store, tmp_path):
    kept = keep(store, PDF, name="a.pdf", limit_mb=1)
    next(f for f in (tmp_path / "evidence").rglob("*") if f.is_file()).write_bytes(b"half")
    keep(store, PDF, name="a.pdf", limit_mb=1)
    assert read(store, kept.sha256) == PDF


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("../../etc/order.pdf", "order.pdf"),
        ("C:\\Users\\x\\order.pdf", "order.pdf"),
        ("order\u202efdp.exe", "orderfdp.exe"),
        ("order\r\nX-Header: 1.pdf", "order X-Header 1.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("  .pdf  ", "pdf"),
        ("", "file"),
        ("..", "file"),
        ('a"b<c>.pdf', "a b c .pdf"),
        ("приказ № 12.pdf", "приказ № 12.pdf"),
    ],
)
def test_a_hostile_name_becomes_harmless(hostile, shown):
    assert safe_name(hostile) == shown


@given(st.text(max_size=400))
def test_any_name_becomes_one_short_line(name):
    shown = safe_name(name)
    assert 0 < len(shown) <= 130
    assert not set(shown) & set('/\\\r\n\x00"<>\u202e')
    assert safe_name(shown) == shown
