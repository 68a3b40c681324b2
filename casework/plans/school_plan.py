"""What people do with a school's plan: hand it in, review it in turn, approve it as a whole."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from casework.access import Held, case_for
from casework.acting import Acting
from casework.grants import Right
from casework.letters.plan_letters import people_of, tell_approved, tell_returned, tell_waiting
from casework.people.standing_in import persons_of
from casework.plans.plan_completeness import in_words, lacks, pieces_of
from casework.records.recording import confirm_record
from models.case import Case
from models.history import append, take_turn
from models.plan import PlanReview, PlanVersion, SchoolPlan
from models.record import Record
from opora.errors import AuthorAccepts, Forbidden, InputRefused, NotReady
from opora.words import Sentence
from programmes.plans import Plan
from states.plan_machine import PlanDeed, plan_destination
from states.record_machine import RecordState
from states.role import Role


@dataclass(frozen=True, slots=True)
class InHand:
    """A case with its plan, locked for a deed."""

    held: Held
    case: Case
    declared: Plan
    plan: SchoolPlan

    @property
    def next_reviewer(self) -> Role | None:
        """Whose word the version waits for; None: for the approval."""
        reviewers = self.declared.reviewers
        done = self.plan.endorsed
        return reviewers[done] if done < len(reviewers) else None


def in_hand(session: Session, acting: Acting, case_id: int, right: Right = Right.SEE) -> InHand:
    """Raises `NotReady` where the programme foresees no plan."""
    if right is not Right.SEE:
        take_turn(session, f"case:{case_id}")
    held = case_for(session, acting, case_id, right)
    declared = held.programme.plan
    if held.case is None or declared.is_empty:
        raise NotReady(
            what=Sentence("The programme foresees no plan of measures"),
            cure=Sentence("Add plan.yaml to it, or hand the document in as a task's proof."),
        )
    plan = session.get(SchoolPlan, case_id) or SchoolPlan(case_id=case_id)
    return InHand(held, held.case, declared, plan)


def submit_plan(session: Session, case_id: int, acting: Acting) -> SchoolPlan:
    """Hand the plan in as it stands: a new version, for the reviewers from the first on.

    Raises `NotReady` naming everything that it lacks (S2-08, S3-06).
    """
    hand = in_hand(session, acting, case_id, Right.KEEP_RECORDS)
    _require(hand, hand.declared.by, acting)
    dest = plan_destination(PlanDeed.SUBMIT, hand.plan.state)
    pieces = pieces_of(session, case_id)
    missing = [in_words(hand.held.programme, one) for one in lacks(hand.declared, pieces)]
    if missing:
        raise NotReady(
            what=Sentence("The plan is not complete"),
            cure=Sentence("It lacks {what}.", {"what": missing}),
        )
    measures = [
        {"record": one.id, "section": one.fields.get(hand.declared.section or "")}
        for one in pieces
        if one.kind == hand.declared.measure
    ]
    plan = hand.plan
    plan.state, plan.version, plan.endorsed = dest, plan.version + 1, 0
    plan.submitted_by = acting.person.id if acting.person else None
    values = {**_told(plan), "measures": measures}
    append(session, acting.deed(hand.held.chain, "submit_plan", values=values))
    session.add(plan)
    session.flush()
    session.add(
        PlanVersion(
            case_id=case_id,
            version=plan.version,
            measures=measures,
            submitted_by=(acting.person.id or 0) if acting.person else 0,
            submitted_at=acting.at,
        )
    )
    tell_waiting(session, hand.held, plan, hand.next_reviewer or hand.declared.approver, acting)
    session.flush()
    return plan


def review_plan(
    session: Session, case_id: int, acting: Acting, *, is_endorsed: bool, remarks: str = ""
) -> SchoolPlan:
    """The next reviewer's word: endorsed, or returned with remarks. The author never reviews."""
    hand = in_hand(session, acting, case_id, Right.KEEP_RECORDS)
    deed = PlanDeed.ENDORSE if is_endorsed else PlanDeed.RETURN
    dest = plan_destination(deed, hand.plan.state)
    role = hand.next_reviewer or hand.declared.approver
    if is_endorsed and hand.next_reviewer is None:
        cure = Sentence("Everybody has endorsed it: opora plan approve.")
        raise InputRefused(field="--endorse", value=case_id, cure=cure)
    if not is_endorsed and not remarks.strip():
        cure = Sentence("Say what is to be done again.")
        raise InputRefused(field="--remarks", value=remarks, cure=cure)
    _judges(session, hand, role, acting)
    plan = hand.plan
    plan.state = dest
    plan.endorsed = plan.endorsed + 1 if is_endorsed else 0
    values = {**_told(plan), "role": role, "is_endorsed": is_endorsed}
    append(
        session,
        acting.deed(hand.held.chain, "review_plan", values=values, words={"remarks": remarks}),
    )
    session.add(plan)
    session.add(
        PlanReview(
            case_id=case_id,
            version=plan.version,
            role=role,
            by=(acting.person.id or 0) if acting.person else 0,
            is_endorsed=is_endorsed,
            remarks=remarks,
            at=acting.at,
        )
    )
    if is_endorsed:
        tell_waiting(session, hand.held, plan, hand.next_reviewer or hand.declared.approver, acting)
    else:
        tell_returned(session, hand.held, plan, acting)
    session.flush()
    return plan


