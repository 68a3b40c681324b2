"""What no single value of `plan.yaml` shows: whether its kinds, sections and roles fit."""

from collections.abc import Iterator

from opora.words import Sentence
from programmes.faults import Finding, Place, undeclared
from programmes.plans import Plan
from programmes.record_kinds import FieldType, RecordKind, Records, RecordScope


def check_plan(plan: Plan, records: Records) -> Iterator[Finding]:
    """The plan with the kinds of records that it is made of."""
    if plan.measure is None:
        if plan.sections or plan.documents or plan.answers:
            problem = Sentence("a plan has no kind of measure")
            cure = Sentence("Name a kind of records.yaml.")
            yield ("measure",), problem, cure
        return
    kinds = records.kinds
    measure = kinds.get(plan.measure)
    if measure is None:
        yield ("measure",), *undeclared(Sentence("kind"), plan.measure, kinds)
    else:
        yield from _of_case(plan.measure, measure, ("measure",))
        if not measure.confirm:
            problem = Sentence("a measure that nobody confirms stands before the plan is approved")
            cure = Sentence(
                "Give the kind confirm: [{approver}].", {"approver": plan.approver.value}
            )
            yield ("measure",), problem, cure
        yield from _sections(plan, measure)
    for position, document in enumerate(plan.documents):
        yield from _kind(document.kind, kinds, ("documents", position, "kind"))
    for position, answer in enumerate(plan.answers):
        place: Place = ("answers", position)
        yield from _kind(answer.each, kinds, (*place, "each"))
        yield from _kind(answer.kind, kinds, (*place, "kind"))
        yield from _answer(answer.each, answer.where, answer.kind, kinds, place)
    if plan.approver in plan.by:
        problem = Sentence(
            "{approver} hands the plan in and approves it", {"approver": plan.approver.value}
        )
        yield ("approver",), problem, Sentence("Name somebody else: the author never approves.")


def _sections(plan: Plan, measure: RecordKind) -> Iterator[Finding]:
    if plan.section is None:
        if plan.sections:
            problem = Sentence("no field says the section")
            cure = Sentence("Name a choice field under section.")
            yield ("sections",), problem, cure
        return
    field = measure.fields.get(plan.section)
    if field is None or field.type is not FieldType.CHOICE:
        problem = Sentence("{section} is no choice of the measure", {"section": plan.section})
        yield ("section",), problem, Sentence("Name a field of the type choice.")
        return
    for key in plan.sections:
        if key not in field.choices:
            yield ("sections", key), *undeclared(Sentence("choice"), key, field.choices)


def _kind(key: str, kinds: dict[str, RecordKind], place: Place) -> Iterator[Finding]:
    if key not in kinds:
        yield place, *undeclared(Sentence("kind"), key, kinds)
    else:
        yield from _of_case(key, kinds[key], place)


def _of_case(key: str, kind: RecordKind, place: Place) -> Iterator[Finding]:
    if kind.scope is not RecordScope.CASE:
        problem = Sentence("{key} is not about a case", {"key": key})
        cure = Sentence("A plan is made of records of a case.")
        yield place, problem, cure


def _answer(
    each: str, where: str | None, kind: str, kinds: dict[str, RecordKind], place: Place
) -> Iterator[Finding]:
    if each not in kinds or kind not in kinds:
        return
    if each not in kinds[kind].parents:
        problem = Sentence("{kind} cannot rest on {each}", {"kind": kind, "each": each})
        cure = Sentence("Give the kind {kind} parents: [{each}].", {"kind": kind, "each": each})
        yield (*place, "kind"), problem, cure
    if where is not None:
        field = kinds[each].fields.get(where)
        if field is None or field.type is not FieldType.YES_NO:
            problem = Sentence(
                "{where} is no yes_no field of {each}", {"where": where, "each": each}
            )
            yield (*place, "where"), problem, Sentence("Name a field of the type yes_no.")
