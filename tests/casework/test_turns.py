"""Races of all who wait their turn: lists, partners, curators, plans, threads, phases and imports."""

from collections import Counter
from functools import partial

import pytest
from sqlmodel import col, select

from audit.verification import verify
from casework.cycles.adopting import adopt
from casework.cycles.phases import open_phase
from casework.imports.importing import import_file
from casework.indicators.freezing import freeze
from casework.judgement.identifying import identify
from casework.lists.designating import Choice, designate
from casework.lists.editions import publish_list
from casework.lists.listing import is_designated
from casework.lists.objecting import Resolution, decide_objection
from casework.lists.overriding import override_verdict
from casework.lists.participating import Entry as Entering, enter_schools
from casework.pairs.confirming_partners import Confirmation, confirm_partners, wish_partner
from casework.pairs.naming_curators import (
    Naming,
    Offer,
    confirm_curators,
    offer_curator,
    wish_curator,
)
from casework.pairs.wishes import Stance
from casework.plans.school_plan import approve_plan, review_plan, submit_plan
from casework.records.answering import answer_record
from casework.records.record_grounds import About
from casework.records.recording import Entry, add_record
from models.cycle import Cycle, Listing
from models.history import HistoryLine
from models.indicator import FrozenValue
from models.listing import Designation, Objection, Override, Publication
from models.pairing import Participation
from models.participant import Participant
from models.people import Appointment
from models.plan import PlanReview, PlanVersion
from models.record import RecordReply
from models.school import ImportRun, School
from opora.database import transaction
from programmes.milestones import Phase
from states.role import Role
from tests.casework.import_desk import SCHOOLS, counts, row, set_up, table
from tests.casework.record_world import with_records
from tests.casework.test_lists import ACT, LATER, object_, programme, ruling
from tests.casework.test_races import race, refused, rows
from tests.many_schools import next_version
from tests.worlds import YEAR, acting, small_world

TIMES = 8
CAPPED = "designation: {caps: [{at_most: 1, per: territory}]}\n"
TAKING_PART = (
    "participation: {cases: listed, categories: "
    "{listed: {words: {ru: в списке, en: listed}}, other: {words: {ru: другая, en: other}}}}\n"
)


@pytest.fixture
def made(engine):
    """A small world that everybody sees, by a programme of one's own if need be."""

    def make(programme=None):
        with transaction(engine) as session:
            return small_world(session, programme)

    return make


def kinds(results):
    return Counter(type(one).__name__ for one in results)


# --- lists ----------------------------------------------------------------------------------------


def test_no_more_are_designated_at_once_than_the_cap_allows(engine, made):
    world = made()
    who = acting(world.operator, LATER)
    with transaction(engine) as session:
        listing = identify(session, programme(CAPPED), YEAR, who).listing

    def designated(code, session):
        chosen = Choice(schools=[code], basis="приказ № 7")
        return designate(session, session.get_one(Listing, listing.id), chosen, who).designated

    one_place = [partial(designated, code) for code in ("860000", "860002")]
    results = race(engine, one_place * TIMES)
    assert refused(results)
    assert len(rows(engine, select(Designation))) == 1
    assert len(rows(engine, select(School).where(is_designated(listing.id)))) == 1
    assert verify(engine).ok


def test_many_who_overrule_alike_are_one_and_objections_are_decided_once(engine, made):
    world = made()
    who = acting(world.operator, LATER)
    schools = rows(engine, select(School).order_by(col(School.code)))

    def overrule(session):
        listing, word = session.get_one(Listing, world.listing.id), ruling("860003", on=True)
        return override_verdict(session, listing, word, who).is_new

    assert Counter(race(engine, [overrule] * TIMES)) == {True: 1, False: TIMES - 1}
    assert len(rows(engine, select(Override))) == 1

    said = race(engine, [lambda s: object_(s, world, schools[0]).id] * TIMES)
    assert kinds(said) == {"int": 1, "InputRefused": TIMES - 1}
    [objection] = rows(engine, select(Objection))

    def decide(is_upheld, session):
        word = Resolution(is_upheld=is_upheld, remarks="проверено", basis="протокол № 4")
        return decide_objection(session, objection.id, word, who).is_upheld

    ends = race(engine, [partial(decide, one) for one in (True, False)] * TIMES)
    assert kinds(ends) == {"bool": 1, "InputRefused": 2 * TIMES - 1}
    [decided] = [one for one in ends if isinstance(one, bool)]
    assert rows(engine, select(Objection))[0].is_upheld is decided
    assert len(rows(engine, select(Override))) == 1 + decided
    assert verify(engine).ok


