"""Schools as numbers: what is looked at when they are grouped or paired, or the reason why not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from analysis.cluster_rules import Trait
from analysis.findings import Input
from analysis.grouping import peer_group
from analysis.identification import Identification, Per
from analysis.judging import is_judged, looks_of
from analysis.looking import Look
from analysis.reasons import MISSING
from analysis.school_facts import SchoolFacts


@dataclass(frozen=True, slots=True)
class Reading:
    """The number, or the reason why there is none."""

    number: Decimal | None
    reason: str | None = None


def judged_looks(
    rules: Identification, schools: Iterable[SchoolFacts], year: int
) -> dict[str, Look]:
    """Every judged school as the rules see it in that year, in its peer group, by identifier."""
    looks = looks_of(rules, schools, year)
    return {
        look.school.school: replace(look, group=peer_group(look)[0])
        for look in looks
        if is_judged(look)
    }


def read_trait(look: Look, trait: Trait) -> Reading:
    """The school's number for a trait; a mean of procedures is taken over those that are known."""
    if trait.procedure is not None or not _is_per_procedure(look.rules, trait.fact):
        return _number(look.within(trait.procedure).value(trait.fact)[0])
    taken = sorted(look.school.results.get(look.year, {}))
    read = [_number(look.within(one).value(trait.fact)[0]) for one in taken]
    known = [one.number for one in read if one.number is not None]
    if not known:
        return read[0] if read else Reading(None, MISSING)
    return Reading(sum(known, Decimal()) / len(known))


def _number(value: Input) -> Reading:
    if value.value is None or isinstance(value.value, str):
        return Reading(None, value.reason or MISSING)
    return Reading(Decimal(value.value))


def _is_per_procedure(rules: Identification, name: str) -> bool:
    """A measure belongs to a procedure as soon as one of its sources does."""
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in rules.facts and rules.facts[one].per is Per.PROCEDURE:
            return True
        if one in rules.measures:
            waiting += rules.measures[one].sources
    return False
