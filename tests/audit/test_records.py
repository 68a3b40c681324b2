"""The history of records holds; whoever changes a record behind its back is found out."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import text
from sqlmodel import select

from audit.verification import verify
from casework.records.answering import answer_record
from casework.records.asking import acknowledge_record
from casework.records.attending import Guests, attend, invite
from casework.records.marks import PAIRS, marks_of
from casework.records.record_grounds import About
from casework.records.recording import (
    Entry,
    add_record,
    amend_record,
    cancel_record,
    conclude_record,
)
from models.case import Case
from models.people import Person
from models.record import Record
from models.school import School
from opora.database import connect, reading, transaction
from opora.errors import InputRefused
from states.role import Role
from tests.casework.record_world import with_records
from tests.worlds import OPENED, acting, small_world

LATER = OPENED + timedelta(days=3)


@pytest.fixture
def owner(database):
    """Whoever gets at the database past the program, with the triggers out of the way."""
    engine = connect(database.owner, owner=True)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(database):
    engine = connect(database.app)
    with transaction(engine) as session:
        tell(session)
    yield engine
    engine.dispose()


def tell(session):
    """Every deed on records that there is."""
    world = small_world(session, with_records())
    case = session.get_one(Case, world.cases[0])
    school = session.get_one(School, case.school_id)
    head = acting(world.people[Role.HEAD, school.id], LATER)
    curator = acting(world.people[Role.CURATOR, school.id], LATER)
    coordinator = acting(world.people[Role.COORDINATOR, school.territory_id], LATER)
    operator = acting(world.operator, LATER)
    about, nothing = About(case=case.id), About()
    made = add_record(session, curator, "hint", about, Entry(fields={"what": "Урок"}))
    amend_record(session, curator, made.id, Entry(fields={"topic": "teaching"}))
    conclude_record(session, curator, made.id, "done")
    idle = add_record(session, curator, "hint", about, Entry(fields={"what": "Лишнее"}))
    cancel_record(session, curator, idle.id, reason="лишнее")
    asked = add_record(session, head, "query", about, Entry(fields={"text": "Как?"}))
    answer_record(session, curator, asked.id, "Так.")
    day = {"topic": "Первый", "held_on": "2026-09-09"}
    held = add_record(session, operator, "webinar", nothing, Entry(fields=day))
    invite(session, operator, held.id, Guests(parties=["all"], others=2))
    attend(session, operator, held.id, Guests(parties=["860000"], others=1))
    advice = add_record(session, operator, "advice", nothing, Entry(fields={"title": "О форме"}))
    acknowledge_record(session, coordinator, advice.id)
    order = {"about": "О модели", "signed_on": "2026-09-08"}
    add_record(session, operator, "order", nothing, Entry(fields=order))
    found = {"filled_on": "2026-09-09", "lags": "чтение", "hints": "7", "urgent": "yes"}
    finding = add_record(session, curator, "form_card", about, Entry(fields=found))
    amend_record(session, curator, finding.id, Entry(fields={"small": ""}))


def test_the_story_of_records_holds(engine):
    assert [str(one.what) for one in verify(engine).broken] == []


@pytest.mark.parametrize(
    ("forgery", "named"),
    [
        ("UPDATE kept_record SET outcome = 'refused' WHERE kind = 'hint'", "outcome"),
        ("UPDATE kept_record SET number = 9 WHERE kind = 'order'", "number"),
        ("UPDATE kept_record SET state = 'standing' WHERE state = 'cancelled'", "state"),
        ("UPDATE kept_record SET version = 9 WHERE kind = 'advice'", "version"),
        (
            (
                "INSERT INTO record_prefill (record_id, field, source, origin, value)"
                " SELECT id, 'about', 'case:school', '', '1' FROM kept_record WHERE kind = 'order'"
            ),
            "prefilled",
        ),
        (
            (
                "INSERT INTO record_making (record_id, rule, made_id) SELECT h.id, 'advice', o.id"
                " FROM kept_record h, kept_record o WHERE h.kind = 'query' AND o.kind = 'order'"
            ),
            "made_by",
        ),
    ],
)
def test_a_forged_record_is_found(engine, owner, forgery, named):
    with owner.begin() as connection:
        connection.execute(text(forgery))
    found = [str(one.what) for one in verify(engine).broken]
    assert found
    assert all(named in one for one in found)


def test_a_word_that_was_never_written_down_is_found(engine):
    with transaction(engine) as session:
        record = session.exec(select(Record).where(Record.kind == "order")).one()
        record.fields = {**record.fields, "about": "О другом"}
    [broken] = verify(engine).broken
    assert "about" in str(broken.what)


def test_a_record_without_a_line_is_found(engine):
    with transaction(engine) as session:
        one = session.exec(select(Record).where(Record.kind == "advice")).one()
        session.add(Record(**{**one.model_dump(), "id": 999}))
    [broken] = verify(engine).broken
    assert "999" in str(broken.what)


deeds = st.lists(
    st.tuples(
        st.sampled_from(["invite", "attend"]),
        st.sampled_from(["860000", "860001", "860002", "all", "guests"]),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=deeds)
def test_however_it_goes_no_more_come_than_were_invited(engine, deeds):
    with reading(engine) as session:  # nothing is kept: each run begins anew
        record = session.exec(select(Record).where(Record.kind == "webinar")).one()
        operator = acting(session.get_one(Person, record.added_by), LATER)
        for deed, party, persons in deeds:
            guests = (
                Guests(others=persons)
                if party == "guests"
                else Guests(parties=[party if party == "all" else f"{party}:{persons}"])
            )
            try:
                (invite if deed == "invite" else attend)(session, operator, record.id, guests)
            except InputRefused:
                continue
        marks = marks_of(session, [record.id or 0])[record.id or 0]
        for first, second in PAIRS:
            for (party, mark), persons in marks.items():
                assert mark != second or persons <= marks[party, first]
