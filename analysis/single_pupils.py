"""Whose verdict hangs on one pupil: found for all schools together, by looking only where it may."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from analysis.altering import Cell, cells, changed, neighbours
from analysis.columns import FactTable
from analysis.conditions import FactTest, Limit, ParameterName
from analysis.flipping import Judges
from analysis.hanging import counts_of, hanging
from analysis.identification import Identification, Per
from analysis.school_facts import Scalar, SchoolFacts
from analysis.standings import Booleans
from analysis.verdicts import Judgement

_AT_ONCE = 20_000  # versions judged together: enough for speed, little enough for memory
_WITHIN = 1.000001  # one pupil; the exact comparison follows


def on_one_pupil(
    rules: Identification,
    schools: FactTable,
    year: int,
    judged: Judges,
    now: Judgement,
    tried: Mapping[str, Scalar] | None = None,
) -> tuple[str, ...]:
    """Schools whose verdict turns when one count of pupils is one more or one less.

    `judged` gives the verdicts of versions, `now` was judged by it. Tried again are the versions in
    which a comparison could turn at all.
    """
    is_listed = {one.school: one.listed for one in now.verdicts}
    watch = Watch.over(rules, tried or {})
    found: set[str] = set()
    waiting: list[SchoolFacts] = []
    for school in schools.details(watch.candidates(schools, year)):
        if school.school in is_listed:
            waiting.extend(watch.versions(school, year))
        if len(waiting) >= _AT_ONCE:
            found |= _turned(judged, waiting, is_listed)
            waiting = []
    return tuple(sorted(found | _turned(judged, waiting, is_listed)))


def _turned(
    judged: Judges, versions: Sequence[SchoolFacts], is_listed: Mapping[str, bool]
) -> set[str]:
    verdicts = judged(versions) if versions else ()
    return {
        version.school
        for version, verdict in zip(versions, verdicts, strict=True)
        if verdict.listed is not is_listed[version.school]
    }


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
    def over(cls, rules: Identification, tried: Mapping[str, Scalar]) -> "Watch":
        hung = hanging(rules)
        counts = frozenset(hung.names & counts_of(rules).keys())
        limits: dict[str, set[Decimal]] = {}
        for test in hung.conditions:
            if isinstance(test, FactTest):
                operand = test.operand(test.comparison)
                limits.setdefault(test.fact, set()).update(_limits(rules, operand, tried))
        shares: dict[tuple[str, str], set[tuple[int, int]]] = {}
        always = {fact for name in hung.elsewhere for fact in _behind(rules, name)}
        for name in hung.names & rules.measures.keys():
            measure = rules.measures[name]
            if measure.share in counts and measure.of in counts:
                edges = {Fraction(limit).as_integer_ratio() for limit in limits.get(name, ())}
                shares.setdefault((measure.share, measure.of), set()).update(edges)
                limits.setdefault(measure.of, set()).update(_limits(rules, measure.minimum, tried))
            else:
                always |= _behind(rules, name)
        return cls(
            rules=rules,
            counts=counts,
            limits={name: frozenset(found) for name, found in limits.items()},
            shares={pair: frozenset(found) for pair, found in shares.items()},
            always=frozenset(always),
        )

    def candidates(self, table: FactTable, year: int) -> list[str]:
        """Schools with a count near to a limit, found in whole columns."""
        found = np.zeros(table.size, np.bool_)
        for at in (one for one in table.years if one <= year):
            for procedure in (None, *table.procedures(at)):
                for name in self.counts:
                    is_of_procedure = self.rules.facts[name].per is Per.PROCEDURE
                    if is_of_procedure is (procedure is not None):
                        found |= self._near_in(table, name, at, procedure)
        return [table.schools[position] for position in np.flatnonzero(found).tolist()]

    def _near_in(self, table: FactTable, name: str, at: int, procedure: str | None) -> Booleans:
        column = table.column(name, at, procedure)
        if name in self.always:
            return column.known
        near = np.zeros(table.size, np.bool_)
        for limit in self.limits.get(name, ()):
            near |= np.abs(column.values - float(limit)) <= _WITHIN
        for (part, whole), edges in self.shares.items():
            if name in (part, whole):
                parts = np.nan_to_num(table.column(part, at, procedure).values)
                wholes = np.nan_to_num(table.column(whole, at, procedure).values)
                for above, below in edges:
                    most = max(abs(above), below) * _WITHIN
                    near |= np.abs(parts * below - above * wholes) <= most
        found: Booleans = near & column.known
        return found

    def versions(self, school: SchoolFacts, year: int) -> Iterator[SchoolFacts]:
        """The school with one pupil more or one less, wherever that could matter."""
        for cell in cells(self.rules, school, year, self.counts):
            if isinstance(cell.value, int) and self._is_near(school, cell):
                for value in (cell.value - 1, cell.value + 1):
                    if value >= 0 and self._is_possible(school, cell, value):
                        yield changed(school, cell, value)

    def _is_near(self, school: SchoolFacts, cell: Cell) -> bool:
        if cell.fact in self.always:
            return True
        value = Decimal(cell.value)
        if any(abs(value - limit) <= 1 for limit in self.limits.get(cell.fact, ())):
            return True
        for pair, edges in self.shares.items():
            if cell.fact not in pair:
                continue
            part, whole = self._row(school, cell, pair)
            for above, below in edges:
                if abs(part * below - above * whole) <= max(abs(above), below):
                    return True
        return False

    def _is_possible(self, school: SchoolFacts, cell: Cell, value: int) -> bool:
        """A part is never larger than its whole, unless it is so already."""
        for pair in self.shares:
            if cell.fact in pair:
                part, whole = self._row(school, cell, pair)
                new = (value, whole) if cell.fact == pair[0] else (part, value)
                if part <= whole and new[0] > new[1]:
                    return False
        return True

    def _row(self, school: SchoolFacts, cell: Cell, pair: tuple[str, str]) -> tuple[int, int]:
        facts = neighbours(school, cell)
        values = [facts[name].value if name in facts else None for name in pair]
        part, whole = (value if isinstance(value, int) else 0 for value in values)
        return part, whole


def _limits(
    rules: Identification, operand: Limit | object, tried: Mapping[str, Scalar]
) -> Iterator[Decimal]:
    """The numbers that an operand may stand for: declared, of a peer group, or tried."""
    found: Iterable[object] = operand if isinstance(operand, tuple) else (operand,)
    if isinstance(operand, ParameterName):
        name = operand.parameter
        declared = rules.parameters[name]
        asked = [value for key, value in tried.items() if key.partition(".")[0] == name]
        found = (declared.value, *declared.by_peer_group.values(), *asked)
    for one in found:
        if isinstance(one, int | Decimal) and not isinstance(one, bool):
            yield Decimal(one)


def _behind(rules: Identification, name: str) -> set[str]:
    """The facts that a measure is made of, through others as well."""
    if name in rules.facts:
        return {name}
    measure = rules.measures.get(name)
    return {fact for of in (measure.sources if measure else ()) for fact in _behind(rules, of)}
