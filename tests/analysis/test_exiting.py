"""How a year should end: the first rule that holds, and silence where nothing is known."""

import pytest

from analysis.exiting import propose
from analysis.school_facts import Fact, SchoolFacts
from programmes.folders import shipped
from programmes.reading import read_programme
from states.stage import Outcome

RULES = read_programme(shipped()["yugra"]).identification
STANDING = {"level": "ordinary", "small": "no", "settlement": "urban"}


def school(below, *, participants=20, biased="no"):
    one = {
        "participants": Fact(participants, source="results.csv:2"),
        "below_threshold": Fact(below, source="results.csv:2"),
        "biased": Fact(biased),
    }
    results = {"oge_math": one, "oge_russian": one}
    standing = {name: Fact(value) for name, value in STANDING.items()}
    return SchoolFacts(school="1", territory="01", standing=standing, results={2027: results})


@pytest.mark.parametrize(
    ("below", "years", "outcome"),
    [
        (0, 1, Outcome.IMPROVED),
        (0, 3, Outcome.IMPROVED),
        (15, 1, Outcome.CONTINUES),
        (15, 2, Outcome.CONTINUES),
        (15, 3, Outcome.ESCALATED),
        (15, 7, Outcome.ESCALATED),
    ],
)
def test_the_first_rule_that_holds_is_proposed(below, years, outcome):
    assert propose(RULES, school(below), 2027, years=years).outcome is outcome


def test_a_year_without_results_proposes_nothing_and_says_why():
    assert propose(RULES, school(15), 2028, years=3).reasons == ("missing",)
    few = propose(RULES, school(1, participants=2), 2027, years=3)
    assert few.outcome is None
    assert "too_few" in few.reasons


def test_an_improvement_is_grounded_in_the_rows_of_the_file():
    [ground] = propose(RULES, school(0), 2027, years=1).grounds
    assert "results.csv:2" in {one.source for one in ground.inputs}
