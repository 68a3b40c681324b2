"""Whether the rules of a programme speak only of what it declares, and could ever hold."""

from collections.abc import Iterator

from analysis.circles import circles
from analysis.conditions import (
    PEER_GROUP,
    Bottom,
    CategoryTest,
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
from analysis.measures import inside
from opora.words import Sentence
from programmes.comparison_checks import (
    check_cap,
    check_comparison,
    check_gathering,
    check_parameter,
    check_unchanged,
)
from programmes.faults import Finding, Place, listed, undeclared
from programmes.rule_costs import check_costs
from programmes.rule_names import facts_used, parts_used, per_of
from programmes.rule_sense import check_sense, warn_of_sense

_ORDERED = ("below", "at_most", "above", "at_least")


def check_rules(found: Identification) -> Iterator[Finding]:
    for place, condition in conditions_of(found):
        yield from _condition(found, place, condition, inside_procedures=False)
    yield from _measures(found)
    for key, category in found.categories.items():
        yield from check_cap(found, ("categories", key), category)
    yield from _names(found)
    yield from _circular(found)
    yield from check_sense(found, list(conditions_of(found)))
    yield from check_costs(found)


def warn_of_rules(found: Identification) -> Iterator[Finding]:
    """What is allowed and looks like a mistake."""
    yield from warn_of_sense(found, list(conditions_of(found)))


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
        parts_used(condition, Bottom) for _, condition in conditions_of(found)
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
            finding = undeclared(Sentence("category"), condition.category, found.categories)
            yield (*place, "category"), *finding
        case Years():
            yield from _counts(found, (*place, "years"), condition.years)
        case Procedures():
            yield from _counts(found, (*place, "procedures"), condition.procedures)
        case Unchanged() | Bottom():
            yield from _compared(found, place, condition, inside_procedures=inside_procedures)
        case SomeOf() if isinstance(condition.at_least, int) and condition.at_least > len(
            condition.of
        ):
            problem = Sentence(
                "{at_least} of {count} parts can never hold",
                {"at_least": str(condition.at_least), "count": str(len(condition.of))},
            )
            yield (*place, "at_least"), problem, Sentence("Ask for fewer, or add parts.")
    inside = inside_procedures or isinstance(condition, Procedures) or place[0] == "measures"
    for step, part in parts(condition):
        yield from _condition(found, (*place, *step), part, inside_procedures=inside)
    yield from _parameters(found, place, condition)


def _fact_test(
    found: Identification, place: Place, test: FactTest, *, inside_procedures: bool
) -> Iterator[Finding]:
    if test.fact not in found.facts and test.fact not in found.measures:
        known = {**found.facts, **found.measures}
        yield (*place, "fact"), *undeclared(Sentence("fact"), test.fact, known)
        return
    fact = found.facts.get(test.fact)
    if fact is not None:
        yield from _comparison(place, test, fact)
    if test.procedure is None and not inside_procedures:
        yield from _loose(found, (*place, "fact"), test.fact)
    if test.procedure is not None and test.procedure not in found.procedures:
        finding = undeclared(Sentence("procedure"), test.procedure, found.procedures)
        yield (*place, "procedure"), *finding


def _compared(
    found: Identification, place: Place, condition: Unchanged | Bottom, *, inside_procedures: bool
) -> Iterator[Finding]:
    if isinstance(condition, Bottom):
        yield from check_comparison(found, (*place, "bottom"), condition.bottom)
        named: dict[Place, str] = {(*place, "bottom", "of"): condition.bottom.of}
    else:
        yield from check_unchanged(found, place, condition)
        named = {(*place, "unchanged", n): name for n, name in enumerate(condition.unchanged)}
    for step, name in named.items() if not inside_procedures else ():
        yield from _loose(found, step, name)


def _loose(found: Identification, place: Place, name: str) -> Iterator[Finding]:
    """A fact per procedure, where nothing says which; a measure is told when it is used."""
    if place[0] != "measures" and per_of(found, name) is Per.PROCEDURE:
        problem = Sentence(
            "{name} is a fact per procedure, and no procedure is named", {"name": name}
        )
        yield place, problem, Sentence("Put the condition into procedures, or name a procedure.")


def _comparison(place: Place, test: FactTest, fact: FactDeclaration) -> Iterator[Finding]:
    comparison = test.comparison
    if comparison in _ORDERED and not fact.type.is_number:
        problem = Sentence(
            "{fact} is a {type} and has no order", {"fact": test.fact, "type": fact.type}
        )
        yield (*place, comparison), problem, Sentence("Compare it by is, in or known.")
    if comparison in {"is", "is_not", "in", "not_in"}:
        operand = test.operand(comparison)
        wanted = operand if isinstance(operand, tuple) else (operand,)
        for value in wanted:
            if isinstance(value, ParameterName):
                continue
            if fact.values and value not in fact.values:
                problem = Sentence(
                    "{fact} is never {value}", {"fact": test.fact, "value": str(value)}
                )
                cure = Sentence("Its values are {known}.", {"known": listed(fact.values)})
                yield (*place, comparison), problem, cure
            elif isinstance(value, str) is fact.type.is_number:
                problem = Sentence(
                    "{fact} is a {type}, {value} is not",
                    {"fact": test.fact, "type": fact.type, "value": str(value)},
                )
                cure = Sentence("Write a value of the fact's own type.")
                yield (*place, comparison), problem, cure


def _counts(
    found: Identification, place: Place, count: YearCount | ProcedureCount
) -> Iterator[Finding]:
    if isinstance(count, YearCount):
        wanted, given = count.at_least, count.of_last
        if isinstance(wanted, int) and isinstance(given, int) and wanted > given:
            problem = Sentence(
                "{wanted} of the last {given} years can never hold",
                {"wanted": str(wanted), "given": str(given)},
            )
            yield (*place, "at_least"), problem, Sentence("Ask for fewer years, or look at more.")
        return
    for position, procedure in enumerate(count.among or ()):
        if procedure not in found.procedures:
            finding = undeclared(Sentence("procedure"), procedure, found.procedures)
            yield (*place, "among", position), *finding


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
            yield from check_parameter(found, (*place, *step, name.rstrip("_")), value)


def _measures(found: Identification) -> Iterator[Finding]:
    known = {**found.facts, **found.measures}
    for key, measure in found.measures.items():
        place: Place = ("measures", key)
        if key in found.facts:
            problem = Sentence("{key} is already the name of a fact", {"key": key})
            cure = Sentence("Give the measure another name.")
            yield place, problem, cure
        for source in measure.sources:
            fact = found.facts.get(source)
            if source not in known:
                yield place, *undeclared(Sentence("fact"), source, known)
            elif fact is not None and not fact.type.is_number:
                problem = Sentence("{name} is no number", {"name": source})
                cure = Sentence("Count only with integers and decimals.")
                yield place, problem, cure
        yield from check_parameter(found, (*place, "minimum"), measure.minimum)
        for form in measure.compares:
            for found_here in check_comparison(found, (*place, measure.form), form):
                if found_here[0][-1] != "of":  # said above, of every source
                    yield found_here
        yield from check_gathering(found, place, measure)


def _names(found: Identification) -> Iterator[Finding]:
    groups = [group.key for group in found.peer_groups]
    for position, key in enumerate(groups):
        if key in groups[:position]:
            problem = Sentence("the peer group {key} stands twice", {"key": key})
            yield ("peer_groups", position), problem, Sentence("Give it a key of its own.")
    for key, parameter in found.parameters.items():
        for group, value in parameter.by_peer_group.items():
            place: Place = ("parameters", key, "by_peer_group", group)
            if group not in groups:
                yield place, *undeclared(Sentence("peer group"), group, groups)
            if isinstance(value, str) is not isinstance(parameter.value, str):
                yield (
                    place,
                    Sentence(
                        "{value} is of another type than {parameter}",
                        {"value": str(value), "parameter": str(parameter.value)},
                    ),
                    Sentence("Write it alike."),
                )
    if found.entry not in found.categories:
        yield ("entry",), *undeclared(Sentence("category"), found.entry, found.categories)
    rule = found.territories
    if rule is not None:
        if rule.category not in found.categories:
            finding = undeclared(Sentence("category"), rule.category, found.categories)
            yield ("territories", "category"), *finding
        yield from check_parameter(found, ("territories", "above"), rule.above)


def _circular(found: Identification) -> Iterator[Finding]:
    measures = {
        key: [*measure.sources, *(n for _, one in inside(measure) for n in facts_used(one))]
        for key, measure in found.measures.items()
    }
    categories = {
        key: [
            name
            for condition in (one.when, *(exception.when for exception in one.unless))
            for name in parts_used(condition, CategoryTest)
        ]
        for key, one in found.categories.items()
    }
    tables = {"measures": measures, "categories": categories}
    for section, uses in tables.items():
        for circle in circles(uses):
            problem = Sentence(
                "defined through each other: {circle}", {"circle": " → ".join((*circle, circle[0]))}
            )
            yield (section, circle[0]), problem, Sentence("Define one of them without the others.")
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
        if parts_used(when, CategoryTest):
            problem = Sentence(
                "a category is not known yet where groups, protections and measures are found"
            )
            yield place, problem, Sentence("Use facts here.")
    for place, when in early.items():
        if place[0] == "peer_groups" and _within_groups(found, when):
            problem = Sentence("a peer group is found by comparing schools of one peer group")
            cure = Sentence("Compare within all, territory or a fact that is a word.")
            yield place, problem, cure


def _within_groups(found: Identification, condition: Declared) -> bool:
    """Whether the condition, or a measure behind it, compares within peer groups."""
    seen, waiting = set(), facts_used(condition)
    while waiting:
        name = waiting.pop()
        measure = found.measures.get(name)
        if measure is None or name in seen:
            continue
        seen.add(name)
        if any(form.within == PEER_GROUP for form in measure.compares):
            return True
        waiting += measure.sources
    return any(within == PEER_GROUP for within in _bottoms(condition))


def _bottoms(condition: Declared) -> list[str]:
    own = [condition.bottom.within] if isinstance(condition, Bottom) else []
    return own + [within for _, part in parts(condition) for within in _bottoms(part)]
