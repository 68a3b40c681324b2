"""Charts as SVG files that carry their own data: no script, no font and no picture from elsewhere."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pygal
from pygal.style import Style

# pygal looks for maps, which we have none of, by an importer of the kind that Python 3.12 took away.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

_COLOURS = ("#1f5a96", "#c25e00", "#3b7d3b", "#7a3b8f", "#8a6d00", "#555555", "#a02c2c", "#007a87")
_MOST_LABELS = 12  # more of them would run into each other
_STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    colors=_COLOURS,
    font_family="sans-serif",
    label_font_size=11,
    major_label_font_size=11,
    title_font_size=16,
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#bbbbbb",
    legend_font_size=12,
)


def steps_picture(
    title: str,
    values: Sequence[str],
    series: Mapping[str, Sequence[int | None]],
    *,
    across: str,
    upward: str,
) -> str:
    """Numbers over the values of one parameter, one line for each series. The text of an SVG."""
    chart = pygal.Line(
        title=title,
        x_title=across,
        y_title=upward,
        style=_STYLE,
        js=[],
        no_prefix=True,  # otherwise each drawing of the same numbers would be another file
        width=900,
        height=520,
        range=(0, max([1, *(n for line in series.values() for n in line if n is not None)])),
        stroke_style={"width": 2.5},
        dots_size=3,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        truncate_legend=-1,
        show_minor_x_labels=False,
        x_labels_major_every=-(-len(values) // _MOST_LABELS),
    )
    chart.add_xml_filter(_without_script)
    chart.x_labels = list(values)
    for name, numbers in series.items():
        chart.add(name, list(numbers))
    return str(chart.render(is_unicode=True))


def bars_picture(labels: Sequence[str], series: Mapping[str, Sequence[int | None]]) -> str:
    """One stacked bar for each label, a colour for each series. The text of an SVG."""
    highest = max([1, *(sum(n or 0 for n in bar) for bar in zip(*series.values(), strict=True))])
    step = -(-highest // _MOST_LABELS)
    chart = pygal.HorizontalStackedBar(
        style=_STYLE,
        js=[],
        no_prefix=True,
        width=900,
        height=120 + 26 * max(len(labels), 1),
        legend_at_bottom=True,
        legend_at_bottom_columns=4,
        truncate_legend=-1,
        truncate_label=-1,
        value_formatter=str,
        y_labels=list(range(0, highest + step, step)),  # whole things: no half of a school
    )
    chart.add_xml_filter(_without_script)
    chart.x_labels = list(reversed(labels))  # the first one on top, as the tables have it
    for name, numbers in series.items():
        chart.add(name, list(reversed(numbers)))
    return str(chart.render(is_unicode=True))


def _without_script(root: Any) -> Any:
    """Even without its library the chart would carry a script of settings, and comments."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] == "script":
                parent.remove(child)
    return root
