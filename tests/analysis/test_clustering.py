"""Clusters: the first row of the table that holds, and groups that the profiles propose."""

from decimal import Decimal

import pytest

from analysis.cluster_rules import Clusters
from analysis.clustering import ALL_ALIKE, TOO_SMALL, by_rules, propose_groups
from analysis.identification import Identification
from analysis.school_facts import Fact, SchoolFacts
from analysis.traits import judged_looks, read_trait

RULES = Identification.model_validate(
    {
        "facts": {
            "index": {"words": {"en": "index"}, "per": "year", "type": "decimal"},
            "poverty": {"words": {"en": "poverty"}, "per": "year", "type": "decimal"},
            "below": {"words": {"en": "below"}, "per": "procedure", "type": "integer"},
        },
        "procedures": {
            "math": {"words": {"en": "mathematics"}},
            "read": {"words": {"en": "reading"}},
        },
        "categories": {
            "low": {
                "words": {"en": "low"},
                "when": {"procedures": {"when": {"fact": "below", "at_least": 5}, "at_least": 1}},
            },
            "adverse": {"words": {"en": "adverse"}, "when": {"fact": "index", "below": 40}},
        },
        "entry": "low",
    }
)
LOW, ADVERSE = {"category": "low"}, {"category": "adverse"}
CLUSTERS = Clusters.model_validate(
    {
        "rules": [
            {"key": "double", "words": {"en": "both"}, "when": {"all": [LOW, ADVERSE]}},
            {"key": "teaching", "words": {"en": "teaching"}, "when": LOW},
            {
                "key": "resilient",
                "words": {"en": "resilient"},
                "when": {"all": [{"not": LOW}, ADVERSE]},
            },
        ],
        "profile": {"of": [{"fact": "index"}, {"fact": "poverty"}, {"fact": "below"}], "most": 4},
    }
)


def school(code, *, index=None, poverty=None, below=()):
    known = {"index": index, "poverty": poverty}
    year = {
        k: Fact(Decimal(v)) if v is not None else Fact(None, "suppressed") for k, v in known.items()
    }
    results = {p: {"below": Fact(n)} for p, n in zip(("math", "read"), below, strict=False)}
    return SchoolFacts(school=code, territory="T", years={2026: year}, results={2026: results})


def looks(*schools):
    return judged_looks(RULES, schools, 2026)


def cluster(**facts):
    [look] = looks(school("1", **facts)).values()
    return by_rules(CLUSTERS.rules, look)


def cohort():
    """Two kinds of schools: poor with bad results, and the others; the last two are hardly known."""
    poor = [school(f"p{n}", index=30 + n, poverty=60 + n, below=(8, 9)) for n in range(5)]
    well = [school(f"w{n}", index=70 + n, poverty=10 + n, below=(1, 2)) for n in range(7)]
    return [*poor, *well, school("x1", index=31, below=(9, 9)), school("x2")]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"index": 20, "below": (9,)}, "double"),
        ({"index": 60, "below": (9,)}, "teaching"),
        ({"index": 20, "below": (1,)}, "resilient"),
        ({"index": 60, "below": (1,)}, None),
    ],
)
def test_the_first_row_that_holds_takes_the_school(facts, expected):
    assert cluster(**facts).cluster == expected


def test_where_an_earlier_row_might_hold_the_reason_is_told_instead():
    found = cluster(below=(9,))
    assert (found.cluster, found.reasons) == (None, ("suppressed",))


def test_a_trait_without_a_procedure_is_the_mean_of_those_known():
    [look] = looks(school("1", below=(4, 9))).values()
    assert read_trait(look, CLUSTERS.profile.of[2]).number == Decimal("6.5")


def test_groups_are_told_by_what_sets_them_apart():
    found = propose_groups(CLUSTERS.profile, list(looks(*cohort()).values()))
    first, second = found.groups
    assert first.schools == tuple(f"w{n}" for n in range(7))
    assert second.schools == (*(f"p{n}" for n in range(5)), "x1")
    assert {one.trait: one.deviations > 0 for one in second.apart} == {
        "index": False,
        "poverty": True,
        "below": True,
    }
    assert (found.unplaced, found.filled) == (("x2",), 1)
    assert max(found.silhouettes, key=found.silhouettes.get) == 2


def test_the_same_profiles_in_any_order_give_the_same_groups():
    every = list(looks(*cohort()).values())
    straight = propose_groups(CLUSTERS.profile, every)
    assert propose_groups(CLUSTERS.profile, every[::-1]) == straight
    assert propose_groups(CLUSTERS.profile, every[5:] + every[:5]) == straight


def test_too_few_schools_or_none_that_differ_give_no_groups_but_a_reason():
    few = list(looks(school("1", index=1, poverty=1), school("2", index=2, poverty=2)).values())
    assert propose_groups(CLUSTERS.profile, few).reason == TOO_SMALL
    same = [school(str(n), index=50, poverty=50, below=(1,)) for n in range(9)]
    found = propose_groups(CLUSTERS.profile, list(looks(*same).values()))
    assert (found.reason, found.groups) == (ALL_ALIKE, ())
    assert propose_groups(CLUSTERS.profile, []).reason is not None
