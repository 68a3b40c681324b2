"""What a verdict may hang on: the facts that are read, the counts of pupils, the other schools."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from analysis.conditions import Bottom, CategoryTest, FactTest, Unchanged, parts
from analysis.declared import Declared
from analysis.identification import Category, FactType, Identification
from analysis.measures import inside

_Part: TypeAlias = Declared | str
"""A condition, or the name of a fact or measure."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """Names of facts and measures, and whether a verdict looks at other schools as well.

    `elsewhere` are those that are read by more than a comparison: by other measures, in ranks.
    """

    names: frozenset[str]
    elsewhere: frozenset[str]
    conditions: tuple[Declared, ...]
    on_others: bool


def hanging(rules: Identification) -> Hanging:
    """All that decides who is listed, through categories and measures."""
    names: set[str] = set()
    conditions: list[Declared] = []
    on_others = False
    waiting: list[_Part] = [*_of_category(rules.categories[rules.entry])]
    waiting += [one.when for one in rules.protections]
    waiting += [one.when for one in rules.peer_groups]
    while waiting:
        match waiting.pop():
            case str(name) if name not in names:
                names.add(name)
                if measure := rules.measures.get(name):
                    on_others = on_others or bool(measure.compares)
                    waiting += [*measure.sources, *(one for _, one in inside(measure))]
                    waiting += [one.within for one in measure.compares]
            case Declared() as condition if condition not in conditions:
                conditions.append(condition)
                on_others = on_others or isinstance(condition, Bottom)
                waiting += [*_named(condition), *(one for _, one in parts(condition))]
                if isinstance(condition, CategoryTest):
                    waiting += _of_category(rules.categories[condition.category])
    on_others = on_others or any(one.cap is not None for one in rules.categories.values())
    elsewhere = {
        name for one in conditions if not isinstance(one, FactTest) for name in _named(one)
    }
    for name in names & rules.measures.keys():
        measure = rules.measures[name]
        if measure.share is None or not {measure.share, measure.of} <= rules.facts.keys():
            elsewhere |= {*measure.sources}
    caps = [one.cap for one in rules.categories.values() if one.cap is not None]
    elsewhere |= {one.by for one in caps}
    return Hanging(frozenset(names), frozenset(elsewhere), tuple(conditions), on_others)


def _of_category(category: Category) -> Iterator[_Part]:
    yield category.when
    yield from (one.when for one in category.unless)
    if category.cap is not None:
        yield from (category.cap.by, category.cap.within)


def _named(condition: Declared) -> tuple[str, ...]:
    match condition:
        case FactTest():
            return (condition.fact,)
        case Unchanged():
            return condition.unchanged
        case Bottom():
            return (condition.bottom.of, condition.bottom.within)
    return ()


def counts_of(rules: Identification) -> dict[str, str | None]:
    """Facts that count pupils: part of a share → its whole; where no fact bounds it → None."""
    found: dict[str, str | None] = {}
    for measure in rules.measures.values():
        if measure.share is None or measure.of is None:
            continue
        for name in _counted(rules, measure.of):
            found.setdefault(name, None)
        for name in _counted(rules, measure.share):
            found[name] = measure.of if {measure.share, measure.of} <= rules.facts.keys() else None
    return found


def _counted(rules: Identification, name: str) -> tuple[str, ...]:
    """The whole numbers behind one side of a share: itself, or what it is the sum of."""
    fact, measure = rules.facts.get(name), rules.measures.get(name)
    if fact is not None:
        return (name,) if fact.type is FactType.INTEGER else ()
    return tuple(
        one for of in (measure.sum or () if measure else ()) for one in _counted(rules, of)
    )
