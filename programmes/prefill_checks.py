"""What no single value shows of prefilled fields: whether the source is there and gives such values."""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.identification import FactType, Identification
from opora.words import Sentence
from programmes.faults import Finding, Place, undeclared
from programmes.indicator_checks import check_source
from programmes.indicators import FactSum, Indicators, Level, RecordCount, TaskCount
from programmes.milestones import Course, Phase
from programmes.prefills import CaseTrait, FromCase, FromEarlier, FromIndicator
from programmes.record_kinds import FieldType, RecordField, RecordKind, Records, RecordScope

_OF_FACTS = {
    FactType.INTEGER: (FieldType.NUMBER,),
    FactType.DECIMAL: (FieldType.NUMBER,),
    FactType.TEXT: (FieldType.TEXT,),
    FactType.WORD: (FieldType.TEXT, FieldType.CHOICE),
    FactType.DATE: (FieldType.DATE,),
    FactType.YES_NO: (FieldType.YES_NO,),
}
_OF_TRAITS = {
    CaseTrait.SCHOOL: (FieldType.TEXT, FieldType.SCHOOL),
    CaseTrait.TERRITORY: (FieldType.TEXT,),
    CaseTrait.STAGE: (FieldType.TEXT, FieldType.CHOICE),
    CaseTrait.CLUSTER: (FieldType.TEXT, FieldType.CHOICE),
    CaseTrait.PARTNER: (FieldType.TEXT, FieldType.SCHOOL),
    CaseTrait.CURATOR: (FieldType.TEXT, FieldType.PERSON),
    CaseTrait.PHASE: (FieldType.CHOICE,),
}
_LEVELS = {
    RecordScope.CASE: frozenset(Level),
    RecordScope.MUNICIPALITY: frozenset({Level.MUNICIPALITY, Level.REGION}),
    RecordScope.REGION: frozenset({Level.REGION}),
    RecordScope.CYCLE: frozenset({Level.REGION}),
    RecordScope.PERSON: frozenset[Level](),
}
"""Indicators of which level a record of that scope can show: its own place, or one around it."""

_OF_A_PLACE = {CaseTrait.PHASE, CaseTrait.TERRITORY}


@dataclass(frozen=True, slots=True)
class _Around:
    """The other files of the programme."""

    rules: Identification
    course: Course
    indicators: Indicators
    records: Records


def check_prefills(
    records: Records, rules: Identification, course: Course, indicators: Indicators
) -> Iterator[Finding]:
    """Each prefilled field with its source; each document and phase that a kind stands for."""
    around = _Around(rules, course, indicators, records)
    for key, kind in records.kinds.items():
        for name, field in kind.prefilled.items():
            yield from _prefill(kind, field, ("kinds", key, "fields", name, "prefill"), around)
        if kind.document is not None and kind.document not in course.documents:
            place: Place = ("kinds", key, "document")
            yield place, *undeclared(Sentence("document"), kind.document, course.documents)
        yield from _phase(key, kind)


def _prefill(
    kind: RecordKind, field: RecordField, place: Place, around: _Around
) -> Iterator[Finding]:
    source = field.prefill
    of_person = kind.scope is RecordScope.PERSON
    if of_person and not isinstance(source, FromEarlier):
        problem = Sentence("a record of a person has no school to take it from")
        yield place, problem, Sentence("Write prefill: {{earlier: record}}, or leave it out.")
        return
    match source:
        case FactSum() | RecordCount() | TaskCount():
            yield from _counted(kind, field, place, around)
        case FromIndicator():
            yield from _indicator(kind, source, place, around)
            yield from _type(field, (FieldType.NUMBER,), place)
        case FromCase():
            yield from _type(field, _OF_TRAITS[source.case], place)
            if kind.scope is not RecordScope.CASE and source.case not in _OF_A_PLACE:
                problem = Sentence(
                    "a record of the scope {scope} has no {case}",
                    {"scope": kind.scope, "case": source.case},
                )
                yield place, problem, Sentence("Give the kind scope: case, or leave prefill out.")


def _counted(
    kind: RecordKind, field: RecordField, place: Place, around: _Around
) -> Iterator[Finding]:
    """A number; of a single school also what a fact says in words."""
    source, rules = field.prefill, around.rules
    if not isinstance(source, FactSum | RecordCount | TaskCount):
        return
    fact = rules.facts.get(source.fact) if isinstance(source, FactSum) else None
    if fact is not None and kind.scope is RecordScope.CASE:
        yield from _type(field, _OF_FACTS[fact.type], place)
        return
    found = list(check_source(source, place, rules, around.course, around.records))
    yield from found or _type(field, (FieldType.NUMBER,), place)


def _indicator(
    kind: RecordKind, source: FromIndicator, place: Place, around: _Around
) -> Iterator[Finding]:
    known = around.indicators.indicators
    if source.indicator not in known:
        yield (*place, "indicator"), *undeclared(Sentence("indicator"), source.indicator, known)
        return
    level = known[source.indicator].level
    if level not in _LEVELS[kind.scope]:
        problem = Sentence(
            "the indicator {indicator} is measured for each {level}",
            {"indicator": source.indicator, "level": level},
        )
        cure = Sentence("Take one that is measured for the form's own place, or above it.")
        yield (*place, "indicator"), problem, cure


def _type(field: RecordField, types: tuple[FieldType, ...], place: Place) -> Iterator[Finding]:
    if field.type not in types:
        problem = Sentence(
            "a field of the type {type} cannot be filled from it", {"type": field.type}
        )
        cure = Sentence("Give the field the type {types}.", {"types": " or ".join(types)})
        yield place, problem, cure


def _phase(key: str, kind: RecordKind) -> Iterator[Finding]:
    if kind.phase is None:
        return
    place: Place = ("kinds", key, "phase")
    field = kind.fields.get(kind.phase)
    if field is None:
        yield place, *undeclared(Sentence("field"), kind.phase, kind.fields)
    elif not field.choices or not field.choices.keys() <= set(Phase):
        problem = Sentence("{phase} is no choice of the phases", {"phase": kind.phase})
        yield place, problem, Sentence("Give it the choices {known}.", {"known": ", ".join(Phase)})
