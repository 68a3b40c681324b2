"""Nothing is fetched for a person except through here. What is not yours does not exist for you."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, false, or_, select as sa_select, true
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right, Scope, grants, roles_with
from casework.people.responsible import EVERY_REGISTER, Place, in_force
from casework.people.standing_in import persons_of, today
from models.case import Case
from models.cycle import Cycle
from models.letter import Letter
from models.people import Appointment, Installation, Person
from models.school import School
from models.task import Task
from opora.errors import Forbidden, NotFound, NotReady
from opora.words import Sentence
from programmes.definition import Programme
from states.role import Role


def person_called(session: Session, email: str | None) -> Person:
    """The active person of that address; without one, whoever the installation is bound to."""
    if email is None:
        bound = session.get(Installation, 1)
        if bound is None:
            raise NotReady(
                what=Sentence("Nobody is bound to this installation"),
                cure=Sentence("Run: opora init"),
            )
        mine = session.get_one(Person, bound.person_id)
        if not mine.is_active:
            raise NotReady(
                what=Sentence("Whoever this installation was bound to has left"),
                cure=Sentence("Run: opora init --as EMAIL, or name yourself: --as EMAIL"),
            )
        return mine
    person = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    if person is None or not person.is_active:
        raise NotFound(what=Sentence("person"), key=email)
    return person


def _appointments(session: Session, acting: Acting) -> list[Appointment]:
    """Every role that the actor holds that day, then those of whom they stand in for."""
    persons = persons_of(session, acting)
    held = session.exec(
        select(Appointment).where(
            col(Appointment.person_id).in_(persons), *in_force(today(session, acting))
        )
    ).all()
    return sorted(held, key=lambda one: not _is_own(one, acting))


def appointments_of(session: Session, acting: Acting) -> list[Appointment]:
    """Every role that the actor holds that day, their own before those they stand in for."""
    return _appointments(session, acting) if acting.person is not None else []


def _is_own(appointment: Appointment, acting: Acting) -> bool:
    return acting.person is not None and appointment.person_id == acting.person.id


def _held(session: Session, acting: Acting, right: Right) -> list[Appointment]:
    if acting.person is None:
        return []
    allowed = set(roles_with(right))
    return [a for a in _appointments(session, acting) if a.role in allowed]


def _covers(appointment: Appointment, school: School | None, territory_id: int | None) -> bool:
    match grants()[appointment.role].scope:
        case Scope.REGISTER:
            return True
        case Scope.TERRITORY:
            return territory_id is not None and appointment.territory_id == territory_id
        case Scope.SCHOOL:
            return school is not None and appointment.school_id == school.id


def _of_register(appointment: Appointment, register: str) -> bool:
    return appointment.register_key in {EVERY_REGISTER, register}


def require(session: Session, acting: Acting, right: Right, register: str | None) -> None:
    """Raise `Forbidden` unless the actor has `right` over the whole register (any, when None)."""
    acting.stands_in.clear()
    for appointment in _held(session, acting, right):
        whole = grants()[appointment.role].scope is Scope.REGISTER
        if whole and (register is None or _of_register(appointment, register)):
            if not _is_own(appointment, acting):
                acting.stands_in.append(appointment.person_id)
            return
    raise Forbidden(person=acting.called, deed=right.value)


def roles_over(
    session: Session,
    acting: Acting,
    *,
    register: str,
    school: School | None,
    territory_id: int | None,
) -> dict[Role, int]:
    """Every role that the actor holds over a school's case, or over a territory, and whose it is."""
    if acting.person is None:
        return {}
    found: dict[Role, int] = {}
    for a in _appointments(session, acting):
        if _of_register(a, register) and _covers(a, school, territory_id):
            found.setdefault(a.role, a.person_id)
    return found


