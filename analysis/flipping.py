"""The smallest change of one fact of a school that turns its verdict, the others as they are."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from analysis.altering import Cell, cells, changed, neighbours
from analysis.cohort import Cohort
from analysis.columns import table_of
from analysis.conditions import FactTest, ParameterName
from analysis.hanging import Hanging, counts_of, hanging
from analysis.identification import FactType, Identification
from analysis.judging import judged_alone
from analysis.looking import Look, tried_parameters
from analysis.school_facts import Scalar, SchoolFacts
from analysis.verdicts import Verdict
from analysis.versions import judge_versions
from analysis.weighing import weigh

Judges: TypeAlias = Callable[[Sequence[tuple[Cell, Scalar]]], Sequence[Verdict]]
"""The verdict on one school for each value in the place of one of its cells."""

_NEAR = 24  # so many steps each way are all tried; beyond them ever longer ones, then halved
_DIGITS, _MOST_DIGITS = 2, 6
_REACH = 10  # without a bound: so many times the largest number at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact changed, and what the verdict is then. `size`: the change as a share of its scale."""

    cell: Cell
    becomes: Scalar
    listed: bool
    not_rated: tuple[str, ...] | None
    size: Decimal
    is_count: bool = False

    @property
    def by(self) -> Decimal | None:
        """By how much a number changes; None for words."""
        if isinstance(self.becomes, str) or isinstance(self.cell.value, str):
            return None
        return Decimal(self.becomes) - Decimal(self.cell.value)


def judges(
    rules: Identification,
    school: SchoolFacts,
    year: int,
    parameters: Mapping[str, object] | None = None,
    cohort: Cohort | None = None,
) -> Judges:
    """With a `cohort` each version is placed among the other schools as they are, one by one."""
    tried = tried_parameters(rules, parameters or {})
    look = Look(rules=rules, school=school, year=year, weigh=weigh, parameters=tried, cohort=cohort)
    table = table_of(rules, [school], year)

    def exactly(cell: Cell, value: Scalar) -> Verdict:
        return judged_alone(replace(look, school=changed(school, cell, value)))

    def one_by_one(values: Sequence[tuple[Cell, Scalar]]) -> Sequence[Verdict]:
        return [exactly(cell, value) for cell, value in values]

    def together(values: Sequence[tuple[Cell, Scalar]]) -> Sequence[Verdict]:
        versions = [cell.version(0, value) for cell, value in values]
        found = judge_versions(rules, table, tried, versions)
        return [
            verdict or exactly(cell, value)
            for verdict, (cell, value) in zip(found, values, strict=True)
        ]

    return one_by_one if cohort is not None else together


def smallest_changes(
    rules: Identification, school: SchoolFacts, year: int, listed: bool, judged: Judges
) -> tuple[Change, ...]:
    """For each fact that can turn `listed` alone its smallest change, the smallest of all first.

    Numbers move in steps of their own precision, counts in whole pupils between none and all. Each
    was judged again. Further than a few steps away the nearest turn is found by halving.
    """
    search = _Search(judged, listed)
    ground = _Ground(rules, school, counts_of(rules), hanging(rules))
    paths = [
        path
        for cell in cells(rules, school, year, ground.hung.names)
        for path in _paths(ground, cell)
    ]
    found: dict[Cell, Change] = {}
    for path, place, verdict in search.turns(paths):
        change = Change(
            cell=path.cell,
            becomes=path.value(place),
            listed=verdict.listed,
            not_rated=verdict.not_rated,
            size=path.size(place),
            is_count=path.cell.fact in ground.counts,
        )
        known = found.get(path.cell)
        if known is None or change.size < known.size:
            found[path.cell] = change
    return tuple(sorted(found.values(), key=lambda one: (one.size, _order(one.cell))))


def _order(cell: Cell) -> tuple[str, int, str]:
    return cell.fact, -(cell.year or 0), cell.procedure or ""


