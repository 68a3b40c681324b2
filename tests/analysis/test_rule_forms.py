"""The rule forms of the sources and of other countries, each worked out by hand."""

from decimal import Decimal

import pytest

from analysis.exiting import propose
from analysis.identification import Identification
from analysis.judging import cohort_of, judge
from analysis.school_facts import Fact, SchoolFacts

WORDS = {"ru": "слово", "en": "word"}
NOT_RATED = Fact(None, "not_rated")


def declared(*names, per="year", kind="integer"):
    return {name: {"words": WORDS, "per": per, "type": kind} for name in names}


def rules(when, **more):
    """One category `low` by the condition; facts, measures and all else as given."""
    category = {"words": WORDS, "when": when, **more.pop("category", {})}
    return Identification.model_validate(
        {
            "facts": {
                **declared("score", "index", "math", "russian", "opened"),
                **declared("pool", kind="word"),
                **declared("took", "failed", per="procedure"),
            },
            "categories": {"low": category},
            "entry": "low",
            **more,
        }
    )


def parameters(**values):
    return {key: {"words": WORDS, "value": value} for key, value in values.items()}


def school(key, *, territory="t", results=None, **years):
    """`y2020={"score": 1}`"""
    given = {int(year[1:]): one for year, one in years.items()}
    return SchoolFacts(
        school=key,
        territory=territory,
        years={year: _facts(one) for year, one in given.items()},
        results={
            year: {name: _facts(one) for name, one in taken.items()}
            for year, taken in (results or {}).items()
        },
    )


def _facts(given):
    return {
        name: value if isinstance(value, Fact) else Fact(value) for name, value in given.items()
    }


def scored(**scores):
    return [school(key, y2020={"score": value}) for key, value in scores.items()]


def listed(found, schools, year=2020, **tried):
    return [one.school for one in judge(found, schools, year, tried).verdicts if one.listed]


# --- R1: two procedures of the year, and the same procedure two years running ---------------------

LOW = {"fact": "share", "at_least": {"parameter": "low_share"}}
G1 = {"procedures": {"when": LOW, "at_least": 2}}
G2 = {"procedures": {"at_least": 1, "when": {"run": {"when": LOW, "at_least": 2}}}}
R1 = {"at_least": {"parameter": "grounds"}, "of": [G1, G2]}


def took(**failed):
    return {name: {"took": 10, "failed": one} for name, one in failed.items()}


@pytest.mark.parametrize(
    ("school_results", "any_of_them", "both"),
    [
        ({2019: took(a=5, b=5), 2020: took(a=3, b=3)}, True, True),
        ({2019: took(a=0, b=0), 2020: took(a=3, b=3)}, True, False),
        ({2019: took(a=5, b=0), 2020: took(a=3, b=2)}, True, False),
        ({2019: took(a=5, b=0), 2020: took(a=2, b=3)}, False, False),
    ],
)
def test_the_federal_rule_is_read_both_ways(school_results, any_of_them, both):
    found = rules(
        R1,
        measures={"share": {"words": WORDS, "share": "failed", "of": "took"}},
        parameters=parameters(low_share=Decimal("0.30"), grounds=1),
    )
    one = [school("1", results=school_results)]
    assert bool(listed(found, one)) is any_of_them
    assert bool(listed(found, one, grounds=2)) is both


# --- R2: below all others of the cluster in everything, or a low index at the bottom --------------


def below_all(measure):
    return {"words": WORDS, "difference_from_peers": {"of": measure, "from": "lowest"}}


R2 = {
    "any": [
        {
            "run": {
                "at_least": {"parameter": "years"},
                "when": {
                    "all": [{"fact": "d_math", "below": 0}, {"fact": "d_russian", "below": 0}]
                },
            }
        },
        {
            "all": [
                {"fact": "index", "below": {"parameter": "index_limit"}},
                {"bottom": {"of": "index", "count": {"parameter": "bottom"}}},
            ]
        },
    ]
}


def test_a_school_below_its_whole_cluster_for_years_or_with_a_low_index_at_the_bottom():
    """a: the lowest in both, both years. b: index 30, the lowest. c: index 35, not at the bottom."""
    found = rules(
        R2,
        measures={"d_math": below_all("math"), "d_russian": below_all("russian")},
        parameters=parameters(years=2, index_limit=36, bottom=1),
    )

    def years(math, russian, index):
        one = {"math": math, "russian": russian, "index": index}
        return {"y2019": one, "y2020": one}

    schools = [
        school("a", **years(10, 10, 50)),
        school("b", **years(20, 30, 30)),
        school("c", **years(30, 20, 35)),
    ]
    assert listed(found, schools) == ["a", "b"]
    assert listed(found, schools, bottom=2) == ["a", "b", "c"]
    assert listed(found, schools, index_limit=30) == ["a"]
    assert listed(found, schools, years=3) == ["b"]  # of the year before that nothing is known


# --- the bottom of a pool -------------------------------------------------------------------------


