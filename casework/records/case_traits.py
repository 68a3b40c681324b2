"""What a case says of itself in one field of a form: school, stage, cluster, partner, curator, phase."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.cycles.opening import anchors, opening_day
from casework.people.responsible import responsible
from casework.records.record_grounds import Ground
from models.case import Decision
from models.pairing import ClusterAssignment, Participation
from models.people import Person
from models.school import School, Territory
from models.task import Task
from opora.words import Words, in_language
from programmes.milestones import Phase, Scope
from programmes.prefills import CaseTrait
from programmes.record_kinds import FieldType
from schedules.due_rules import raw_day
from states.role import Role
from states.task_machine import TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose trait is wanted, as a value of which type, on which day."""

    session: Session
    ground: Ground
    type: FieldType
    on: date

    def said(self, label: str, other: str) -> str:
        """A word of the programme in its own language."""
        words: Words | None = self.ground.programme.labels.get(label)
        return in_language(words, self.ground.programme.languages[0]) if words else other


def trait_of(asked: Asked, trait: CaseTrait) -> Any:
    """The value as a field of that type keeps it; None where the case does not say it."""
    return _TRAITS[trait](asked)


def _school(asked: Asked) -> str | None:
    school = asked.ground.school
    if school is None:
        return None
    return school.code if asked.type is FieldType.SCHOOL else school.name


def _territory(asked: Asked) -> str | None:
    school, territory = asked.ground.school, asked.ground.territory
    if territory is None and school is not None:
        territory = asked.session.get(Territory, school.territory_id)
    return territory.name if territory else None


def _stage(asked: Asked) -> str | None:
    case = asked.ground.case
    if case is None:
        return None
    kept = case.stage.value
    return kept if asked.type is FieldType.CHOICE else asked.said(f"stage.{kept}", kept)


def _decided(asked: Asked, kind: str) -> str | None:
    case = asked.ground.case
    return asked.session.exec(
        select(Decision.value)
        .where(Decision.case_id == (case.id if case else None), Decision.kind == kind)
        .order_by(col(Decision.id).desc())
    ).first()


def _cluster(asked: Asked) -> str | None:
    case = asked.ground.case
    assigned = asked.session.exec(
        select(ClusterAssignment.cluster)
        .where(ClusterAssignment.case_id == (case.id if case else None))
        .order_by(col(ClusterAssignment.id).desc())
    ).first()
    key = assigned or _decided(asked, "cluster")
    if key is None or asked.type is FieldType.CHOICE:
        return key
    return asked.said(f"cluster.{key}", key)


def _partner(asked: Asked) -> str | None:
    case = asked.ground.case
    paired = asked.session.exec(
        select(Participation)
        .where(Participation.case_id == (case.id if case else None))
        .order_by(col(Participation.id).desc())
    ).first()
    if asked.type is FieldType.SCHOOL:
        return paired.candidate if paired and paired.school_id else None
    if paired is None:
        return _decided(asked, "partner")
    school = asked.session.get(School, paired.school_id) if paired.school_id else None
    return school.name if school else asked.said(f"organisation.{paired.candidate}", "") or None


def _curator(asked: Asked) -> int | str | None:
    register = asked.ground.cycle.register_key
    people = responsible(
        asked.session, register, on=asked.on, fallback=0, places=[asked.ground.place]
    )
    found = people.holder(Role.CURATOR, asked.ground.place)
    if found is None or asked.type is FieldType.PERSON:
        return found
    return asked.session.get_one(Person, found).name


def _phase(asked: Asked) -> str | None:
    """Of a case the first whose tasks are not all accepted; else the first whose day is to come."""
    ground, programme = asked.ground, asked.ground.programme
    if ground.case is None:
        opened = opening_day(ground.cycle, programme)
        known, calendar = anchors(ground.cycle, opened, opened), programme.working_calendar
        days = {
            phase: raw_day(rule, known, calendar) for phase, rule in programme.course.phases.items()
        }
        coming = [phase for phase in Phase if phase in days and days[phase] >= asked.on]
        return (coming[0] if coming else Phase.FINAL).value if days else None
    accepted = set(
        asked.session.exec(
            select(Task.milestone).where(
                Task.case_id == ground.case.id, Task.state == TaskState.ACCEPTED
            )
        ).all()
    )
    for phase in Phase:
        asks = [m for m in programme.milestones_of_phase(phase) if m.scope is Scope.CASE]
        if any(milestone.key not in accepted for milestone in asks):
            return phase.value
    return None


_TRAITS: Mapping[CaseTrait, Callable[[Asked], Any]] = {
    CaseTrait.SCHOOL: _school,
    CaseTrait.TERRITORY: _territory,
    CaseTrait.STAGE: _stage,
    CaseTrait.CLUSTER: _cluster,
    CaseTrait.PARTNER: _partner,
    CaseTrait.CURATOR: _curator,
    CaseTrait.PHASE: _phase,
}
