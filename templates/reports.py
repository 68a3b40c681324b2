"""A report in three shapes: a page with charts, a workbook, and Markdown for a PDF."""

import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from opora.words import Sentence
from templates.pictures import bars_picture
from templates.wording import Sayable, day_in, locale_of, plain_spaces, say, tongue

_MOST_BARS = 40
_WIDEST = 60
_PERCENT = {"ru": "#,##0.#\N{NO-BREAK SPACE}%", "en": "#,##0.#%"}
_SHEET_NAME = 31  # characters, the format's own limit
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

Cell = str | int | Decimal | date | Sentence | Mapping[str, str] | None
"""A decimal is a share and shown in per cent; what is not known is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings; `bars` names the columns of whole numbers that are drawn as well."""

    title: Sayable
    columns: Sequence[Sayable]
    rows: Sequence[Sequence[Cell]]
    note: Sayable | None = None
    bars: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a reader gets: a title, numbers at a glance, tables."""

    title: Sayable
    subtitle: Sayable
    on: date
    glance: Sequence[tuple[Sayable, Cell]] = field(default_factory=tuple)
    tables: Sequence[Table] = field(default_factory=tuple)


def text_of(cell: Cell | Sayable, language: str) -> str:
    """One cell as people read it."""
    match cell:
        case None:
            return ""
        case Sentence() | Mapping():
            return say(cell, language)
        case date():
            day = cell.date() if isinstance(cell, datetime) else cell
            return day_in(language, day)
        case Decimal():
            shown = format_percent(cell, _PERCENT[tongue(language)], locale=locale_of(language))
            return plain_spaces(shown)
        case int():
            return plain_spaces(format_decimal(cell, locale=locale_of(language)))
    return str(cell)


# --- a page ---------------------------------------------------------------------------------------


def report_page(report: Report, language: str) -> str:
    """One HTML file that needs nothing else: no script, no style or picture from elsewhere."""
    language = tongue(language)
    page = _environment().get_template("report.html.j2")
    return page.render(report=report, language=language, charts=_charts(report, language)) + "\n"


def _charts(report: Report, language: str) -> list[Markup | None]:
    return [_chart(table, language) for table in report.tables]


def _chart(table: Table, language: str) -> Markup | None:
    if not table.bars or not table.rows or len(table.rows) > _MOST_BARS:
        return None
    labels = [text_of(row[0], language) for row in table.rows]
    series = {
        text_of(table.columns[place], language): [_whole(row[place]) for row in table.rows]
        for place in table.bars
    }
    if not any(number for line in series.values() for number in line):
        return None
    drawn = bars_picture(labels, series)
    svg = drawn[drawn.index("<svg") :]
    return Markup(svg)  # noqa: S704  drawn by the library out of escaped texts


def _whole(cell: Cell) -> int | None:
    return cell if isinstance(cell, int) else None


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "reports"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["text"] = text_of
    environment.tests["number"] = lambda cell: isinstance(cell, int | Decimal)
    return environment


# --- a workbook -----------------------------------------------------------------------------------


def report_workbook(report: Report, language: str) -> bytes:
    """A sheet for each table; texts only ever as texts: no name of a school acts as a formula."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "border": 1}),
            "cell": book.add_format({"text_wrap": True, "border": 1, "valign": "top"}),
            "share": book.add_format({"num_format": "0.0%", "border": 1, "valign": "top"}),
            "day": book.add_format({"num_format": "dd.mm.yyyy", "border": 1, "valign": "top"}),
        }
        taken: set[str] = set()
        for table in report.tables:
            name = _sheet_name(text_of(table.title, language), taken)
            _write_sheet(book.add_worksheet(name), table, formats, language)
        if not report.tables:
            book.add_worksheet("0")
    return stream.getvalue()


def _sheet_name(title: str, taken: set[str]) -> str:
    base = title.translate(_FORBIDDEN).strip() or "0"
    for number in range(1, len(taken) + 2):
        mark = "" if number == 1 else f" {number}"
        name = base[: _SHEET_NAME - len(mark)].strip() + mark
        if name.lower() not in taken:
            break
    taken.add(name.lower())
    return name


def _write_sheet(sheet: Any, table: Table, formats: Mapping[str, Any], language: str) -> None:
    widths = [len(text_of(heading, language)) for heading in table.columns]
    for place, heading in enumerate(table.columns):
        sheet.write_string(0, place, text_of(heading, language), formats["head"])
    for number, row in enumerate(table.rows, start=1):
        for place, cell in enumerate(row):
            _write_cell(sheet, (number, place), cell, formats, language)
            widths[place] = max(widths[place], len(text_of(cell, language)))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(width, _WIDEST) + 2)
    sheet.freeze_panes(1, 0)


def _write_cell(
    sheet: Any, at: tuple[int, int], cell: Cell, formats: Mapping[str, Any], language: str
) -> None:
    match cell:
        case Decimal():
            sheet.write_number(*at, float(cell), formats["share"])
        case bool() | None:
            sheet.write_blank(*at, None, formats["cell"])
        case int():
            sheet.write_number(*at, cell, formats["cell"])
        case date():
            day = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  a workbook's day has no zone
            sheet.write_datetime(*at, day, formats["day"])
        case _:
            sheet.write_string(*at, text_of(cell, language), formats["cell"])


# --- words for a PDF ------------------------------------------------------------------------------


def report_fields(report: Report, language: str) -> dict[str, Any]:
    """The same report as the fields of the document “report”."""

    def said(cell: Cell | Sayable) -> str:
        return text_of(cell, language)

    return {
        "title": said(report.title),
        "subtitle": said(report.subtitle),
        "on": report.on,
        "glance": [(said(name), said(cell)) for name, cell in report.glance],
        "tables": [
            {
                "title": said(table.title),
                "note": said(table.note) if table.note else "",
                "columns": [said(one) for one in table.columns],
                "rows": [[said(cell) for cell in row] for row in table.rows],
            }
            for table in report.tables
        ],
    }
