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

from opora.errors import OporaError
from opora.words import Sentence
from templates.pictures import bars_picture
from templates.wording import (
    Sayable,
    begun,
    day_in,
    locale_of,
    plain_spaces,
    say,
    short_day_in,
    tongue,
)

_MOST_BARS = 40
_WIDEST = 60
_PERCENT = {"ru": "#,##0.#\N{NO-BREAK SPACE}%", "en": "#,##0.#%"}
_SHEET_NAME = 31  # characters, the format's own limit
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

Cell = str | int | float | Decimal | date | Sayable | None
"""A decimal is a share and shown in per cent, a float is a number; what is not known is empty."""


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


def text_of(cell: Cell, language: str) -> str:
    """One cell as people read it."""
    match cell:
        case None:
            return ""
        case Sentence() | OporaError() | Mapping():
            return begun(say(cell, language))
        case date():
            return short_day_in(language, cell)
        case Decimal():
            shown = format_percent(cell, _PERCENT[tongue(language)], locale=locale_of(language))
            return plain_spaces(shown)
        case int() | float():
            return plain_spaces(format_decimal(cell, "#,##0.##", locale=locale_of(language)))
    return str(cell)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float | Decimal)


# --- a page ---------------------------------------------------------------------------------------


def report_page(report: Report, language: str) -> str:
    """One HTML file that needs nothing else: no script, no style or picture from elsewhere."""
    language = tongue(language)
    page = _environment().get_template("report.html.j2")
    return page.render(report=report, language=language, charts=_charts(report, language)) + "\n"


def _charts(report: Report, language: str) -> list[Markup | None]:
    return [_chart(table, language) for table in report.tables]


def _chart(table: Table, language: str) -> Markup | None:
    if not _is_drawn(table):
        return None
    labels = [text_of(row[0], language) for row in table.rows]
    series = {
        text_of(table.columns[place], language): [_whole(row[place]) for row in table.rows]
        for place in table.bars
    }
    drawn = bars_picture(labels, series)
    svg = drawn[drawn.index("<svg") :]
    return Markup(svg)  # noqa: S704  drawn by the library out of escaped texts


def _is_drawn(table: Table) -> bool:
    """Whether its bars are few enough to be read, and say anything."""
    return 0 < len(table.rows) <= _MOST_BARS and any(
        row[place] for row in table.rows for place in table.bars
    )


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
    environment.filters |= {"text": text_of, "day": lambda day, language: day_in(language, day)}
    environment.tests["number"] = _is_number
    return environment


# --- a workbook -----------------------------------------------------------------------------------


def report_workbook(report: Report, language: str) -> bytes:
    """The numbers at a glance, then a sheet with its chart for each table.

    Texts are only ever texts: no name of a school acts as a formula.
    """
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        made_on = datetime(report.on.year, report.on.month, report.on.day)  # noqa: DTZ001  as below
        title = text_of(report.title, language)
        book.set_properties({"title": title, "author": "Opora", "created": made_on})
        frame = {"border": 1, "valign": "top"}
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "border": 1}),
            "cell": book.add_format({**frame, "text_wrap": True}),
            "number": book.add_format({**frame, "num_format": "#,##0.00"}),
            "share": book.add_format({**frame, "num_format": "0.0%"}),
            "day": book.add_format({**frame, "num_format": "dd.mm.yyyy"}),
        }
        taken: set[str] = set()
        for table in (_glance(report), *report.tables):
            name = _sheet_name(text_of(table.title, language), taken)
            sheet = book.add_worksheet(name)
            _write_sheet(sheet, table, formats, language)
            if _is_drawn(table):
                sheet.insert_chart(len(table.rows) + 3, 0, _bars(book, name, table))
    return stream.getvalue()


def _glance(report: Report) -> Table:
    """The first sheet: whose numbers these are, of which day."""
    rows: list[Sequence[Cell]] = [(Sentence("As of"), report.on), *report.glance]
    columns = [report.title, Sentence("Value")]
    return Table(title=Sentence("At a glance"), note=report.subtitle, columns=columns, rows=rows)


def _bars(book: Any, sheet: str, table: Table) -> Any:
    """The same chart as on the page, drawn by the workbook's reader from the cells."""
    last = len(table.rows)
    chart = book.add_chart({"type": "bar", "subtype": "stacked"})
    for place in table.bars:
        chart.add_series(
            {
                "name": [sheet, 0, place],
                "categories": [sheet, 1, 0, last, 0],
                "values": [sheet, 1, place, last, place],
            }
        )
    chart.set_y_axis({"reverse": True})  # the first one on top, as the table has it
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": 160 + 24 * last})
    return chart


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
    if table.note:
        sheet.write_string(len(table.rows) + 1, 0, text_of(table.note, language))
    sheet.freeze_panes(1, 0)


def _write_cell(
    sheet: Any, at: tuple[int, int], cell: Cell, formats: Mapping[str, Any], language: str
) -> None:
    match cell:
        case Decimal():
            sheet.write_number(*at, float(cell), formats["share"])
        case float():
            sheet.write_number(*at, cell, formats["number"])
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

    def said(cell: Cell) -> str:
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
                "numbers": [
                    all(cell is None or _is_number(cell) for cell in column)
                    for column in zip(*table.rows, strict=True)
                ],
                "rows": [[said(cell) for cell in row] for row in table.rows],
            }
            for table in report.tables
        ],
    }
