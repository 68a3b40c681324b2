"""How far a value lies from its threshold: exact, in the fact's own unit and in whole pupils."""

import operator
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, strategies as st

from analysis.columns import table_of
from analysis.explaining import reading
from analysis.flipping import judges, smallest_changes
from analysis.identification import Identification
from analysis.judging import judge, judged_alone, looks_of
from analysis.school_facts import Fact, SchoolFacts
from analysis.single_pupils import on_one_pupil

WORDS = {"ru": "слово", "en": "word"}
YEAR = 2020
HOLDS = {
    "below": operator.lt,
    "at_most": operator.le,
    "above": operator.gt,
    "at_least": operator.ge,
}


def rules(when, **more):
    number = {"words": WORDS, "type": "integer"}
    return Identification.model_validate(
        {
            "facts": {
                "score": {**number, "per": "year"},
                "took": {**number, "per": "procedure"},
                "failed": {**number, "per": "procedure"},
            },
            "procedures": {"math": {"words": WORDS}, "russian": {"words": WORDS}},
            "measures": {
                "share": {"words": WORDS, "share": "failed", "of": "took"},
                "mean_share": {"words": WORDS, "procedures": {"of": "share"}},
            },
            "categories": {"low": {"words": WORDS, "when": when}},
            "entry": "low",
            **more,
        }
    )


def school(code, *, score=None, years=None, math=None):
    results = {"math": {"failed": Fact(math[0]), "took": Fact(math[1])}} if math else {}
    known = {YEAR: score} if score is not None else (years or {})
    return SchoolFacts(
        school=code,
        territory="t",
        years={year: {"score": Fact(value)} for year, value in known.items()},
        results={YEAR: results} if results else {},
    )


def distances(when, one):
    (look,) = looks_of(rules(when), [one], YEAR)
    return reading(look, "low").distances


@given(
    how=st.sampled_from(sorted(HOLDS)),
    limit=st.decimals("0", "1", places=2),
    row=st.integers(1, 40).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))),
)
def test_so_many_pupils_turn_the_comparison_and_no_fewer(how, limit, row):
    part, whole = row
    (one,) = distances({"fact": "share", how: limit, "procedure": "math"}, school("1", math=row))

    def holds(number):
        return HOLDS[how](Fraction(number, whole), Fraction(limit))

    turning = [n - part for n in range(whole + 1) if holds(n) is not holds(part)]
    assert one.holds is holds(part)
    assert one.pupils == min(turning, key=abs, default=None)
    assert one.of == whole


def test_each_year_and_each_procedure_has_its_distance_once():
    when = {"years": {"when": {"fact": "score", "below": 10}, "at_least": 2, "of_last": 3}}
    twice = {"any": [when, {"fact": "score", "below": 10}]}
    found = distances(twice, school("1", years={2018: 4, 2019: 12, 2020: 9}))
    assert [(one.seen.year, one.away, one.holds) for one in found] == [
        (2020, Decimal(-1), True),
        (2019, Decimal(2), False),
        (2018, Decimal(-6), True),
    ]


def test_where_years_without_a_rating_are_left_out_the_earlier_one_is_looked_at():
    count = {
        "when": {"fact": "score", "below": 10},
        "at_least": 2,
        "of_last": 2,
        "unrated": "skipped",
    }
    found = distances({"years": count}, school("1", years={2018: 4, 2020: 9}))
    assert [one.seen.year for one in found] == [2020, 2018]


# --- among other schools --------------------------------------------------------------------------


def changes_of(of, several, code):
    looks = looks_of(of, several, YEAR)
    look = next(one for one in looks if one.school.school == code)
    listed = judged_alone(look).listed
    judged = judges(of, look.school, YEAR, cohort=look.cohort)
    return smallest_changes(of, look.school, YEAR, listed, judged)


def test_who_is_at_the_bottom_leaves_it_by_passing_the_next_one():
    of = rules({"bottom": {"of": "score", "count": 2}})
    several = [school(str(n), score=10 * n) for n in range(1, 6)]
    (change,) = changes_of(of, several, "2")
    assert (change.cell.value, change.becomes, change.listed) == (20, 31, False)
    others = [one for one in several if one.school != "2"]
    verdicts = judge(of, [*others, school("2", score=31)], YEAR).verdicts
    assert [one.school for one in verdicts if one.listed] == ["1", "3"]


def test_one_pupil_is_found_behind_a_measure_over_procedures():
    of = rules({"fact": "mean_share", "at_least": Decimal("0.5")})
    several = [school("1", math=(7, 14)), school("2", math=(8, 14)), school("3", math=(3, 14))]
    now = judge(of, several, YEAR)
    assert on_one_pupil(of, table_of(of, several, YEAR), YEAR, now) == ("1",)
