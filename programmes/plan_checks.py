"""What no single value of `plan.yaml` shows: whether its kinds, sections and roles fit."""

from collections.abc import Iterator

from programmes.faults import Finding, Place, undeclared
from programmes.plans import Plan
from programmes.record_kinds import FieldType, RecordKind, Records, RecordScope


def check_plan(plan: Plan, records: Records) -> Iterator[Finding]:
    """The plan with the kinds of records that it is made of."""
    if plan.measure is None:
        if plan.sections or plan.documents or plan.answers:
            yield ("measure",), "a plan has no kind of measure", "Name a kind of records.yaml."
        return
    kinds = records.kinds
    measure = kinds.get(plan.measure)
    if measure is None:
        yield ("measure",), *undeclared("kind", plan.measure, kinds)
    else:
        yield from _of_case(plan.measure, measure, ("measure",))
        if not measure.confirm:
            problem = "a measure that nobody confirms stands before the plan is approved"
            yield ("measure",), problem, f"Give the kind confirm: [{plan.approver.value}]."
        yield from _sections(plan, measure)
    for position, document in enumerate(plan.documents):
        yield from _kind(document.kind, kinds, ("documents", position, "kind"))
    for position, answer in enumerate(plan.answers):
        place: Place = ("answers", position)
        yield from _kind(answer.each, kinds, (*place, "each"))
        yield from _kind(answer.kind, kinds, (*place, "kind"))
        yield from _answer(answer.each, answer.where, answer.kind, kinds, place)
    if plan.approver in plan.by:
        problem = f"{plan.approver.value} hands the plan in and approves it"
        yield ("approver",), problem, "Name somebody else: the author never approves."


def _sections(plan: Plan, measure: RecordKind) -> Iterator[Finding]:
    if plan.section is None:
        if plan.sections:
            yield ("sections",), "no field says the section", "Name a choice field under section."
        return
    field = measure.fields.get(plan.section)
    if field is None or field.type is not FieldType.CHOICE:
        problem = f"{plan.section} is no choice of the measure"
        yield ("section",), problem, "Name a field of the type choice."
        return
    for key in plan.sections:
        if key not in field.choices:
            yield ("sections", key), *undeclared("choice", key, field.choices)


def _kind(key: str, kinds: dict[str, RecordKind], place: Place) -> Iterator[Finding]:
    if key not in kinds:
        yield place, *undeclared("kind", key, kinds)
    else:
        yield from _of_case(key, kinds[key], place)


def _of_case(key: str, kind: RecordKind, place: Place) -> Iterator[Finding]:
    if kind.scope is not RecordScope.CASE:
        yield place, f"{key} is not about a case", "A plan is made of records of a case."


def _answer(
    each: str, where: str | None, kind: str, kinds: dict[str, RecordKind], place: Place
) -> Iterator[Finding]:
    if each not in kinds or kind not in kinds:
        return
    if each not in kinds[kind].parents:
        problem = f"{kind} cannot rest on {each}"
        yield (*place, "kind"), problem, f"Give the kind {kind} parents: [{each}]."
    if where is not None:
        field = kinds[each].fields.get(where)
        if field is None or field.type is not FieldType.YES_NO:
            problem = f"{where} is no yes_no field of {each}"
            yield (*place, "where"), problem, "Name a field of the type yes_no."
