"""Writes a document's Markdown as DOCX, to sign and edit, or as PDF, to file."""

import io
import json
from datetime import datetime
from functools import cache
from importlib import resources

import typst
from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

from templates.document_blocks import ROOM, Block, Run, blocks_of
from templates.wording import tongue

FORMATS = ("docx", "pdf")
_FONT = "Times New Roman"  # what offices sign in; a reader without it takes a like one
_TITLE_SIZE, _TEXT_SIZE = 14, 12
_LINE_CM = 16.5  # between the margins


def written_as(kind: str, markdown: str, *, title: str, language: str, at: datetime) -> bytes:
    """The bytes of the file; `kind` is one of FORMATS, `at` the moment written into it."""
    write = _as_pdf if kind == "pdf" else _as_docx
    return write(markdown, title, tongue(language), at)


# --- PDF ------------------------------------------------------------------------------------------


def _as_pdf(markdown: str, title: str, language: str, at: datetime) -> bytes:
    """The words go in as data: nothing of them is ever read as typst."""
    said = {
        "title": title,
        "lang": language,
        "page": {"ru": "стр.", "en": "page"}[language],
        "blocks": blocks_of(markdown),
    }
    inputs = {"document": json.dumps(said, ensure_ascii=False)}
    made = typst.compile(
        _page(),
        sys_inputs=inputs,
        format="pdf",
        timestamp=int(at.timestamp()),
        pdf_standards=["a-2b"],
    )
    if not isinstance(made, bytes):
        msg = "typst gave no single file"
        raise TypeError(msg)
    return made


@cache
def _page() -> bytes:
    return (resources.files("templates") / "document_page.typ").read_bytes()


# --- DOCX -----------------------------------------------------------------------------------------


def _as_docx(markdown: str, title: str, language: str, at: datetime) -> bytes:
    paper = Document()
    naive = at.replace(tzinfo=None)
    properties = paper.core_properties
    properties.title, properties.language, properties.author = title, language, "Opora"
    properties.created = properties.modified = naive
    section = paper.sections[0]
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)  # GOST R 7.0.97-2016
    section.top_margin = section.bottom_margin = Cm(2)
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(_TEXT_SIZE)
    for block in blocks_of(markdown):
        _write_block(paper, block)
    stream = io.BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _write_block(paper: DocxDocument, block: Block) -> None:
    match block["kind"]:
        case "heading":
            is_title = block["level"] == 1
            line = _paragraph(paper, block["runs"], bold=True)
            line.paragraph_format.space_before = Pt(12)
            line.paragraph_format.keep_with_next = True
            if is_title:
                line.alignment = WD_ALIGN_PARAGRAPH.CENTER
            for run in line.runs:
                run.font.size = Pt(_TITLE_SIZE if is_title else _TEXT_SIZE)
        case "item":
            marked: list[Run] = [{"text": f"{block['marker']} "}, *block["runs"]]
            line = _paragraph(paper, marked)
            line.paragraph_format.left_indent = Cm(0.75 * block["level"])
        case "table":
            _write_table(paper, block)
        case "rule":
            paper.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        case _:
            _paragraph(paper, block["runs"])


def _paragraph(paper: DocxDocument, runs: list[Run], *, bold: bool = False) -> Paragraph:
    line: Paragraph = paper.add_paragraph()
    line.paragraph_format.space_after = Pt(6)
    _write_runs(line, runs, bold=bold)
    return line


def _write_runs(line: Paragraph, runs: list[Run], *, bold: bool = False) -> None:
    gaps = sum(run["text"].count("\t") for run in runs)
    for number in range(1, gaps + 1):
        edge = WD_TAB_ALIGNMENT.RIGHT if number == gaps else WD_TAB_ALIGNMENT.CENTER
        line.paragraph_format.tab_stops.add_tab_stop(Cm(_LINE_CM * number / gaps), edge)
    for run in runs:
        written = line.add_run(_printable(run["text"]))
        written.bold = bold or run.get("bold", False)
        written.italic = run.get("italic", False)


def _write_table(paper: DocxDocument, block: Block) -> None:
    widths = block["widths"]
    line_cm = _LINE_CM * min(sum(widths) / ROOM, 1)
    table = paper.add_table(rows=0, cols=len(widths), style="Table Grid")
    for number, row in enumerate([block["head"], *block["rows"]]):
        cells = table.add_row().cells
        for place, (cell, runs) in enumerate(zip(cells, row, strict=False)):
            cell.width = Cm(line_cm * widths[place] / sum(widths))
            line = cell.paragraphs[0]
            if block["right"][place]:
                line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _write_runs(line, runs, bold=number == 0)
            for run in line.runs:
                run.font.size = Pt(10)
    paper.add_paragraph("")


def _printable(text: str) -> str:
    """XML knows no control characters."""
    return "".join(one for one in text if one.isprintable() or one in "\n\t\N{NO-BREAK SPACE}")