def test_an_act_publishes_one_edition_and_editions_are_numbered_without_a_gap(engine, made):
    world = made()
    who = acting(world.operator, LATER)

    def published(session):
        return publish_list(session, session.get_one(Listing, world.listing.id), ACT, who).edition

    def changed(code, session):
        listing = session.get_one(Listing, world.listing.id)
        override_verdict(session, listing, ruling(code, on=False), who)
        return publish_list(session, listing, ACT, who).edition

    assert race(engine, [published] * TIMES) == [1] * TIMES
    more = race(engine, [partial(changed, code) for code in ("860000", "860001")])
    assert sorted(more) == [2, 3]
    assert len(rows(engine, select(Publication))) == 3
    assert verify(engine).ok


# --- a cycle and its phases -----------------------------------------------------------------------


def test_a_school_enters_once_and_a_phase_is_frozen_once(engine, made):
    world = made(programme(TAKING_PART))
    who = acting(world.operator, LATER)

    def enter(session):
        entry = Entering(schools=["860003"], category="other", basis="заявка")
        return len(enter_schools(session, session.get_one(Cycle, world.cycle.id), entry, who))

    assert sorted(race(engine, [enter] * TIMES)) == [0] * (TIMES - 1) + [1]
    assert len(rows(engine, select(Participant))) == 1

    def keep(session):
        return len(freeze(session, session.get_one(Cycle, world.cycle.id), Phase.ENTRY, who))

    ends = race(engine, [keep] * TIMES)
    assert kinds(ends) == {"int": 1, "NotReady": TIMES - 1}
    assert len(rows(engine, select(FrozenValue))) in ends
    assert verify(engine).ok


def test_a_phase_is_opened_once_and_a_cycle_goes_over_once(engine, made):
    world = made()
    who, new = acting(world.operator, LATER), next_version(world.programme)

    def opened(session):
        return open_phase(session, session.get_one(Cycle, world.cycle.id), Phase.INTERIM, who).id

    def adopted(session):
        cycle = session.get_one(Cycle, world.cycle.id)
        return adopt(session, cycle, new, who, dry_run=False).pass_id

    for deed in (adopted, opened):
        ends = race(engine, [deed] * TIMES)
        assert (refused(ends), len(set(ends))) == ([], 1)
    told = select(HistoryLine.deed).where(HistoryLine.subject == f"cycle:{world.cycle.id}")
    assert {**Counter(rows(engine, told)), "open_cycle": 1} == {
        "open_cycle": 1,
        "adopt_programme": 1,
        "open_phase": 1,
    }


# --- partners and curators ------------------------------------------------------------------------


def test_the_last_place_of_a_partner_is_given_once_and_pairs_are_confirmed_once(engine, made):
    world = made()
    who = acting(world.operator, LATER)

    def fix(case_id, session):
        wish_partner(session, case_id, Stance.FIXED, "860003", who, reason="договорились")

    ends = race(engine, [partial(fix, case_id) for case_id in world.cases])
    assert kinds(ends) == {"NoneType": 2, "InputRefused": 1}  # it takes two

    def confirm(session):
        said = Confirmation(basis="протокол № 3")
        return len(
            confirm_partners(session, session.get_one(Cycle, world.cycle.id), said, who).pairs
        )

    assert sorted(race(engine, [confirm] * TIMES)) == [0] * (TIMES - 1) + [2]
    assert len(rows(engine, select(Participation))) == 2
    assert verify(engine).ok


