"""What a programme's own paper may say of a case besides: why it is listed, its records, its days."""

from typing import Any

from sqlmodel import Session, col

from casework.acting import Acting
from casework.cycles.ending import years_of
from casework.documents.document_subject import Fields, Subject
from casework.judgement.known_facts import school_facts
from casework.lists.list_rows import listed_schools
from casework.records.record_reading import in_words
from casework.records.record_views import Wanted, records
from casework.tasks.task_views import Wanted as WantedTasks, tasks
from models.cycle import Listing
from models.school import School


def of_grounds(session: Session, subject: Subject, _acting: Acting) -> Fields:
    """Categories, what a person said above them, facts by their keys, years of support."""
    if subject.school is None:
        return {}
    listing = session.get_one(Listing, subject.cycle.listing_id)
    found = listed_schools(session, listing, col(School.id) == subject.school.id)
    return {
        "category_keys": [key for one in found for key in one.categories],
        "categories": [subject.label(f"category.{key}") for one in found for key in one.categories],
        "overrides": [
            {"reason": said.reason, "basis": said.basis, "carries": said.carries}
            for one in found
            for said in one.overrides
        ],
        "facts": _facts(session, subject, subject.school.code),
        "years": years_of(session, subject.cycle).get(subject.school.id or 0, 1),
    }


def _facts(session: Session, subject: Subject, code: str) -> dict[str, Any]:
    """Fact → its value in the year of the list; None where it has none."""
    declared = dict.fromkeys(subject.programme.identification.facts)
    known = school_facts(session, subject.programme, subject.cycle.year, codes=[code])
    for one in known:
        found = {**one.standing, **one.years.get(subject.cycle.year, {})}
        declared |= {key: fact.value for key, fact in found.items()}
    return declared


def of_papers(session: Session, subject: Subject, acting: Acting) -> Fields:
    """Kind → its standing records of the case, the oldest first; milestone → its last deadline."""
    case = subject.case.id if subject.case else 0
    found: dict[str, list[Fields]] = {key: [] for key in subject.programme.records.kinds}
    for one in records(session, acting, Wanted(case=case, counting=True)):
        said = {field.key: in_words(field.said, subject.language) for field in one.fields}
        kind = subject.programme.records.kinds.get(one.kind)
        declared = dict.fromkeys(kind.fields, "") if kind else {}
        found.setdefault(one.kind, []).append({**declared, **said, "day": one.day})
    due = dict.fromkeys(one.key for one in subject.programme.milestones)
    for task in tasks(session, acting, WantedTasks(case=case), on=subject.on):
        due[task.milestone] = task.due_on
    return {"records": found, "due": due}
