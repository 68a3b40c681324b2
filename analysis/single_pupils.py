"""Whose verdict hangs on one pupil: found for all schools together, by looking only where it may."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from analysis.altering import changed
from analysis.cohort import Cohort
from analysis.columns import FactTable
from analysis.conditions import FactTest, Limit, ParameterName
from analysis.hanging import counts_of, hanging
from analysis.identification import Identification, Per
from analysis.judging import judged_alone
from analysis.looking import Look, parameter_of
from analysis.school_facts import Scalar
from analysis.standings import Booleans
from analysis.verdicts import Judgement
from analysis.versions import Version, judge_versions
from analysis.weighing import weigh

_AT_ONCE = 20_000  # versions judged together: enough for speed, little enough for memory
Place: TypeAlias = tuple[str, int, str | None]
"""Fact, year, procedure."""


def on_one_pupil(
    rules: Identification,
    table: FactTable,
    year: int,
    now: Judgement,
    tried: Mapping[str, Scalar] | None = None,
    cohort: Cohort | None = None,
) -> tuple[str, ...]:
    """Schools whose verdict turns when one count of pupils is one more or one less.

    `now` is how they are judged with the parameters `tried`; a `cohort` is for rules that compare
    schools. Judged are the versions in which a comparison could turn at all.
    """
    listed = {one.school: one.listed for one in now.verdicts}
    versions = versions_by_one(rules, table, year, now, tried or {})
    found: set[str] = set()
    left: list[Version] = []
    for start in range(0, len(versions), _AT_ONCE):
        some = versions[start : start + _AT_ONCE]
        verdicts = [None] * len(some) if cohort else judge_versions(rules, table, tried or {}, some)
        for one, verdict in zip(some, verdicts, strict=True):
            if verdict is None:
                left.append(one)
            elif verdict.listed is not listed[table.schools[one.position]]:
                found.add(table.schools[one.position])
    left = [one for one in left if table.schools[one.position] not in found]
    looked = _looked_at(rules, table, tried or {}, left, cohort)
    found |= {school for school, is_listed in looked if is_listed is not listed[school]}
    return tuple(sorted(found))


def versions_by_one(
    rules: Identification,
    table: FactTable,
    year: int,
    now: Judgement,
    tried: Mapping[str, Scalar],
) -> list[Version]:
    """Judged schools with one pupil more or one less, where a limit of their peer group is near."""
    group_of = {one.school: one.peer_group for one in now.verdicts}
    found: list[Version] = []
    for group in {*group_of.values()}:
        among = [school in group_of and group_of[school] == group for school in table.schools]
        watch = Watch.over(rules, tried, group)
        found += watch.versions(table, year, np.array(among, np.bool_))
    return found


def _looked_at(
    rules: Identification,
    table: FactTable,
    tried: Mapping[str, Scalar],
    versions: Sequence[Version],
    cohort: Cohort | None,
) -> Iterator[tuple[str, bool]]:
    """One by one: where columns were not sure, or where each version stands among all schools."""
    of_school: dict[str, list[Version]] = defaultdict(list)
    for one in versions:
        of_school[table.schools[one.position]].append(one)
    for school in table.details(of_school):
        look = Look(
            rules=rules,
            school=school,
            year=table.year,
            weigh=weigh,
            parameters=tried,
            cohort=cohort,
        )
        for one in of_school[school.school]:
            version = changed(school, one, one.value)
            yield school.school, judged_alone(replace(look, school=version)).listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Which counts stand so near to a limit that one pupil could matter.

    `limits` of a count itself, `shares` of part / whole as numerator and denominator; whatever a
    count in `always` goes into cannot be told from its row.
    """

    rules: Identification
    counts: frozenset[str]
    limits: Mapping[str, frozenset[Decimal]]
    shares: Mapping[tuple[str, str], frozenset[tuple[int, int]]]
    always: frozenset[str]

    @classmethod
    def over(cls, rules: Identification, tried: Mapping[str, Scalar], group: str | None) -> "Watch":
        """With the limits that hold in one peer group."""
        hung = hanging(rules)
        counts = frozenset(hung.names & counts_of(rules).keys())
        limits: dict[str, set[Decimal]] = {}
        for test in hung.conditions:
            if isinstance(test, FactTest):
                operand = test.operand(test.comparison)
                limits.setdefault(test.fact, set()).update(_limits(rules, operand, tried, group))
        shares: dict[tuple[str, str], set[tuple[int, int]]] = {}
        always = {fact for name in hung.elsewhere for fact in _behind(rules, name)}
        for name in hung.names & rules.measures.keys():
            measure = rules.measures[name]
            if measure.share in counts and measure.of in counts:
                edges = {Fraction(limit).as_integer_ratio() for limit in limits.get(name, ())}
                shares.setdefault((measure.share, measure.of), set()).update(edges)
                limits.setdefault(measure.of, set()).update(
                    _limits(rules, measure.minimum, tried, group)
                )
            else:
                always |= _behind(rules, name)
        return cls(
            rules=rules,
            counts=counts,
            limits={name: frozenset(found) for name, found in limits.items()},
            shares={pair: frozenset(found) for pair, found in shares.items()},
            always=frozenset(always),
        )

    def versions(self, table: FactTable, year: int, among: Booleans) -> Iterator[Version]:
        """Each school with one pupil more or one less, wherever that could matter."""
        for name in sorted(self.counts):
            per = self.rules.facts[name].per
            years = [one for one in table.years if one <= year] if per is not Per.SCHOOL else [year]
            for at in years:
                for procedure in table.procedures(at) if per is Per.PROCEDURE else [None]:
                    for by in (-1, 1):
                        yield from self._shifted(table, (name, at, procedure), by, among)

    def _shifted(
        self, table: FactTable, place: Place, by: int, among: Booleans
    ) -> Iterator[Version]:
        name, at, procedure = place
        values = table.column(*place).values
        may = among & self._could_turn(table, place, by) & (np.nan_to_num(values) + by >= 0)
        may &= self._is_possible(table, place, by)
        is_standing = self.rules.facts[name].per is Per.SCHOOL
        for position in np.flatnonzero(may).tolist():
            yield Version(
                position=position,
                fact=name,
                year=None if is_standing else at,
                procedure=procedure,
                value=int(values[position]) + by,
            )

    def _could_turn(self, table: FactTable, place: Place, by: int) -> Booleans:
        """Where the count or its share comes to another side of a limit, or onto it."""
        name, at, procedure = place
        column = table.column(*place)
        if name in self.always:
            return column.known
        turns = np.zeros(table.size, np.bool_)
        for limit in self.limits.get(name, ()):
            over = column.values - float(limit)
            turns |= np.sign(over) != np.sign(over + by)
        for (part, whole), edges in self.shares.items():
            if name in (part, whole):
                parts, wholes = (table.column(one, at, procedure).values for one in (part, whole))
                for above, below in edges:
                    over = parts * below - above * wholes  # whole numbers, so this is exact
                    then = over + by * (below if name == part else -above)
                    turns |= np.sign(over) != np.sign(then)
        found: Booleans = turns & column.known
        return found

    def _is_possible(self, table: FactTable, place: Place, by: int) -> Booleans:
        """A part is never larger than its whole, unless it is so already."""
        name, at, procedure = place
        found = np.ones(table.size, np.bool_)
        for part, whole in self.shares:
            if name in (part, whole):
                parts, wholes = (table.column(one, at, procedure).values for one in (part, whole))
                over = parts + by * (name == part) > wholes + by * (name == whole)
                found &= ~(over & (parts <= wholes))
        return found


def _limits(
    rules: Identification,
    operand: Limit | object,
    tried: Mapping[str, Scalar],
    group: str | None,
) -> Iterator[Decimal]:
    """The numbers that an operand stands for."""
    found: Iterable[object] = operand if isinstance(operand, tuple) else (operand,)
    if isinstance(operand, ParameterName):
        found = (parameter_of(rules, tried, operand.parameter, group),)
    for one in found:
        if isinstance(one, int | Decimal) and not isinstance(one, bool):
            yield Decimal(one)


def _behind(rules: Identification, name: str) -> set[str]:
    """The facts that a measure is made of, through others as well."""
    if name in rules.facts:
        return {name}
    measure = rules.measures.get(name)
    return {fact for of in (measure.sources if measure else ()) for fact in _behind(rules, of)}