def test_the_last_place_of_a_curator_is_given_once_and_curators_are_appointed_once(engine, made):
    world = made()
    who, email = acting(world.operator, LATER), "curator860003@example.org"
    with transaction(engine) as session:
        offer_curator(session, "yugra", email, Offer(most=2), who)

    def fix(case_id, session):
        wish_curator(session, case_id, Stance.FIXED, email, who, reason="рядом")

    ends = race(engine, [partial(fix, case_id) for case_id in world.cases])
    assert kinds(ends) == {"NoneType": 1, "InputRefused": 2}  # one of the two is theirs already

    def confirm(session):
        cycle, said = session.get_one(Cycle, world.cycle.id), Naming(reason="новый год")
        return len(confirm_curators(session, cycle, said, who).pairs)

    ends = race(engine, [confirm] * TIMES)
    assert (sorted(ends)[:-1], max(ends) > 0) == ([0] * (TIMES - 1), True)
    held = select(Appointment.school_id).where(
        Appointment.role == Role.CURATOR, col(Appointment.until).is_(None)
    )
    assert set(Counter(rows(engine, held)).values()) == {1}
    assert verify(engine).ok


# --- records, plans, files ------------------------------------------------------------------------


def test_answers_to_a_question_are_numbered_one_after_the_other(engine, made):
    world = made(with_records())
    who = acting(world.operator, LATER)
    first = rows(engine, select(School).order_by(col(School.id)))[0]
    asker = acting(world.people[Role.HEAD, first.id], LATER)
    with transaction(engine) as session:
        about, entry = About(case=world.cases[0]), Entry(fields={"text": "С чего начать?"})
        question = add_record(session, asker, "query", about, entry).id
    seqs = race(engine, [lambda s: answer_record(s, who, question, "С учителей.").seq] * TIMES)
    assert sorted(seqs) == list(range(1, TIMES + 1))
    assert len(rows(engine, select(RecordReply))) == TIMES
    assert verify(engine).ok


def test_a_plan_is_handed_in_endorsed_and_approved_once_each(engine, made):
    world = made()
    case_id = world.cases[0]
    [school] = rows(engine, select(School).where(School.code == "860000"))
    head, curator, coordinator = (
        acting(world.people[role, place], LATER)
        for role, place in (
            (Role.HEAD, school.id),
            (Role.CURATOR, school.id),
            (Role.COORDINATOR, school.territory_id),
        )
    )
    declared = world.programme.plan
    with transaction(engine) as session:
        for section in declared.sections:
            fields = {"title": section, "section": section, "due": "2027-05-20", "proof": "справка"}
            add_record(session, head, declared.measure, About(case=case_id), Entry(fields=fields))

    def once(deed):
        ends = race(engine, [deed] * TIMES)
        assert len(refused(ends)) == TIMES - 1, ends

    once(lambda s: submit_plan(s, case_id, head).version)
    once(lambda s: review_plan(s, case_id, curator, is_endorsed=True).endorsed)
    once(lambda s: review_plan(s, case_id, coordinator, is_endorsed=True).endorsed)
    operator = acting(world.operator, LATER)
    once(lambda s: approve_plan(s, case_id, operator, basis="приказ № 12").state)
    assert len(rows(engine, select(PlanVersion))) == 1
    assert len(rows(engine, select(PlanReview))) == 2
    assert verify(engine).ok


def test_a_file_that_many_take_in_at_once_is_taken_in_once(database, tmp_path):
    desk = set_up(database, tmp_path, "north-carolina")
    path = tmp_path / "schools.csv"
    path.write_text(table(row("010303"), row("010304", name="Бета")), encoding="utf-8")
    results = race(desk.engine, [lambda s: take_in(s, desk, path)] * TIMES)
    assert sorted(results) == [(0, 0, 2, 0, 0)] * (TIMES - 1) + [(2, 0, 0, 0, 0)]
    assert len(rows(desk.engine, select(ImportRun))) == 1
    assert [one[0] for one in desk.rows(SCHOOLS)] == ["010303", "010304"]
    assert verify(desk.engine).ok
    desk.engine.dispose()


def take_in(session, desk, path):
    return counts(import_file(session, desk.programme, "schools", path, desk.acting))
