"""What no single value of `records.yaml` shows: whether kinds, fields, milestones and needs fit."""

from collections.abc import Iterator

from opora.words import Sentence
from programmes.faults import Finding, Place, undeclared
from programmes.milestones import Course, Milestone, Opener, Scope
from programmes.record_kinds import FieldType, RecordKind, Records, RecordScope
from states.needs import Need, NeedKind

_ROLES_OF_FIELDS = {
    "title": (FieldType.TEXT,),
    "day": (FieldType.DATE,),
    "time": (FieldType.TIME,),
    "until": (FieldType.DATE,),
    "in_order": (FieldType.CHOICE,),
}
_OF_TASK = {"due": (FieldType.DATE,), "to": (FieldType.PERSON,)}
_MILESTONE_SCOPE = {
    RecordScope.CASE: Scope.CASE,
    RecordScope.MUNICIPALITY: Scope.MUNICIPALITY,
    RecordScope.REGION: Scope.REGION,
    RecordScope.CYCLE: Scope.REGION,
}


def check_records(records: Records, course: Course) -> Iterator[Finding]:
    """Kinds among themselves and with the milestones that they open."""
    milestones = {one.key: one for one in course.milestones}
    for key, kind in records.kinds.items():
        place: Place = ("kinds", key)
        yield from _fields(kind, place)
        for position, parent in enumerate(kind.parents):
            if parent not in records.kinds:
                finding = undeclared(Sentence("kind"), parent, records.kinds)
                yield (*place, "parents", position), *finding
        if kind.parent_required and not kind.parents:
            problem = Sentence("a parent is required, but none is named")
            yield (*place, "parent_required"), problem, Sentence("Name kinds under parents.")
        if kind.time is not None and kind.day is None:
            problem = Sentence("an hour without a day")
            cure = Sentence("Name the date field under day.")
            yield (*place, "time"), problem, cure
        if kind.series is not None and kind.day is None:
            problem = Sentence("what is held several times has no day")
            yield (*place, "series"), problem, Sentence("Name the date field under day.")
        if kind.attendance is not None and kind.day is None:
            problem = Sentence("what people are invited to has no day")
            yield (*place, "attendance"), problem, Sentence("Name the date field under day.")
        if kind.task is not None:
            yield from _task(kind, place, milestones)


def _fields(kind: RecordKind, place: Place) -> Iterator[Finding]:
    for part, types in _ROLES_OF_FIELDS.items():
        yield from _named_field(kind, place, part, getattr(kind, part), types)
    for name, field in kind.fields.items():
        only = (*place, "fields", name)
        yield from _named_field(kind, only, "at_most", field.at_most, (FieldType.NUMBER,))


def _named_field(
    kind: RecordKind, place: Place, part: str, named: str | None, types: tuple[FieldType, ...]
) -> Iterator[Finding]:
    if named is None:
        return
    if named not in kind.fields:
        yield (*place, part), *undeclared(Sentence("field"), named, kind.fields)
    elif kind.fields[named].type not in types:
        problem = Sentence(
            "{part} names a field of the type {type}",
            {"part": part, "type": kind.fields[named].type},
        )
        cure = Sentence("Name a field of the type {types}.", {"types": " or ".join(types)})
        yield (*place, part), problem, cure


def _task(kind: RecordKind, place: Place, milestones: dict[str, Milestone]) -> Iterator[Finding]:
    task, here = kind.task, (*place, "task")
    if task is None:
        return
    for part, types in _OF_TASK.items():
        yield from _named_field(kind, here, part, getattr(task, part), types)
    milestone = milestones.get(task.milestone)
    if milestone is None:
        yield (*here, "milestone"), *undeclared(Sentence("milestone"), task.milestone, milestones)
        return
    if milestone.opened_by is not Opener.RECORD:
        problem = Sentence(
            "the milestone {milestone} is not opened by records", {"milestone": task.milestone}
        )
        yield (*here, "milestone"), problem, Sentence("Give it opened_by: record in stages.yaml.")
    if milestone.scope is not _MILESTONE_SCOPE.get(kind.scope):
        problem = Sentence(
            "the milestone {milestone} is of the scope {scope}",
            {"milestone": task.milestone, "scope": milestone.scope},
        )
        cure = Sentence(
            "A record of a case opens milestones of cases, and so on; of a person none."
        )
        yield (*here, "milestone"), problem, cure


def check_record_uses(course: Course, records: Records) -> Iterator[Finding]:
    """What `stages.yaml` asks for in records is declared in `records.yaml`."""
    for key, document in course.documents.items():
        for number, kind in enumerate(document.rests_on):
            if kind not in records.kinds:
                finding = undeclared(Sentence("kind of record"), kind, records.kinds)
                yield ("documents", key, "rests_on", number), *finding
    for move, rule in course.moves.items():
        for number, need in enumerate(rule.needs):
            yield from _need(need, ("moves", move.value, "needs", number), records)
    for position, milestone in enumerate(course.milestones):
        wanted = milestone.evidence.record if milestone.evidence else None
        place: Place = ("milestones", position, "evidence", "record")
        if wanted is not None and wanted not in records.kinds:
            yield place, *undeclared(Sentence("kind of record"), wanted, records.kinds)
        elif wanted is not None and _MILESTONE_SCOPE.get(records.kinds[wanted].scope) not in {
            milestone.scope,
            Scope.REGION,
        }:
            problem = Sentence(
                "a record {wanted} proves nothing of the scope {scope}",
                {"wanted": wanted, "scope": milestone.scope},
            )
            yield place, problem, Sentence("Name a kind of the same scope, or of the region.")


def _need(need: Need, place: Place, records: Records) -> Iterator[Finding]:
    kind = records.kinds.get(need.of or "") if need.need is NeedKind.RECORD else None
    if kind is not None:
        yield from _named_field(kind, place, "each", need.each, (FieldType.CHOICE,))
    elif need.need is NeedKind.RECORD:
        yield (*place, "of"), *undeclared(Sentence("kind of record"), need.of, records.kinds)
    elif need.each is not None:
        problem = Sentence("the need {need} takes no each", {"need": need.need})
        yield (*place, "each"), problem, Sentence("It belongs to the need record.")
