"""A law of lists made of "at most so much": a worse result never takes a school off."""

from hypothesis import given, settings, strategies as st

from analysis.columns import table_of
from analysis.identification import Identification
from analysis.judging import judge
from analysis.school_facts import Fact, SchoolFacts

WORDS = {"ru": "слово", "en": "word"}
YEAR, YEARS = 2020, (2018, 2019, 2020)
MEASURES = {
    "middle": {"mean": ["score", "other"]},
    "over_years": {"years": {"of": "score", "last": 3}},
    "trend": {"trend": {"of": "score", "years": 3}},
    "place": {"rank": {"of": "score", "within": "all"}},
    "percentile": {"percentile": {"of": "middle", "within": "territory"}},
    "apart": {"difference_from_peers": {"of": "score", "from": "median", "within": "all"}},
    "below_all": {"difference_from_peers": {"of": "score", "from": "lowest", "within": "all"}},
    "scaled": {"index": {"terms": [{"of": "score"}], "scale": {"mean": 50, "spread": 10}}},
}
LOWER_IS_WORSE = ("score", *MEASURES)

comparisons = st.builds(
    lambda name, form, limit, year: {"fact": name, form: limit, "year": year},
    st.sampled_from(LOWER_IS_WORSE),
    st.sampled_from(["below", "at_most"]),
    st.one_of(st.integers(-3, 6), st.sampled_from([34, 50, 67])),
    st.sampled_from([0, 0, -1]),
)
bottoms = st.builds(
    lambda of, count, ties: {"bottom": {"of": of, "count": count, "ties": ties, "within": "all"}},
    st.sampled_from(["score", "middle"]),
    st.integers(1, 3),
    st.sampled_from(["min", "max"]),
)
unrated = st.sampled_from(["unknown", "no", "skipped"])
conditions = st.recursive(
    st.one_of(comparisons, comparisons, bottoms),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda parts: {"at_least": 2, "of": parts}, st.lists(inner, min_size=2, max_size=3)
        ),
        st.builds(
            lambda part, n, how: {
                "years": {"when": part, "at_least": n, "of_last": 3, "unrated": how}
            },
            inner,
            st.integers(1, 3),
            unrated,
        ),
        st.builds(
            lambda part, how: {"run": {"when": part, "at_least": 2, "unrated": how}}, inner, unrated
        ),
    ),
    max_leaves=4,
)
scores = st.one_of(st.integers(0, 6), st.integers(0, 6), st.none())
schools = st.lists(
    st.tuples(st.sampled_from("xy"), st.tuples(scores, scores, st.integers(0, 6))),
    min_size=1,
    max_size=6,
)


def school(key, territory, values):
    return SchoolFacts(
        school=str(key),
        territory=territory,
        years={
            year: {
                "score": Fact(value) if value is not None else Fact(None, "not_rated"),
                "other": Fact(3),
            }
            for year, value in zip(YEARS, values, strict=True)
        },
    )


def measure_of(form):
    return {"words": WORDS, **form}


def rules(when, *, cap):
    low = {"words": WORDS, "when": when}
    cut = {"by": "score", "at_most": 2, "reason": "no_room"}
    integer = {"words": WORDS, "per": "year", "type": "integer"}
    return Identification.model_validate(
        {
            "facts": {"score": integer, "other": integer},
            "measures": {name: measure_of(one) for name, one in MEASURES.items()},
            "categories": {"low": {**low, "cap": cut} if cap else low},
            "entry": "low",
        }
    )


def listed(found, given_schools, key):
    table = table_of(found, given_schools, YEAR)
    return any(one.listed for one in judge(found, table, YEAR).verdicts if one.school == key)


@settings(max_examples=150, deadline=None)
@given(conditions, schools, st.integers(0, 6), st.booleans())
def test_a_worse_result_never_takes_a_school_off_a_monotone_list(when, rows, worse, cap):
    found = rules(when, cap=cap)
    before = [school(n, *row) for n, row in enumerate(rows)]
    territory, (first, second, last) = rows[0]
    after = [school(0, territory, (first, second, min(worse, last))), *before[1:]]
    if listed(found, before, "0"):
        assert listed(found, after, "0")
