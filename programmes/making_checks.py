"""What no single value shows of records that make others: whether kinds, fields, days and doers fit."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from analysis.circles import circles
from opora.words import Sentence
from programmes.faults import Finding, Place, listed, undeclared
from programmes.makings import FieldOf, Making, When
from programmes.record_kinds import FieldType, RecordField, RecordKind, Records, RecordScope
from schedules.due_rules import Anchor

_REACHES = {
    RecordScope.CASE: frozenset(RecordScope) - {RecordScope.PERSON},
    RecordScope.MUNICIPALITY: frozenset(
        {RecordScope.MUNICIPALITY, RecordScope.CYCLE, RecordScope.REGION}
    ),
    RecordScope.CYCLE: frozenset({RecordScope.CYCLE, RecordScope.REGION}),
    RecordScope.REGION: frozenset({RecordScope.CYCLE, RecordScope.REGION}),
    RecordScope.PERSON: frozenset[RecordScope](),
}
"""A record makes others about the same thing or about what lies around it."""

_CONSTANTS: Mapping[type, tuple[FieldType, ...]] = {
    bool: (FieldType.YES_NO,),
    Decimal: (FieldType.NUMBER,),
    str: (FieldType.TEXT, FieldType.LINK, FieldType.CHOICE, FieldType.TIME),
}
_NUMBERS = ("at_least", "at_most", "above", "below")


def check_makings(records: Records) -> Iterator[Finding]:
    """Every rule of `makes`, with the kind that has it and the kind that it makes."""
    kinds = records.kinds
    for key, kind in kinds.items():
        for rule, making in kind.makes.items():
            place: Place = ("kinds", key, "makes", rule)
            if making.kind not in kinds:
                yield (*place, "kind"), *undeclared(Sentence("kind"), making.kind, kinds)
                continue
            yield from _kinds(key, kind, making, kinds[making.kind], place)
            yield from _when(kind, making.when, place)
            yield from _fields(kind, making, kinds[making.kind], place)
            yield from _due(making, kinds[making.kind], place)
        yield from _doers(kind, ("kinds", key, "task"))
    made = {
        key: [one.kind for one in kind.makes.values() if one.kind in kinds]
        for key, kind in kinds.items()
    }
    for circle in circles(made):
        problem = Sentence(
            "the kinds make each other: {circle}", {"circle": " → ".join((*circle, circle[0]))}
        )
        yield ("kinds", circle[0], "makes"), problem, Sentence("Leave one of them out.")


def _kinds(
    key: str, kind: RecordKind, making: Making, made: RecordKind, place: Place
) -> Iterator[Finding]:
    if key not in made.parents:
        problem = Sentence("{kind} cannot rest on {each}", {"kind": making.kind, "each": key})
        cure = Sentence(
            "Give the kind {kind} parents: [{each}].", {"kind": making.kind, "each": key}
        )
        yield (*place, "kind"), problem, cure
    if made.scope not in _REACHES[kind.scope]:
        problem = Sentence(
            "a record of the scope {scope} cannot make one of the scope {made}",
            {"scope": kind.scope, "made": made.scope},
        )
        cure = Sentence("Name a kind about the same thing, or about what is above.")
        yield (*place, "kind"), problem, cure


def _when(kind: RecordKind, when: When | None, place: Place) -> Iterator[Finding]:
    if when is None:
        return
    here = (*place, "when")
    field = kind.fields.get(when.field)
    if field is None:
        yield (*here, "field"), *undeclared(Sentence("field"), when.field, kind.fields)
        return
    compares = any(getattr(when, one) is not None for one in _NUMBERS)
    if compares and field.type is not FieldType.NUMBER:
        problem = Sentence("{name} is no number", {"name": when.field})
        cure = Sentence("Compare a field of the type number.")
        yield here, problem, cure
    if when.equals is None:
        return
    if isinstance(when.equals, bool):
        if field.type is not FieldType.YES_NO:
            problem = Sentence("{field} is no yes_no", {"field": when.field})
            cure = Sentence("Write one of its choices.")
            yield (*here, "equals"), problem, cure
    elif when.equals not in field.choices:
        yield (*here, "equals"), *undeclared(Sentence("choice"), when.equals, field.choices)


def _fields(kind: RecordKind, making: Making, made: RecordKind, place: Place) -> Iterator[Finding]:
    for name, value in making.fields.items():
        here = (*place, "fields", name)
        target = made.fields.get(name)
        if target is None:
            yield here, *undeclared(Sentence("field"), name, made.fields)
        elif isinstance(value, FieldOf):
            yield from _copied(kind, value, target, here)
        elif target.type not in _CONSTANTS[type(value)]:
            problem = Sentence("a field of the type {type} cannot say it", {"type": target.type})
            cure = Sentence("Write a value of its type, or take it over: {{field: …}}.")
            yield here, problem, cure
        elif target.choices and value not in target.choices:
            yield here, *undeclared(Sentence("choice"), str(value), target.choices)
    due = _day_of(made) if making.due is not None else None
    for name, field in made.fields.items():
        if field.required and name not in making.fields and name != due:
            problem = Sentence("{kind} needs {name}", {"kind": making.kind, "name": name})
            yield (*place, "fields"), problem, Sentence("Say what {name} is.", {"name": name})


def _copied(
    kind: RecordKind, value: FieldOf, target: RecordField, place: Place
) -> Iterator[Finding]:
    source = kind.fields.get(value.field)
    if source is None:
        yield (*place, "field"), *undeclared(Sentence("field"), value.field, kind.fields)
    elif source.type is not target.type or not source.choices.keys() <= target.choices.keys():
        problem = Sentence("{field} does not fit there", {"field": value.field})
        yield place, problem, Sentence("Take over a field of the same type, with the same choices.")


def _day_of(made: RecordKind) -> str | None:
    return (made.task.due if made.task else None) or made.day


def _due(making: Making, made: RecordKind, place: Place) -> Iterator[Finding]:
    if making.due is None:
        return
    if _day_of(made) is None:
        problem = Sentence("{kind} has no field for a day", {"kind": making.kind})
        yield (*place, "due"), problem, Sentence("Name one under its task.due, or under day.")
    if making.due.milestone is not None or making.due.anchor == Anchor.STAGE_ENTERED:
        problem = Sentence("a record that makes another one knows no stage and no milestone")
        yield (
            (*place, "due"),
            problem,
            Sentence(
                "Count from {anchor}, or from a day of the cycle.", {"anchor": Anchor.RECORDED}
            ),
        )


def _doers(kind: RecordKind, place: Place) -> Iterator[Finding]:
    """Whom the task falls to by a choice (S4-12)."""
    task = kind.task
    if task is None or (task.addressee is None and not task.doers):
        return
    field = kind.fields.get(task.addressee or "")
    if field is None or field.type is not FieldType.CHOICE:
        problem = Sentence("{addressee} is no choice of the kind", {"addressee": task.addressee})
        yield (*place, "addressee"), problem, Sentence("Name a field of the type choice.")
        return
    for choice in task.doers:
        if choice not in field.choices:
            yield (*place, "doers", choice), *undeclared(Sentence("choice"), choice, field.choices)
    if not task.doers:
        problem = Sentence("no choice has a role")
        cure = Sentence("Name roles for: {known}.", {"known": listed(sorted(field.choices))})
        yield (*place, "doers"), problem, cure
