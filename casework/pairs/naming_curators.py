"""A person's word on curators: who may be asked, pairs fixed and barred, and who is appointed in the end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from casework.access import case_for, person_called, require, require_open, task_for
from casework.acting import Acting
from casework.grants import Right
from casework.pairs.curating import CuratorPair, CuratorPlan, propose_curators
from casework.pairs.wishes import Helper, Stance, Wish, record_wish
from casework.people.appointing import Place, appoint, relieve
from casework.people.responsible import Place as Where, responsible
from casework.tasks.reassigning import Gift, give
from models.cycle import Cycle
from models.history import append, take_turn
from models.pairing import CuratorOffer
from models.people import Appointment, Person
from models.school import Territory
from models.task import Task
from opora.errors import InputRefused, NotFound, NotReady, StaleView
from opora.words import Sentence
from states.role import Role
from states.task_machine import UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What somebody may be asked: how many schools, where, in which languages."""

    most: int
    territories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def offer_curator(
    session: Session, register: str, email: str, offer: Offer, acting: Acting
) -> CuratorOffer:
    """Say that a person may be given schools of the register; 0 schools: no more.

    Raises `NotFound` for a person or a territory that is not there, `Forbidden`.
    """
    require(session, acting, Right.PAIR, register)
    person = person_called(session, email)
    for code in offer.territories:
        statement = select(Territory.id).where(
            Territory.register_key == register, Territory.code == code
        )
        if session.exec(statement).first() is None:
            raise NotFound(what=Sentence("territory"), key=code)
    row = CuratorOffer(
        person_id=person.id or 0,
        register_key=register,
        most=offer.most,
        territories=sorted(set(offer.territories)),
        languages=sorted(set(offer.languages)),
        offered_at=acting.at,
    )
    told = ("register_key", "most", "territories", "languages")
    values = {name: getattr(row, name) for name in told}
    append(session, acting.deed(f"person:{person.id}", "offer_curator", values=values))
    session.add(row)
    session.flush()
    return row


def wish_curator(
    session: Session, case_id: int, stance: Stance, email: str, acting: Acting, *, reason: str
) -> CuratorPlan:
    """Fix, bar or free one pair; gives the plan worked out around it."""
    held = case_for(session, acting, case_id, Right.PAIR)
    take_turn(session, f"curators:{held.cycle.id}")
    person, plan = person_called(session, email), propose_curators(session, held.cycle, acting)
    code = held.school.code if held.school else ""
    if stance is Stance.FIXED:
        _check_room(plan, code, person)
    candidate = f"person:{person.id}"
    wish = Wish(helper=Helper.CURATOR, stance=stance, candidate=candidate, reason=reason)
    record_wish(session, case_id, wish, acting)
    return propose_curators(session, held.cycle, acting)


def _check_room(plan: CuratorPlan, school: str, person: Person) -> None:
    if person.id not in plan.looking.people:
        raise NotReady(
            what=Sentence("{person} is no curator here", {"person": person.email}),
            cure=Sentence("Name them first: opora curator offer EMAIL"),
        )
    most = plan.loads[person.email][1]
    if Counter(one for code, one in plan.fixed.items() if code != school)[person.email] >= most:
        cure = Sentence(
            "{most} are the most that they can take: fix fewer on them.", {"most": most}
        )
        raise InputRefused(field="EMAIL", value=person.email, cure=cure)