# --- one thing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a person has in hand: a case or a task, where it belongs, and the roles over it."""

    cycle: Cycle
    programme: Programme  # the version that the cycle is pinned to
    roles: set[Role]
    school: School | None = None
    case: Case | None = None
    task: Task | None = None
    borrowed: Mapping[Role, int] = field(default_factory=dict)  # role → the absent who holds it

    def acts_by(self, roles: Collection[Role], acting: Acting) -> None:
        """Note in whose place the actor acts, when none of these roles is their own."""
        acting.stands_in.clear()
        usable = self.roles & set(roles)
        if usable and usable <= self.borrowed.keys():
            acting.stands_in.append(self.borrowed[min(usable)])

    @property
    def place(self) -> Place:
        """The place that decides who answers."""
        if self.school is not None:
            return Place(school_id=self.school.id, territory_id=self.school.territory_id)
        return Place(territory_id=self.task.territory_id if self.task else None)

    @property
    def chain(self) -> str:
        """Whose history tells of it."""
        return f"case:{self.case.id}" if self.case else (self.task.subject if self.task else "")


def task_in(held: Held) -> Task:
    """The task in hand."""
    if held.task is None:
        raise NotFound(what=Sentence("task"), key="")
    return held.task


def require_open(cycle: Cycle) -> None:
    """Raise `NotReady` when the cycle's year is over."""
    if not cycle.is_open:
        raise NotReady(
            what=Sentence("The cycle of {year} is closed", {"year": str(cycle.year)}),
            cure=Sentence("What is closed is only read: work goes on in the next year's cycle."),
        )


def case_for(session: Session, acting: Acting, case_id: int, right: Right = Right.SEE) -> Held:
    """The case, locked for a deed.

    Foreign and missing look the same (`NotFound`); seen but not allowed is `Forbidden`.
    """
    statement = select(Case).where(Case.id == case_id)
    case = session.exec(statement if right is Right.SEE else statement.with_for_update()).first()
    if case is None:
        raise NotFound(what=Sentence("case"), key=case_id)
    school = session.get_one(School, case.school_id)
    cycle = session.get_one(Cycle, case.cycle_id)
    roles = roles_over(
        session,
        acting,
        register=school.register_key,
        school=school,
        territory_id=school.territory_id,
    )
    _allow(roles, right, acting, what="case", key=case_id)
    if right is not Right.SEE:
        require_open(cycle)
    held = Held(
        cycle=cycle,
        programme=programme_of(session, cycle),
        roles=set(roles),
        school=school,
        case=case,
        borrowed=_borrowed(roles, acting),
    )
    held.acts_by(roles_with(right), acting)
    return held


def task_for(session: Session, acting: Acting, task_id: int, right: Right = Right.SEE) -> Held:
    """The task, locked for a deed with its case. The addressee may always see it and hand it in."""
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound(what=Sentence("task"), key=task_id)
    cycle = session.get_one(Cycle, task.cycle_id)
    case, school, territory_id = None, None, task.territory_id
    if task.case_id is not None:
        statement = select(Case).where(Case.id == task.case_id)
        case = session.exec(statement if right is Right.SEE else statement.with_for_update()).one()
        school = session.get_one(School, case.school_id)
        territory_id = school.territory_id
    if right is not Right.SEE:
        session.refresh(task, with_for_update=True)
    roles = roles_over(
        session, acting, register=cycle.register_key, school=school, territory_id=territory_id
    )
    addressed = task.assignee_id in persons_of(session, acting) and right in _OF_ADDRESSEE
    if not addressed:
        _allow(roles, right, acting, what="task", key=task_id)
    if right is not Right.SEE:
        require_open(cycle)
    held = Held(
        cycle=cycle,
        programme=programme_of(session, cycle),
        roles=set(roles),
        school=school,
        case=case,
        task=task,
        borrowed=_borrowed(roles, acting),
    )
    held.acts_by(() if addressed else roles_with(right), acting)
    if addressed and acting.person is not None and task.assignee_id != acting.person.id:
        acting.stands_in.append(task.assignee_id)
    return held


_OF_ADDRESSEE = {Right.SEE, Right.SUBMIT_TASK}


def _borrowed(roles: Mapping[Role, int], acting: Acting) -> dict[Role, int]:
    own = acting.person.id if acting.person else None
    return {role: holder for role, holder in roles.items() if holder != own}


def school_for(session: Session, acting: Acting, register: str | None, code: str) -> School:
    """A school of the register that the actor may see."""
    statement = select(School).where(School.code == code)
    if register is not None:
        statement = statement.where(School.register_key == register)
    for school in session.exec(statement).all():
        if roles_over(
            session,
            acting,
            register=school.register_key,
            school=school,
            territory_id=school.territory_id,
        ):
            return school
    raise NotFound(what=Sentence("school"), key=code)


