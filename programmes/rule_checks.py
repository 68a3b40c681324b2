"""Whether the rules of a programme speak only of what it declares, and could ever hold."""

from collections.abc import Iterator

from analysis.circles import circles
from analysis.conditions import (
    ALL,
    PEER_GROUP,
    TERRITORY,
    Bottom,
    CategoryTest,
    Comparison,
    FactTest,
    ParameterName,
    ProcedureCount,
    Procedures,
    Run,
    SomeOf,
    Unchanged,
    YearCount,
    Years,
    parts,
)
from analysis.declared import Declared
from analysis.identification import FactDeclaration, Identification, Per
from analysis.measures import Index, Measure, inside
from programmes.faults import Finding, Place, listed, undeclared

_ORDERED = ("below", "at_most", "above", "at_least")


def check_rules(found: Identification) -> Iterator[Finding]:
    for place, condition in conditions_of(found):
        yield from _condition(found, place, condition, inside_procedures=False)
    yield from _measures(found)
    yield from _names(found)
    yield from _circular(found)


def conditions_of(found: Identification) -> Iterator[tuple[Place, Declared]]:
    """Every condition of the file that is not part of another one, with its place."""
    for position, group in enumerate(found.peer_groups):
        yield ("peer_groups", position, "when"), group.when
    for position, protection in enumerate(found.protections):
        yield ("protections", position, "when"), protection.when
    for key, category in found.categories.items():
        yield ("categories", key, "when"), category.when
        for position, exception in enumerate(category.unless):
            yield ("categories", key, "unless", position, "when"), exception.when
    for key, measure in found.measures.items():
        for step, condition in inside(measure):
            yield ("measures", key, *step), condition
    for position, rule in enumerate(found.exits):
        yield ("exits", position, "when"), rule.when
    if found.territories and found.territories.among:
        yield ("territories", "among"), found.territories.among


def compares(found: Identification) -> bool:
    """Whether a rule looks at other schools."""
    return any(measure.compares for measure in found.measures.values()) or any(
        _used(condition, Bottom) for _, condition in conditions_of(found)
    )


def check_condition(found: Identification, place: Place, condition: Declared) -> Iterator[Finding]:
    """A condition that another file of the programme holds, in this language."""
    yield from _condition(found, place, condition, inside_procedures=False)


def _condition(
    found: Identification, place: Place, condition: Declared, *, inside_procedures: bool
) -> Iterator[Finding]:
    match condition:
        case FactTest():
            yield from _fact_test(found, place, condition, inside_procedures=inside_procedures)
        case CategoryTest() if condition.category not in found.categories:
            yield (
                (*place, "category"),
                *undeclared("category", condition.category, found.categories),
            )
        case Years():
            yield from _counts(found, (*place, "years"), condition.years)
        case Procedures():
            yield from _counts(found, (*place, "procedures"), condition.procedures)
        case Unchanged():
            yield from _unchanged(found, place, condition)
        case Bottom():
            yield from compared(found, (*place, "bottom"), condition.bottom)
        case SomeOf() if isinstance(condition.at_least, int) and condition.at_least > len(
            condition.of
        ):
            problem = f"{condition.at_least} of {len(condition.of)} parts can never hold"
            yield (*place, "at_least"), problem, "Ask for fewer, or add parts."
    inside = inside_procedures or isinstance(condition, Procedures) or place[0] == "measures"
    for step, part in parts(condition):
        yield from _condition(found, (*place, *step), part, inside_procedures=inside)
    yield from _parameters(found, place, condition)


def _fact_test(
    found: Identification, place: Place, test: FactTest, *, inside_procedures: bool
) -> Iterator[Finding]:
    if test.fact not in found.facts and test.fact not in found.measures:
        known = {**found.facts, **found.measures}
        yield (*place, "fact"), *undeclared("fact", test.fact, known)
        return
    fact = found.facts.get(test.fact)
    if fact is not None:
        yield from _comparison(place, test, fact)
    loose = not (inside_procedures or test.procedure or place[0] == "measures")
    if per_of(found, test.fact) is Per.PROCEDURE and loose:
        problem = f"{test.fact} is a fact per procedure, and no procedure is named"
        yield (*place, "fact"), problem, "Put the condition into procedures, or name a procedure."
    if test.procedure is not None and test.procedure not in found.procedures:
        yield (*place, "procedure"), *undeclared("procedure", test.procedure, found.procedures)


