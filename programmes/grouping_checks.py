"""Whether clusters, partners and curators speak only of what the programme declares."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from analysis.cluster_rules import Clusters, Trait
from analysis.conditions import Always
from analysis.declared import Declared
from analysis.identification import Identification, Per
from analysis.partner_rules import Conflict, Partners
from opora.words import Sentence
from programmes.faults import Finding, Place, one_of, undeclared
from programmes.milestones import Course
from programmes.rule_checks import check_condition
from programmes.rule_names import per_of
from programmes.rule_sense import check_sense


def check_clusters(clusters: Clusters, found: Identification, course: Course) -> Iterator[Finding]:
    for position, rule in enumerate(clusters.rules):
        yield from _condition(found, ("rules", position, "when"), rule.when)
    yield from _unreachable("rules", [rule.when for rule in clusters.rules])
    yield from _twice("rules", clusters.rules, lambda one: one.key)
    if clusters.profile:
        for position, trait in enumerate(clusters.profile.of):
            yield from _trait(found, ("profile", "of", position), trait)
        yield from _twice("profile.of", clusters.profile.of, lambda one: one.name)
    if not clusters.is_empty:
        yield from _decision(course, clusters.decision)


def check_partners(partners: Partners, found: Identification, course: Course) -> Iterator[Finding]:
    for position, pool in enumerate(partners.pools):
        for name in ("when", "serves"):
            if (condition := getattr(pool, name)) is not None:
                yield from _condition(found, ("pools", position, name), condition)
    taking = [None if pool.improved_within else pool.when for pool in partners.pools]
    yield from _unreachable("pools", taking)
    yield from _twice("pools", partners.pools, lambda one: one.key)
    yield from _twice("organisations", partners.organisations, lambda one: one.key)
    yield from _twice("forms", partners.forms, lambda one: one.key)
    pools = {pool.key for pool in partners.pools}
    for position, one in enumerate(partners.organisations):
        if one.pool not in pools:
            finding = undeclared(Sentence("pool"), one.pool, pools)
            yield ("organisations", position, "pool"), *finding
    for position, strength in enumerate(partners.strengths):
        yield from _trait(found, ("strengths", position), strength)
    for place, fact in _facts(partners):
        yield from _fact(found, place, fact)
    for place in (("conflicts",), ("curators", "conflicts")):
        yield from _conflicts(place, partners, place[0] == "curators")
    if pools:
        yield from _decision(course, partners.decision)


def _condition(found: Identification, place: Place, condition: Declared) -> Iterator[Finding]:
    """Names that are not declared, and what no school can ever meet."""
    yield from check_condition(found, place, condition)
    for where, problem, cure in check_sense(found, [(place, condition)]):
        if where[: len(place)] == place:  # what is wrong elsewhere is told there
            yield where, problem, cure


def _unreachable(section: str, conditions: Sequence[Declared | None]) -> Iterator[Finding]:
    """Whoever comes first is taken: nothing is left behind a row that takes everybody."""
    for position, condition in enumerate(conditions[:-1]):
        if isinstance(condition, Always) and condition.always:
            problem = Sentence("it takes everybody, so that nothing behind it can ever hold")
            yield (section, position, "when"), problem, Sentence("Put it last, or narrow it.")


def _facts(partners: Partners) -> Iterator[tuple[Place, str | None]]:
    """Facts that are named without a condition around them."""
    yield ("theme",), partners.theme
    yield ("distance", "latitude"), partners.distance.latitude
    yield ("distance", "longitude"), partners.distance.longitude
    yield ("curators", "language"), partners.curators.language
    for position, rule in enumerate(partners.alike):
        yield ("alike", position, "fact"), rule.fact


def _fact(found: Identification, place: Place, fact: str | None) -> Iterator[Finding]:
    if fact is None:
        return
    if fact not in found.facts:
        yield place, *undeclared(Sentence("fact"), fact, found.facts)
    elif found.facts[fact].per is Per.PROCEDURE:
        problem = Sentence(
            "{fact} is a fact per procedure, and here a school has one value", {"fact": fact}
        )
        yield place, problem, Sentence("Name a fact per school or per year.")
    elif place[0] == "distance" and not found.facts[fact].type.is_number:
        problem = Sentence("{name} is no number", {"name": fact})
        cure = Sentence("Coordinates are decimal degrees.")
        yield place, problem, cure


def _trait(found: Identification, place: Place, trait: Trait) -> Iterator[Finding]:
    known = {**found.facts, **found.measures}
    if trait.fact not in known:
        yield (*place, "fact"), *undeclared(Sentence("fact"), trait.fact, known)
        return
    fact = found.facts.get(trait.fact)
    if fact is not None and not fact.type.is_number:
        problem = Sentence("{name} is no number", {"name": trait.fact})
        cure = Sentence("Name an integer or a decimal.")
        yield (*place, "fact"), problem, cure
    if trait.procedure is not None and trait.procedure not in found.procedures:
        finding = undeclared(Sentence("procedure"), trait.procedure, found.procedures)
        yield (*place, "procedure"), *finding
    elif trait.procedure is not None and per_of(found, trait.fact) is not Per.PROCEDURE:
        problem = Sentence("{fact} belongs to no procedure", {"fact": trait.fact})
        yield (*place, "procedure"), problem, Sentence("Leave the procedure out.")


def _decision(course: Course, kind: str) -> Iterator[Finding]:
    if kind not in course.decisions:
        problem = Sentence("the decision {kind} is not declared in stages.yaml", {"kind": kind})
        yield ("decision",), problem, one_of(course.decisions)


def _conflicts(place: Place, partners: Partners, is_curators: bool) -> Iterator[Finding]:
    conflicts: Sequence[Conflict] = (
        partners.curators.conflicts if is_curators else partners.conflicts
    )
    for position, conflict in enumerate(conflicts):
        if conflict.between[0] == conflict.between[1]:
            problem = Sentence("{name} stands on both sides", {"name": conflict.between[0]})
            cure = Sentence("Name two that must not be paired.")
            yield (*place, position, "between"), problem, cure


def _twice(section: str, ones: Sequence[Any], key_of: Callable[[Any], str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, one in enumerate(ones):
        key = key_of(one)
        if key in seen:
            place: Place = (*section.split("."), position)
            problem = Sentence("{key} stands twice", {"key": key})
            cure = Sentence("Leave one of them out, or give it a name of its own.")
            yield place, problem, cure
        seen.add(key)
