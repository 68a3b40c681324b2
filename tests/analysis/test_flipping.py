"""What turns a verdict: a change that is shown does turn it, and no smaller one of that fact does."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from analysis.altering import cells, changed
from analysis.columns import table_of
from analysis.flipping import judges, smallest_changes
from analysis.hanging import hanging
from analysis.identification import Identification
from analysis.judging import cohort_of, judge
from analysis.school_facts import Fact, SchoolFacts
from analysis.single_pupils import on_one_pupil
from analysis.trying import counted, moves, overlap

WORDS = {"ru": "слово", "en": "word"}
YEAR = 2020


def fact(kind, per="year", **more):
    return {"words": WORDS, "per": per, "type": kind, **more}


def rules(when, **more):
    return Identification.model_validate(
        {
            "facts": {
                "grade": fact("word", values=["A", "B", "C", "D", "F"]),
                "score": fact("integer"),
                "index": fact("decimal"),
                "small": fact("yes_no", per="school"),
                "took": fact("integer", per="procedure"),
                "failed": fact("integer", per="procedure"),
            },
            "measures": {"share": {"words": WORDS, "share": "failed", "of": "took", "minimum": 5}},
            "parameters": {"limit": {"words": WORDS, "value": Decimal("0.30")}},
            "procedures": {"math": {"words": WORDS}, "russian": {"words": WORDS}},
            "categories": {"low": {"words": WORDS, "when": when}},
            "entry": "low",
            **more,
        }
    )


def facts(given):
    return {name: Fact(value) for name, value in given.items()}


def school(results=None, year=None, standing=None, *, code="1"):
    return SchoolFacts(
        school=code,
        territory="t",
        standing=facts(standing or {}),
        years={YEAR: facts(year or {})},
        results={
            of_year: {name: facts(one) for name, one in found.items()}
            for of_year, found in (results or {}).items()
        },
    )


def took(part, whole):
    return {"failed": part, "took": whole}


LOW_SHARE = {
    "procedures": {"when": {"fact": "share", "at_least": {"parameter": "limit"}}, "at_least": 1}
}


def turns(when, one, **more):
    return changes_of(rules(when, **more), one)


def changes_of(of, one):
    return smallest_changes(of, one, YEAR, listed(of, one), judges(of, one, YEAR))


def test_a_share_hangs_on_whole_pupils():
    first, *others = turns(LOW_SHARE, school({YEAR: {"math": took(5, 14)}}))
    assert (first.cell.fact, first.cell.value, first.becomes, first.by) == ("failed", 5, 4, -1)
    assert first.is_count
    assert not first.listed
    assert [(one.cell.fact, one.becomes) for one in others] == [("took", 17)]  # 5 of 17 is 29.4 %


def test_a_part_is_never_raised_above_its_whole():
    found = turns(
        {"procedures": {"when": {"fact": "share", "above": 1}, "at_least": 1}},
        school({YEAR: {"math": took(5, 14)}}),
    )
    assert found == ()


def test_a_decimal_moves_in_its_own_precision():
    (one,) = turns({"fact": "index", "below": 40}, school(year={"index": Decimal("40.125")}))
    assert (one.becomes, one.listed) == (Decimal("39.999"), True)


def test_a_word_turns_to_the_nearest_of_its_vocabulary():
    (one,) = turns({"fact": "grade", "in": ["D", "F"]}, school(year={"grade": "F"}))
    assert one.becomes == "C"


def test_a_far_turn_is_found_by_halving():
    (one,) = turns({"fact": "score", "above": 700}, school(year={"score": 100}))
    assert one.becomes == 701


def test_nothing_turns_what_two_facts_decide_together():
    when = {"any": [{"fact": "score", "below": 10}, {"fact": "index", "below": 10}]}
    assert turns(when, school(year={"score": 1, "index": Decimal(1)})) == ()


def test_a_school_of_too_few_is_not_rated_and_so_it_is_said():
    first, second = turns(LOW_SHARE, school({YEAR: {"math": took(3, 5)}}))
    assert (first.cell.fact, first.becomes, first.not_rated) == ("took", 4, ("too_few",))
    assert (second.cell.fact, second.becomes, second.not_rated) == ("failed", 1, None)


# --- laws -----------------------------------------------------------------------------------------

scores = st.integers(0, 12)
tests = st.one_of(
    st.builds(
        lambda name, how, limit: {"fact": name, how: limit},
        st.sampled_from(["score", "index"]),
        st.sampled_from(["below", "at_most", "above", "at_least", "is", "is_not"]),
        st.integers(0, 12),
    ),
    st.builds(
        lambda words: {"fact": "grade", "in": words}, st.lists(st.sampled_from("ABCDF"), min_size=1)
    ),
    st.just({"fact": "small", "is": "yes"}),
    st.builds(
        lambda how, limit, count: {
            "procedures": {"when": {"fact": "share", how: limit}, "at_least": count}
        },
        st.sampled_from(["below", "at_most", "above", "at_least"]),
        st.decimals("0.1", "0.9", places=1),
        st.integers(1, 2),
    ),
    st.builds(
        lambda limit, unrated: {
            "years": {
                "when": {
                    "procedures": {"when": {"fact": "share", "at_least": limit}, "at_least": 1}
                },
                "at_least": 2,
                "of_last": 2,
                "unrated": unrated,
            }
        },
        st.decimals("0.2", "0.6", places=1),
        st.sampled_from(["unknown", "no", "skipped"]),
    ),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda a, b: {"all": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"any": [a, b]}, inner, inner),
        st.builds(lambda a: {"not": a}, inner),
    ),
    max_leaves=4,
)
rows = st.integers(0, 12).flatmap(
    lambda whole: st.integers(0, whole).map(lambda part: took(part, whole))
)
schools = st.builds(
    school,
    st.dictionaries(
        st.sampled_from([YEAR, YEAR - 1]),
        st.dictionaries(st.sampled_from(["math", "russian"]), rows, min_size=1),
        min_size=1,
    ),
    st.fixed_dictionaries(
        {"score": scores, "grade": st.sampled_from("ABCDF"), "index": scores.map(Decimal)}
    ),
    st.fixed_dictionaries({"small": st.sampled_from(["yes", "no"])}),
)


def listed(of, one):
    return judge(of, [one], YEAR).verdicts[0].listed


@settings(deadline=None, max_examples=150)
@given(when=conditions, one=schools)
def test_a_change_that_is_shown_turns_and_no_smaller_one_does(when, one):
    of = rules(when)
    now = listed(of, one)
    found = {change.cell: change for change in changes_of(of, one)}
    for change in found.values():
        assert listed(of, changed(one, change.cell, change.becomes)) is change.listed is not now
    for cell in cells(of, one, YEAR, hanging(of).names):
        if not isinstance(cell.value, int):
            continue
        by = found[cell].by if cell in found else None
        row = one.results[cell.year][cell.procedure] if cell.procedure else {}
        low = row["failed"].value if cell.fact == "took" else 0
        high = row["took"].value if cell.fact == "failed" else cell.value + 20
        for value in range(low, high + 1):
            if by is None or abs(value - cell.value) < abs(by):
                assert listed(of, changed(one, cell, value)) is now


@settings(deadline=None, max_examples=100)
@given(when=conditions, several=st.lists(schools, min_size=1, max_size=4))
def test_who_hangs_on_one_pupil_is_who_has_a_change_by_one(when, several):
    of = rules(when)
    numbered = [replace(one, school=f"{n}") for n, one in enumerate(several)]
    now = judge(of, numbered, YEAR)
    table, cohort = table_of(of, numbered, YEAR), cohort_of(of, numbered, YEAR)
    found = on_one_pupil(of, table, YEAR, now)
    assert on_one_pupil(of, table, YEAR, now, cohort=cohort) == found
    counts = {"took", "failed"}
    expected = {
        one.school
        for one in numbered
        for change in changes_of(of, one)
        if change.cell.fact in counts and abs(change.by) == 1
    }
    assert set(found) == expected


def test_a_trial_names_who_enters_and_who_leaves():
    of = rules(
        {"fact": "score", "below": {"parameter": "limit"}},
        parameters={"limit": {"words": WORDS, "value": 10}},
    )
    several = [school(year={"score": n}, code=f"{n:02}") for n in range(20)]
    now, then = (judge(of, several, YEAR, {"limit": limit}) for limit in (10, 12))
    assert [one.school for one in moves(now, then).entering] == ["10", "11"]
    assert [one.school for one in moves(then, now).leaving] == ["10", "11"]
    (count,) = counted(now, then, lambda one: one.territory).values()
    assert (count.now, count.then, count.entering, count.leaving) == (10, 12, 2, 0)
    same = overlap(frozenset("ab"), frozenset("bcd"))
    assert (same.both, same.only_here, same.only_there) == (1, 1, 2)


@pytest.mark.parametrize("cohorted", [True, False])
def test_a_version_is_judged_as_the_school_would_be(cohorted):
    of = rules(LOW_SHARE)
    one = school({YEAR: {"math": took(9, 14)}})
    cohort = cohort_of(of, [one], YEAR) if cohorted else None
    cell = next(each for each in cells(of, one, YEAR, {"failed"}))
    verdicts = judges(of, one, YEAR, cohort=cohort)([(cell, n) for n in range(15)])
    assert [verdict.listed for verdict in verdicts] == [n >= 5 for n in range(15)]