def approve_plan(session: Session, case_id: int, acting: Acting, *, basis: str) -> SchoolPlan:
    """Approve the endorsed version by an act: its measures stand, and become dated tasks (S3-11)."""
    hand = in_hand(session, acting, case_id, Right.KEEP_RECORDS)
    dest = plan_destination(PlanDeed.APPROVE, hand.plan.state)
    if hand.next_reviewer is not None:
        told = {"role": hand.held.programme.words(hand.next_reviewer)}
        raise NotReady(
            what=Sentence("The plan still waits for: {role}", told),
            cure=Sentence("Each reviewer says it first: opora plan review."),
        )
    if not basis.strip():
        cure = Sentence("Name the act that approves it.")
        raise InputRefused(field="--basis", value=basis, cure=cure)
    _judges(session, hand, hand.declared.approver, acting)
    plan = hand.plan
    plan.state = dest
    append(
        session,
        acting.deed(hand.held.chain, "approve_plan", values=_told(plan), words={"basis": basis}),
    )
    session.add(plan)
    session.flush()
    for record_id in _waiting(session, case_id, hand.declared.measure or ""):
        confirm_record(session, acting, record_id)
    tell_approved(session, hand.held, plan, acting)
    session.flush()
    return plan


def _told(plan: SchoolPlan) -> dict[str, object]:
    return {"plan_version": plan.version, "plan_state": plan.state, "endorsed": plan.endorsed}


def _require(hand: InHand, roles: tuple[Role, ...], acting: Acting) -> None:
    if not hand.held.roles & set(roles):
        raise Forbidden(person=acting.called, deed=Right.KEEP_RECORDS.value)
    hand.held.acts_by(roles, acting)


def _judges(session: Session, hand: InHand, role: Role, acting: Acting) -> None:
    """Whoever holds the role; where nobody does, whoever answers in its place and gets the letter."""
    own = persons_of(session, acting)
    if hand.plan.submitted_by in own:
        raise AuthorAccepts(person=acting.called)
    people = people_of(session, hand.held, acting)
    author = {hand.plan.submitted_by or 0}
    if people.holder(role, hand.held.place) in {None, *author}:
        instead = [one for one in people.above(role, hand.held.place) if one not in author]
        if instead and instead[0] in own:
            hand.held.acts_by(tuple(hand.held.roles), acting)
            return
    _require(hand, (role,), acting)


def _waiting(session: Session, case_id: int, measure: str) -> list[int]:
    statement = select(Record.id).where(
        Record.case_id == case_id, Record.kind == measure, Record.state == RecordState.WAITING
    )
    return [one for one in session.exec(statement.order_by(col(Record.id))) if one is not None]
