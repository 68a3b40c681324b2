"""A virtual quarter of work: every working day its round and letters, and people who do their tasks.

Everybody acts through the verbs that the commands call, each deed at its own virtual moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cases.deciding import record_decision
from casework.cases.moving import Request, move_case
from casework.cases.reading import CaseView, cases
from casework.letters.writing import composer
from casework.people.responsible import Place, Responsible, responsible
from casework.reminders.reminding import begin_rounds
from casework.tasks.evidence import keep
from casework.tasks.task_views import TaskView, Wanted, tasks
from casework.tasks.tasking import HandedIn, accept_task, return_task, submit_task
from cli.demo_story import Story, Walk
from cli.door import Door
from models.people import Person
from models.school import School, Territory
from notifications.delivery import Delivered, deliver
from notifications.post import post_for
from opora import clock
from opora.errors import MoveNotAllowed
from programmes.definition import Programme
from programmes.milestones import Evidence
from schedules.working_calendar import wall_moment
from states.case_machine import RULES
from states.needs import NeedKind
from states.role import Role
from states.stage import Move, Stage
from states.task_machine import TaskState

LENGTH = timedelta(days=91)
AHEAD = timedelta(days=100)  # so long before its first day a cycle may be opened
MORNING, WORK = time(9), time(10)
BETWEEN_DEEDS = timedelta(seconds=90)
IN_TIME = timedelta(days=14)  # whoever is in time hands in within a fortnight
_A_YEAR = timedelta(days=364)  # the same day of the week

FORWARD: Mapping[Stage, tuple[Stage, Move]] = {
    rule.source: (rule.dest, rule.move)
    for rule in RULES
    if (rule.source, rule.dest) in set(pairwise(Stage)) and rule.move is not Move.WITHDRAW
}
"""Stage → the next one, and the move that leads there."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """Working days, first to last; the cycle's year; `is_today` unless the calendar ends before."""

    days: Sequence[date]
    year: int
    is_today: bool = True


def quarter_until(today: date, programme: Programme) -> Quarter:
    """The quarter that ends on the last working day up to `today`.

    Where the programme's calendar does not reach the end of that cycle, or its term is over, the same
    quarter of an earlier year is taken.
    """
    calendar, last = programme.working_calendar, today
    while True:
        begin = last - LENGTH
        year = (
            begin.year if programme.cycle.days(begin.year)[0] <= begin + AHEAD else begin.year - 1
        )
        term = programme.identity.term
        is_foreseen = term is None or year <= term.until
        if is_foreseen and programme.cycle.days(year)[1] <= programme.calendar.horizon:
            break
        last -= _A_YEAR
    spans = (begin + timedelta(days=n) for n in range((last - begin).days + 1))
    days = tuple(day for day in spans if calendar.is_working(day))
    return Quarter(days, year, is_today=last == today)


@dataclass(slots=True)
class Timepiece:
    """The virtual moment: set to the hours of a day, a little later with each deed."""

    door: Door
    programme: Programme
    at: datetime

    def set(self, day: date, hour: time, *, limit: datetime | None = None) -> None:
        """Never backwards, and not beyond `limit`."""
        wanted = wall_moment(day, hour, self.programme.zone)
        self.at = max(self.at, min(wanted, limit) if limit else wanted)

    def by(self, email: str | None = None) -> Door:
        """The door for this person's next deed."""
        self.at += BETWEEN_DEEDS
        return replace(self.door, email=email, moment=self.at.isoformat())


def morning(watch: Timepiece) -> Delivered:
    """The day's round of every open cycle, and the letters that are due."""
    from flows.running import run_pass  # only here: flows bring much along

    door = watch.by()
    settings = door.settings.model_copy(update={"flows": "direct"})
    with door.deed() as (session, acting):
        runs = begin_rounds(session, acting)
    for run in runs:
        run_pass(settings, door.engine, run.id or 0, at=acting.at)
    return send(door, acting.at)


def send(door: Door, at: datetime) -> Delivered:
    """Deliver what is due at that moment."""
    return deliver(
        door.engine,
        post_for(door.settings),
        compose=composer(door.settings.public_url, at),
        sender=door.settings.sender,
        at=at,
        real_now=clock.now,
    )


@dataclass(frozen=True, slots=True)
class Staff:
    """Who answers for what, by address; loaded once, since nobody is appointed on the way."""

    people: Responsible
    emails: Mapping[int, str]
    territories: Mapping[str, int]
    schools: Mapping[str, int]

    def email(self, role: Role, *, school: str | None, territory: str | None) -> str:
        place = Place(
            school_id=self.schools.get(school or ""),
            territory_id=self.territories.get(territory or ""),
        )
        return self.emails[self.people.person(role, place)]


def staff_of(session: Session, acting: Acting, programme: Programme) -> Staff:
    """Everybody of the programme's register as of the actor's day."""
    fallback = (acting.person.id or 0) if acting.person else 0
    register = programme.register
    schools = select(School.code, School.id).where(School.register_key == register)
    places = select(Territory.code, Territory.id).where(Territory.register_key == register)
    return Staff(
        people=responsible(session, register, on=acting.on(programme.zone), fallback=fallback),
        emails={key or 0: email for key, email in session.exec(select(Person.id, Person.email))},
        territories={code: key or 0 for code, key in session.exec(places)},
        schools={code: key or 0 for code, key in session.exec(schools.order_by(col(School.id)))},
    )


