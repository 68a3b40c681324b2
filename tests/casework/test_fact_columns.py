"""Facts in columns: the same verdicts as from schools one by one, on both databases."""

from datetime import date

from sqlmodel import select

from analysis.judging import judge
from casework.judgement.fact_columns import fact_columns
from casework.judgement.known_facts import school_facts
from models.school import Fact, School, Territory
from tests.worlds import YEAR, small_world, yugra


def test_columns_of_the_database_give_the_verdicts_of_its_schools(session):
    programme = yugra()
    small_world(session, schools=5)
    table = fact_columns(session, programme, YEAR, open_only=True)
    one_by_one = list(school_facts(session, programme, YEAR, open_only=True))
    found = judge(programme.identification, table, YEAR)
    assert found == judge(programme.identification, one_by_one, YEAR)
    assert sum(one.listed for one in found.verdicts) == 5
    assert all(one.grounds for one in found.verdicts if one.listed)
    assert list(table) == one_by_one


def test_a_standing_fact_is_as_it_stood_in_the_judged_year_and_a_reason_is_no_value(session):
    programme = yugra()
    small_world(session, schools=2)
    school = session.get(School, 1)
    for year, level in ((YEAR - 2, "special"), (YEAR + 1, "advanced")):
        session.add(_fact(school, "level", year, value=level))
    session.add(_fact(school, "wellbeing_index", YEAR, reason="suppressed"))
    session.flush()
    for year in (YEAR - 3, YEAR - 2, YEAR, YEAR + 1):
        table = fact_columns(session, programme, year)
        known = {one.school: one for one in school_facts(session, programme, year)}
        position = table.schools.index(school.code)
        level = table.column("level", year, None).values[position]
        assert table.vocabulary[int(level)] == known[school.code].standing["level"].value
    table = fact_columns(session, programme, YEAR)
    column = table.column("wellbeing_index", YEAR, None)
    position = table.schools.index(school.code)
    assert table.reasons_of(int(column.reasons[position])) == ["suppressed"]


def test_a_register_knows_nothing_of_its_neighbours(session):
    programme = yugra()
    small_world(session, schools=2)
    before = judge(programme.identification, fact_columns(session, programme, YEAR), YEAR)
    far = Territory(register_key="far", code="9", name="x")
    session.add(far)
    session.flush()
    stranger = School(register_key="far", code="S1", name="x", territory_id=far.id)
    session.add(stranger)
    session.flush()
    for name in ("participants", "below_threshold"):
        session.add(_fact(stranger, name, YEAR, value="9", procedure="oge_math"))
    session.flush()
    after = judge(programme.identification, fact_columns(session, programme, YEAR), YEAR)
    assert after == before


def _fact(school, name, year, *, value=None, reason=None, procedure=""):
    return Fact(
        school_id=school.id,
        year=year,
        procedure=procedure,
        name=name,
        value=value,
        reason=reason,
        import_id=1,
        row=9,
    )


def test_a_school_that_is_shut_is_in_the_columns_only_with_facts_of_the_year(session):
    small_world(session, schools=3)
    for number, year in ((1, YEAR), (2, YEAR - 1)):
        school = session.get(School, number)
        school.closed_on = date(YEAR - 1, 12, 31)
        for fact in session.exec(select(Fact).where(Fact.school_id == number, Fact.year == YEAR)):
            fact.year = year
    session.flush()
    programme = yugra()
    found = fact_columns(session, programme, YEAR, open_only=True)
    alone = [one.school for one in school_facts(session, programme, YEAR, open_only=True)]
    assert found.schools == sorted(alone)
    assert session.get(School, 1).code in alone
    assert session.get(School, 2).code not in alone
    assert session.get(School, 2).code in fact_columns(session, programme, YEAR).schools
