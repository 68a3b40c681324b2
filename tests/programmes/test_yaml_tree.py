"""YAML as people mean it: exact numbers, plain words, and no bombs."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from programmes.yaml_tree import MAX_CHARACTERS, read_tree


def value(text):
    tree = read_tree("x.yaml", text)
    assert not tree.faults
    return tree.value


def test_a_number_with_a_point_is_exact():
    found = value("share: 0.30")["share"]
    assert isinstance(found, Decimal)
    assert str(found) == "0.30"


def test_words_that_old_yaml_turned_into_something_else_stay_words():
    text = "on: no\nhour: 09:00\ncode: 007\nyes: off\nbig: 1e5\noctal: 0o7\nnine: 190:20:30"
    assert value(text) == {
        "on": "no",
        "hour": "09:00",
        "code": "007",
        "yes": "off",
        "big": "1e5",
        "octal": "0o7",
        "nine": "190:20:30",
    }


def test_plain_values_keep_their_types():
    text = "\ufeffa: 12\nb: -3\nc: true\nd: ~\ne: 2021-06-02\nf: 'true'\ng:"
    assert value(text) == {
        "a": 12,
        "b": -3,
        "c": True,
        "d": None,
        "e": date(2021, 6, 2),
        "f": "true",
        "g": None,
    }


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_decimals_come_back_as_they_were_written(number):
    assert value(f"x: {number:f}")["x"] == number


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: [1, 2", 2, "this is not YAML"),
        ("a: 1\nb: 2\na: 3", 3, "the key a stands twice (first on line 1)"),
        ("a: &x [1]\nb: *x", 2, "an alias (*) is used"),
        ("a: !!python/object/apply:os.system [ls]", 1, "is not known"),
        ("a: !!python/name:os.system", 1, "is not known"),
        ("a: 2021-02-30", 1, "is not a day of the calendar"),
        ("a: 1\n? [b, c]\n: 2", 2, "a key is not a word"),
        ("- a\n- b", 0, "the file is no mapping"),
        ("", 0, "the file is empty"),
        ("a: " + "9" * 5000, 1, "the number is too long"),
        ("a: 1\n---\nb: 2", 2, "more than one document"),
        ("a: \x00", 0, "this is not YAML"),
        ("[" * 100_000, 1, "nested too deep"),
        ("- 1\n" * 60_000, 50_000, "too long"),
        ("x" * (MAX_CHARACTERS + 1), 0, "larger than 1 MiB"),
    ],
)
def test_bad_writing_is_named_with_its_line(text, line, problem):
    faults = read_tree("x.yaml", text).faults
    assert [(fault.line, problem in str(fault.problem)) for fault in faults] == [(line, True)], (
        faults
    )


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_the_reader(text):
    tree = read_tree("x.yaml", text)
    assert tree.faults or isinstance(tree.value, dict)