# --- the deed -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed:
    """What was, or would be, done: curators who change, and their tasks that follow."""

    pairs: tuple[CuratorPair, ...]
    tasks: int
    alone: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a person confirms: the whole proposal, or some of its cases. `seen`: the digest looked at."""

    reason: str
    cases: tuple[int, ...] = ()
    seen: str | None = None


def confirm_curators(
    session: Session, cycle: Cycle, said: Naming, acting: Acting, *, dry_run: bool = False
) -> Appointed:
    """Appoint the proposed curators; the unfinished tasks of whoever goes follow to whoever comes.

    Raises `StaleView` when the proposal is no longer the one that was seen.
    """
    require(session, acting, Right.PAIR, cycle.register_key)
    require_open(cycle)
    take_turn(session, f"curators:{cycle.id}")
    plan = propose_curators(session, cycle, acting)
    _check(plan, said)
    wanted = [one for one in plan.pairs if not said.cases or one.case in said.cases]
    new = [one for one in wanted if one.is_new]
    tasks = {one.case: _tasks(session, plan, one, acting) for one in new}
    if not dry_run:
        _appoint(session, plan, new, acting)
        _hand_over(session, new, tasks, said, acting)
    return Appointed(
        pairs=tuple(new),
        tasks=sum(map(len, tasks.values())),
        alone=tuple(one.school for one in wanted if one.to is None),
    )


def _check(plan: CuratorPlan, said: Naming) -> None:
    if not said.reason.strip():
        cure = Sentence("Say why: the reason stays in the history.")
        raise InputRefused(field="--reason", value=said.reason, cure=cure)
    if said.seen is not None and said.seen != plan.digest:
        raise StaleView(seen=said.seen, version=plan.digest)
    running = {case.id for case in plan.cohort.cases.values()}
    for case_id in said.cases:
        if case_id not in running:
            raise NotFound(what=Sentence("case"), key=case_id)


def _tasks(session: Session, plan: CuratorPlan, pair: CuratorPair, acting: Acting) -> Sequence[int]:
    """The curator's unfinished tasks: with the one who goes, or with whoever answers in their place."""
    programme, school = plan.cohort.programme, plan.cohort.schools[pair.school]
    where = Where(school_id=school.id, territory_id=school.territory_id)
    people = responsible(
        session,
        programme.register,
        on=acting.on(programme.zone),
        fallback=(acting.person.id or 0) if acting.person else 0,
        places=[where],
    )
    now = people.person(Role.CURATOR, where)
    if pair.to == session.get_one(Person, now).email:
        return []
    mine = [one.key for one in programme.milestones if one.by is Role.CURATOR]
    found = session.exec(
        select(Task.id)
        .where(
            Task.case_id == pair.case,
            Task.assignee_id == now,
            col(Task.milestone).in_(mine),
            col(Task.state).in_(UNFINISHED),
        )
        .order_by(col(Task.subject), col(Task.id))
    )
    return [task_id or 0 for task_id in found]


def _appoint(
    session: Session, plan: CuratorPlan, new: Sequence[CuratorPair], acting: Acting
) -> None:
    """Whoever goes is relieved everywhere first, so that nobody has one too many in between."""
    programme, on = plan.cohort.programme, acting.on(plan.cohort.programme.zone)
    places = {}
    for one in new:
        school = plan.cohort.schools[one.school]
        places[one.school] = Place(
            register=programme.register, school_id=school.id, school=school.code
        )
        take_turn(session, f"{Role.CURATOR}:{programme.register}:None:{school.id}")
        held = select(Appointment).where(
            Appointment.role == Role.CURATOR,
            Appointment.school_id == school.id,
            col(Appointment.until).is_(None),
        )
        for appointment in session.exec(held).all():
            relieve(session, appointment, places[one.school], acting, on)
    for one in new:
        person = person_called(session, one.to)
        appoint(
            session,
            person.id or 0,
            Role.CURATOR,
            places[one.school],
            acting=acting,
            on=on,
            most=programme.most_schools,
        )


def _hand_over(
    session: Session,
    new: Sequence[CuratorPair],
    tasks: Mapping[int, Sequence[int]],
    said: Naming,
    acting: Acting,
) -> None:
    """One letter to each new curator about all tasks that become theirs."""
    by_person: dict[str, list[int]] = {}
    for one in new:
        if one.to is not None and tasks[one.case]:
            by_person.setdefault(one.to, []).extend(tasks[one.case])
    for email, ids in sorted(by_person.items()):
        held = [task_for(session, acting, task_id, Right.REASSIGN_TASK) for task_id in ids]
        held.sort(key=lambda one: (one.chain, one.task.id if one.task else 0))
        give(
            session, held, person_called(session, email), Gift(to=email, reason=said.reason), acting
        )
