"""A programme's own template: its words are used, and nothing in it gets out or runs for ever."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from opora.errors import InputRefused
from templates.document_blocks import Layout, blocks_of
from templates.documents import document_text

NAME = "documents/list_order.ru.md"


def written(template, **fields):
    return document_text("list_order", "ru", fields, {NAME: template})


def test_a_programmes_own_template_is_used_in_place_of_the_shipped_one():
    text = written(
        "# Распоряжение\n\nШкол: {{ cases|length }}. № {{ number }}", cases=[1, 2], number=7
    )
    assert "# Распоряжение" in text
    assert "Школ: 2" in text
    assert "№\N{NO-BREAK SPACE}7" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ blank.__globals__ }}",
        "{% for a in range(9999999999) %}.{% endfor %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}",
        "{{ 'a' * 9999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ nowhere }}",
        "{{ cases.nowhere }}",
        "{{ 1 / 0 }}",
        "{{ cases + 1 }}",
        "{% for a in",
        "{% include 'letters/digest.txt.j2' %}",
    ],
)
def test_a_hostile_or_mistaken_template_is_refused_with_its_name(hostile):
    with pytest.raises(InputRefused) as refused:
        written(hostile, cases=[1])
    assert NAME in str(refused.value)


def test_a_day_that_ends_a_sentence_brings_no_second_full_stop():
    assert "г\\.." not in written("До {{ day|day }}.", day=date(2026, 9, 1))


def test_a_wide_table_gives_its_room_to_the_columns_that_say_much():
    long = "слово " * 30
    [table] = blocks_of(f"| № | Что | Срок |\n|---|---|---|\n| 1 | {long} | 1 мая |\n")
    number, what, day = table["widths"]
    assert number < day < what
    assert table["layout"] is Layout.SHARED


@given(
    st.lists(
        st.lists(st.text("абв -.", min_size=1, max_size=40), min_size=2, max_size=14), min_size=1
    )
)
def test_every_word_has_room_in_its_column_or_the_page_lies_on_its_side(drawn):
    columns = min(map(len, drawn))
    rows = [[" ".join(cell.split()) or "–" for cell in row[:columns]] for row in drawn]
    lines = ["|".join(["", *row, ""]) for row in (rows[0], ["---"] * columns, *rows[1:])]
    [table] = blocks_of("\n".join(lines))
    assert len(table["widths"]) == columns
    for width, column in zip(table["widths"], zip(*rows, strict=True), strict=True):
        words = [word for cell in column for word in cell.split(" ")]
        longest = min(max(map(len, words)), 24)
        assert width > longest or (table["hyphenated"] and table["layout"] is Layout.ACROSS)


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [("ru", "01.09.2026", "1 сентября 2026 г."), ("en", "1 Sept 2026", "1 September 2026")],
)
def test_a_day_is_short_in_a_table_and_whole_in_a_sentence(language, short, long):
    said = {"documents/list_order.ru.md": "{{ d|short }} / {{ d|day }}"}
    said["documents/list_order.en.md"] = said["documents/list_order.ru.md"]
    text = document_text("list_order", language, {"d": date(2026, 9, 1)}, said)
    plain = text.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "")
    assert plain == f"{short} / {long}\n"