# --- the ways in which it can change --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """The values of one cell in one direction: place 0 is as it is, 1 … `last` lead away from it."""

    cell: Cell
    last: int
    step: Decimal | None = None  # None: words, which stand in `words`
    scale: Decimal = Decimal(1)
    words: tuple[Scalar, ...] = ()
    marks: tuple[int, ...] = ()  # places beside a limit

    def value(self, place: int) -> Scalar:
        if self.step is None:
            return self.words[place - 1]
        number = Decimal(self.cell.value) + place * self.step
        return int(number) if isinstance(self.cell.value, int) else number

    def size(self, place: int) -> Decimal:
        return Decimal(1) if self.step is None else abs(place * self.step) / self.scale

    def places(self) -> list[int]:
        """Where to look first: every near place, then ever further apart, and beside the limits."""
        if self.step is None:
            return list(range(1, self.last + 1))
        found = {*range(1, min(_NEAR, self.last) + 1), *self.marks, self.last}
        far = _NEAR
        while (far := far * 3 // 2) < self.last:
            found.add(far)
        return sorted(place for place in found if 1 <= place <= self.last)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the paths are laid out on."""

    rules: Identification
    school: SchoolFacts
    counts: Mapping[str, str | None]
    hung: Hanging

    def number(self, cell: Cell, name: str | None) -> Decimal | None:
        """Another number of the cell's row."""
        fact = neighbours(self.school, cell).get(name) if name else None
        value = fact.value if fact else None
        return None if value is None or isinstance(value, str) else Decimal(value)

    def bounds(self, cell: Cell) -> tuple[Decimal | None, Decimal | None]:
        """A count lies between none and its whole, the whole is not below its part."""
        whole = self.number(cell, self.counts.get(cell.fact))
        parts = [self.number(cell, part) for part, of in self.counts.items() if of == cell.fact]
        low = max((one for one in parts if one is not None), default=Decimal(0))
        may_be_negative = Decimal(cell.value) < 0
        return (None if may_be_negative else low), whole

    def scale(self, cell: Cell) -> Decimal:
        """What a change is measured against: all who took part, else the value itself."""
        whole = self.number(cell, self.counts.get(cell.fact))
        return max(whole or abs(Decimal(cell.value)), Decimal(1))

    def operands(self, fact: str) -> Iterator[Scalar]:
        """All that the rules compare a fact with."""
        for test in self.hung.conditions:
            if not isinstance(test, FactTest) or test.fact != fact or test.comparison == "known":
                continue
            operand = test.operand(test.comparison)
            if isinstance(operand, ParameterName):
                parameter = self.rules.parameters[operand.parameter]
                yield from (parameter.value, *parameter.by_peer_group.values())
            elif isinstance(operand, tuple):
                yield from operand
            elif isinstance(operand, str | int | Decimal):
                yield operand


def _paths(ground: _Ground, cell: Cell) -> Iterator[_Path]:
    declared = ground.rules.facts[cell.fact]
    if declared.values or not declared.type.is_number:
        words = _words(ground, cell)
        yield _Path(cell=cell, last=len(words), words=words)
        return
    limits = [Decimal(one) for one in ground.operands(cell.fact) if not isinstance(one, str)]
    was = Decimal(cell.value)
    step = Decimal(1) if declared.type is FactType.INTEGER else _precision([was, *limits])
    low, high = ground.bounds(cell)
    reach = _REACH * max([abs(was), *map(abs, limits), 100 * step])
    low, high = was - reach if low is None else low, was + reach if high is None else high
    for direction, bound in ((-1, low), (1, high)):
        beside = {int((limit - was) * direction / step) + n for limit in limits for n in (-1, 0, 1)}
        yield _Path(
            cell=cell,
            last=max(int((bound - was) * direction / step), 0),
            step=direction * step,
            scale=ground.scale(cell),
            marks=tuple(beside),
        )


def _words(ground: _Ground, cell: Cell) -> tuple[Scalar, ...]:
    """Every other word that the cell may hold, the nearest in its vocabulary first."""
    declared = ground.rules.facts[cell.fact]
    if declared.type is FactType.YES_NO:
        possible: Iterable[Scalar] = ("yes", "no")
    else:
        possible = declared.values or ground.operands(cell.fact)
    listed = list(dict.fromkeys(possible))
    here = listed.index(cell.value) if cell.value in listed else 0
    nearest = sorted(listed, key=lambda one: abs(listed.index(one) - here))
    return tuple(one for one in nearest if one != cell.value)


def _precision(numbers: Iterable[Decimal]) -> Decimal:
    digits = [-int(number.normalize().as_tuple().exponent) for number in numbers]
    return Decimal(1).scaleb(-min(max([*digits, _DIGITS]), _MOST_DIGITS))


# --- the search -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Search:
    """Judges many versions at once: every path is walked at the same time."""

    judged: Judges
    listed: bool

    def turns(self, paths: Sequence[_Path]) -> Iterator[tuple[_Path, int, Verdict]]:
        """The nearest place of each path at which the verdict is another, with that verdict."""
        tried = self._try([(path, place) for path in paths for place in path.places()])
        spans: list[tuple[_Path, int, int, Verdict]] = []
        for path in paths:
            before = 0
            for place in path.places():
                verdict = tried[id(path), place]
                if verdict.listed is not self.listed:
                    spans.append((path, before, place, verdict))
                    break
                before = place
        while any(place - before > 1 for _, before, place, _ in spans):
            open_ones = [(path, (before + place) // 2) for path, before, place, _ in spans]
            tried = self._try(open_ones)
            spans = [
                (path, before, middle, tried[id(path), middle])
                if tried[id(path), middle].listed is not self.listed
                else (path, middle, place, verdict)
                for (path, before, place, verdict), (_, middle) in zip(
                    spans, open_ones, strict=True
                )
            ]
        return ((path, place, verdict) for path, _, place, verdict in spans)

    def _try(self, places: Sequence[tuple[_Path, int]]) -> dict[tuple[int, int], Verdict]:
        values = [
            (path.cell, path.value(place) if place else path.cell.value) for path, place in places
        ]
        verdicts = self.judged(values) if values else ()
        return {
            (id(path), place): verdict
            for (path, place), verdict in zip(places, verdicts, strict=True)
        }
