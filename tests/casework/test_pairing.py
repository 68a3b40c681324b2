"""Clusters, partners and curators under the verbs: needs that are met, earlier years, tasks that follow."""

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from audit.verification import verify
from casework.access import case_for
from casework.cases.case_facts import facts_of
from casework.cases.clustering import ClusterWord, assign_all, assign_cluster, propose_clusters
from casework.cases.moving import Request, move_case
from casework.pairs.confirming_partners import Confirmation, confirm_partners, wish_partner
from casework.pairs.curating import propose_curators
from casework.pairs.naming_curators import Naming, confirm_curators, wish_curator
from casework.pairs.partner_candidates import earlier_years
from casework.pairs.partnering import propose_partners
from casework.pairs.wishes import Stance
from models.cycle import Cycle
from models.pairing import PairWish, Participation
from models.people import Appointment
from models.school import School
from models.task import Task
from opora.database import connect, transaction
from opora.errors import InputRefused, NotReady
from programmes.reading import read_programme_files
from states.role import Role
from states.stage import Move, Outcome, Stage
from tests.worlds import OPENED, YEAR, acting, finish_tasks, small_world, walk, yugra

DAY = timedelta(days=1)
BASIS = "протокол № 3"


@pytest.fixture
def who(world):
    return acting(world.operator, OPENED + DAY)


def decisions(session, world, case_id, who):
    held = case_for(session, who, case_id)
    return facts_of(session, held, Request(), on=date(2026, 9, 8)).decisions


def good_school(session):
    return session.exec(select(School).order_by(col(School.code).desc())).first().code


def test_an_assignment_and_a_confirmed_pair_are_the_decisions_that_the_moves_need(
    session, world, who
):
    [first, *_] = world.cases
    assert decisions(session, world, first, who) == frozenset()
    word = ClusterWord(basis=BASIS, cluster="teaching", reason="индекс неизвестен")
    assert assign_cluster(session, first, word, who).rule is None
    good = good_school(session)
    wish_partner(session, first, Stance.FIXED, good, who, reason="договорились")
    confirm_partners(session, world.cycle, Confirmation(basis=BASIS, cases=(first,)), who)
    assert decisions(session, world, first, who) == {"cluster", "partner"}
    assert session.exec(select(Participation)).one().candidate == good


def test_a_case_that_has_ended_is_neither_assigned_nor_paired(session, world, who):
    [first, *_] = world.cases
    move_case(session, first, Move.WITHDRAW, Request(basis="школа закрыта"), who)
    with pytest.raises(NotReady):
        assign_cluster(session, first, ClusterWord(basis=BASIS), who)
    with pytest.raises(NotReady):
        wish_partner(session, first, Stance.FIXED, good_school(session), who, reason="x")
    assert first not in {one.case for one in propose_partners(session, world.cycle, who).pairs}
    assert session.exec(select(PairWish)).all() == []


def test_a_programme_that_declares_nothing_says_so(session):
    left_out = {"clusters.yaml", "partners.yaml"}
    files = {name: text for name, text in yugra().files.items() if name not in left_out}
    world = small_world(session, read_programme_files(files))
    who = acting(world.operator, OPENED + DAY)
    with pytest.raises(NotReady):
        propose_clusters(session, world.programme, YEAR, who)
    with pytest.raises(NotReady):
        propose_partners(session, world.cycle, who)
    with pytest.raises(InputRefused):
        confirm_curators(session, world.cycle, Naming(reason=" "), who)
    assert all(one.to == one.now for one in propose_curators(session, world.cycle, who).pairs)


def test_nothing_is_assigned_where_nothing_is_known(session, world, who):
    done = assign_all(session, world.cycle, who, basis=BASIS)
    assert done.assigned == ()
    assert set(done.undecided.values()) == {("missing",)}


def test_earlier_years_tell_who_improved_who_helped_well_and_which_pair_failed(session, world):
    improved, continued, _ = world.cases
    good, codes = good_school(session), []
    for case_id in (improved, continued):
        walk(session, world, case_id, Stage.MONITORED, OPENED + DAY)
        at = acting(world.operator, OPENED + 10 * DAY)
        wish_partner(session, case_id, Stance.FIXED, good, at, reason="договорились")
        confirm_partners(session, world.cycle, Confirmation(basis=BASIS, cases=(case_id,)), at)
        finish_tasks(session, world, case_id, OPENED + 11 * DAY)
        outcome = Outcome.IMPROVED if case_id == improved else Outcome.CONTINUES
        request = Request(basis="приказ № 9", outcome=outcome)
        move_case(session, case_id, Move.EXIT, request, acting(world.operator, OPENED + 12 * DAY))
        codes.append(case_for(session, at, case_id).school.code)
    following = Cycle(**(world.cycle.model_dump() | {"id": None, "year": YEAR + 1}))
    found = earlier_years(session, following, world.programme.partners.failed)
    assert found.improved == {codes[0]: YEAR}
    assert found.experience == {good: 1}
    assert found.failed == {codes[1]: frozenset({good})}
    assert earlier_years(session, world.cycle, ()).improved == {}


def test_a_new_curator_gets_the_unfinished_tasks_and_a_wish_without_a_line_is_found(database):
    engine = connect(database.app)
    with transaction(engine) as session:
        world = small_world(session)
        first, second, _ = world.cases
        walk(session, world, first, Stage.ANALYSED, OPENED + DAY)
        who = acting(world.operator, OPENED + 5 * DAY)
        task = session.exec(select(Task).where(Task.milestone == "causes_agreed")).one()
        schools = [case_for(session, who, one).school for one in (first, second)]
        old, new = (world.people[Role.CURATOR, school.id or 0] for school in schools)
        assert task.assignee_id == old.id
        wish_curator(session, first, Stance.FIXED, new.email, who, reason="знает школу")
        tried = confirm_curators(
            session, world.cycle, Naming(reason="приказ № 7"), who, dry_run=True
        )
        assert (task.assignee_id, tried.tasks) == (old.id, 1)
        done = confirm_curators(session, world.cycle, Naming(reason="приказ № 7"), who)
        assert done == tried
        assert task.assignee_id == new.id
        held = select(Appointment).where(
            Appointment.role == Role.CURATOR, Appointment.school_id == schools[0].id
        )
        rows = session.exec(held.order_by(Appointment.id)).all()
        assert [(one.person_id, one.until) for one in rows] == [
            (old.id, date(2026, 9, 12)),
            (new.id, None),
        ]
        assert confirm_curators(session, world.cycle, Naming(reason="приказ № 7"), who).pairs == ()
    assert verify(engine).ok
    with transaction(engine) as session:
        nobodys = PairWish(
            case_id=first,
            kind="partner",
            stance="fixed",
            candidate="860003",
            wished_by=world.operator.id,
            wished_at=OPENED,
        )
        session.add(nobodys)
    [found] = verify(engine).broken
    assert (found.subject, found.what.fields["table"]) == (f"case:{first}", "pair_wish")
    engine.dispose()
