"""A school's plan as its document tells it: sections, measures, reviews, the act that approved it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.history_views import case_history
from casework.documents.document_subject import Fields, Subject
from casework.plans.plan_views import STATES, MeasureView, PlanView, plan_view
from casework.plans.school_plan import in_hand
from casework.records.record_reading import in_words
from opora.errors import NotReady
from programmes.plans import Plan
from states.plan_machine import PlanState
from templates.reports import text_of
from templates.wording import say

_ASIDE = frozenset({"title", "section", "due", "responsible", "proof", "budget"})
"""Fields with a column of their own; the others of a measure stand beside its title."""


def of_plan(session: Session, subject: Subject, acting: Acting) -> Fields:
    """The plan of the case. Raises `NotReady` where the programme foresees none."""
    if subject.case is None:
        return {}
    case_id = subject.case.id or 0
    declared = in_hand(session, acting, case_id).declared
    seen = plan_view(session, acting, case_id)
    numbered = list(enumerate(seen.measures, start=1))
    grouped: dict[str, list[tuple[int, MeasureView]]] = {key: [] for key in declared.sections}
    for number, one in numbered:
        grouped.setdefault(one.section or "", []).append((number, one))
    return {
        "plan": {
            "state": say(STATES[seen.state], subject.language),
            "version": seen.version,
            "measure": declared.measure,
            "missing": [say(one, subject.language) for one in seen.missing],
            "share_done": text_of(seen.share_done, subject.language),
            "share_in_time": text_of(seen.share_in_time, subject.language),
            "sections": [_section(subject, declared, *one) for one in grouped.items()],
            "reviews": _reviews(subject, seen),
            "approved": _approved(session, subject, acting, seen),
        }
    }


def plan_if_any(session: Session, subject: Subject, acting: Acting) -> Fields:
    """The same for a case folder: None where the programme foresees no plan."""
    try:
        return of_plan(session, subject, acting)
    except NotReady:
        return {"plan": None}


def _section(
    subject: Subject, declared: Plan, key: str, found: Sequence[tuple[int, MeasureView]]
) -> Fields:
    known = declared.sections.get(key)
    title = subject.said(known.words) if known else key
    return {
        "title": title[:1].upper() + title[1:],
        "measures": [_measure(subject, number, one) for number, one in found],
    }


def _measure(subject: Subject, number: int, one: MeasureView) -> Fields:
    record = one.record
    more = [field for field in record.fields if field.key not in _ASIDE and field.said is not None]
    return {
        "number": number,
        "title": record.title,
        "more": [(subject.said(f.words), in_words(f.said, subject.language)) for f in more],
        "due_on": one.due_on or record.day,
        "responsible": _said(subject, record.field("responsible")),
        "proof": _said(subject, record.field("proof")),
        "budget": _said(subject, record.field("budget")),
        "done_on": one.done_on,
        "in_time": one.in_time,
    }


def _said(subject: Subject, said: Any) -> str:
    return "" if said is None else in_words(said, subject.language)


def _reviews(subject: Subject, seen: PlanView) -> list[Fields]:
    return [
        {
            "version": one.version,
            "role": subject.label(f"role.{one.role}"),
            "by": one.by,
            "is_endorsed": one.is_endorsed,
            "remarks": one.remarks,
            "on": _day(subject, one.at),
        }
        for one in seen.reviews
    ]


def _approved(session: Session, subject: Subject, acting: Acting, seen: PlanView) -> Fields | None:
    """The act that approved the version in force, as the history has it."""
    if seen.state is not PlanState.APPROVED:
        return None
    lines = case_history(session, acting, seen.case).lines
    line = next((one for one in reversed(lines) if one.deed == "approve_plan"), None)
    if line is None:
        return None
    act = line.words.get("basis", "")
    return {"act": act, "by": line.by or "", "on": _day(subject, line.happened_at)}


def _day(subject: Subject, moment: datetime) -> datetime:
    return moment.astimezone(subject.programme.zone)