def answered_school(
    session: Session, acting: Acting, register: str, code: str, right: Right
) -> School:
    """The school of the register, for a deed of whoever answers for it."""
    school = school_for(session, acting, register, code)
    roles = roles_over(
        session, acting, register=register, school=school, territory_id=school.territory_id
    )
    _allow(roles, right, acting, what="school", key=code)
    usable, borrowed = roles.keys() & roles_with(right), _borrowed(roles, acting)
    acting.stands_in.clear()
    if usable and usable <= borrowed.keys():
        acting.stands_in.append(borrowed[min(usable)])
    return school


def _allow(
    roles: Collection[Role], right: Right, acting: Acting, *, what: str, key: object
) -> None:
    given = {r for role in roles for r in grants()[role].rights}
    if Right.SEE not in given:
        raise NotFound(what=what, key=key)
    if right not in given:
        raise Forbidden(person=acting.called, deed=right.value)


# --- many things ----------------------------------------------------------------------------------


def _reach(session: Session, acting: Acting, right: Right) -> ColumnElement[bool]:
    """The schools over which the actor has `right`; the query must join School."""
    reach: list[ColumnElement[bool]] = []
    for appointment in _held(session, acting, right):
        register: ColumnElement[bool] = (
            true()
            if appointment.register_key == EVERY_REGISTER
            else col(School.register_key) == appointment.register_key
        )
        match grants()[appointment.role].scope:
            case Scope.REGISTER:
                reach.append(register)
            case Scope.TERRITORY:
                reach.append(register & (col(School.territory_id) == appointment.territory_id))
            case Scope.SCHOOL:
                reach.append(col(School.id) == appointment.school_id)
    return or_(false(), *reach)


def schools_for(session: Session, acting: Acting, right: Right = Right.SEE) -> ColumnElement[bool]:
    """The schools within the actor's scope, asked of School."""
    return _reach(session, acting, right)


def cases_for(session: Session, acting: Acting, right: Right = Right.SEE) -> SelectOfScalar[Case]:
    """Select of the cases within the actor's scope, joined with their schools."""
    return (
        select(Case)
        .join(School, col(School.id) == col(Case.school_id))
        .where(_reach(session, acting, right))
    )


def tasks_for(session: Session, acting: Acting) -> SelectOfScalar[Task]:
    """Select of the tasks within the actor's scope, or addressed to the actor."""
    if acting.person is None:
        return select(Task).where(false())
    cases = sa_select(col(Case.id)).join(School, col(School.id) == col(Case.school_id))
    return select(Task).where(
        or_(
            col(Task.assignee_id).in_(persons_of(session, acting)),
            col(Task.case_id).in_(cases.where(_reach(session, acting, Right.SEE))),
            col(Task.case_id).is_(None) & _over_territories(session, acting),
        )
    )


def _over_territories(session: Session, acting: Acting) -> ColumnElement[bool]:
    """Tasks of municipalities and of the region within the actor's scope."""
    reach: list[ColumnElement[bool]] = []
    for appointment in _held(session, acting, Right.SEE):
        match grants()[appointment.role].scope:
            case Scope.REGISTER if appointment.register_key == EVERY_REGISTER:
                reach.append(true())
            case Scope.REGISTER:
                mine = select(Cycle.id).where(Cycle.register_key == appointment.register_key)
                reach.append(col(Task.cycle_id).in_(mine))
            case Scope.TERRITORY:
                reach.append(col(Task.territory_id) == appointment.territory_id)
            case Scope.SCHOOL:
                pass
    return or_(false(), *reach)


def letters_for(session: Session, acting: Acting) -> SelectOfScalar[Letter]:
    """The actor's own letters; all letters of a register, for those who may see them."""
    reach: list[ColumnElement[bool]] = [col(Letter.recipient_id).in_(persons_of(session, acting))]
    for appointment in _held(session, acting, Right.SEE_LETTERS):
        if appointment.register_key == EVERY_REGISTER:
            reach.append(true())
        else:
            mine = select(Cycle.id).where(Cycle.register_key == appointment.register_key)
            reach.append(col(Letter.cycle_id).in_(mine))
    return select(Letter).where(or_(*reach))
