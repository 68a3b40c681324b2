"""What a document says, gathered for the person who makes it: nothing of it is typed twice."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlmodel import Session, col, select

from casework.access import cases_for
from casework.acting import Acting
from casework.cases.board import Board, board
from casework.cases.reading import CaseView, cases, decisions
from casework.documents.document_subject import Fields, Subject
from casework.people.responsible import Place, Responsible, responsible
from casework.records.record_details import record_detail
from casework.records.record_reading import in_words
from casework.reports.report_numbers import year_before
from casework.tasks.task_views import Wanted, submissions, tasks
from models.case import Case
from models.pairing import Participation
from models.people import Person
from models.school import School
from states.role import Role

FORMS = ("genitive", "dative", "accusative")
"""The grammatical cases in which Russian orders and contracts need a name."""


def of_cycle(session: Session, subject: Subject, acting: Acting) -> Fields:
    """Of every document: the programme, its acts, the year, the cases within the actor's scope."""
    cycle, programme = subject.cycle, subject.programme
    seen = cases(session, acting, on=subject.on, cycle=cycle.id)
    people, places = _people(session, subject), _places(session, acting, cycle.id or 0)
    return {
        "programme": subject.said(programme.title),
        "region": subject.said(programme.territory.name),
        "year": cycle.year,
        "starts_on": cycle.starts_on,
        "ends_on": cycle.ends_on,
        "on": subject.on,
        "acts": [
            {"number": act.number, "date": act.date, "title": subject.said(act.title)}
            for act in programme.acts
        ],
        "cases": [_case_row(subject, one, people, places[one.id]) for one in seen],
    }


def of_board(session: Session, subject: Subject, acting: Acting) -> Fields:
    """The numbers of a cycle for a note, with those of the year before where there was one."""
    seen = board(session, acting, subject.cycle, on=subject.on)
    before = _year_before(session, subject, acting)
    return {
        "cases_total": seen.cases,
        "stages": [(subject.label(f"stage.{one}"), number) for one, number in seen.stages.items()],
        "outcomes": [
            (subject.label(f"outcome.{one}"), number) for one, number in seen.outcomes.items()
        ],
        "territories": [
            {"name": one.name, "cases": sum(one.stages.values()), "late": one.late}
            for one in seen.territories
        ],
        "late": [asdict(one) for one in seen.late],
        "before": before,
    }


def _year_before(session: Session, subject: Subject, acting: Acting) -> Fields | None:
    found = year_before(session, subject.cycle)
    if found is None:
        return None
    seen: Board = board(session, acting, found, on=subject.on)
    outcomes = [(subject.label(f"outcome.{one}"), number) for one, number in seen.outcomes.items()]
    return {"year": found.year, "cases_total": seen.cases, "outcomes": outcomes}


def of_case(session: Session, subject: Subject, acting: Acting) -> Fields:
    """One case: its school, its people, its decisions and its work."""
    case, school = subject.case, subject.school
    if case is None or school is None:
        return {}
    people = _people(session, subject)
    place = Place(school_id=school.id, territory_id=school.territory_id)
    decided = decisions(session, case.id or 0)
    newest = {one.kind: one.value for one in decided}
    return {
        "case": case.id,
        "school": {"code": school.code, "name": school.name},
        "stage": subject.label(f"stage.{case.stage}"),
        "stage_since": case.stage_since,
        "outcome": subject.label(f"outcome.{case.outcome}") if case.outcome else None,
        "head": people.named(Role.HEAD, place),
        "curator": people.named(Role.CURATOR, place),
        "coordinator": people.named(Role.COORDINATOR, place),
        "partner_person": people.named(Role.PARTNER, place),
        "cluster": newest.get("cluster"),
        "partner": _partner(session, case, newest.get("partner")),
        "decisions": [
            {
                "kind": subject.label(f"decision.{one.kind}"),
                "value": one.value,
                "basis": one.basis,
                "by": one.by,
                "at": one.at,
            }
            for one in decided
        ],
        "tasks": _tasks(session, subject, acting),
    }


