"""Judges schools by a programme's rules: who is listed, why, and who is not rated. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.bulk_judging import BulkJudgement
from analysis.capping import capped
from analysis.cohort import Cohort, LookedColumns, unit_of
from analysis.columns import FactTable
from analysis.findings import Finding
from analysis.grouping import peer_group
from analysis.identification import Cap, Identification, Judged
from analysis.looking import Look, tried_parameters
from analysis.school_facts import SchoolFacts
from analysis.standings import Floats, Integers
from analysis.territories import judge_territories
from analysis.verdicts import CategoryGround, Judgement, KeptOff, Verdict
from analysis.weighing import weigh


def judge(
    rules: Identification,
    schools: Iterable[SchoolFacts] | FactTable,
    year: int,
    parameters: Mapping[str, object] | None = None,
) -> Judgement:
    """A table of columns gives the same verdicts as its schools one by one, and sooner.

    `parameters` replace declared ones by name, or by name.group for one peer group.
    """
    if isinstance(schools, FactTable):
        return judge_in_bulk(rules, schools, year, parameters)
    tried = tried_parameters(rules, parameters or {})
    looks = [look for look in looks_of(rules, schools, year, parameters) if is_judged(look)]
    verdicts = [judged_alone(look) for look in looks]
    looks = [replace(look, group=one.peer_group) for look, one in zip(looks, verdicts, strict=True)]
    verdicts = capped(rules, tried, verdicts, lambda cap, _: _sides(cap, looks))
    among = rules.territories.among if rules.territories else None
    is_counted = [among is None or weigh(look, among).holds is True for look in looks]
    return Judgement(tuple(verdicts), judge_territories(rules, tried, verdicts, is_counted))


def judge_in_bulk(
    rules: Identification,
    table: FactTable,
    year: int,
    parameters: Mapping[str, object] | None = None,
    *,
    grounds: bool = True,
) -> Judgement:
    """The same verdicts from columns; who carries a category is then looked at for its `grounds`."""
    tried = tried_parameters(rules, parameters or {})
    found = BulkJudgement(rules, table.seen_from(year), tried)
    verdicts = {one.school: one for one in found.verdicts}
    for school in table.details(found.to_look_at(grounds=grounds)):
        look = Look(
            rules=rules,
            school=school,
            year=year,
            weigh=weigh,
            parameters=tried,
            cohort=found.bulk.cohort,
        )
        verdicts[school.school] = judged_alone(look)
    listed = capped(rules, tried, list(verdicts.values()), found.sides)
    return Judgement(
        tuple(listed), judge_territories(rules, tried, listed, found.counted_in_territories())
    )


def _sides(cap: Cap, looks: Sequence[Look]) -> tuple[Floats, Integers]:
    numbers: dict[str | None, int] = {}
    units = [numbers.setdefault(unit_of(look, cap.within)[0], len(numbers)) for look in looks]
    values = [look.value(cap.by)[0].value for look in looks]
    known = [np.nan if v is None or isinstance(v, str) else float(v) for v in values]
    return np.array(known, np.float64), np.array(units, np.int64)


def empty_groups(rules: Identification, judgement: Judgement) -> list[str]:
    """Peer groups that no judged school belongs to: their rules say nothing of anybody."""
    found = {verdict.peer_group for verdict in judgement.verdicts}
    return [group.key for group in rules.peer_groups if group.key not in found]


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
