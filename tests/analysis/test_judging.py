"""Verdicts with reasons: what is unknown stays unknown, and every verdict shows its grounds."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from analysis.circles import circles
from analysis.findings import Finding, at_least
from analysis.identification import Identification
from analysis.judging import judge
from analysis.school_facts import Fact, SchoolFacts
from opora.errors import InputRefused

WORDS = {"ru": "слово", "en": "word"}


def number(fact_type="integer", per="year"):
    return {"words": WORDS, "per": per, "type": fact_type}


def rules(when, **more):
    return Identification.model_validate(
        {
            "facts": {
                "grade": {"words": WORDS, "per": "year", "type": "word"},
                "score": number(),
                "small": {"words": WORDS, "per": "school", "type": "yes_no"},
                "took": number(per="procedure"),
                "failed": number(per="procedure"),
            },
            "measures": {
                "share": {"words": WORDS, "share": "failed", "of": "took", "minimum": 5},
            },
            "parameters": {
                "limit": {
                    "words": WORDS,
                    "value": Decimal("0.30"),
                    "by_peer_group": more.pop("own", {}),
                }
            },
            "categories": {"low": {"words": WORDS, "when": when}},
            "entry": "low",
            **more,
        }
    )


def school(key="1", *, years=None, results=None, standing=None, territory="t"):
    return SchoolFacts(
        school=key,
        territory=territory,
        standing=facts(standing or {}),
        years={year: facts(given) for year, given in (years or {}).items()},
        results={
            year: {name: facts(given) for name, given in procedures.items()}
            for year, procedures in (results or {}).items()
        },
    )


def facts(given):
    return {
        name: value if isinstance(value, Fact) else Fact(value, source="file.csv:2")
        for name, value in given.items()
    }


def verdict(when, one, *, year=2020, parameters=None, **more):
    return judge(rules(when, **more), [one], year, parameters).verdicts[0]


NOT_RATED = Fact(None, "not_rated")
LOW = {"fact": "grade", "in": ["D", "F"]}


def test_a_school_whose_fact_is_not_rated_is_judged_but_not_listed():
    found = verdict(LOW, school(years={2020: {"grade": NOT_RATED}}))
    assert not found.listed
    assert found.not_rated == ("not_rated",)


def test_a_fact_that_was_never_given_is_missing_and_not_a_bad_result():
    assert verdict(LOW, school(years={2020: {"score": 1}})).not_rated == ("missing",)


def test_false_and_unknown_is_false_and_true_or_unknown_is_true():
    one = school(years={2020: {"grade": NOT_RATED, "score": 10}})
    high = {"fact": "score", "above": 50}
    good = {"fact": "score", "at_most": 50}
    assert verdict({"all": [LOW, high]}, one).not_rated is None
    assert verdict({"any": [LOW, good]}, one).listed
    assert verdict({"any": [LOW, high]}, one).not_rated == ("not_rated",)
    assert verdict({"not": LOW}, one).not_rated == ("not_rated",)


def test_only_schools_with_a_row_in_the_year_are_judged():
    assert judge(rules(LOW), [school(years={2019: {"grade": "F"}})], 2020).verdicts == ()
    assert judge(rules(LOW, judged="every_school"), [school()], 2020).verdicts[0].not_rated


def test_the_grounds_name_the_rule_the_value_and_its_origin():
    (ground,) = verdict(LOW, school(years={2020: {"grade": "F"}})).grounds
    assert (ground.category, ground.ground.rule) == ("low", "grade in D, F")
    (seen,) = ground.ground.inputs
    assert (seen.fact, seen.year, seen.value, seen.source) == ("grade", 2020, "F", "file.csv:2")


@pytest.mark.parametrize(
    ("unrated", "grades", "listed"),
    [
        ("unknown", ["F", "A", "F"], True),
        ("unknown", ["F", "A", None], False),
        ("unknown", [None, None, "F"], False),
        ("no", ["F", None, "F"], True),
        ("no", [None, "A", "F"], False),
    ],
)
def test_two_of_the_last_three_years(unrated, grades, listed):
    when = {"years": {"when": LOW, "at_least": 2, "of_last": 3, "unrated": unrated}}
    years = {2018 + n: {"grade": grade or NOT_RATED} for n, grade in enumerate(grades)}
    assert verdict(when, school(years=years)).listed is listed


@pytest.mark.parametrize(
    ("grades", "unrated", "listed", "rated"),
    [
        (["F", None, "F"], "skipped", True, True),
        (["F", None, "F"], "unknown", False, False),
        (["F", None, "F"], "no", False, True),
        (["A", None, "F"], "skipped", False, True),
        ([None, None, None], "skipped", False, False),
    ],
)
def test_a_year_without_ratings_neither_counts_nor_resets_when_skipped(
    grades, unrated, listed, rated
):
    when = {"years": {"when": LOW, "at_least": 2, "of_last": 2, "unrated": unrated}}
    years = {2018 + n: {"grade": grade or NOT_RATED} for n, grade in enumerate(grades)}
    found = verdict(when, school(years=years))
    assert (found.listed, found.not_rated is None) == (listed, rated)


LOW_SHARE = {"fact": "share", "at_least": {"parameter": "limit"}}
TWO_LOW = {"procedures": {"when": LOW_SHARE, "at_least": 2}}
SAME_TWICE = {
    "procedures": {
        "at_least": 1,
        "when": {"years": {"when": LOW_SHARE, "at_least": 2, "of_last": 2, "unrated": "skipped"}},
    }
}


def took(*shares):
    return {
        name: {"took": 10, "failed": failed} for name, failed in zip("abc", shares, strict=False)
    }


def test_the_limit_itself_is_low():
    assert verdict(TWO_LOW, school(results={2020: took(3, 3, 0)})).listed
    assert not verdict(TWO_LOW, school(results={2020: took(3, 2, 0)})).listed


def test_the_same_procedure_low_in_two_years_is_found_and_two_different_ones_are_not():
    assert verdict(SAME_TWICE, school(results={2019: took(5, 0), 2020: took(4, 0)})).listed
    assert not verdict(SAME_TWICE, school(results={2019: took(5, 0), 2020: took(0, 4)})).listed


def test_a_ground_shows_the_value_that_the_parameter_had():
    found = verdict(TWO_LOW, school(results={2020: took(5, 5)}), parameters={"limit": "0.45"})
    assert {one.ground.rule for one in found.grounds} == {"share ≥ 0.45 (limit)"}
    assert [one.value for one in found.grounds[0].ground.inputs] == [Decimal("0.5"), 5, 10]


def test_too_few_participants_are_a_reason():
    few = {"a": {"took": 4, "failed": 4}, "b": {"took": 0, "failed": 0}}
    found = verdict(TWO_LOW, school(results={2020: few}))
    assert (found.listed, found.not_rated) == (False, ("too_few",))


def test_a_parameter_can_be_tried_and_a_peer_group_keeps_its_own():
    groups = [
        {"key": "small", "words": WORDS, "when": {"fact": "small", "is": "yes"}},
        {"key": "rest", "words": WORDS, "when": {"always": True}},
    ]
    own = {"small": Decimal("0.10")}
    small = school(results={2020: took(1, 1)}, standing={"small": "yes"})
    large = school(results={2020: took(3, 3)}, standing={"small": "no"})

    def listed(one, **parameters):
        tried = {name.replace("__", "."): value for name, value in parameters.items()}
        found = verdict(TWO_LOW, one, parameters=tried, peer_groups=groups, own=own)
        return found.peer_group, found.listed

    assert listed(small) == ("small", True)
    assert listed(large) == ("rest", True)
    assert listed(large, limit="0.35") == ("rest", False)
    assert listed(small, limit="0.35") == ("small", True)
    assert listed(small, limit__small="0,35") == ("small", False)
    for bad in ({"limits": "1"}, {"limit.none": "1"}, {"limit": "a lot"}, {"limit": "NaN"}):
        with pytest.raises(InputRefused):
            judge(rules(TWO_LOW, own=own, peer_groups=groups), [], 2020, bad)


def test_a_school_whose_peer_group_is_unknown_is_not_rated():
    groups = [{"key": "small", "words": WORDS, "when": {"fact": "small", "is": "yes"}}]
    found = verdict(LOW, school(years={2020: {"grade": "F"}}), peer_groups=groups)
    assert found.not_rated == ("missing", "peer_group_unknown")


def test_a_protected_school_is_not_rated_with_the_reason_of_its_protection():
    protections = [{"when": {"fact": "score", "is": 0}, "reason": "new_school"}]
    one = school(years={2020: {"grade": "F", "score": 0}})
    found = verdict(LOW, one, protections=protections)
    assert (found.listed, found.not_rated) == (False, ("new_school",))


def test_a_territory_is_listed_only_above_the_half():
    territories = {
        "words": WORDS,
        "category": "low",
        "above": Decimal("0.5"),
        "among": {"fact": "grade", "known": True},
        "leave_out": ["CH"],
    }
    grades = {"half": "FA", "more": "FFA", "gathering": "F", "unrated": "FA-"}
    schools = [
        school(
            f"{name}{n}",
            years={2020: {"grade": NOT_RATED if grade == "-" else grade}},
            territory="CH" if name == "gathering" else name,
        )
        for name, given in grades.items()
        for n, grade in enumerate(given)
    ]
    found = judge(rules(LOW, territories=territories), schools, 2020).territories
    assert [(one.territory, one.listed, one.inside, one.counted) for one in found] == [
        ("half", False, 1, 2),
        ("more", True, 2, 3),
        ("unrated", False, 1, 2),
    ]


results = st.dictionaries(
    st.sampled_from([2018, 2019, 2020]),
    st.dictionaries(
        st.sampled_from("abc"),
        st.builds(lambda part: {"took": 10, "failed": part}, st.integers(0, 9)),
        max_size=3,
    ),
    max_size=3,
)


@given(results, st.integers(1, 10))
def test_a_worse_result_never_takes_a_school_off_the_list(given_results, worse):
    when = {"any": [TWO_LOW, SAME_TWICE]}
    given_results.setdefault(2020, {}).setdefault("a", {"took": 10, "failed": 0})
    before = verdict(when, school(results=given_results))
    given_results[2020]["a"] = {
        "took": 10,
        "failed": max(worse, given_results[2020]["a"]["failed"]),
    }
    after = verdict(when, school(results=given_results))
    assert after.listed >= before.listed


@given(st.permutations([f"{n}" for n in range(6)]))
def test_the_order_of_schools_never_matters(order):
    schools = [school(key, years={2020: {"grade": "F" if key < "3" else "A"}}) for key in order]
    assert judge(rules(LOW), schools, 2020) == judge(rules(LOW), sorted(schools, key=key_of), 2020)


def key_of(one):
    return one.school


@given(st.lists(st.sampled_from([True, False, None]), max_size=8), st.integers(1, 8))
def test_what_is_unknown_never_decides(values, wanted):
    findings = [
        Finding(value, frozenset({"x"}) if value is None else frozenset()) for value in values
    ]
    found = at_least(wanted, findings).holds
    best = sum(value is not False for value in values) >= wanted
    worst = sum(value is True for value in values) >= wanted
    assert found is (best if best == worst else None)


def test_circles_are_found_once_and_loose_ends_are_none():
    assert circles({"a": ["b"], "b": ["c", "x"], "c": ["a"], "d": ["a"]}) == [("a", "b", "c")]
    assert circles({"a": ["b", "b"], "b": []}) == []