def _comparison(place: Place, test: FactTest, fact: FactDeclaration) -> Iterator[Finding]:
    comparison = test.comparison
    if comparison in _ORDERED and not fact.type.is_number:
        problem = f"{test.fact} is a {fact.type} and has no order"
        yield (*place, comparison), problem, "Compare it by is, in or known."
    if comparison in {"is", "is_not", "in", "not_in"}:
        operand = test.operand(comparison)
        wanted = operand if isinstance(operand, tuple) else (operand,)
        for value in wanted:
            if isinstance(value, ParameterName):
                continue
            if fact.values and value not in fact.values:
                problem = f"{test.fact} is never {value}"
                yield (*place, comparison), problem, f"Its values are {listed(fact.values)}."
            elif isinstance(value, str) is fact.type.is_number:
                problem = f"{test.fact} is a {fact.type}, {value} is not"
                yield (*place, comparison), problem, "Write a value of the fact's own type."


def _counts(
    found: Identification, place: Place, count: YearCount | ProcedureCount
) -> Iterator[Finding]:
    if isinstance(count, YearCount):
        wanted, given = count.at_least, count.of_last
        if isinstance(wanted, int) and isinstance(given, int) and wanted > given:
            problem = f"{wanted} of the last {given} years can never hold"
            yield (*place, "at_least"), problem, "Ask for fewer years, or look at more."
        return
    for position, procedure in enumerate(count.among or ()):
        if procedure not in found.procedures:
            finding = undeclared("procedure", procedure, found.procedures)
            yield (*place, "among", position), *finding


def _unchanged(found: Identification, place: Place, condition: Unchanged) -> Iterator[Finding]:
    for position, name in enumerate(condition.unchanged):
        if name not in found.facts and name not in found.measures:
            known = {**found.facts, **found.measures}
            yield (*place, "unchanged", position), *undeclared("fact", name, known)
        elif per_of(found, name) is Per.SCHOOL:
            problem = f"{name} is a fact of the register and has no year before"
            yield (*place, "unchanged", position), problem, "Name facts of a year."


def compared(found: Identification, place: Place, form: Comparison | Index) -> Iterator[Finding]:
    """What a comparison names: its measure, and whom it compares within."""
    known = {**found.facts, **found.measures}
    if isinstance(form, Comparison):
        if form.of not in known:
            yield (*place, "of"), *undeclared("fact", form.of, known)
        elif not _is_number(found, form.of):
            yield (*place, "of"), f"{form.of} is no number", "Compare integers and decimals."
    if form.within in {ALL, PEER_GROUP, TERRITORY}:
        return
    if form.within not in found.facts:
        names = (ALL, PEER_GROUP, TERRITORY, *found.facts)
        yield (*place, "within"), *undeclared("fact", form.within, names)
    elif _is_number(found, form.within):
        problem = f"{form.within} is a number, not a group"
        yield (*place, "within"), problem, "Compare within a fact that is a word."


def _is_number(found: Identification, name: str) -> bool:
    return name in found.measures or found.facts[name].type.is_number


def _parameters(found: Identification, place: Place, condition: Declared) -> Iterator[Finding]:
    body: Declared = condition
    step: Place = ()
    if isinstance(condition, Years):
        body, step = condition.years, ("years",)
    elif isinstance(condition, Run):
        body, step = condition.run, ("run",)
    elif isinstance(condition, Procedures):
        body, step = condition.procedures, ("procedures",)
    elif isinstance(condition, Bottom):
        body, step = condition.bottom, ("bottom",)
    for name in type(body).model_fields:
        value = getattr(body, name)
        if isinstance(value, ParameterName):
            yield from _parameter(found, (*place, *step, name.rstrip("_")), value)


def _parameter(found: Identification, place: Place, value: object) -> Iterator[Finding]:
    if isinstance(value, ParameterName) and value.parameter not in found.parameters:
        yield place, *undeclared("parameter", value.parameter, found.parameters)


def _measures(found: Identification) -> Iterator[Finding]:
    known = {**found.facts, **found.measures}
    for key, measure in found.measures.items():
        place: Place = ("measures", key)
        if key in found.facts:
            yield place, f"{key} is already the name of a fact", "Give the measure another name."
        for source in measure.sources:
            fact = found.facts.get(source)
            if source not in known:
                yield place, *undeclared("fact", source, known)
            elif fact is not None and not fact.type.is_number:
                yield place, f"{source} is no number", "Count only with integers and decimals."
        yield from _parameter(found, (*place, "minimum"), measure.minimum)
        for form in measure.compares:
            for found_here in compared(found, (*place, measure.form), form):
                if found_here[0][-1] != "of":  # said above, of every source
                    yield found_here
        yield from _procedures_of(found, place, measure)


