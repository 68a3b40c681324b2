"""Forms that know what is known: facts, indicators, counts, the record before; and what they make."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlmodel import select

from casework.indicators.freezing import freeze
from casework.records.record_details import record_detail
from casework.records.record_forms import read_form, record_form, write_form
from casework.records.record_grounds import About
from casework.records.recording import Entry, add_record, amend_record
from models.case import Case
from models.record import Record
from models.school import School
from models.task import Task
from opora.errors import InputRefused, ProgrammeInvalid
from programmes.milestones import Phase
from programmes.reading import read_programme_files
from states.role import Role
from tests.casework.record_world import record_files, with_records
from tests.worlds import OPENED, acting, small_world

LATER = OPENED + timedelta(days=3)
DAY = {"filled_on": "2026-09-10"}


@pytest.fixture
def world(session):
    return small_world(session, with_records())


@pytest.fixture
def case(session, world):
    return session.get_one(Case, world.cases[0])


@pytest.fixture
def curator(session, world, case):
    return acting(world.people[Role.CURATOR, case.school_id], LATER)


def card(session, who, case, **fields):
    entry = Entry(fields={**DAY, **fields})
    return add_record(session, who, "form_card", About(case=case.id), entry)


def seen(session, who, record):
    return {one.key: one for one in record_detail(session, who, record.id).prefilled}


def test_a_card_begins_with_all_that_is_known_and_says_where_from(session, world, case, curator):
    freeze(session, world.cycle, Phase.ENTRY, acting(world.operator, LATER))
    hint = Entry(fields={"what": "Урок"})
    add_record(session, curator, "hint", About(case=case.id), hint)
    made = card(session, curator, case, lags="чтение")
    school = session.get_one(School, case.school_id)
    assert made.fields == {
        "filled_on": "2026-09-10",
        "phase": "entry",
        "curator": curator.person.id,
        "school": school.name,
        "settlement": "urban",
        "small": False,
        "below": "0.5",
        "baseline": "0.5",
        "hints": "1",
        "tasks": "0",
        "lags": "чтение",
    }
    found = seen(session, curator, made)
    assert "results.csv:2" in str(found["below"].source)
    assert str(found["settlement"].source).endswith("(results.csv:2)")
    assert all(one.is_kept for one in found.values())
    assert "lags" not in found  # nothing was known of it


def test_what_a_person_types_stands_and_what_was_known_stays_in_sight(session, case, curator):
    made = card(session, curator, case, lags="счёт", hints="14", small="")
    assert made.fields["hints"] == "14"
    assert "small" not in made.fields
    found = seen(session, curator, made)
    assert (str(found["hints"].known), str(found["hints"].given)) == ("0", "14")
    assert (found["hints"].is_kept, found["small"].is_kept) == (False, False)
    amend_record(session, curator, made.id, Entry(fields={"below": "0.1"}))
    found = seen(session, curator, made)
    assert (str(found["below"].known), str(found["below"].given)) == ("0.5", "0.1")


def test_the_next_card_begins_with_what_the_one_before_said(session, case, curator):
    first = card(session, curator, case, lags="счёт", rooms="12")
    second = card(session, curator, case)
    assert (second.fields["rooms"], second.fields["lags"]) == ("12", "счёт")
    assert f"№ {first.id}" in str(seen(session, curator, second)["rooms"].source)


def test_a_form_goes_out_as_a_workbook_and_only_what_was_changed_comes_back(
    session, case, curator, tmp_path
):
    form = record_form(session, curator, "form_card", About(case=case.id))
    file = tmp_path / "card.xlsx"
    write_form(file, form, language="ru")
    about, given = read_form(file, file.read_bytes())
    assert about == {"kind": "form_card", "case": str(case.id)}
    assert given == {}
    known = {row.key: row.known for row in form.rows if row.known is not None}
    assert known["settlement"] == "городская"
    assert known["small"] == "нет"
    assert card(session, curator, case, lags="x", **known).fields["small"] is False


def test_a_finding_makes_a_recommendation_with_a_day_and_a_task_once(session, case, curator):
    made = card(session, curator, case, lags="чтение", urgent="yes")
    hint = session.exec(select(Record).where(Record.kind == "card_hint")).one()
    assert hint.parent_id == made.id
    assert (hint.fields["what"], hint.fields["to_whom"]) == ("чтение", "team")
    assert hint.fields["due"] == "2026-09-24"  # ten working days after 10 September
    task = session.exec(select(Task).where(Task.milestone == "advice_followed")).one()
    assert (task.due_on.isoformat(), task.doer) == ("2026-09-24", Role.HEAD)
    service = session.exec(select(Record).where(Record.kind == "service_hint")).one()
    assert service.territory_id is not None
    amend_record(session, curator, made.id, Entry(fields={"rooms": "3"}))
    assert len(session.exec(select(Record).where(Record.parent_id == made.id)).all()) == 2


def test_a_finding_that_says_nothing_makes_nothing_until_it_does(session, case, curator):
    made = card(session, curator, case, below="0.1", lags="чтение")
    assert not session.exec(select(Record).where(Record.parent_id == made.id)).all()
    amend_record(session, curator, made.id, Entry(fields={"below": "0.4"}))
    assert len(session.exec(select(Record).where(Record.parent_id == made.id)).all()) == 1


def test_what_a_finding_makes_must_be_whole(session, case, curator):
    with pytest.raises(InputRefused, match="what"):
        card(session, curator, case)  # nothing lags, yet the recommendation must say what


def test_a_choice_says_whom_the_work_falls_to(session, world, case):
    operator = acting(world.operator, LATER)
    hint = Entry(fields={"what": "Помочь", "to_whom": "service"})
    add_record(session, operator, "card_hint", About(case=case.id), hint)
    task = session.exec(select(Task).where(Task.milestone == "advice_followed")).one()
    school = session.get_one(School, case.school_id)
    coordinator = world.people[Role.COORDINATOR, school.territory_id]
    assert (task.doer, task.assignee_id) == (Role.COORDINATOR, coordinator.id)


TYPED = {
    "phase": st.sampled_from(["entry", "interim", "final"]),
    "school": st.sampled_from(["Другая школа", ""]),
    "settlement": st.sampled_from(["urban", "rural", ""]),
    "small": st.sampled_from(["yes", "no", ""]),
    "below": st.sampled_from(["0", "0.1", "0.3", ""]),
    "hints": st.integers(0, 99).map(str),
    "rooms": st.sampled_from(["7", ""]),
}
"""Values in the form in which they are kept, and nothing: the person took it away."""


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.fixed_dictionaries({}, optional=TYPED))
def test_a_prefilled_form_never_loses_what_a_person_typed(session, case, curator, typed):
    with session.begin_nested() as attempt:
        known = {
            row.key: row.known
            for row in record_form(session, curator, "form_card", About(case=case.id)).rows
        }
        made = card(session, curator, case, **{"lags": "чтение", **typed})
        found = seen(session, curator, made)
        for key, value in typed.items():
            kept = made.fields.get(key)
            assert (kept or "" if not isinstance(kept, bool) else "yes" if kept else "no") == value
        assert found.keys() == {key for key, value in known.items() if value is not None}
        assert {key for key, one in found.items() if not one.is_kept} <= typed.keys()
        attempt.rollback()


@pytest.mark.parametrize(
    ("was", "now", "where"),
    [
        ("prefill: {fact: settlement}", "prefill: {fact: colour}", "the fact colour"),
        ("prefill: {fact: small}", "prefill: {fact: settlement}", "cannot be filled from it"),
        ("prefill: {records: hint}", "prefill: {records: owl}", "the kind owl"),
        ("prefill: {tasks: accepted}", "prefill: {tasks: accepted, milestone: x}", "milestone x"),
        ("indicator: below_threshold,", "indicator: nothing,", "the indicator nothing"),
        ("phase: phase\n", "phase: lags\n", "no choice of the phases"),
        ("document: monitoring_form", "document: nothing", "the document nothing"),
        ("parents: [form_card]", "parents: [order]", "card_hint cannot rest on form_card"),
        ("when: {field: below,", "when: {field: lags,", "lags is no number"),
        ("{what: {field: lags}, to_whom: team}", "{to_whom: team}", "card_hint needs what"),
        ("to_whom: team}", "to_whom: nobody}", "the choice nobody"),
        ("after: recorded", "after: stage_entered", "knows no stage"),
        ("doers: {service: coordinator}", "doers: {nobody: coordinator}", "the choice nobody"),
    ],
)
def test_a_source_that_is_not_there_is_named(was, now, where):
    with pytest.raises(ProgrammeInvalid) as refused:
        read_programme_files(record_files(kinds=(was, now)))
    [fault] = refused.value.faults
    assert where in str(fault)
    assert str(fault).startswith("records.yaml:")
