"""Letters about a school's plan: to whoever it waits for, back to its author, to all of the case."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from casework.access import Held
from casework.acting import Acting
from casework.letters.announcing import leaves_at
from casework.letters.composing import Desk
from casework.people.responsible import Responsible, responsible
from models.case import Case
from models.people import Person
from models.plan import PlanReview, SchoolPlan
from models.school import School
from notifications.composition import Composition, Superseded
from notifications.letters import PlanNotice
from notifications.outbox import Draft, LetterKind, put_all
from opora.words import Sentence
from states.plan_machine import PlanState
from states.role import Role


def tell_waiting(
    session: Session, held: Held, plan: SchoolPlan, role: Role, acting: Acting
) -> None:
    """To the next reviewer, or to who approves it."""
    people = people_of(session, held, acting)
    reader = people.person(role, held.place, barred={plan.submitted_by or 0})
    _put(session, held, plan, [reader], acting, topic="waiting", part=plan.endorsed)


def tell_returned(session: Session, held: Held, plan: SchoolPlan, acting: Acting) -> None:
    """To whoever handed it in."""
    _put(session, held, plan, [plan.submitted_by or 0], acting, topic="returned")


def tell_approved(session: Session, held: Held, plan: SchoolPlan, acting: Acting) -> None:
    """To its author, to the head and to the curator; the tasks of its measures come in their digest."""
    people = people_of(session, held, acting)
    close = (people.holder(role, held.place) for role in (Role.HEAD, Role.CURATOR, Role.PARTNER))
    readers = {plan.submitted_by or 0, *(one for one in close if one is not None)}
    own = acting.person.id if acting.person else None
    _put(session, held, plan, sorted(readers - {own}), acting, topic="approved")


def people_of(session: Session, held: Held, acting: Acting) -> Responsible:
    """Who answers at the case's place on the actor's day."""
    return responsible(
        session,
        held.cycle.register_key,
        on=acting.on(held.programme.zone),
        fallback=(acting.person.id or 0) if acting.person else 0,
        places=[held.place],
    )


def _put(
    session: Session,
    held: Held,
    plan: SchoolPlan,
    readers: Iterable[int],
    acting: Acting,
    *,
    topic: str,
    part: int = 0,
) -> None:
    drafts = [
        Draft(
            kind=LetterKind.PLAN_NOTICE,
            key=f"plan:{plan.case_id}:{plan.version}:{topic}:{part}:{reader}",
            recipient_id=reader,
            send_after=leaves_at(held.programme, acting.at),
            case_id=plan.case_id,
            cycle_id=held.cycle.id,
            fields={"topic": topic, "version": plan.version, "part": part},
        )
        for reader in readers
        if reader
    ]
    put_all(session, drafts, at=acting.at)


_WHAT = {
    "waiting": Sentence("A school's plan waits for your word."),
    "returned": Sentence("The plan was returned with remarks."),
    "approved": Sentence("The plan is approved; its measures are tasks now."),
}
_WHY = Sentence("You hand in, review or carry out the school's plan.")


def plan_notice(desk: Desk) -> Composition | Superseded:
    """Rechecked when it leaves: a newer version, or a word that was said meanwhile, replaces it."""
    fields = desk.letter.fields
    case = desk.session.get_one(Case, desk.letter.case_id)
    plan = desk.session.get_one(SchoolPlan, case.id)
    topic = str(fields["topic"])
    if plan.version != fields["version"]:
        return Superseded(Sentence("a newer letter tells of it"))
    waits = plan.state is PlanState.SUBMITTED and plan.endorsed == fields["part"]
    if topic == "waiting" and not waits:
        return Superseded(Sentence("somebody has decided already"))
    school = desk.session.get_one(School, case.school_id)
    review = _last_review(desk, plan) if topic == "returned" else None
    reviewer = desk.session.get(Person, review.by) if review else None
    contents = PlanNotice(
        **desk.common(_WHY),  # type: ignore[arg-type]  # the fields every letter carries
        what=_WHAT[topic],
        school=school.name,
        version=plan.version,
        remarks=review.remarks if review else "",
        by=reviewer.name if reviewer else "",
        url=f"{desk.url}/cases/{case.id}",
    )
    return desk.finish(contents, case=case)


def _last_review(desk: Desk, plan: SchoolPlan) -> PlanReview | None:
    return desk.session.exec(
        select(PlanReview)
        .where(PlanReview.case_id == plan.case_id, PlanReview.version == plan.version)
        .order_by(col(PlanReview.id).desc())
    ).first()
