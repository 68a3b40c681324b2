"""Hostile and mistaken rules: each a fault or a warning with file, line and cure; never a crash."""

import pytest

from opora.errors import ProgrammeInvalid
from programmes.folders import files_of, shipped
from programmes.reading import read_programme, read_programme_files

WHEN = "when: {fact: wellbeing_index, below: {parameter: adverse_index}}"
WORDS = "{ru: мера, en: measure}"
FILE = "identification.yaml"


@pytest.fixture(scope="module")
def yugra_files():
    files = files_of(shipped()["yugra"])
    words = "too_few_peers: {ru: мало школ, en: few}\n  not_ranked: {ru: вне, en: out}"
    words += "\n  not_computable: {ru: нельзя, en: cannot}"
    return {
        **files,
        "words.yaml": files["words.yaml"].replace("reasons:\n", f"reasons:\n  {words}\n"),
    }


def with_rule(files, when=None, *, measures=(), text=None):
    """The programme with another rule of adverse conditions, more measures, or a text replaced."""
    found = files[FILE]
    for old, new in [text] if text else []:
        assert old in found
        found = found.replace(old, new, 1)
    if when is not None:
        assert WHEN in found
        found = found.replace(WHEN, f"when: {when}")
    lines = "".join(f"  {name}: {{words: {WORDS}, {body}}}\n" for name, body in measures)
    return {**files, FILE: found.replace("measures:\n", f"measures:\n{lines}", 1)}


def faults_of(files):
    with pytest.raises(ProgrammeInvalid) as refused:
        read_programme_files(files)
    return refused.value.faults


@pytest.mark.parametrize(
    ("when", "measures", "problem"),
    [
        # names
        ("{fact: mood, below: 3}", (), "the fact mood is not declared"),
        ("{bottom: {of: mood, share: 0.1}}", (), "the fact mood is not declared"),
        ("{bottom: {of: settlement, share: 0.1}}", (), "settlement is no number"),
        ("{bottom: {of: wellbeing_index, share: 0.1, within: mood}}", (), "mood is not declared"),
        (
            "{bottom: {of: wellbeing_index, share: 0.1, within: on_registers}}",
            (),
            "a number, not a group",
        ),
        ("{bottom: {of: wellbeing_index, count: {parameter: x}}}", (), "the parameter x is not"),
        ("{run: {when: {fact: mood, is: a}, at_least: 2}}", (), "the fact mood is not declared"),
        ("{run: {when: {always: true}, at_least: {parameter: x}}}", (), "the parameter x is not"),
        ("{unchanged: [mood]}", (), "the fact mood is not declared"),
        ("{unchanged: [settlement]}", (), "has no year before"),
        # facts per procedure outside of procedures
        ("{fact: share_below, above: 0.5}", (), "no procedure is named"),
        ("{unchanged: [participants]}", (), "no procedure is named"),
        ("{bottom: {of: share_below, share: 0.1}}", (), "no procedure is named"),
        (
            "{fact: m, above: 1}",
            [("m", "procedures: {of: on_registers}")],
            "on_registers is no fact per procedure",
        ),
        # circles
        ("{fact: m, above: 1}", [("m", "sum: [n]"), ("n", "sum: [m]")], "through each other"),
        (
            "{fact: m, above: 1}",
            [("m", "rank: {of: on_registers, among: {fact: m, above: 1}}")],
            "through each other",
        ),
        # what can never hold
        ("{at_least: 3, of: [{always: true}, {always: true}]}", (), "3 of 2 parts"),
        (
            "{years: {when: {always: true}, at_least: 3, of_last: 2}}",
            (),
            "3 of the last 2 years can never",
        ),
        (
            "{all: [{fact: wellbeing_index, below: 3}, {fact: wellbeing_index, above: 3}]}",
            (),
            "contradict each other",
        ),
        (
            "{all: [{fact: level, is: special}, {all: [{fact: level, is: advanced}]}]}",
            (),
            "contradict each other",
        ),
        (
            "{all: [{fact: level, is_not: special}, {fact: level, not_in: [ordinary, advanced]}]}",
            (),
            "contradict each other",
        ),
        (
            "{all: [{fact: on_registers, known: false}, {fact: on_registers, above: 3}]}",
            (),
            "contradict each other",
        ),
        (
            "{procedures: {at_least: 1, when: {fact: share_below, at_least: 30}}}",
            (),
            "share_below lies from 0 to 1: this can never hold",
        ),
        (
            "{fact: m, above: 100}",
            [("m", "percentile: {of: on_registers}")],
            "m lies from 0 to 100: this can never hold",
        ),
        ("{bottom: {of: wellbeing_index, share: 1.5}}", (), "a share of 1.5 is no part"),
        ("{bottom: {of: wellbeing_index, share: 0}}", (), "a share of 0 is no part"),
        ("{bottom: {of: wellbeing_index}}", (), "give exactly one of: share, count"),
        # division by zero
        (
            "{fact: m, above: 1}",
            [("m", "ratio: [on_registers, n]"), ("n", "difference: [on_registers, on_registers]")],
            "n is always 0",
        ),
        (
            "{fact: m, above: 1}",
            [("m", "index: {terms: [{of: on_registers}], scale: {mean: 50, spread: 0}}")],
            "a spread of 0",
        ),
        # Python
        ("{fact: __import__, above: 1}", (), "not written in the form"),
        ("{eval: 1}", (), "a condition has one of the keys"),
    ],
)
def test_a_rule_that_cannot_work_is_a_fault_with_its_line(yugra_files, when, measures, problem):
    files = with_rule(yugra_files, when, measures=measures)
    found = faults_of(files)
    assert [fault for fault in found if problem in f"{fault.path} {fault.problem}"], found
    assert all(fault.file == FILE and fault.line and fault.cure for fault in found)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (("category: low_results", "category: x"), "category x is not declared"),
        (("low_share:\n", "low_share2:\n"), "parameter low_share is not declared"),
        (
            (
                "when: {fact: level, is: advanced}",
                "when: {bottom: {of: wellbeing_index, share: 0.1}}",
            ),
            "a peer group is found by comparing",
        ),
    ],
)
def test_other_places_of_the_rules_are_checked_too(yugra_files, text, problem):
    files = with_rule(yugra_files, "{not: {category: low_results}}", text=text)
    assert [fault for fault in faults_of(files) if problem in str(fault.problem)]


