"""The grounds of a verdict are read by people as sentences, with the limits of their peer group."""

from decimal import Decimal

from analysis.explaining import reading
from analysis.grounding import GroundWords
from analysis.judging import judge, looks_of
from analysis.school_facts import Fact, SchoolFacts
from programmes.folders import shipped
from programmes.reading import read_programme
from templates.wording import say

YEAR = 2026


def of_yugra(code, level):
    """A fifth of the pupils below the threshold in two examinations."""
    took = {"participants": Fact(10), "below_threshold": Fact(2), "biased": Fact("no")}
    bad = {**took, "below_threshold": Fact(4)}
    return SchoolFacts(
        school=code,
        territory="01",
        standing={"level": Fact(level), "small": Fact("no"), "settlement": Fact("urban")},
        results={
            YEAR: dict.fromkeys(("oge_math", "ege_math"), took if level == "advanced" else bad)
        },
    )


def said_of(programme, schools):
    rules = programme.identification
    words = GroundWords(rules, {})
    return {
        one.school: {
            say(words.said(each.ground.rule, one.peer_group), "ru") for each in one.grounds
        }
        for one in judge(rules, schools, YEAR).verdicts
    }


def test_a_ground_names_the_measure_and_the_limit_of_the_peer_group():
    schools = [of_yugra("1", "ordinary"), of_yugra("2", "advanced")]
    found = said_of(read_programme(shipped()["yugra"]), schools)
    assert found == {
        "1": {"показатель «доля не преодолевших порог» — не менее 30 %"},
        "2": {"показатель «доля не преодолевших порог» — не менее 15 %"},
    }


def test_a_place_at_the_bottom_is_told_with_its_limit():
    schools = [
        SchoolFacts(
            school=str(number),
            territory="01",
            standing={"cluster": Fact("town")},
            years={YEAR: {"oip": Fact(Decimal(30 + number))}},
        )
        for number in range(10)
    ]
    programme = read_programme(shipped()["poshekhonye"])
    at_the_bottom = (
        "по показателю «ОИП» школа входит в нижние 20 % среди всех школ "
        "(их число округляется вверх, из равных у границы попадают все): "
    )
    assert at_the_bottom + "место 1 из 10, входят места по 2-е" in said_of(programme, schools)["0"]


def test_a_line_of_other_rules_stays_as_it_was_kept():
    words = GroundWords(read_programme(shipped()["yugra"]).identification, {})
    assert words.said("score < 3", None) == "score < 3"


def test_an_explanation_tells_the_place_and_how_far_it_is_from_the_limit():
    programme = read_programme(shipped()["poshekhonye"])
    schools = [
        SchoolFacts(
            school=str(number),
            territory="01",
            standing={"cluster": Fact("town")},
            years={YEAR: {"oip": Fact(Decimal(30 + number))}},
        )
        for number in range(10)
    ]
    look = looks_of(programme.identification, schools, YEAR)[4]
    [place] = reading(look, "low_results").standings
    assert (place.fact, place.own, place.ranked, place.limit) == ("oip", 5, 10, 2)
