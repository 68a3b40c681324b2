"""Measures worked out by hand; where there is no value, the reason of its source travels with it."""

from decimal import Decimal

import pytest

from analysis.identification import Identification
from analysis.judging import looks_of
from analysis.school_facts import Fact, SchoolFacts

WORDS = {"ru": "слово", "en": "word"}
FACTS = {
    "kind": {"words": WORDS, "per": "school", "type": "word"},
    "score": {"words": WORDS, "per": "year", "type": "integer"},
    "poor": {"words": WORDS, "per": "year", "type": "decimal"},
    "took": {"words": WORDS, "per": "procedure", "type": "integer"},
    "points": {"words": WORDS, "per": "procedure", "type": "integer"},
}
GROUPS = [
    {"key": "small", "words": WORDS, "when": {"fact": "kind", "is": "small"}},
    {"key": "rest", "words": WORDS, "when": {"fact": "kind", "known": True}},
]


def rules(measures, **more):
    return Identification.model_validate(
        {
            "facts": FACTS,
            "measures": {key: {"words": WORDS, **one} for key, one in measures.items()},
            "peer_groups": GROUPS,
            "categories": {"low": {"words": WORDS, "when": {"fact": "score", "below": 0}}},
            "entry": "low",
            **more,
        }
    )


def school(key, *, kind="rest", years=None, results=None):
    def facts(given):
        return {
            name: value if isinstance(value, Fact) else Fact(value) for name, value in given.items()
        }

    return SchoolFacts(
        school=key,
        territory="t",
        standing=facts({"kind": kind}) if kind else {},
        years={year: facts(one) for year, one in (years or {}).items()},
        results={
            year: {name: facts(one) for name, one in taken.items()}
            for year, taken in (results or {}).items()
        },
    )


def scored(*scores, kind="rest"):
    return [
        school(
            f"{kind}{n}",
            kind=kind,
            years={2020: {"score": one if one is not None else Fact(None, "not_rated")}},
        )
        for n, one in enumerate(scores)
    ]


def worked(measure, schools, year=2020, **others):
    """The value of the measure for each school, or its reason."""
    looks = looks_of(rules({"m": measure, **others}), schools, year)
    found = [look.value("m")[0] for look in looks]
    return [one.reason if one.value is None else one.value for one in found]


def decimals(*values):
    return [Decimal(str(value)) for value in values]


def test_products_and_ratios():
    one = [school("1", years={2020: {"score": 6, "poor": Decimal("0.5")}})]
    assert worked({"product": ["score", "poor"]}, one) == [3]
    assert worked({"ratio": ["score", "poor"]}, one) == [12]
    zero = [school("1", years={2020: {"score": 6, "poor": Decimal(0)}})]
    assert worked({"ratio": ["score", "poor"]}, zero) == ["not_computable"]


@pytest.mark.parametrize(
    ("order", "ties", "places"),
    [
        ("ascending", "min", (1, 2, 2, 4)),
        ("ascending", "max", (1, 3, 3, 4)),
        ("ascending", "average", (1, 2.5, 2.5, 4)),
        ("descending", "min", (4, 2, 2, 1)),
    ],
)
def test_schools_of_equal_value_share_a_place(order, ties, places):
    rank = {"rank": {"of": "score", "order": order, "ties": ties}}
    assert worked(rank, scored(10, 20, 20, 30)) == decimals(*places)


def test_places_are_counted_within_the_peer_group_or_over_all():
    both = [*scored(10, 30, kind="rest"), *scored(20, 40, kind="small")]
    assert worked({"rank": {"of": "score"}}, both) == decimals(1, 2, 1, 2)
    assert worked({"rank": {"of": "score", "within": "all"}}, both) == decimals(1, 3, 2, 4)
    assert worked({"rank": {"of": "score", "within": "kind"}}, both) == decimals(1, 2, 1, 2)
    assert worked({"rank": {"of": "score", "within": "territory"}}, both) == decimals(1, 3, 2, 4)


def test_who_is_not_rated_has_no_place_and_takes_none():
    assert worked({"rank": {"of": "score"}}, scored(10, None, 20)) == [1, "not_rated", 2]
    among = {"rank": {"of": "score", "among": {"fact": "score", "above": 10}}}
    assert worked(among, scored(10, 20, None)) == ["not_ranked", 1, "not_rated"]
    lost = [school("1", kind=None, years={2020: {"score": 5}}), *scored(10)]
    assert worked({"rank": {"of": "score"}}, lost) == ["peer_group_unknown", 1]


@pytest.mark.parametrize(
    ("method", "found"),
    [("below", (0, 25, 25, 75)), ("at_most", (25, 75, 75, 100)), ("middle", (12.5, 50, 50, 87.5))],
)
def test_a_percentile_follows_its_stated_method(method, found):
    percentile = {"percentile": {"of": "score", "method": method}}
    assert worked(percentile, scored(10, 20, 20, 30)) == decimals(*found)


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({"from": "mean"}, (-20, -10, 30)),
        ({"from": "median"}, (-10, 0, 40)),
        ({"from": "mean", "others": True}, (-30, -15, 45)),
        ({"from": "median", "others": True}, (-30, -15, 45)),
        ({"from": "lowest"}, (-10, 10, 50)),
        ({"from": "highest"}, (-50, -40, 40)),
    ],
)
def test_the_difference_from_the_peers(form, found):
    measure = {"difference_from_peers": {"of": "score", **form}}
    assert worked(measure, scored(10, 20, 60)) == decimals(*found)


