"""A small invented region for tests: people with roles, judged schools, an open cycle, its cases.

Everything is done by the same verbs that the doors call; nothing here commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cases.case_facts import has_approved_plan
from casework.cases.deciding import record_decision
from casework.cases.moving import Request, move_case
from casework.cycles.opening import open_cases, open_cycle
from casework.judgement.identifying import confirm_list, identify
from casework.passes import begin
from casework.plans.school_plan import approve_plan, review_plan, submit_plan
from casework.records.record_grounds import About
from casework.records.recording import Entry, add_record
from casework.tasks.evidence import Kept
from casework.tasks.tasking import HandedIn, accept_task, submit_task
from models.case import Case
from models.cycle import Cycle, Listing
from models.history import HistoryLine
from models.pass_run import PassState
from models.people import Appointment, Person
from models.plan import SchoolPlan
from models.school import Fact, ImportRun, School, Territory
from models.task import Task
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.milestones import Scope
from programmes.reading import read_programme
from states.role import Role
from states.stage import Move, Outcome, Stage
from states.task_machine import WAITING, TaskState

YEAR = 2026
OPENED = datetime(2026, 9, 7, 5, 0, tzinfo=UTC)  # a Monday morning in Yugra
SINCE = date(2026, 1, 1)
FORWARD = (
    Move.ANALYSE,
    Move.CLUSTER,
    Move.PARTNER,
    Move.APPROVE_PROGRAMME,
    Move.MONITOR,
    Move.EXIT,
)
_TAKING_PART, _LOW, _GOOD = 20, 10, 1  # pupils in each procedure, and how many below the threshold
_PROCEDURES = ("oge_math", "oge_russian")
_STANDING = {
    "legal_form": "budget",
    "founder": "municipal",
    "settlement": "urban",
    "small": "no",
    "level": "ordinary",
    "innovation_site": "no",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An open cycle with its cases by id; schools are judged low, and one more is not listed."""

    programme: Programme
    listing: Listing
    cycle: Cycle
    cases: Sequence[int]
    operator: Person
    people: Mapping[tuple[Role, int], Person] = field(default_factory=dict)  # role and place's id

    def doer(self, role: Role, case: Case, school: School) -> Person:
        """Who holds the role over a case."""
        place = school.territory_id if role is Role.COORDINATOR else case.school_id
        return self.people.get((role, place), self.operator)


@cache
def yugra() -> Programme:
    return read_programme(shipped()["yugra"])


def acting(person: Person, at: datetime = OPENED) -> Acting:
    """The person at a moment; what happens is written down a minute later."""
    return Acting(at=at, recorded_at=at + timedelta(minutes=1), person=person)


def small_world(
    session: Session, programme: Programme | None = None, *, schools: int = 3, at: datetime = OPENED
) -> World:
    """Two territories, `schools` listed schools and one good one, all roles held, the cycle open."""
    programme = programme or yugra()
    operator = _person(session, "operator", Role.OPERATOR, register="*")
    people, rows = _region(session, programme, schools)
    _results(session, operator, rows)
    who = acting(operator, at)
    listing = identify(session, programme, YEAR, who).listing
    confirm_list(session, listing, who)
    cycle = open_cycle(session, programme, listing, who)
    arguments = {"cycle": cycle.id, "person": operator.id}
    run = begin(session, "open_cycle", str(cycle.id), arguments=arguments, at=at)
    while (chunk := open_cases(session, run, who)).cursor is not None:
        run.cursor = chunk.cursor
    run.state = PassState.DONE
    session.add(run)
    session.flush()
    cases = session.exec(select(Case.id).order_by(col(Case.id))).all()
    return World(
        programme=programme,
        listing=listing,
        cycle=cycle,
        cases=[case_id for case_id in cases if case_id is not None],
        operator=operator,
        people=people,
    )


# --- what people do in it -------------------------------------------------------------------------


def hand_in(session: Session, world: World, task: Task, at: datetime) -> HistoryLine:
    """Whoever the task is addressed to hands in all that it asks for."""
    assignee = session.get_one(Person, task.assignee_id)
    given = HandedIn(text="Сделано: школа 1, example.org", files=proofs(world, task))
    return submit_task(session, task.id or 0, given, acting(assignee, at))


def finish_task(session: Session, world: World, task: Task, at: datetime) -> None:
    """Hand the task in and have it accepted by who judges it."""
    hand_in(session, world, task, at)
    if task.state is TaskState.SUBMITTED:
        accept_task(session, task.id or 0, acting(_judge(session, world, task), at))


def finish_tasks(session: Session, world: World, case_id: int, at: datetime) -> None:
    """Every task of the case that still waits for its doer."""
    waiting = select(Task).where(Task.case_id == case_id, col(Task.state).in_(WAITING))
    for task in session.exec(waiting.order_by(col(Task.id))).all():
        finish_task(session, world, task, at)


def decide_all(session: Session, world: World, case_id: int, at: datetime) -> None:
    """Every kind of decision that the programme knows."""
    for kind in world.programme.decisions:
        record_decision(
            session, case_id, kind, "B", acting(world.operator, at), basis="протокол № 3"
        )


def walk(session: Session, world: World, case_id: int, to: Stage, at: datetime) -> None:
    """Move the case forward until it stands at `to`, doing all the work on the way; a day a stage."""
    if not session.exec(select(HistoryLine.id).where(*_decided(case_id))).first():
        decide_all(session, world, case_id, at)
    case = session.get_one(Case, case_id)
    for number, move in enumerate(FORWARD[list(Stage).index(case.stage) :]):
        if case.stage is to:
            return
        moment = at + timedelta(days=number)
        if move is Move.APPROVE_PROGRAMME:
            approve_measures(session, world, case_id, moment)
        finish_tasks(session, world, case_id, moment)
        move_one(session, world, case_id, move, moment)


