"""A cycle goes over to a new version while people work: stopped half-way, never done twice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select

from audit.verification import verify
from casework.cycles.adopting import adopt, adopt_cases
from casework.cycles.closing import close_cycle
from casework.cycles.ending import Ending, decide_exit, propose_exits
from models.cycle import Cycle
from models.history import HistoryLine
from models.pass_run import PassRun, PassState
from models.task import Task
from opora.database import connect, transaction
from opora.errors import Forbidden, NotReady
from programmes.reading import read_programme_files
from states.role import Role
from states.stage import Move, Outcome, Stage
from tests.worlds import OPENED, acting, hand_in, move_one, small_world, walk

LATER = OPENED + timedelta(days=3)


def with_holiday(programme, day):
    files = dict(programme.files)
    named = f'off: [{{on: {day}, words: {{ru: день округа, en: region day}}, source: "№ 1"}}]'
    files["calendar.yaml"] = files["calendar.yaml"].replace("off: []", named)
    return read_programme_files(files)


def dues(session):
    return {task.id: task.due_on for task in session.exec(select(Task)).all()}


def replanned(session):
    lines = session.exec(select(HistoryLine).where(HistoryLine.deed == "replan")).all()
    return sorted(line.subject for line in lines)


def test_what_was_planned_by_the_new_version_is_left_alone(session, world, engine):
    first, *_ = world.cases
    who = acting(world.operator, LATER)
    new = with_holiday(world.programme, "2026-09-14")
    found = adopt(session, world.cycle, new, who, dry_run=False)
    walk(session, world, first, Stage.ANALYSED, LATER)  # before the pass comes to the case
    fresh = {
        task.id: task.due_on
        for task in session.exec(select(Task).where(Task.case_id == first)).all()
        if task.stage is Stage.ANALYSED
    }
    assert fresh
    run = session.get_one(PassRun, found.pass_id)
    while (chunk := adopt_cases(session, run, who)).cursor is not None:
        run.cursor = chunk.cursor
        assert not chunk.refused
    after = dues(session)
    assert {key: after[key] for key in fresh} == fresh
    assert replanned(session)  # the others went over


def test_other_working_days_ring_other_bells_though_the_deadline_stays(session, world):
    """A week before 21 September is the 14th; with the 18th off it is the 11th."""
    task = session.exec(select(Task).where(Task.milestone == "kick_off_held")).one()
    assert (task.due_on, task.next_remind_on) == (date(2026, 9, 21), date(2026, 9, 14))
    who = acting(world.operator, LATER)
    new = with_holiday(world.programme, "2026-09-18")
    found = adopt(session, world.cycle, new, who, dry_run=False)
    run = session.get_one(PassRun, found.pass_id)
    while (chunk := adopt_cases(session, run, who)).cursor is not None:
        run.cursor = chunk.cursor
    assert (task.due_on, task.next_remind_on) == (date(2026, 9, 21), date(2026, 9, 11))


def test_a_dry_run_writes_nothing_and_others_may_not(session, world):
    new = with_holiday(world.programme, "2026-09-14")
    before = dues(session)
    lines = session.exec(select(HistoryLine.id)).all()
    found = adopt(session, world.cycle, new, acting(world.operator, LATER), dry_run=True)
    assert found.changes
    assert found.pass_id is None
    assert (dues(session), session.exec(select(HistoryLine.id)).all()) == (before, lines)
    head = next(person for (role, _), person in world.people.items() if role is Role.HEAD)
    for dry_run in (True, False):
        with pytest.raises(Forbidden):
            adopt(session, world.cycle, new, acting(head, LATER), dry_run=dry_run)


def test_work_that_is_handed_in_is_never_left_out(session, world):
    task = session.exec(select(Task).where(Task.milestone == "information_card_filled")).first()
    hand_in(session, world, task, OPENED + timedelta(days=1))
    files = dict(world.programme.files)
    text = files["stages.yaml"]
    start = text.index("  - key: information_card_filled")
    end = text.index("  - key: self_analysis_done")
    needed = "      - {need: document, of: information_card}\n"
    files["stages.yaml"] = (text[:start] + text[end:]).replace(needed, "")
    new = read_programme_files(files)
    with pytest.raises(NotReady) as refusal:
        adopt(session, world.cycle, new, acting(world.operator, LATER), dry_run=True)
    assert len(getattr(refusal.value, "unmet", ())) == 1


def test_a_closed_year_that_is_opened_behind_our_back_is_found(database):
    engine = connect(database.app)
    with transaction(engine) as session:
        world = small_world(session)
        who = acting(world.operator, LATER)
        propose_exits(session, world.cycle, who)
        first, *others = world.cases
        move_one(session, world, first, Move.WITHDRAW, LATER)
        for case in others:
            ending = Ending(outcome=Outcome.CONTINUES, basis="протокол № 9")
            decide_exit(session, case, ending, who)
        close_cycle(session, world.cycle, who)
    assert verify(engine).ok
    with transaction(engine) as session:
        session.execute(update(Cycle).values(is_open=True))
    assert [one.subject for one in verify(engine).broken] == ["cycle:1"]
    engine.dispose()


def test_a_cycle_goes_over_once_at_a_time(session, world):
    who = acting(world.operator, LATER)
    begun = adopt(
        session, world.cycle, with_holiday(world.programme, "2026-09-14"), who, dry_run=False
    )
    with pytest.raises(NotReady, match="version before"):
        adopt(session, world.cycle, world.programme, who, dry_run=False)
    run = session.get_one(PassRun, begun.pass_id)
    run.state = PassState.DONE
    session.add(run)
    assert adopt(session, world.cycle, world.programme, who, dry_run=False).pass_id
