"""Tables on screens of any width: no word is ever cut."""

import contextlib
import io
import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings, strategies as st

from cli.printing import Printer
from cli.refusals import tell_rejected
from opora.words import Sentence

WORDS = st.text("abcабв12", min_size=1, max_size=18)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)
ROWS = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=2, max_size=4)
)


def printed(rows) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        headings = [Sentence("{words}", {"words": cell}) for cell in rows[0]]
        Printer("ru").table(headings, rows[1:])
    return out.getvalue()


@settings(deadline=None, max_examples=25)
@given(rows=ROWS, width=st.integers(40, 140))
def test_no_word_of_a_table_is_cut_on_a_screen_of_any_width(rows, width):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        shown = printed(rows)
    words = {word for row in rows[1:] for cell in row for word in cell.split()}
    assert words <= set(shown.split())
    assert all(len(line) <= width for line in shown.splitlines())


def test_a_table_that_nobody_looks_at_is_not_wrapped(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    long = " ".join(["слово"] * 100)
    assert f" 1  {long}\n" in printed([["№", "Текст"], ["1", long]])


def test_a_value_wider_than_the_screen_goes_on_in_the_next_line(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    long = "01234567890123456789012345"
    Printer("ru").pairs([("Имя", long)])
    assert long in "".join(capsys.readouterr().out.removeprefix("Имя").split())


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "utf-8"])
def test_an_answer_for_scripts_is_json_whatever_the_terminal_can_write(encoding, monkeypatch):
    raw = io.BytesIO()
    screen = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", screen)
    name = "Гимназия «Élite» 🙂"
    Printer("ru").json({"name": name})
    screen.flush()
    assert json.loads(raw.getvalue().decode("utf-8")) == {"name": name}


@dataclass(frozen=True)
class Row:
    row: int
    field: str
    value: str
    why: Sentence
    cure: Sentence


def test_a_cure_that_many_rows_share_is_said_once(capsys):
    empty, cure = Sentence("this is empty"), Sentence("Fill it in.")
    rows = [Row(number, "код", "", empty, cure) for number in range(2, 40)]
    tell_rejected(Printer("ru"), [*rows[:10], Row(99, "код", "x", empty, Sentence("Add it."))])
    told = capsys.readouterr().err
    assert told.count("Заполните.") == 1
    assert "  • строка 5, код «»: здесь пусто\n" in told
    assert "  • строка 99, код «x»: здесь пусто Добавьте." in told
    tell_rejected(Printer("ru"), rows)
    assert "… и ещё 18" in capsys.readouterr().err