@dataclass(slots=True, kw_only=True)
class Play:
    """The people at work on each `pace`-th day. `on_day` hears of each day that is over, `plan` of
    each case that cannot move on without an approved plan.
    """

    watch: Timepiece
    programme: Programme
    story: Story
    staff: Staff
    walks: Mapping[int, Walk]  # by case
    on_day: Callable[[date], None] = lambda _: None
    plan: Callable[[CaseView, date], object] = lambda _case, _day: None
    pace: int = 1
    decided: set[tuple[int, str]] = field(default_factory=set)
    returned: set[tuple[int, str]] = field(default_factory=set)
    moved: set[tuple[int, int]] = field(default_factory=set)

    def live(self, quarter: Quarter, *, every: int = 1, since: int = 0) -> None:
        """All days of the quarter from number `since` on; a round on each `every`-th and on the last."""
        now = clock.now()
        for number, day in enumerate(quarter.days[since:], since):
            is_last = number == len(quarter.days) - 1
            self.watch.set(day, MORNING, limit=now - timedelta(hours=1) if is_last else None)
            if number and (number % every == 0 or is_last):
                morning(self.watch)
            if not is_last and number % self.pace == 0:
                self.watch.set(day, WORK)
                self._work(number, day)
            self.on_day(day)

    def _work(self, number: int, day: date) -> None:
        with self.watch.by().look() as (session, acting):
            waiting = tasks(session, acting, Wanted(), on=day)
            standing = cases(session, acting, on=day)
        suspended = {case.id for case in standing if case.suspended_on is not None}
        for task in waiting:
            if task.case not in suspended:
                self._work_on(task, day)
        for case in standing:
            self._move(case, number, day)

    def _walk(self, task: TaskView) -> Walk:
        """Tasks of a municipality or of the region are done as the first walk does its own."""
        return self.walks[task.case] if task.case is not None else self.story.walks[0]

    # --- tasks ------------------------------------------------------------------------------------

    def _work_on(self, task: TaskView, day: date) -> None:
        walk = self._walk(task)
        if task.state is TaskState.SUBMITTED:
            self._judge(task, walk)
        elif task.state is TaskState.RETURNED or (
            task.state is TaskState.OPEN
            and task.doer not in walk.silent
            and _is_ripe(task, walk, day)
        ):
            self._hand_in(task)

    def _hand_in(self, task: TaskView) -> None:
        wanted = self.programme.milestone(task.milestone).evidence
        title = self.programme.label(f"milestone.{task.milestone}", "ru")
        text = f"{self.story.document.format(title=title)}\n{task.school_name or ''} {task.turn}\n"
        settings = self.watch.door.settings
        names = _file_names(wanted)
        files = [
            keep(
                settings.evidence,
                f"{text}{name}\n".encode(),
                name=name,
                limit_mb=settings.evidence_mb,
            )
            for name in names
        ]
        with self.watch.by(task.assignee).deed() as (session, acting):
            submit_task(session, task.id, HandedIn(text=self.story.text, files=files), acting)

    def _judge(self, task: TaskView, walk: Walk) -> None:
        role = task.approver or Role.OPERATOR
        email = self.staff.email(role, school=task.school, territory=task.territory)
        remarks = walk.returned.get(task.milestone)
        once = (task.case or 0, task.milestone)
        with self.watch.by(email).deed() as (session, acting):
            if remarks and once not in self.returned:
                self.returned.add(once)
                return_task(session, task.id, acting, remarks=remarks)
            else:
                accept_task(session, task.id, acting)

    # --- moves ------------------------------------------------------------------------------------

    def _move(self, case: CaseView, number: int, day: date) -> None:
        walk = self.walks[case.id]
        for place, one in enumerate(walk.moves):
            if one.day <= number and (case.id, place) not in self.moved:
                self.moved.add((case.id, place))
                self._make(case, one.move, Request(basis=one.basis, remarks=one.remarks))
                return
        if case.suspended_on is None and case.stage in FORWARD:
            dest, move = FORWARD[case.stage]
            if walk.stages.get(dest, number + 1) <= number:
                self._decide(case, move)
                self._plan(case, move, day)
                self._make(case, move, Request(basis=self.story.bases.get(move, "")))

    def _make(self, case: CaseView, move: Move, request: Request) -> None:
        try:
            with self.watch.by(self._mover(case, move)).deed() as (session, acting):
                move_case(session, case.id, move, request, acting)
        except MoveNotAllowed:
            return  # something is still unmet: tomorrow again, as people do

    def _mover(self, case: CaseView, move: Move) -> str:
        may = self.programme.roles_for(move)
        role = Role.COORDINATOR if Role.COORDINATOR in may else may[0]
        return self.staff.email(role, school=case.school, territory=case.territory)

    def _decide(self, case: CaseView, move: Move) -> None:
        for need in self.programme.needs_of(move):
            kind = need.of or ""
            if need.need is not NeedKind.DECISION or (case.id, kind) in self.decided:
                continue
            self.decided.add((case.id, kind))
            said = self.story.decisions.get(kind, self.story.decision)
            email = self.staff.email(Role.COORDINATOR, school=case.school, territory=case.territory)
            with self.watch.by(email).deed() as (session, acting):
                record_decision(session, case.id, kind, said.value, acting, basis=said.basis)

    def _plan(self, case: CaseView, move: Move, day: date) -> None:
        needed = any(need.need is NeedKind.PLAN for need in self.programme.needs_of(move))
        if needed and (case.id, NeedKind.PLAN) not in self.decided:
            self.decided.add((case.id, NeedKind.PLAN))
            self.plan(case, day)


def _file_names(wanted: Evidence | None) -> list[str]:
    if wanted is None or wanted.document is None:
        return []
    return [f"{wanted.document}-{n + 1}.txt" for n in range(wanted.at_least)]


def _is_ripe(task: TaskView, walk: Walk, day: date) -> bool:
    span = (task.due_on - task.opened_on) * walk.pace
    return day >= task.opened_on + (min(span, IN_TIME) if walk.pace < 1 else span)
