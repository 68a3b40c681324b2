"""Tennessee's entry of 2018 and exit of 2019, on pools worked out by hand."""

from decimal import Decimal

import pytest

from analysis.exiting import propose
from analysis.judging import cohort_of, judge
from analysis.school_facts import Fact, SchoolFacts
from programmes.folders import shipped
from programmes.reading import read_programme
from states.stage import Outcome

RULES = read_programme(shipped()["tennessee"]).identification
USUAL = {"ineligible": "no", "valid_tests": 100, "growth": 3}


def school(key, *, pool="K8", y2017=None, y2018=None, y2019=None):
    years = {2017: y2017, 2018: y2018, 2019: y2019}
    return SchoolFacts(
        school=key,
        territory="10",
        years={
            year: {
                name: value if isinstance(value, Fact) else Fact(value)
                for name, value in {"pool": pool, **USUAL, **one}.items()
            }
            for year, one in years.items()
            if one is not None
        },
    )


def k8(rate, key=None, **more):
    """A school of the pool K8 that is known by its success rate."""
    before = {"growth": more.pop("growth_before", 3)}
    return school(key or f"s{rate:03}", y2017=before, y2018={"success_rate": Decimal(rate), **more})


def listed(schools):
    return [one.school for one in judge(RULES, schools, 2018).verdicts if one.listed]


def verdict(schools, key):
    return next(one for one in judge(RULES, schools, 2018).verdicts if one.school == key)


def test_five_percent_of_each_pool_rounded_up():
    """41 schools of K8: 2.05 is 3. 20 high schools: exactly 1."""
    high = [
        school(f"h{n:02}", pool="HS", y2018={"success_rate": n, "graduation_rate": 90})
        for n in range(1, 21)
    ]
    assert listed([k8(n) for n in range(1, 42)] + high) == ["h01", "s001", "s002", "s003"]


def test_a_tie_at_the_limit_takes_them_all():
    """20 schools, one place; three have the lowest rate."""
    tied = [k8(5, f"t{n}") for n in range(3)] + [k8(n) for n in range(10, 27)]
    assert listed(tied) == ["t0", "t1", "t2"]


def test_the_share_is_of_the_whole_pool_and_the_safe_and_the_ineligible_are_passed_over():
    """40 schools, two places. 1 is safe by growth, 2 cannot be designated, 3 has 29 tests."""
    rest = [k8(n) for n in range(4, 41)]
    pool = [
        k8(1, growth=4, growth_before=5),
        k8(2, ineligible="yes"),
        k8(3, valid_tests=29),
        *rest,
    ]
    assert listed(pool) == ["s004", "s005"]
    assert verdict(pool, "s001").not_rated is None
    assert verdict(pool, "s002").not_rated == ("ineligible",)
    assert verdict(pool, "s003").not_rated == ("too_few",)


@pytest.mark.parametrize(
    ("before", "now", "is_safe"),
    [(4, 4, True), (5, 4, True), (3, 5, False), (5, 3, False), (Fact(None, "not_rated"), 5, False)],
)
def test_growth_protects_only_in_both_years(before, now, is_safe):
    pool = [k8(1, growth=now, growth_before=before), *[k8(n) for n in range(2, 21)]]
    assert listed(pool) == (["s002"] if is_safe else ["s001"])


def test_thirty_tests_are_enough():
    assert listed([k8(1, valid_tests=30), *[k8(n) for n in range(2, 21)]]) == ["s001"]


@pytest.mark.parametrize(("rate", "is_listed"), [("66.9", True), (67, False), (90, False)])
def test_a_high_school_that_graduates_under_two_thirds_is_listed_whatever_its_rank(rate, is_listed):
    pool = [
        school(f"h{n:02}", pool="HS", y2018={"success_rate": n, "graduation_rate": 90})
        for n in range(1, 20)
    ]
    graduates = {"success_rate": 95, "graduation_rate": Decimal(rate)}
    assert ("x" in listed([school("x", pool="HS", y2018=graduates), *pool])) is is_listed


def test_a_high_school_without_a_graduation_rate_is_not_rated_and_not_listed():
    blank = {"success_rate": 95, "graduation_rate": Fact(None, "not_rated")}
    pool = [
        school(f"h{n:02}", pool="HS", y2018={"success_rate": n, "graduation_rate": 90})
        for n in range(1, 20)
    ]
    found = verdict([school("x", pool="HS", y2018=blank), *pool], "x")
    assert (found.listed, found.not_rated) == (False, ("not_rated",))


GROWN = {"growth_literacy": 4, "growth_numeracy": 5}
NOT_GROWN = {"growth_literacy": 3, "growth_numeracy": 5}


@pytest.mark.parametrize(
    ("before", "now", "grown", "years", "outcome"),
    [
        (11, 11, (NOT_GROWN, NOT_GROWN), 1, Outcome.IMPROVED),  # above 10 twice
        (10, 11, (NOT_GROWN, NOT_GROWN), 1, Outcome.CONTINUES),  # 10 is not above 10
        (1, 16, (NOT_GROWN, NOT_GROWN), 1, Outcome.IMPROVED),  # above 15 now
        (1, 15, (NOT_GROWN, NOT_GROWN), 3, Outcome.CONTINUES),
        (1, 1, (GROWN, GROWN), 3, Outcome.IMPROVED),  # growth in both years
        (1, 1, (NOT_GROWN, GROWN), 3, Outcome.CONTINUES),
        (1, 1, (NOT_GROWN, GROWN), 4, Outcome.ESCALATED),  # the clock of four years
    ],
)
def test_the_exit_of_2019(before, now, grown, years, outcome):
    """100 schools of the pool with the rates 1 to 100: the rate is the percentile."""
    one = school(
        "x",
        y2018={"success_rate": before, **grown[0]},
        y2019={"success_rate": now, **grown[1]},
    )
    others = [
        school(f"s{n}", y2018={"success_rate": a}, y2019={"success_rate": b})
        for n, (a, b) in enumerate(
            zip(
                (rate for rate in range(1, 101) if rate != before),
                (rate for rate in range(1, 101) if rate != now),
                strict=True,
            )
        )
    ]
    cohort = cohort_of(RULES, [one, *others], 2019)
    assert propose(RULES, one, 2019, years=years, cohort=cohort).outcome is outcome


def test_where_the_year_before_is_missing_only_this_year_can_let_a_school_go():
    others = [school(f"s{n}", y2019={"success_rate": n}) for n in range(2, 101)]
    for rate, outcome in ((16, Outcome.IMPROVED), (12, None)):
        one = school("x", y2019={"success_rate": rate, **NOT_GROWN})
        cohort = cohort_of(RULES, [one, *others], 2019)
        assert propose(RULES, one, 2019, years=1, cohort=cohort).outcome is outcome