def test_measures_that_double_each_other_are_refused_before_anybody_waits(yugra_files):
    doubling = [("m0", "sum: [on_registers, incomplete_families]")]
    doubling += [(f"m{n}", f"sum: [m{n - 1}, m{n - 1}]") for n in range(1, 30)]
    files = with_rule(yugra_files, "{fact: m29, above: 1}", measures=doubling)
    (fault,) = faults_of(files)
    assert "more than 100000 looks" in str(fault.problem)
    assert fault.line


def test_a_long_chain_of_measures_is_refused(yugra_files):
    chain = [("m0", "sum: [on_registers]")]
    chain += [(f"m{n}", f"sum: [m{n - 1}]") for n in range(1, 400)]
    files = with_rule(yugra_files, "{fact: m399, above: 1}", measures=chain[::-1])
    assert [fault for fault in faults_of(files) if "more than 100000 looks" in str(fault.problem)]


def test_a_cap_names_its_measure_and_its_reason_has_words(yugra_files):
    cap = "cap: {share: 1.5, by: mood, reason: over_the_cap}\n    "
    files = {**yugra_files, FILE: yugra_files[FILE].replace(WHEN, cap + WHEN)}
    problems = " ".join(str(fault.problem) for fault in faults_of(files))
    assert "the fact mood is not declared" in problems
    assert "a share of 1.5 is no part" in problems
    assert "the reason over_the_cap has no words" in problems


def test_reasons_that_comparing_gives_need_words(yugra_files):
    plain = files_of(shipped()["yugra"])
    files = with_rule(plain, "{bottom: {of: wellbeing_index, share: 0.1}}")
    problems = [str(fault.problem) for fault in faults_of(files)]
    assert problems == [
        "the reason not_ranked has no words",
        "the reason too_few_peers has no words",
    ]


@pytest.mark.parametrize(
    ("when", "text", "problem"),
    [
        (
            "{procedures: {at_least: 1, when: {fact: share_below, at_most: 1}}}",
            None,
            "this always holds",
        ),
        (None, ("value: 0.30", "value: 30"), "can never hold"),
        ("{run: {when: {fact: on_registers, above: 3}, at_least: 1}}", None, "the year itself"),
        (
            "{at_least: {parameter: low_share}, of: [{always: true}]}",
            ("value: 0.30", "value: 2"),
            "2",
        ),
        (
            None,
            ("when: {fact: level, is: special}", "when: {always: true}"),
            "special takes every school",
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning_with_its_line(yugra_files, when, text, problem):
    found = read_programme_files(with_rule(yugra_files, when, text=text)).warnings
    assert [one for one in found if problem in str(one.problem)], found
    assert all(one.file == FILE and one.line and one.cure for one in found)


@pytest.mark.parametrize("key", sorted(shipped()))
def test_shipped_programmes_give_no_warnings(key):
    assert not read_programme(shipped()[key]).warnings
