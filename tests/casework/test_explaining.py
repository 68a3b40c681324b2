"""A verdict is explained among the other schools too, where the rule compares them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from analysis.identification import Category
from casework.judgement.explaining import explain_verdict
from casework.judgement.trying import range_of, sweep, try_parameters
from models.cycle import Listing
from models.history import HistoryLine
from models.school import Fact, School
from opora.errors import NotFound
from states.role import Role
from tests.worlds import YEAR, acting, small_world, yugra

WORDS = {"ru": "слово", "en": "word"}
SHARE = {"procedures": {"of": "share_below"}, "words": WORDS}


def comparing(when, **more):
    """The programme with another rule: a mean over procedures, compared among all schools."""
    rules = yugra().identification
    measures = {**rules.measures, "mean_share": type(rules.measures["share_below"])(**SHARE)}
    category = Category.model_validate({"words": WORDS, "when": when, **more})
    update = {"measures": measures, "categories": {"low_results": category}}
    return replace(yugra(), identification=rules.model_copy(update=update))


def results(session: Session, below: dict[str, int]) -> None:
    """So many of 20 below the threshold, in both procedures of the school."""
    for code, number in below.items():
        school = session.exec(select(School).where(School.code == code)).one()
        rows = select(Fact).where(Fact.school_id == school.id, Fact.name == "below_threshold")
        for fact in session.exec(rows).all():
            fact.value = str(number)
            session.add(fact)
    session.flush()


LOWEST = {"bottom": {"of": "mean_share", "count": 2, "within": "all", "order": "descending"}}


@pytest.fixture
def world(session):
    found = small_world(session)
    results(session, {"860000": 10, "860001": 8, "860002": 6, "860003": 1})
    return found


def test_among_others_a_change_is_judged_once_more_with_all_of_them(session, world):
    found = explain_verdict(session, comparing(LOWEST), YEAR, "860001", acting(world.operator))
    assert found.verdict.listed
    changes = {one.cell.fact: one for one in found.changes}
    assert changes["below_threshold"].becomes == 3  # 3 and 8 of 20 are less than 6 and 6
    other = explain_verdict(session, comparing(LOWEST), YEAR, "860003", acting(world.operator))
    assert not other.verdict.listed
    assert all(one.listed for one in other.changes)


def test_a_cap_is_seen_and_named(session, world):
    rule = {"fact": "mean_share", "above": 0}
    cap = {"at_most": 1, "by": "mean_share", "order": "descending", "reason": "too_few"}
    programme = comparing(rule, cap=cap)
    first, second = (
        explain_verdict(session, programme, YEAR, code, acting(world.operator)).verdict
        for code in ("860000", "860001")
    )
    assert (first.listed, second.listed) == (True, False)
    assert [one.reason for one in second.kept_off] == ["too_few"]


def test_one_pupil_is_counted_among_compared_schools(session, world):
    results(session, {"860001": 7, "860002": 7})
    programme = comparing(LOWEST)
    tried = {"min_participants": 4}
    found = try_parameters(session, programme, YEAR, tried, acting(world.operator))
    assert found.on_one_pupil == ("860001", "860002")  # they share the second place
    assert found.moves.entering == found.moves.leaving == ()


def test_looking_and_trying_write_nothing(session, world):
    def written():
        return [len(session.exec(select(row.id)).all()) for row in (HistoryLine, Listing)]

    before = written()
    who = acting(world.operator)
    explain_verdict(session, yugra(), YEAR, "860000", who)
    try_parameters(session, yugra(), YEAR, {"low_share": "0.35"}, who)
    over = range_of(yugra(), "low_share", Decimal("0.3"), Decimal("0.4"), None)
    assert len(sweep(session, yugra(), YEAR, over, who)) == 2
    assert written() == before
    assert not session.new
    assert not session.dirty


def test_what_is_not_yours_is_not_explained(session, world):
    school = session.exec(select(School).where(School.code == "860000")).one()
    other = session.exec(select(School).where(School.code == "860001")).one()
    head = world.people[Role.HEAD, school.id]
    assert explain_verdict(session, yugra(), YEAR, "860000", acting(head)).verdict.listed
    with pytest.raises(NotFound):
        explain_verdict(session, yugra(), YEAR, other.code, acting(head))
