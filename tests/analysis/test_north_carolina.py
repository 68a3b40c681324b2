"""The state's own list of 2018, found again by its law written as data."""

import csv
from collections import defaultdict

import pytest

from analysis.judging import judge
from analysis.school_facts import Fact, SchoolFacts
from programmes.folders import shipped
from programmes.reading import read_programme


@pytest.fixture(scope="module")
def rows(real_data):
    def of(name):
        path = real_data / "north-carolina" / name
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    return of


@pytest.fixture(scope="module")
def rules():
    return read_programme(shipped()["north-carolina"]).identification


@pytest.fixture(scope="module")
def schools(rows):
    years: dict[str, dict[int, dict[str, Fact]]] = defaultdict(dict)
    territory = {}
    for row in rows("schools_2014_2018.csv"):
        if row["agency_code"] == "NC-SEA":
            continue
        territory[row["agency_code"]] = row["lea_code"]
        years[row["agency_code"]][int(row["year"])] = {
            name: Fact(row[name]) if row[name] else Fact(None, "not_rated")
            for name in ("spg_grade", "eg_status")
        }
    return [SchoolFacts(school=key, territory=territory[key], years=years[key]) for key in years]


@pytest.fixture(scope="module")
def judged_2018(rules, schools):
    return judge(rules, schools, 2018)


def official(rows, *flags):
    return {
        row["agency_code"]
        for row in rows("schools_2014_2018.csv")
        if row["year"] == "2018" and "Y" in {row[flag] for flag in flags}
    }


def test_the_low_performing_schools_of_2018_are_the_states_own_set(judged_2018, rows):
    found = {verdict.school for verdict in judged_2018.verdicts if verdict.listed}
    assert found == official(rows, "lp_school")
    assert len(found) == 479


def test_recurring_and_continually_low_schools_of_2018_are_the_states_own_set(judged_2018, rows):
    found = {one.school for one in judged_2018.verdicts if "recurring" in one.categories}
    assert found == official(rows, "rlp_school", "clpc_school")
    assert len(found) == 464
    assert sum(not one.listed for one in judged_2018.verdicts if one.school in found) == 86


def test_each_district_gets_the_states_verdict(judged_2018, rows):
    found = {
        one.territory: (one.inside, one.counted, one.listed) for one in judged_2018.territories
    }
    given = {
        row["agency_code"]: (
            int(float(row["lp_num"])),
            int(float(row["lp_den"])),
            row["lp_district"] == "Y",
        )
        for row in rows("districts_2018.csv")
    }
    assert found == given
    assert (len(found), sum(low for *_, low in found.values())) == (115, 8)


@pytest.mark.parametrize(
    ("year", "count"), [(2014, 615), (2015, 581), (2016, 488), (2017, 505), (2018, 479)]
)
def test_low_schools_by_year(rules, schools, year, count):
    assert sum(verdict.listed for verdict in judge(rules, schools, year).verdicts) == count


def test_a_blank_growth_is_not_rated_and_never_low(judged_2018, schools):
    blank = {
        school.school
        for school in schools
        if (facts := school.years.get(2018))
        and facts["eg_status"].reason
        and facts["spg_grade"].value in {"D", "F"}
    }
    verdicts = {one.school: one for one in judged_2018.verdicts}
    assert blank
    assert all(verdicts[school].not_rated == ("not_rated",) for school in blank)
    assert not any(verdicts[school].listed for school in blank)
