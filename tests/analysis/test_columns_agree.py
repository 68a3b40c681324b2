"""The law of the two engines: columns and single looks come to the same verdicts, whatever the rules."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings, strategies as st

from analysis.bulk_judging import BulkJudgement
from analysis.columns import table_of
from analysis.identification import Identification
from analysis.judging import judge, judged_alone, looks_of
from analysis.school_facts import Fact, SchoolFacts

WORDS = {"ru": "слово", "en": "word"}
YEAR, YEARS, PROCEDURES = 2020, (2018, 2019, 2020), ("a", "b")
FACTS = {
    "kind": ("school", "word"),
    "opened": ("school", "integer"),
    "grade": ("year", "word"),
    "score": ("year", "integer"),
    "index": ("year", "decimal"),
    "took": ("procedure", "integer"),
    "failed": ("procedure", "integer"),
}
MEASURES: dict[str, dict[str, object]] = {
    "share": {"share": "failed", "of": "took", "minimum": {"parameter": "fewest"}},
    "total": {"sum": ["failed", "took"]},
    "gap": {"difference": ["score", "index"]},
    "times": {"product": ["score", "index"]},
    "ratio": {
        "ratio": ["index", "score"],
        "unless": [{"when": {"fact": "grade", "is": "A"}, "reason": "too_good"}],
    },
    "middle": {"mean": ["score", "index"]},
    "over_years": {"years": {"of": "score", "last": 2}},
    "over_procedures": {"procedures": {"of": "share", "how": "highest"}},
    "weighted": {"procedures": {"of": "share", "weight": "took"}},
    "trend": {"trend": {"of": "score", "years": 3}},
    "place": {"rank": {"of": "middle", "ties": "average"}},
    "share_place": {"rank": {"of": "share", "within": "all", "order": "descending"}},
    "percentile": {"percentile": {"of": "score", "among": {"fact": "index", "above": 1}}},
    "apart": {"difference_from_peers": {"of": "index", "from": "median", "minimum": 2}},
    "below_all": {"difference_from_peers": {"of": "score", "from": "lowest", "within": "kind"}},
    "wellbeing": {
        "index": {
            "terms": [{"of": "score", "weight": 2}, {"of": "index", "sign": -1}],
            "z": True,
            "scale": {"mean": 50, "spread": 10},
        }
    },
}
LOOSE = (
    *("score", "index", "gap", "times", "ratio", "middle", "trend", "place", "percentile"),
    *("apart", "below_all", "wellbeing", "over_years", "over_procedures", "weighted"),
)
WITHIN = ("share", "total", "took", "failed", "share_place")

limits = st.one_of(
    st.integers(-2, 6),
    st.sampled_from([Decimal("0.3"), Decimal("0.5"), Decimal("2.5"), Decimal(50)]),
    st.just({"parameter": "limit"}),
)
orders = st.sampled_from(["below", "at_most", "above", "at_least"])
years_back = st.sampled_from([0, 0, -1])
counts = st.one_of(st.integers(1, 3), st.just({"parameter": "count"}))
unrated = st.sampled_from(["unknown", "no", "skipped"])


def comparisons_of(names):
    number = st.builds(
        lambda fact, order, limit, year: {"fact": fact, order: limit, "year": year},
        st.sampled_from(names),
        orders,
        limits,
        years_back,
    )
    word = st.builds(
        lambda form, year: {"fact": "grade", **form, "year": year},
        st.sampled_from([{"is": "F"}, {"is_not": "A"}, {"in": ["D", "F"]}, {"known": True}]),
        years_back,
    )
    return st.one_of(number, number, word)


inside_procedures = st.builds(
    lambda when, at_least: {"procedures": {"when": when, "at_least": at_least}},
    st.one_of(
        comparisons_of(WITHIN),
        st.builds(lambda when: {"run": {"when": when, "at_least": 2}}, comparisons_of(WITHIN)),
    ),
    counts,
)
bottoms = st.builds(
    lambda of, size, within, among, out_of, ties: {
        "bottom": {"of": of, **size, "within": within, "ties": ties, **among, **out_of}
    },
    st.sampled_from(["score", "middle", "wellbeing"]),
    st.sampled_from([{"share": Decimal("0.25")}, {"count": 1}, {"count": {"parameter": "count"}}]),
    st.sampled_from(["peer_group", "all", "territory", "kind"]),
    st.sampled_from([{}, {"among": {"fact": "index", "above": 1}}, {"minimum": 3}]),
    st.sampled_from([{}, {"out_of": {"always": True}}]),
    st.sampled_from(["min", "max"]),
)
leaves = st.one_of(
    comparisons_of(LOOSE),
    comparisons_of(LOOSE),
    inside_procedures,
    bottoms,
    st.just({"unchanged": ["score", "grade"]}),
    st.just({"always": True}),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda n, parts: {"at_least": n, "of": parts},
            counts,
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.builds(lambda part: {"not": part}, inner),
        st.builds(
            lambda part, n, u: {"years": {"when": part, "at_least": n, "of_last": 2, "unrated": u}},
            inner,
            counts,
            unrated,
        ),
        st.builds(
            lambda part, n, u: {"run": {"when": part, "at_least": n, "unrated": u}},
            inner,
            counts,
            unrated,
        ),
    ),
    max_leaves=5,
)


@st.composite
def rules(draw):
    exceptions = [{"when": draw(leaves), "reason": "spared"}] if draw(st.booleans()) else []
    cap = {"by": "score", "at_most": 2, "reason": "cut", "within": "territory"}
    low = {"words": WORDS, "when": draw(conditions), "unless": exceptions}
    raw = {
        "facts": {
            name: {"words": WORDS, "per": per, "type": kind} for name, (per, kind) in FACTS.items()
        },
        "procedures": {name: {"words": WORDS} for name in PROCEDURES},
        "measures": {name: {"words": WORDS, **one} for name, one in MEASURES.items()},
        "parameters": {
            "limit": {"words": WORDS, "value": 2, "by_peer_group": {"small": 1}},
            "count": {"words": WORDS, "value": 2, "by_peer_group": {"small": 1}},
            "fewest": {"words": WORDS, "value": 2, "by_peer_group": {"small": 3}},
        },
        "judged": draw(st.sampled_from(["row_in_year", "every_school"])),
        "peer_groups": [
            {"key": "small", "words": WORDS, "when": {"fact": "kind", "is": "small"}},
            {"key": "rest", "words": WORDS, "when": {"not": {"fact": "grade", "is": "C"}}},
        ]
        if draw(st.booleans())
        else [],
        "protections": [{"when": {"fact": "opened", "at_least": 2020}, "reason": "new_school"}],
        "categories": {
            "low": {**low, **({"cap": cap} if draw(st.booleans()) else {})},
            "again": {
                "words": WORDS,
                "when": {"years": {"when": {"category": "low"}, "at_least": 2, "of_last": 2}},
            },
        },
        "entry": "low",
        "territories": {
            "words": WORDS,
            "category": "low",
            "above": Decimal("0.5"),
            "among": {"fact": "score", "known": True},
        },
    }
    if not raw["peer_groups"]:
        for parameter in raw["parameters"].values():
            parameter["by_peer_group"] = {}
    return Identification.model_validate(raw)


def facts_of(**values):
    """Some of the facts, each a value or a reason."""
    reasons = st.sampled_from(["not_rated", "suppressed"]).map(lambda reason: Fact(None, reason))
    one = {name: st.one_of(of.map(Fact), of.map(Fact), reasons) for name, of in values.items()}
    return st.fixed_dictionaries({}, optional=one)


small = st.integers(0, 6)
schools = st.lists(
    st.builds(
        lambda territory, standing, years, results: (territory, standing, years, results),
        st.sampled_from("xy"),
        facts_of(kind=st.sampled_from(["small", "large"]), opened=st.sampled_from([2000, 2020])),
        st.dictionaries(
            st.sampled_from(YEARS),
            facts_of(
                grade=st.sampled_from(["A", "C", "D", "F"]),
                score=small,
                index=st.sampled_from([Decimal("0.5"), Decimal("1.1"), Decimal(2), Decimal("3.3")]),
            ),
        ),
        st.dictionaries(
            st.sampled_from(YEARS),
            st.dictionaries(
                st.sampled_from(PROCEDURES), facts_of(took=small, failed=small).filter(bool)
            ),
        ),
    ),
    min_size=1,
    max_size=8,
).map(
    lambda rows: [
        SchoolFacts(school=str(n), territory=t, standing=s, years=y, results=r)
        for n, (t, s, y, r) in enumerate(rows)
    ]
)
thorough = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@thorough
@given(rules(), schools)
def test_columns_and_single_looks_come_to_the_same_verdicts(found, given_schools):
    """What the columns are unsure of they leave to a single look; the rest is the same by itself."""
    alone = {
        look.school.school: replace(judged_alone(look), grounds=())
        for look in looks_of(found, given_schools, YEAR)
    }
    bulk = BulkJudgement(found, table_of(found, given_schools, YEAR), {})
    unsure = bulk.bulk.unsure
    for verdict in bulk.verdicts:
        if not unsure[int(verdict.school)]:
            assert verdict == alone[verdict.school]


@thorough
@given(rules(), schools)
def test_a_table_is_judged_as_its_schools_are(found, given_schools):
    table = table_of(found, given_schools, YEAR)
    assert judge(found, table, YEAR) == judge(found, given_schools, YEAR)
    assert judge(found, list(table), YEAR) == judge(found, given_schools, YEAR)
