"""What the rules speak of: the facts and categories behind a condition, what a value belongs to."""

from analysis.conditions import Bottom, CategoryTest, FactTest, Unchanged, parts
from analysis.declared import Declared
from analysis.identification import Identification, Per


def named_directly(condition: Declared) -> list[str]:
    """Names of facts and measures in the condition itself, its parts left out."""
    if isinstance(condition, FactTest):
        return [condition.fact]
    if isinstance(condition, Unchanged):
        return list(condition.unchanged)
    return [condition.bottom.of] if isinstance(condition, Bottom) else []


def facts_used(condition: Declared) -> list[str]:
    """Names of facts and measures that the condition looks at, whatever its forms."""
    return named_directly(condition) + [
        name for _, part in parts(condition) for name in facts_used(part)
    ]


def parts_used(condition: Declared, form: type[Bottom | CategoryTest]) -> list[str]:
    """Names of the measures or categories that parts of this form look at."""
    found: list[str] = []
    if isinstance(condition, form):
        found = [condition.bottom.of if isinstance(condition, Bottom) else condition.category]
    return found + [name for _, part in parts(condition) for name in parts_used(part, form)]


def per_of(found: Identification, name: str) -> Per:
    """What a fact or measure belongs to: a measure to the narrowest of its sources."""
    order, narrowest = list(Per), Per.SCHOOL
    seen, waiting = {name}, [name]
    while waiting:
        measure, fact = found.measures.get(waiting[-1]), found.facts.get(waiting.pop())
        per = fact.per if fact is not None else Per.SCHOOL
        if fact is None and measure is not None:
            per = Per.YEAR if measure.procedures is not None else Per.SCHOOL
            sources = set(measure.sources) - seen if measure.procedures is None else set()
            seen |= sources
            waiting += sources
        narrowest = max(narrowest, per, key=order.index)
    return narrowest
