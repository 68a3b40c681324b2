"""A person's word on partners: pairs fixed, barred and freed before, and decided in the end."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from analysis.pairing import WHOLE
from casework.access import case_for, require, require_open
from casework.acting import Acting
from casework.cases.deciding import Decided, keep_decision
from casework.grants import Right
from casework.letters.announcing import tell_partners
from casework.pairs.partnering import CONFIRMED, Pair, Plan, plan_for, plan_of
from casework.pairs.wishes import Helper, Stance, Wish, record_wish
from casework.people.appointing import Place, appoint, relieve
from casework.people.responsible import in_force
from models.case import Case
from models.cycle import Cycle
from models.history import take_turn
from models.pairing import Participation
from models.people import Appointment
from models.school import School
from opora.errors import InputRefused, NotFound, StaleView
from opora.words import Sentence
from states.role import Role


def wish_partner(
    session: Session,
    case_id: int,
    stance: Stance,
    candidate: str,
    acting: Acting,
    *,
    reason: str,
) -> Plan:
    """Fix, bar or free one pair; gives the plan worked out around it."""
    _take_turn(session, case_for(session, acting, case_id, Right.PAIR).cycle)
    plan, school = plan_of(session, case_id, acting)
    if candidate not in plan.names:
        raise NotFound(what=Sentence("partner"), key=candidate)
    is_fixing = stance is Stance.FIXED
    if is_fixing:
        _check_room(plan, school, candidate)
    over = None
    if plan.held.get(school) == CONFIRMED:  # what was confirmed gives way to the newer word
        pair = plan.standing[case_id]
        over = pair.id if is_fixing is (candidate != pair.candidate) else None
    wish = Wish(helper=Helper.PARTNER, stance=stance, candidate=candidate, reason=reason, over=over)
    record_wish(session, case_id, wish, acting)
    return plan_of(session, case_id, acting)[0]


def _check_room(plan: Plan, school: str, candidate: str) -> None:
    """One that everything is fixed on already takes no more; another school's partner it may be."""
    if candidate == school or candidate in plan.cohort.schools:
        cure = Sentence("A school that is supported itself cannot help another one.")
        raise InputRefused(field="CANDIDATE", value=candidate, cure=cure)
    offered = plan.candidates.get(candidate)
    load = Counter(one for code, one in plan.fixed.items() if code != school)[candidate]
    if offered is not None and load >= offered.capacity:
        cure = Sentence(
            "{most} are the most that it can take: fix fewer on it.", {"most": offered.capacity}
        )
        raise InputRefused(field="CANDIDATE", value=candidate, cure=cure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a person confirms: the whole proposal, or some of its cases. `seen`: the digest looked at."""

    basis: str
    cases: tuple[int, ...] = ()
    form: str | None = None
    seen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Pairs that became decisions; `standing` were confirmed before; `alone` have nobody."""

    pairs: tuple[Pair, ...]
    standing: int
    alone: tuple[str, ...]


def confirm_partners(
    session: Session, cycle: Cycle, said: Confirmation, acting: Acting
) -> Confirmed:
    """Make the proposed pairs decisions of their cases, each with its participation.

    Raises `StaleView` when the proposal is no longer the one that was seen.
    """
    require(session, acting, Right.PAIR, cycle.register_key)
    require_open(cycle)
    _take_turn(session, cycle)
    plan = plan_for(session, cycle, acting)
    _check(plan, said)
    wanted = [one for one in plan.pairs if not said.cases or one.case in said.cases]
    new = [one for one in wanted if one.candidate is not None and one.held != CONFIRMED]
    for pair in new:
        _confirm(session, plan, pair, said, acting)
    return Confirmed(
        pairs=tuple(new),
        standing=sum(one.held == CONFIRMED for one in wanted),
        alone=tuple(one.school for one in wanted if one.candidate is None),
    )


def _check(plan: Plan, said: Confirmation) -> None:
    if not said.basis.strip():
        cure = Sentence("A decision says what was decided, and on what basis.")
        raise InputRefused(field="--basis", value=said.basis, cure=cure)
    forms = [one.key for one in plan.programme.partners.forms]
    if said.form is not None and said.form not in forms:
        cure = Sentence("The programme knows: {known}.", {"known": ", ".join(forms)})
        raise InputRefused(field="--form", value=said.form, cure=cure)
    if said.seen is not None and said.seen != plan.digest:
        raise StaleView(seen=said.seen, version=plan.digest)
    running = {case.id for case in plan.cohort.cases.values()}
    for case_id in said.cases:
        if case_id not in running:
            raise NotFound(what=Sentence("case"), key=case_id)


def _confirm(session: Session, plan: Plan, pair: Pair, said: Confirmation, acting: Acting) -> None:
    case_for(session, acting, pair.case, Right.PAIR)
    since = acting.on(plan.programme.zone)
    parts = {name: round(part * WHOLE) for name, part in pair.parts.items()}
    row = Participation(
        case_id=pair.case,
        cycle_id=plan.cohort.cases[pair.school].cycle_id,
        candidate=pair.candidate or "",
        school_id=_school_id(session, plan, pair.candidate),
        pool=pair.pool,
        form=said.form,
        score=pair.score,
        parts=parts,
        since=since,
        confirmed_at=acting.at,
    )
    told = ("candidate", "pool", "form", "score", "parts", "since")
    called = pair.called or ""
    decided = Decided(
        kind=plan.programme.partners.decision,
        value=called if called == pair.candidate else f"{pair.candidate} {called}",
        basis=said.basis,
        deed="confirm_partner",
        values={name: getattr(row, name) for name in told},
    )
    keep_decision(session, pair.case, decided, acting)
    session.add(row)
    session.flush()
    _appoint_tutors(session, plan, pair, row, acting)


def _appoint_tutors(
    session: Session, plan: Plan, pair: Pair, row: Participation, acting: Acting
) -> None:
    """The partner school's head accompanies the school from now on (S1-21); the former ones no more."""
    supported, register = plan.cohort.schools[pair.school], plan.programme.register
    place = Place(register=register, school_id=supported.id, school=supported.code)
    before = session.exec(
        select(Participation)
        .join(Case, col(Case.id) == col(Participation.case_id))
        .where(Case.school_id == supported.id, Participation.id != row.id)
    ).all()
    going = {
        person for one in before for person in _heads(session, register, one, _since(one.since))
    }
    coming = _heads(session, register, row, *in_force(row.since))
    held = session.exec(
        select(Appointment).where(
            Appointment.role == Role.PARTNER,
            Appointment.register_key == register,
            Appointment.school_id == supported.id,
            col(Appointment.until).is_(None),
        )
    ).all()
    for one in held:
        if one.person_id in going - coming:
            relieve(session, one, place, acting, row.since)
    new = coming - {one.person_id for one in held}
    for person_id in sorted(new):
        appoint(session, person_id, Role.PARTNER, place, acting=acting, on=row.since)
    tell_partners(session, plan.programme, row, new, acting)


def _heads(
    session: Session, register: str, pair: Participation, *when: ColumnElement[bool]
) -> set[int]:
    """Nobody of an organisation outside schools: its people are given the role by an import."""
    found = session.exec(
        select(Appointment.person_id).where(
            Appointment.role == Role.HEAD,
            Appointment.register_key == register,
            Appointment.school_id == pair.school_id,
            *when,
        )
    )
    return set(found) if pair.school_id is not None else set()


def _since(day: date) -> ColumnElement[bool]:
    """Whoever has led since that day, those who lead no more among them."""
    return or_(col(Appointment.until).is_(None), col(Appointment.until) >= day)


def _school_id(session: Session, plan: Plan, code: str | None) -> int | None:
    register = plan.programme.register
    statement = select(School.id).where(School.register_key == register, School.code == code)
    return session.exec(statement).first()


def _take_turn(session: Session, cycle: Cycle) -> None:
    """Two people at the same moment must not both take a candidate's last place."""
    take_turn(session, f"partners:{cycle.id}")