def bottom(**more):
    return {"bottom": {"of": "score", "share": Decimal("0.05"), **more}}


def pool(size, worst=1):
    return scored(**{f"s{n:03}": max(n, worst) for n in range(1, size + 1)})


@pytest.mark.parametrize(("size", "number"), [(1, 1), (20, 1), (21, 2), (100, 5), (101, 6)])
def test_the_bottom_share_is_rounded_up(size, number):
    assert len(listed(rules(bottom()), pool(size))) == number


def test_the_bottom_share_may_be_rounded_down_or_to_the_nearest():
    assert len(listed(rules(bottom(rounding="down")), pool(39))) == 1
    assert len(listed(rules(bottom(rounding="nearest")), pool(30))) == 2  # 1.5
    assert len(listed(rules(bottom(rounding="nearest")), pool(29))) == 1  # 1.45


def test_schools_tied_at_the_limit_are_all_in_or_all_out():
    """Of 20 schools one is sought, and three share the lowest score."""
    tied = pool(20, worst=3)
    assert listed(rules(bottom(ties="min")), tied) == ["s001", "s002", "s003"]
    assert listed(rules(bottom(ties="max")), tied) == []


def test_the_share_is_of_the_whole_pool_and_the_places_of_those_ranked():
    """40 schools, two of them not ranked: 5 % of 40 are 2, the lowest two of the others."""
    among = {"fact": "score", "above": 2}
    found = rules(bottom(among=among, out_of={"always": True}))
    assert listed(found, pool(40)) == ["s003", "s004"]
    assert listed(rules(bottom(among=among)), pool(40)) == ["s003", "s004"]  # 5 % of 38 is 1.9
    assert listed(rules(bottom(among=among)), pool(22)) == ["s003"]


def test_each_pool_has_a_bottom_of_its_own_and_a_small_pool_has_none():
    schools = [
        school(f"{name}{n}", y2020={"score": n, "pool": name})
        for name, size in (("k8", 40), ("hs", 20), ("odd", 2))
        for n in range(10, 10 + size)
    ]
    found = rules(bottom(within="pool", minimum=3))
    assert listed(found, schools) == ["hs10", "k810", "k811"]
    verdicts = {one.school: one for one in judge(found, schools, 2020).verdicts}
    assert verdicts["odd10"].not_rated == ("too_few_peers",)


def test_the_ground_of_a_bottom_names_the_place_and_the_limit():
    (verdict,) = [one for one in judge(rules(bottom()), pool(20), 2020).verdicts if one.listed]
    assert "place 1 of 20, the limit is 1" in verdict.grounds[0].ground.rule


# --- runs of years --------------------------------------------------------------------------------

BELOW_40 = {"fact": "score", "below": 40}


@pytest.mark.parametrize(
    ("scores", "unrated", "is_listed", "is_rated"),
    [
        ((30, 30, 30), "unknown", True, True),
        ((30, None, 30), "unknown", False, False),
        ((30, None, 30), "no", False, True),
        ((30, None, 30), "skipped", False, True),  # two rated years, three are asked
        ((50, None, 30), "unknown", False, True),
        ((30, 30, None), "no", False, True),
    ],
)
def test_three_years_running(scores, unrated, is_listed, is_rated):
    found = rules({"run": {"when": BELOW_40, "at_least": 3, "unrated": unrated}})
    years = {f"y{2018 + n}": {"score": NOT_RATED if s is None else s} for n, s in enumerate(scores)}
    (verdict,) = judge(found, [school("1", **years)], 2020).verdicts
    assert (verdict.listed, verdict.not_rated is None) == (is_listed, is_rated)


def test_a_skipped_year_neither_counts_nor_breaks_the_run():
    found = rules({"run": {"when": BELOW_40, "at_least": 3, "unrated": "skipped"}})
    low = {"score": 30}
    assert listed(found, [school("1", y2017=low, y2018=low, y2019={"score": NOT_RATED}, y2020=low)])
    assert not listed(found, [school("1", y2017=low, y2018={"score": 50}, y2019=low, y2020=low)])


def test_a_stale_copy_is_a_reason_where_the_programme_asks():
    """2020 repeats 2019 in every named fact: no second low year."""
    stale = [{"when": {"unchanged": ["math", "russian"]}, "reason": "stale_copy"}]
    mean = {"words": WORDS, "mean": ["math", "russian"], "unless": stale}
    when = {"run": {"when": {"fact": "mean", "below": 40}, "at_least": 2, "unrated": "skipped"}}
    found = rules(when, measures={"mean": mean})
    years = {"y2018": {"math": 50, "russian": 50}, "y2019": {"math": 30, "russian": 30}}
    copied = school("1", **years, y2020={"math": 30, "russian": 30})
    honest = school("2", **years, y2020={"math": 30, "russian": 31})
    assert listed(found, [copied, honest]) == ["2"]


# --- caps and exceptions --------------------------------------------------------------------------

CAP = {"by": "score", "share": Decimal("0.025"), "reason": "over_the_cap"}