def _procedures_of(found: Identification, place: Place, measure: Measure) -> Iterator[Finding]:
    form = measure.procedures
    if form is None:
        return
    for position, procedure in enumerate(form.among or ()):
        if procedure not in found.procedures:
            finding = undeclared("procedure", procedure, found.procedures)
            yield (*place, "procedures", "among", position), *finding
    for name in (form.of, form.weight):
        if name in {*found.facts, *found.measures} and per_of(found, name) is not Per.PROCEDURE:
            problem = f"{name} is no fact per procedure"
            yield (
                (*place, "procedures"),
                problem,
                "Gather facts per procedure, or use them directly.",
            )


def _names(found: Identification) -> Iterator[Finding]:
    groups = [group.key for group in found.peer_groups]
    for position, key in enumerate(groups):
        if key in groups[:position]:
            problem = f"the peer group {key} stands twice"
            yield ("peer_groups", position), problem, "Give it a key of its own."
    for key, parameter in found.parameters.items():
        for group, value in parameter.by_peer_group.items():
            place: Place = ("parameters", key, "by_peer_group", group)
            if group not in groups:
                yield place, *undeclared("peer group", group, groups)
            if isinstance(value, str) is not isinstance(parameter.value, str):
                yield place, f"{value} is of another type than {parameter.value}", "Write it alike."
    if found.entry not in found.categories:
        yield ("entry",), *undeclared("category", found.entry, found.categories)
    rule = found.territories
    if rule is not None:
        if rule.category not in found.categories:
            yield (
                ("territories", "category"),
                *undeclared("category", rule.category, found.categories),
            )
        yield from _parameter(found, ("territories", "above"), rule.above)


def _circular(found: Identification) -> Iterator[Finding]:
    measures = {
        key: [*measure.sources, *(n for _, one in inside(measure) for n in facts_used(one))]
        for key, measure in found.measures.items()
    }
    categories = {
        key: [
            name
            for condition in (one.when, *(exception.when for exception in one.unless))
            for name in _used(condition, CategoryTest)
        ]
        for key, one in found.categories.items()
    }
    tables = {"measures": measures, "categories": categories}
    for section, uses in tables.items():
        for circle in circles(uses):
            problem = f"defined through each other: {' → '.join((*circle, circle[0]))}"
            yield (section, circle[0]), problem, "Define one of them without the others."
    early: dict[Place, Declared] = {
        ("peer_groups", n): one.when for n, one in enumerate(found.peer_groups)
    }
    early |= {("protections", n): one.when for n, one in enumerate(found.protections)}
    early |= {
        ("measures", key, *step): one
        for key, measure in found.measures.items()
        for step, one in inside(measure)
    }
    for place, when in early.items():
        if _used(when, CategoryTest):
            problem = "a category is not known yet where groups, protections and measures are found"
            yield place, problem, "Use facts here."


def _used(condition: Declared, form: type[Bottom | CategoryTest]) -> list[str]:
    """Names of the measures or categories that parts of this form look at."""
    found: list[str] = []
    if isinstance(condition, form):
        found = [condition.bottom.of if isinstance(condition, Bottom) else condition.category]
    return found + [name for _, part in parts(condition) for name in _used(part, form)]


def facts_used(condition: Declared) -> list[str]:
    """Names of facts and measures that the condition looks at, whatever its forms."""
    found: list[str] = []
    if isinstance(condition, FactTest):
        found = [condition.fact]
    elif isinstance(condition, Unchanged):
        found = list(condition.unchanged)
    elif isinstance(condition, Bottom):
        found = [condition.bottom.of]
    return found + [name for _, part in parts(condition) for name in facts_used(part)]


def per_of(found: Identification, name: str, seen: frozenset[str] = frozenset()) -> Per:
    """What a fact or measure belongs to: a measure to the narrowest of its sources."""
    if name in found.facts:
        return found.facts[name].per
    if name not in found.measures or name in seen:
        return Per.SCHOOL
    if found.measures[name].procedures is not None:
        return Per.YEAR
    order = list(Per)
    kinds = [per_of(found, source, seen | {name}) for source in found.measures[name].sources]
    return max(kinds, key=order.index, default=Per.SCHOOL)