def approve_measures(session: Session, world: World, case_id: int, at: datetime) -> None:
    """The head's plan, a measure a section, goes through every hand; the curator is nobody's partner
    but answers where there is none.
    """
    case = session.get_one(Case, case_id)
    if has_approved_plan(session, case):
        return
    school, declared = session.get_one(School, case.school_id), world.programme.plan
    head = acting(world.doer(Role.HEAD, case, school), at)
    for section in declared.sections if session.get(SchoolPlan, case_id) is None else ():
        fields = {"title": section, "section": section, "due": "2027-05-20", "proof": "справка"}
        about, entry = About(case=case_id), Entry(fields=fields)
        add_record(session, head, declared.measure or "", about, entry)
    submit_plan(session, case_id, head)
    for role in (Role.CURATOR, Role.COORDINATOR):
        judge = acting(world.doer(role, case, school), at)
        review_plan(session, case_id, judge, is_endorsed=True)
    approve_plan(session, case_id, acting(world.operator, at), basis="приказ № 12")
    of_place = (Task.cycle_id == case.cycle_id, Task.territory_id == school.territory_id)
    for task in session.exec(select(Task).where(*of_place, col(Task.state).in_(WAITING))).all():
        finish_task(session, world, task, at)


def move_one(session: Session, world: World, case_id: int, move: Move, at: datetime) -> HistoryLine:
    """One move by the operator, with everything that any move may ask for."""
    request = Request(
        basis="приказ № 12",
        remarks="переделать анализ",
        outcome=Outcome.IMPROVED if move is Move.EXIT else None,
    )
    return move_case(session, case_id, move, request, acting(world.operator, at))


def proofs(world: World, task: Task) -> list[Kept]:
    """As many files as the milestone asks for; only their names and hashes exist."""
    wanted = world.programme.milestone(task.milestone).evidence
    number = wanted.at_least if wanted is not None and wanted.document is not None else 0
    return [
        Kept(
            sha256=sha256(f"{task.id}/{n}".encode()).hexdigest(),
            size=1000,
            media_type="application/pdf",
            name=f"файл {n}.pdf",
        )
        for n in range(number)
    ]


def _judge(session: Session, world: World, task: Task) -> Person:
    if task.case_id is None or task.approver is None:
        return world.operator
    case = session.get_one(Case, task.case_id)
    return world.doer(task.approver, case, session.get_one(School, case.school_id))


def _decided(case_id: int) -> tuple[bool, ...]:
    return (
        HistoryLine.subject == f"case:{case_id}",
        HistoryLine.deed == "record_decision",
    )


# --- who and what is there ------------------------------------------------------------------------


def _region(
    session: Session, programme: Programme, schools: int
) -> tuple[dict[tuple[Role, int], Person], list[School]]:
    people: dict[tuple[Role, int], Person] = {}
    territories = [
        Territory(register_key=programme.register, code=code, name=f"Район {code}")
        for code in ("01", "02")
    ]
    session.add_all(territories)
    session.flush()
    for one in territories:
        person = _person(
            session, f"coordinator{one.code}", Role.COORDINATOR, territory_id=one.id or 0
        )
        people[Role.COORDINATOR, one.id or 0] = person
    rows = [
        School(
            register_key=programme.register,
            code=f"{860000 + number}",
            name=f"Школа № {number}",
            territory_id=territories[number % 2].id or 0,
        )
        for number in range(schools + 1)
    ]
    session.add_all(rows)
    session.flush()
    for school in rows:
        for role in (Role.CURATOR, Role.HEAD):
            person = _person(session, f"{role}{school.code}", role, school_id=school.id or 0)
            people[role, school.id or 0] = person
    return people, rows


def _person(
    session: Session,
    name: str,
    role: Role,
    *,
    register: str = "yugra",
    territory_id: int | None = None,
    school_id: int | None = None,
) -> Person:
    person = Person(email=f"{name}@example.org", name=f"Выдуманный {name}")
    session.add(person)
    session.flush()
    session.add(
        Appointment(
            person_id=person.id or 0,
            role=role,
            register_key=register,
            territory_id=territory_id,
            school_id=school_id,
            since=SINCE,
        )
    )
    session.flush()
    return person


def _results(session: Session, operator: Person, schools: Sequence[School]) -> None:
    """Two procedures below the threshold for every school but the last."""
    run = ImportRun(
        register_key=schools[0].register_key,
        profile="results",
        file="results.csv",
        sha256="0" * 64,
        person_id=operator.id or 0,
        at="2026-09-01T00:00:00.000000Z",
    )
    session.add(run)
    session.flush()
    for row, school in enumerate(schools, 2):
        below = _GOOD if school is schools[-1] else _LOW
        results = {"participants": str(_TAKING_PART), "below_threshold": str(below), "biased": "no"}
        known = {("", name): value for name, value in _STANDING.items()}
        known |= {(p, name): value for p in _PROCEDURES for name, value in results.items()}
        session.add_all(
            Fact(
                school_id=school.id or 0,
                year=YEAR,
                procedure=procedure,
                name=name,
                value=value,
                import_id=run.id or 0,
                row=row,
            )
            for (procedure, name), value in known.items()
        )
    session.flush()


def municipal_tasks(session: Session, world: World) -> Sequence[Task]:
    """The tasks of municipalities and of the region, in order."""
    wide = {m.key for m in world.programme.milestones if m.scope is not Scope.CASE}
    tasks = select(Task).where(col(Task.milestone).in_(wide))
    return session.exec(tasks.order_by(col(Task.id))).all()
