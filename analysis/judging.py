"""Judges schools by a programme's rules: who is listed, why, and who is not rated. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from analysis.findings import Finding, Ground
from analysis.identification import Identification, Judged, TerritoryRule
from analysis.looking import MISSING, NO_GROUP, TOO_FEW, Look, tried_parameters
from analysis.school_facts import SchoolFacts
from analysis.weighing import weigh

HOUSE_REASONS = (MISSING, TOO_FEW, NO_GROUP)
"""Reasons that judging itself gives; every programme has words for them."""


@dataclass(frozen=True, slots=True)
class CategoryGround:
    """Why the school carries a category."""

    category: str
    ground: Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`listed`: carries the entry category; `not_rated`: why that is not known, or None."""

    school: str
    territory: str
    listed: bool
    categories: tuple[str, ...]
    grounds: tuple[CategoryGround, ...]
    not_rated: tuple[str, ...] | None
    peer_group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryVerdict:
    """`inside` of `counted` schools carry the rule's category."""

    territory: str
    listed: bool
    inside: int
    counted: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdicts in the order of the schools' identifiers, whatever order they came in."""

    verdicts: tuple[Verdict, ...]
    territories: tuple[TerritoryVerdict, ...]


def judge(
    rules: Identification,
    schools: Iterable[SchoolFacts],
    year: int,
    parameters: Mapping[str, object] | None = None,
) -> Judgement:
    """`parameters` replace declared ones by name, or by name.group for one peer group."""
    tried = tried_parameters(rules, parameters or {})
    looks = [
        Look(rules=rules, school=school, year=year, weigh=weigh, parameters=tried)
        for school in sorted(schools, key=lambda school: school.school)
        if rules.judged is Judged.EVERY_SCHOOL or school.has_row(year)
    ]
    pairs = [(look, _verdict(look)) for look in looks]
    territories = _territories(rules.territories, pairs) if rules.territories else ()
    return Judgement(tuple(verdict for _, verdict in pairs), territories)


def _verdict(look: Look) -> Verdict:
    group, unsure = peer_group(look)
    look = replace(look, group=group)
    protected = tuple(one.reason for one in look.rules.protections if weigh(look, one.when).holds)
    found: dict[str, Finding] = {}
    if not protected and not unsure:
        found = {key: weigh(look, one.when) for key, one in look.rules.categories.items()}
    entry = found.get(
        look.rules.entry, Finding(holds=None, reasons=frozenset({*protected, *unsure}))
    )
    carried = tuple(key for key, finding in found.items() if finding.holds)
    return Verdict(
        school=look.school.school,
        territory=look.school.territory,
        listed=entry.holds is True,
        categories=carried,
        grounds=tuple(
            CategoryGround(key, ground)
            for key in carried
            for ground in dict.fromkeys(found[key].grounds)
        ),
        not_rated=tuple(sorted(entry.reasons)) if entry.holds is None else None,
        peer_group=group,
    )


def peer_group(look: Look) -> tuple[str | None, frozenset[str]]:
    """The first group that fits; when an earlier one might fit, the group is unknown."""
    if not look.rules.peer_groups:
        return None, frozenset()
    for group in look.rules.peer_groups:
        finding = weigh(look, group.when)
        if finding.holds:
            return group.key, frozenset()
        if finding.holds is None:
            return None, finding.reasons | {NO_GROUP}
    return None, frozenset({NO_GROUP})


def _territories(
    rule: TerritoryRule, pairs: list[tuple[Look, Verdict]]
) -> tuple[TerritoryVerdict, ...]:
    counts: dict[str, list[int]] = {}
    limits: dict[str, Decimal] = {}
    for look, verdict in pairs:
        territory = verdict.territory
        if not territory or territory in rule.leave_out:
            continue
        count = counts.setdefault(territory, [0, 0])
        limits.setdefault(territory, Decimal(look.settled(rule.above)))
        if rule.among is None or weigh(look, rule.among).holds:
            count[0] += rule.category in verdict.categories
            count[1] += 1
    return tuple(
        TerritoryVerdict(
            territory=territory,
            listed=inside > limits[territory] * counted,  # no division: a half is exactly a half
            inside=inside,
            counted=counted,
        )
        for territory, (inside, counted) in sorted(counts.items())
    )
