"""A month of virtual days in any order of good and bad luck: the laws hold after every one of them.

Days pass with or without the clock, people hand in, accept, return, move, suspend and cancel, fall
ill and leave, deadlines and the programme change, the mail server goes away, a round dies half-way.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col, func, select

from audit.verification import verify
from casework.acting import Acting
from casework.cases.moving import Request, move_case
from casework.letters.writing import composer
from casework.passes import LEASE, advance, step, take
from casework.people.appointing import Newcomer, Place, appoint, enrol
from casework.reminders.reminding import KIND, begin_rounds, remind
from casework.tasks.tasking import HandedIn, accept_task, cancel_task, return_task, submit_task
from models.case import Case
from models.letter import Letter, LetterState
from models.pass_run import PassRun, PassState
from models.people import Person
from models.school import School
from models.task import DeadlineStep, Reminder, Task
from notifications.delivery import deliver
from notifications.outbox import LetterKind
from notifications.post import Verdict
from opora.database import connect, reading, transaction
from opora.errors import OporaError
from schedules.ladders import rungs_due
from states.role import Role
from states.stage import Move, Outcome, Stage
from states.task_machine import UNFINISHED, WAITING, TaskState
from tests.databases import copied
from tests.misfortunes import ANY, Misfortunes, Weather
from tests.worlds import OPENED, World, acting, decide_all, proofs, small_world

EXAMPLES = {"sqlite": 8, "postgres": 3}
"""Months a dialect; OPORA_TEST_MONTHS asks for another number of both."""
STEPS = 30
ENDED = {LetterState.SENT, LetterState.DEAD, LetterState.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class Origin:
    """A region with two cases, told once; `copied` gives the URL of a copy as long as it is needed."""

    world: World
    copied: Callable[[], AbstractContextManager[str]]


@pytest.fixture
def origin(dialect, database, request):
    engine = connect(database.app)
    with transaction(engine) as session:
        world = small_world(session, schools=2)
        for case_id in world.cases:
            decide_all(session, world, case_id, OPENED)
    engine.dispose()
    server = None if dialect == "sqlite" else request.getfixturevalue("postgres")
    return Origin(world, partial(copied, database.app, server))


class Crash(Exception):
    """The process is gone in the middle of a portion."""


class Month(Misfortunes):
    """One month; every rule is what people, servers and the calendar do."""

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin, self.copies = origin, ExitStack()

    @initialize()
    def open_the_year(self) -> None:
        self.world = self.origin.world
        self.engine = connect(self.copies.enter_context(self.origin.copied()))
        self.copies.callback(self.engine.dispose)
        folder = self.copies.enter_context(tempfile.TemporaryDirectory(prefix="opora-month-"))
        self.at, self.lives = OPENED + timedelta(hours=2), 0
        self.post = Weather(Path(folder) / "mailbox", self.is_waiting)
        self.ended: dict[int, tuple[object, ...]] = {}
        self.newcomers = self.departed = 0
        self.programme = self.world.programme
        self.is_round_done = False

    def teardown(self) -> None:
        self.copies.close()

    # --- what the calendar and the machines do ----------------------------------------------------

    def real_now(self) -> datetime:
        """Each life of a process comes later than any lease of the one before."""
        return self.at + LEASE * 2 * self.lives

    def next_day(self, days: int = 1) -> None:
        zone: ZoneInfo = self.programme.zone
        day = self.at.astimezone(zone).date() + timedelta(days=days)
        self.at = datetime.combine(day, time(6), zone).astimezone(UTC)

    def by_the_clock(self) -> Acting:
        return Acting(at=self.at, recorded_at=self.at, pass_name=KIND)

    def do_rounds(self) -> None:
        self.end_adoptions()
        self.lives += 1
        who = self.by_the_clock()
        with transaction(self.engine) as session:
            begin_rounds(session, who)
            runs = session.exec(select(PassRun).where(PassRun.kind == KIND)).all()
            waiting = [run.id for run in runs if run.state is PassState.RUNNING]
        for pass_id in waiting:
            advance(self.engine, pass_id, remind, who, real_now=self.real_now)
        self.is_round_done = True

    def do_delivery(self) -> None:
        self.lives += 1
        deliver(
            self.engine,
            self.post,
            compose=composer("http://127.0.0.1:8080", self.at),
            sender="opora@example.org",
            at=self.at,
            real_now=lambda: self.at + timedelta(minutes=11) * self.lives,
        )

    @rule()
    def a_day_passes(self) -> None:
        self.next_day()
        self.do_rounds()
        self.at += timedelta(hours=5)
        self.do_delivery()

    @rule(days=st.integers(min_value=2, max_value=12))
    def nothing_runs_for_days_and_then_everything(self, days: int) -> None:
        self.next_day(days)
        self.do_rounds()
        self.at += timedelta(hours=5)
        self.do_delivery()

    @rule(answers=st.lists(st.sampled_from(Verdict), min_size=1, max_size=4))
    def the_mail_server_has_a_bad_day(self, answers: list[Verdict]) -> None:
        self.post.answers = list(answers)
        self.a_day_passes()
        self.post.answers = []

    @rule()
    def a_round_dies_in_the_middle_of_its_portion(self) -> None:
        self.next_day()
        self.lives += 1
        who = self.by_the_clock()
        with transaction(self.engine) as session:
            ids = [run.id for run in begin_rounds(session, who)]
        self.is_round_done = False

        def dying(session, run, acting):
            remind(session, run, acting)
            raise Crash

        for pass_id in ids:
            fence = take(self.engine, pass_id, real_now=self.real_now())
            if fence is not None:
                with suppress(Crash):
                    step(self.engine, pass_id, fence, dying, who, real_now=self.real_now())
        self.at += timedelta(hours=1)

    # --- what people do ---------------------------------------------------------------------------

    def chosen(self, pick: int, *states: TaskState) -> Task | None:
        with reading(self.engine) as session:
            found = session.exec(
                select(Task).where(col(Task.state).in_(states)).order_by(col(Task.id))
            ).all()
        return found[pick % len(found)] if found else None

    def is_waiting(self, task_id: int) -> bool:
        with reading(self.engine) as session:
            return session.get_one(Task, task_id).state in WAITING

    def person(self, person_id: int) -> Person:
        with reading(self.engine) as session:
            return session.get_one(Person, person_id)

    def deed(self, act) -> bool:
        """One transaction; what the law refuses leaves nothing behind."""
        self.at += timedelta(minutes=7)
        self.is_round_done = False
        try:
            with transaction(self.engine) as session:
                act(session)
        except OporaError:
            return False
        return True

    @rule(pick=ANY)
    def somebody_hands_in(self, pick: int) -> None:
        task = self.chosen(pick, *WAITING)
        if task is None:
            return
        who = self.person(task.assignee_id)
        given = HandedIn(
            text="сделано", files=proofs(replace(self.world, programme=self.programme), task)
        )
        assert self.deed(lambda session: submit_task(session, task.id, given, acting(who, self.at)))

    @rule(pick=ANY)
    def the_operator_accepts(self, pick: int) -> None:
        task = self.chosen(pick, TaskState.SUBMITTED)
        if task is not None:
            who = acting(self.world.operator, self.at)
            self.deed(lambda session: accept_task(session, task.id, who))

    @rule(pick=ANY)
    def the_operator_returns(self, pick: int) -> None:
        task = self.chosen(pick, TaskState.SUBMITTED)
        if task is not None:
            who = acting(self.world.operator, self.at)
            self.deed(lambda session: return_task(session, task.id, who, remarks="ещё раз"))

    @rule(pick=ANY)
    def a_task_is_cancelled(self, pick: int) -> None:
        task = self.chosen(pick, *UNFINISHED)
        if task is not None:
            who = acting(self.world.operator, self.at)
            self.deed(lambda session: cancel_task(session, task.id, who, reason="лишнее"))

    @rule(pick=ANY, move=st.sampled_from(Move))
    def a_case_is_moved_if_the_law_allows(self, pick: int, move: Move) -> None:
        case_id = self.world.cases[pick % len(self.world.cases)]
        request = Request(
            basis="приказ № 12",
            remarks="переделать",
            outcome=Outcome.IMPROVED if move is Move.EXIT else None,
        )
        who = acting(self.world.operator, self.at)
        self.deed(lambda session: move_case(session, case_id, move, request, who))

    @precondition(lambda self: self.newcomers < 3)
    @rule(pick=ANY, role=st.sampled_from([Role.CURATOR, Role.HEAD]))
    def somebody_is_replaced(self, pick: int, role: Role) -> None:
        self.newcomers += 1
        case_id = self.world.cases[pick % len(self.world.cases)]

        def replaced(session):
            school = session.get_one(School, session.get_one(Case, case_id).school_id)
            who, on = acting(self.world.operator, self.at), self.at.date()
            mail = f"new{self.newcomers}@example.org"
            known = enrol(session, [Newcomer(mail, "Новый", "ru")], {}, who, on)
            place = Place(register="yugra", school_id=school.id, school=school.code)
            appoint(session, known[mail], role, place, acting=who, on=on)

        assert self.deed(replaced)

    # --- the laws ---------------------------------------------------------------------------------

    @invariant()
    def nobody_rewrote_the_past_and_the_present_is_what_it_says(self) -> None:
        if hasattr(self, "engine"):
            checked = verify(self.engine)
            assert checked.ok, checked.broken

    @invariant()
    def a_rung_is_claimed_once_and_a_deadline_is_what_its_ledger_says(self) -> None:
        if not hasattr(self, "engine"):
            return
        with reading(self.engine) as session:
            claims = Counter(
                (one.task_id, one.due_on, one.rung, one.recipient_id)
                for one in session.exec(select(Reminder))
            )
            assert all(number == 1 for number in claims.values())
            last = (
                select(DeadlineStep.task_id, func.max(DeadlineStep.seq).label("seq"))
                .group_by(col(DeadlineStep.task_id))
                .subquery()
            )
            wrong = session.exec(
                select(Task.id)
                .join(last, last.c.task_id == Task.id)
                .join(
                    DeadlineStep,
                    (col(DeadlineStep.task_id) == Task.id) & (DeadlineStep.seq == last.c.seq),
                )
                .where(Task.due_on != DeadlineStep.due_on)
            ).all()
            assert wrong == []

    @invariant()
    def every_open_task_has_a_living_addressee_and_a_standing_case_rings_no_bell(self) -> None:
        if not hasattr(self, "engine"):
            return
        with reading(self.engine) as session:
            tasks = session.exec(
                select(Task, Person, Case)
                .join(Person, col(Person.id) == col(Task.assignee_id), isouter=True)
                .join(Case, col(Case.id) == col(Task.case_id), isouter=True)
                .where(col(Task.state).in_(UNFINISHED))
            ).all()
        for task, person, case in tasks:
            assert person is not None
            assert person.is_active
            if case is not None:
                assert case.stage is not Stage.EXITED
                if case.suspended_on is not None:
                    assert task.next_remind_on is None

    @invariant()
    def a_letter_that_has_ended_never_changes(self) -> None:
        if not hasattr(self, "engine"):
            return
        with reading(self.engine) as session:
            letters = session.exec(select(Letter).where(col(Letter.state).in_(ENDED))).all()
        for letter in letters:
            now = (letter.state, letter.body, letter.address, letter.message_id, letter.sent_at)
            assert self.ended.setdefault(letter.id, now) == now

    @invariant()
    def nobody_gets_two_digests_of_one_day_and_none_about_what_is_done(self) -> None:
        if not hasattr(self, "engine"):
            return
        with reading(self.engine) as session:
            digests = session.exec(select(Letter).where(Letter.kind == LetterKind.DIGEST)).all()
        of_a_day = Counter((one.recipient_id, one.cycle_id, one.day) for one in digests)
        assert all(number == 1 for number in of_a_day.values())

    @precondition(lambda self: getattr(self, "is_round_done", False))
    @invariant()
    def after_a_round_no_rung_that_is_due_is_unclaimed(self) -> None:
        programme = self.programme
        on = self.at.astimezone(programme.zone).date()
        with reading(self.engine) as session:
            tasks = session.exec(
                select(Task).where(
                    col(Task.state).in_(WAITING), col(Task.next_remind_on).is_not(None)
                )
            ).all()
            claimed = {
                (one.task_id, one.due_on, one.rung) for one in session.exec(select(Reminder))
            }
        for task in tasks:
            if task.silent_until is not None and task.silent_until >= on:
                continue  # somebody asked for silence
            due = rungs_due(
                programme.ladder(programme.milestone(task.milestone).ladder),
                task.due_on,
                opened_on=task.opened_on,
                on=on,
                calendar=programme.working_calendar,
            )
            for one in due:
                assert (task.id, task.due_on, one.rung.key) in claimed, (task, one)


def test_a_month_of_any_luck_breaks_no_law(origin, dialect):
    months = int(os.environ.get("OPORA_TEST_MONTHS", EXAMPLES[dialect]))
    assert months > 0
    run_state_machine_as_test(
        lambda: Month(origin),
        settings=settings(
            max_examples=months,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
