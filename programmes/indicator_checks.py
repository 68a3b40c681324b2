"""What no single value of `indicators.yaml` shows: whether facts, kinds, milestones and targets fit."""

from collections.abc import Iterator

from analysis.identification import Identification
from opora.words import Sentence
from programmes.faults import Finding, Place, undeclared
from programmes.indicators import (
    FactSum,
    Indicator,
    Indicators,
    Level,
    RecordCount,
    SchoolCount,
    Source,
    TaskCount,
)
from programmes.milestones import Course
from programmes.record_kinds import FieldType, Records
from programmes.rule_checks import check_condition


def check_indicators(
    found: Indicators, rules: Identification, course: Course, records: Records
) -> Iterator[Finding]:
    """Each indicator with what it counts and what it is compared with."""
    for key, one in found.indicators.items():
        place: Place = ("indicators", key)
        if one.group is not None and one.group not in found.groups:
            yield (*place, "group"), *undeclared(Sentence("group"), one.group, found.groups)
        for part in ("numerator", "denominator"):
            source = getattr(one, part)
            if source is not None:
                yield from check_source(source, (*place, part), rules, course, records)
        yield from _target(one, place)


def check_source(
    source: Source, place: Place, rules: Identification, course: Course, records: Records
) -> Iterator[Finding]:
    """One number: what it counts is declared, and can be counted."""
    match source:
        case FactSum():
            known = {**rules.facts, **rules.measures}
            if source.fact not in known:
                yield (*place, "fact"), *undeclared(Sentence("fact"), source.fact, known)
            elif source.fact in rules.facts and not rules.facts[source.fact].type.is_number:
                problem = Sentence("the fact {fact} is no number", {"fact": source.fact})
                cure = Sentence("Add up facts of the type integer or decimal.")
                yield (*place, "fact"), problem, cure
        case SchoolCount():
            yield from check_condition(rules, (*place, "schools"), source.schools)
        case RecordCount():
            yield from _records(source, place, records)
        case TaskCount():
            milestones = [one.key for one in course.milestones]
            if source.milestone is not None and source.milestone not in milestones:
                what = undeclared(Sentence("milestone"), source.milestone, milestones)
                yield (*place, "milestone"), *what


def _records(source: RecordCount, place: Place, records: Records) -> Iterator[Finding]:
    kind = records.kinds.get(source.records)
    if kind is None:
        yield (*place, "records"), *undeclared(Sentence("kind"), source.records, records.kinds)
    elif source.field is not None:
        field = kind.fields.get(source.field)
        if field is None:
            yield (*place, "field"), *undeclared(Sentence("field"), source.field, kind.fields)
        elif field.type is not FieldType.NUMBER:
            problem = Sentence("the field {field} is no number", {"field": source.field})
            yield (*place, "field"), problem, Sentence("Add up fields of the type number.")


def _target(one: Indicator, place: Place) -> Iterator[Finding]:
    target = one.target
    if target is None:
        return
    above = target.above
    if above == "cluster" and one.level is not Level.SCHOOL:
        problem = Sentence("only a school stands beside its cluster")
        cure = Sentence("Give level: school, or another target.")
        yield (*place, "target", "above"), problem, cure
    if above == "region" and one.level is Level.REGION:
        problem = Sentence("the region cannot be better than itself")
        cure = Sentence("Give a lower level, or another target.")
        yield (*place, "target", "above"), problem, cure
    limit = target.at_least if target.at_least is not None else target.at_most
    is_share = isinstance(one.numerator, SchoolCount) and one.denominator is not None
    if is_share and limit is not None and not 0 <= limit <= 1:
        problem = Sentence("a share of schools never reaches {limit}", {"limit": str(limit)})
        yield (*place, "target"), problem, Sentence("Write a share: 0.1 is 10 %.")
