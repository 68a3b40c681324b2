"""What the rules speak of: the facts and categories behind a condition, what a value belongs to."""

from analysis.conditions import Bottom, CategoryTest, FactTest, Unchanged, parts
from analysis.declared import Declared
from analysis.identification import Identification, Per


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


def parts_used(condition: Declared, form: type[Bottom | CategoryTest]) -> list[str]:
    """Names of the measures or categories that parts of this form look at."""
    found: list[str] = []
    if isinstance(condition, form):
        found = [condition.bottom.of if isinstance(condition, Bottom) else condition.category]
    return found + [name for _, part in parts(condition) for name in parts_used(part, form)]


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