def test_a_school_without_enough_peers_is_compared_with_nobody():
    peers = {"of": "score", "from": "lowest"}
    assert worked({"difference_from_peers": peers}, scored(10)) == ["too_few_peers"]
    assert (
        worked({"difference_from_peers": {**peers, "minimum": 3}}, scored(10, 20, 30))
        == ["too_few_peers"] * 3
    )


def test_an_index_adds_its_terms_by_weight_and_sign():
    index = {
        "index": {"terms": [{"of": "score", "weight": 2}, {"of": "poor", "sign": -1}]},
    }
    one = [school("1", years={2020: {"score": 6, "poor": Decimal("0.5")}})]
    assert worked(index, one) == decimals(11.5)
    assert worked(index, scored(1)) == ["missing"]


def test_an_index_on_a_scale_has_its_mean_and_spread():
    """Sums 10, 20, 30: mean 20, standard deviation sqrt(200/3) = 8.16497; 10/8.16497 = 1.22474."""
    index = {"index": {"terms": [{"of": "score"}], "scale": {"mean": 50, "spread": 10}}}
    found = worked(index, scored(10, 20, 30, None))
    assert [round(one, 4) for one in found[:3]] == decimals("37.7526", 50, "62.2474")
    assert found[3] == "not_rated"


def test_the_terms_of_an_index_are_standardised_before_they_are_added():
    """Scores 10 and 30: ±1; poor 0.2 and 0.6: ±1. The sum is 1·z1 − 0.5·z2."""
    years = [{"score": 10, "poor": Decimal("0.2")}, {"score": 30, "poor": Decimal("0.6")}]
    schools = [school(str(n), years={2020: one}) for n, one in enumerate(years)]
    terms = [{"of": "score"}, {"of": "poor", "weight": Decimal("0.5"), "sign": -1}]
    assert worked({"index": {"terms": terms, "z": True}}, schools) == decimals(-0.5, 0.5)


def test_schools_that_are_all_alike_have_a_standard_score_of_zero():
    index = {"index": {"terms": [{"of": "score"}], "scale": {"mean": 50, "spread": 10}}}
    assert worked(index, scored(7, 7)) == [50, 50]


def test_a_trend_is_the_change_a_year():
    """10, unknown, 16: the line rises by 3 a year."""
    years = {2018: {"score": 10}, 2019: {"score": Fact(None, "not_rated")}, 2020: {"score": 16}}
    schools = [school("1", years=years), school("2", years={2020: {"score": 16}})]
    trend = {"trend": {"of": "score", "years": 3}}
    assert worked(trend, schools) == [3, "missing"]
    assert worked({"trend": {**trend["trend"], "minimum": 3}}, schools) == ["not_rated", "missing"]


def test_the_mean_over_years_leaves_unknown_years_out_down_to_a_minimum():
    years = {2018: {"score": 10}, 2019: {"score": Fact(None, "suppressed")}, 2020: {"score": 16}}
    one = [school("1", years=years)]
    assert worked({"years": {"of": "score", "last": 3}}, one) == [13]
    assert worked({"years": {"of": "score", "last": 3, "how": "lowest"}}, one) == [10]
    assert worked({"years": {"of": "score", "last": 3, "how": "count"}}, one) == [2]
    assert worked({"years": {"of": "score", "last": 3, "minimum": 3}}, one) == ["suppressed"]


def test_procedures_are_gathered_into_one_value_weighted_by_participants():
    """(40·10 + 60·30) / 40 = 55; not weighted (40 + 60) / 2 = 50."""
    taken = {"a": {"took": 10, "points": 40}, "b": {"took": 30, "points": 60}, "c": {"took": 5}}
    one = [school("1", results={2020: taken})]
    assert worked({"procedures": {"of": "points", "weight": "took"}}, one) == [55]
    assert worked({"procedures": {"of": "points"}}, one) == [50]
    assert worked({"procedures": {"of": "points", "among": ["a"]}}, one) == [40]
    assert worked({"procedures": {"of": "took", "how": "sum"}}, one) == [45]
    assert worked({"procedures": {"of": "points", "minimum": 3}}, one) == ["missing"]
    assert worked({"procedures": {"of": "points", "weight": "took"}}, scored(1)) == ["missing"]


def test_a_measure_of_measures_carries_the_reason_of_the_first_source():
    """A share of too few is no mean, no rank and no index."""
    few = {"share": "points", "of": "took", "minimum": 5}
    one = [school("1", results={2020: {"a": {"took": 4, "points": 4}}})]
    mean = {"procedures": {"of": "share"}}
    assert worked(mean, one, share=few) == ["too_few"]
    assert worked({"rank": {"of": "mean"}}, one, share=few, mean=mean) == ["too_few"]
    assert worked({"index": {"terms": [{"of": "mean"}], "z": True}}, one, share=few, mean=mean) == [
        "too_few"
    ]


def test_ranks_of_an_earlier_year_are_among_the_schools_of_that_year():
    schools = [
        school("1", years={2019: {"score": 30}, 2020: {"score": 10}}),
        school("2", years={2019: {"score": 20}, 2020: {"score": 20}}),
        school("3", years={2019: {"score": 10}}),
    ]
    looks = looks_of(rules({"m": {"rank": {"of": "score"}}}), schools, 2020)
    assert [look.back(-1).value("m")[0].value for look in looks] == [3, 2, 1]
    assert [look.value("m")[0].value for look in looks[:2]] == [1, 2]
