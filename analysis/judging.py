"""Judges schools by a programme's rules: who is listed, why, and who is not rated. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from analysis.capping import capped
from analysis.cohort import Cohort, LookedColumns
from analysis.findings import Finding
from analysis.grouping import peer_group
from analysis.identification import Identification, Judged, TerritoryRule
from analysis.looking import Look, tried_parameters
from analysis.school_facts import SchoolFacts
from analysis.verdicts import CategoryGround, Judgement, KeptOff, TerritoryVerdict, Verdict
from analysis.weighing import weigh


def judge(
    rules: Identification,
    schools: Iterable[SchoolFacts],
    year: int,
    parameters: Mapping[str, object] | None = None,
) -> Judgement:
    """`parameters` replace declared ones by name, or by name.group for one peer group."""
    looks = looks_of(rules, schools, year, parameters)
    judged = [look for look in looks if is_judged(look)]
    pairs = [(look, judged_alone(look)) for look in judged]
    if any(category.cap for category in rules.categories.values()):
        pairs = capped(pairs)
    territories = territories_of(rules.territories, pairs) if rules.territories else ()
    return Judgement(tuple(verdict for _, verdict in pairs), territories)


def looks_of(
    rules: Identification,
    schools: Iterable[SchoolFacts],
    year: int,
    parameters: Mapping[str, object] | None = None,
) -> list[Look]:
    """A look at each school in the order of identifiers, all in one cohort."""
    tried = tried_parameters(rules, parameters or {})
    looks = [
        Look(rules=rules, school=school, year=year, weigh=weigh, parameters=tried)
        for school in sorted(schools, key=lambda school: school.school)
    ]
    cohort = LookedColumns(looks).cohort
    return [replace(look, cohort=cohort) for look in looks]


def cohort_of(
    rules: Identification,
    schools: Iterable[SchoolFacts],
    year: int,
    parameters: Mapping[str, object] | None = None,
) -> Cohort:
    """All schools side by side, for a single Look that compares."""
    tried = tried_parameters(rules, parameters or {})
    looks = [
        Look(rules=rules, school=school, year=year, weigh=weigh, parameters=tried)
        for school in sorted(schools, key=lambda school: school.school)
    ]
    return LookedColumns(looks).cohort


def is_judged(look: Look) -> bool:
    return look.rules.judged is Judged.EVERY_SCHOOL or look.school.has_row(look.year)


def judged_alone(look: Look) -> Verdict:
    """The verdict on one school before the caps, which look at the whole list."""
    group, unsure = peer_group(look)
    look = replace(look, group=group)
    protected = tuple(one.reason for one in look.rules.protections if weigh(look, one.when).holds)
    found: dict[str, Finding] = {}
    if not protected and not unsure:
        found = {key: weigh(look, one.when) for key, one in look.rules.categories.items()}
    entry = found.get(
        look.rules.entry, Finding(holds=None, reasons=frozenset({*protected, *unsure}))
    )
    kept_off = tuple(
        KeptOff(key, reason)
        for key, finding in found.items()
        if finding.holds and (reason := _exception(look, key)) is not None
    )
    spared = {one.category for one in kept_off}
    carried = tuple(key for key, one in found.items() if one.holds and key not in spared)
    return Verdict(
        school=look.school.school,
        territory=look.school.territory,
        listed=look.rules.entry in carried,
        categories=carried,
        grounds=tuple(
            CategoryGround(key, ground)
            for key in carried
            for ground in dict.fromkeys(found[key].grounds)
        ),
        not_rated=tuple(sorted(entry.reasons)) if entry.holds is None else None,
        peer_group=group,
        kept_off=kept_off,
    )


def _exception(look: Look, category: str) -> str | None:
    exceptions = look.rules.categories[category].unless
    return next((one.reason for one in exceptions if weigh(look, one.when).holds), None)


def territories_of(
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