def test_at_most_a_share_of_the_schools_carries_the_status_and_the_rest_are_told():
    """100 schools, 10 of them low; 2.5 % are two."""
    found = rules({"fact": "score", "at_most": 10}, category={"cap": CAP})
    verdicts = judge(found, pool(100), 2020).verdicts
    assert [one.school for one in verdicts if one.listed] == ["s001", "s002"]
    cut = [one for one in verdicts if one.kept_off]
    assert {one.kept_off[0].reason for one in cut} == {"over_the_cap"}
    assert len(cut) == 8
    assert all(one.not_rated is None and not one.grounds for one in cut)


def test_a_cap_is_never_exceeded_by_ties_unless_it_says_so():
    low = {"fact": "score", "at_most": 10}
    cap = {"by": "score", "at_most": 2, "reason": "over_the_cap"}
    tied = scored(a=1, b=2, c=2, d=50)
    assert listed(rules(low, category={"cap": cap}), tied) == ["a"]
    assert listed(rules(low, category={"cap": {**cap, "ties": "min"}}), tied) == ["a", "b", "c"]


def test_a_cap_within_territories_counts_each_of_them():
    cap = {"by": "score", "at_most": 1, "within": "territory", "reason": "over_the_cap"}
    schools = [
        school(f"{place}{n}", territory=place, y2020={"score": n}) for place in "xy" for n in (1, 2)
    ]
    assert listed(rules({"always": True}, category={"cap": cap}), schools) == ["x1", "y1"]


def test_a_new_school_cannot_be_among_the_worst_and_is_judged_all_the_same():
    new = [{"when": {"fact": "opened", "at_least": 2019}, "reason": "new_school"}]
    found = rules(BELOW_40, category={"unless": new})
    old, young = (
        school(key, y2020={"score": 10, "opened": y}) for key, y in (("o", 2000), ("y", 2020))
    )
    verdicts = judge(found, [old, young], 2020).verdicts
    assert [one.listed for one in verdicts] == [True, False]
    assert verdicts[1].not_rated is None
    assert [(one.category, one.reason) for one in verdicts[1].kept_off] == [("low", "new_school")]


def test_categories_that_build_on_each_other():
    """Low, adverse, both at once, and at risk: low neither this year nor adverse, but falling."""
    categories = {
        "low": {"words": WORDS, "when": BELOW_40},
        "adverse": {"words": WORDS, "when": {"fact": "index", "below": 40}},
        "both": {"words": WORDS, "when": {"all": [{"category": "low"}, {"category": "adverse"}]}},
        "at_risk": {
            "words": WORDS,
            "when": {"all": [{"not": {"category": "low"}}, {"fact": "trend", "below": 0}]},
        },
    }
    trend = {"words": WORDS, "trend": {"of": "score", "years": 2}}
    found = Identification.model_validate(
        {
            "facts": declared("score", "index"),
            "measures": {"trend": trend},
            "categories": categories,
            "entry": "low",
        }
    )
    schools = [
        school("1", y2019={"score": 30}, y2020={"score": 30, "index": 30}),
        school("2", y2019={"score": 60}, y2020={"score": 50, "index": 50}),
        school("3", y2019={"score": 40}, y2020={"score": 50, "index": 30}),
    ]
    carried = [one.categories for one in judge(found, schools, 2020).verdicts]
    assert carried == [("low", "adverse", "both"), ("at_risk",), ("adverse",)]


# --- exits over two years -------------------------------------------------------------------------

EXITS = [
    {
        "outcome": "improved",
        "when": {
            "any": [
                {"run": {"when": {"fact": "percentile", "above": 10}, "at_least": 2}},
                {"fact": "percentile", "above": 15},
            ]
        },
    },
    {"outcome": "escalated", "when": {"always": True}, "from_year": 4},
    {"outcome": "continues", "when": {"always": True}},
]


@pytest.mark.parametrize(
    ("before", "now", "years", "outcome"),
    [
        (12, 12, 1, "improved"),  # above 10 in both years
        (5, 12, 1, "continues"),  # above 10 this year alone
        (5, 16, 1, "improved"),  # above 15 this year
        (5, 15, 4, "escalated"),  # the fourth year without an exit
    ],
)
def test_an_exit_by_percentiles_of_two_years_and_a_clock_of_four(before, now, years, outcome):
    """In a hundred schools with the scores 1 to 100 the score is the percentile."""
    percentile = {"words": WORDS, "percentile": {"of": "score"}}
    found = rules(BELOW_40, measures={"percentile": percentile}, exits=EXITS)

    def others(own):
        return [score for score in range(1, 101) if score != own]

    one = school("x", y2019={"score": before}, y2020={"score": now})
    rest = [
        school(f"s{n}", y2019={"score": a}, y2020={"score": b})
        for n, (a, b) in enumerate(zip(others(before), others(now), strict=True))
    ]
    cohort = cohort_of(found, [one, *rest], 2020)
    assert propose(found, one, 2020, years=years, cohort=cohort).outcome == outcome