def _partner(session: Session, case: Case, decided: str | None) -> str | None:
    """Whom the decision names, without the code that a confirmed pair puts before the name."""
    found = select(Participation.candidate).where(Participation.case_id == case.id)
    code = session.exec(found.order_by(col(Participation.id).desc())).first()
    return decided.removeprefix(f"{code} ") if decided and code else decided


def of_record(session: Session, subject: Subject, acting: Acting) -> Fields:
    """One record with its fields, who came, and the work that follows from it: for its minutes."""
    detail = record_detail(session, acting, subject.record or 0)
    seen = detail.view
    return {
        "kind": subject.said(seen.words),
        "number": seen.number,
        "title": seen.title,
        "day": seen.day,
        "fields": [
            (subject.said(one.words), in_words(one.said, subject.language))
            for one in seen.fields
            if one.said not in (None, "", [], seen.title)
        ],
        "invited": seen.invited,
        "attended": seen.attended,
        "parties": [
            {"name": one.name, "invited": one.invited, "attended": one.attended}
            for one in detail.parties
        ],
        "tasks": [
            {"title": subject.said(one.title), "assignee": one.assignee, "due_on": one.due_on}
            for one in detail.tasks
        ],
    }


def _tasks(session: Session, subject: Subject, acting: Acting) -> list[Fields]:
    found = tasks(
        session, acting, Wanted(case=subject.case.id if subject.case else 0), on=subject.on
    )
    asked = {one.key: one.evidence for one in subject.programme.milestones}
    papers = {key: one.document for key, one in asked.items() if one and one.document}
    return [
        {
            "title": subject.said(one.title),
            "paper": subject.label(f"document.{paper}")
            if (paper := papers.get(one.milestone))
            else "",
            "stage": subject.label(f"stage.{one.stage}"),
            "state": one.state.value,
            "assignee": one.assignee_name,
            "due_on": one.due_on,
            "days_late": one.days_late,
            "files": [name for given in submissions(session, one.id) for name in given.files],
        }
        for one in found
    ]


# --- people ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _People:
    """Who holds which role that day, by name."""

    holders: Responsible
    persons: Mapping[int, Person]

    def named(self, role: Role, place: Place) -> Fields | None:
        """The holder's name as it stands, and in the forms that were stored for it."""
        person = self.persons.get(self.holders.holder(role, place) or 0)
        if person is None:
            return None
        forms = person.name_forms or {}
        return {"name": person.name, **{form: forms.get(form) for form in FORMS}}


def _people(session: Session, subject: Subject) -> _People:
    found = responsible(session, subject.cycle.register_key, on=subject.on, fallback=0)
    ids = set(found.holders.values())
    persons = session.exec(select(Person).where(col(Person.id).in_(ids))).all()
    return _People(found, {one.id or 0: one for one in persons})


def _places(session: Session, acting: Acting, cycle_id: int) -> Mapping[int, Place]:
    """Where each case of the cycle lies, within the actor's scope."""
    rows = session.execute(
        cases_for(session, acting)
        .where(Case.cycle_id == cycle_id)
        .with_only_columns(col(Case.id), col(School.id), col(School.territory_id))
    ).all()
    return {case: Place(school_id=school, territory_id=place) for case, school, place in rows}


def _case_row(subject: Subject, one: CaseView, people: _People, place: Place) -> Fields:
    return {
        "id": one.id,
        "school": one.school,
        "name": one.name,
        "territory": one.territory_name,
        "stage": subject.label(f"stage.{one.stage}"),
        "outcome": subject.label(f"outcome.{one.outcome}") if one.outcome else "",
        "years": one.years_in_programme,
        "late": one.late,
        "curator": people.named(Role.CURATOR, place),
    }
