"""All schools of a table side by side: their columns, their peer groups, their comparisons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.bulk_measuring import measured
from analysis.cohort import Cohort
from analysis.columns import Column, FactTable, Masks
from analysis.conditions import ALL, PEER_GROUP, TERRITORY, Comparison, ParameterName
from analysis.declared import Declared
from analysis.identification import Identification, Judged
from analysis.looking import counted, parameter_of
from analysis.reasons import MISSING, NO_GROUP, NOT_RANKED
from analysis.school_facts import Scalar
from analysis.standings import Booleans, Floats, Integers, Peers, rounded

Place: TypeAlias = tuple[int, str | None]
"""A year, and within `procedures` one of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """`Finding` of every school without its grounds: 1 holds, 0, or -1 unknown with reasons."""

    holds: NDArray[np.int8]
    reasons: Masks


class Weigher(Protocol):
    """`bulk_weighing.weigh_all`, handed in because it needs a Bulk itself."""

    def __call__(self, bulk: "Bulk", condition: Declared, place: Place) -> Found: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AllPlaced:
    """Every school among its peers; who is not `inside` has a reason, or was `left_out`."""

    peers: Peers
    inside: Booleans
    left_out: Booleans
    reasons: Masks


class Bulk:
    """All schools of a table, seen in the judged year with their peer groups."""

    def __init__(
        self,
        rules: Identification,
        table: FactTable,
        parameters: Mapping[str, Scalar],
        weigher: Weigher,
        at: int | None = None,
    ) -> None:
        self.rules, self.table, self.parameters = rules, table, parameters
        self.unsure = np.zeros(table.size, np.bool_)
        self.groups = np.full(table.size, -1)
        self.cohort = Cohort(self)
        self._weigher = weigher
        self._columns: dict[tuple[str, int, str | None], Column] = {}
        self._found: dict[tuple[object, ...], Found] = {}
        self._groups: dict[int, Integers] = {}
        self._positions = {school: n for n, school in enumerate(table.schools)}
        self._units: dict[tuple[str, str], int] = {}
        year = table.year if at is None else at
        self.groups, self.ungrouped = self.grouped(year)
        self._groups[year] = self.groups
        for before in (self._columns, self._found, self.cohort.known):
            before.clear()  # worked out while nobody had a group

    # --- peer groups ------------------------------------------------------------------------------

    def grouped(self, year: int) -> tuple[Integers, Masks]:
        """The number of each school's peer group, and the reasons of those who have none."""
        groups = np.full(self.table.size, -1)
        unsure = np.zeros(self.table.size, np.uint64)
        if not self.rules.peer_groups:
            return groups, unsure
        waiting = np.ones(self.table.size, np.bool_)
        for number, group in enumerate(self.rules.peer_groups):
            found = self.weigh(group.when, (year, None))
            groups[waiting & (found.holds == 1)] = number
            lost = waiting & (found.holds == -1)
            unsure[lost] = found.reasons[lost] | self.table.bit(NO_GROUP)
            waiting &= found.holds == 0
        unsure[waiting] = self.table.bit(NO_GROUP)
        return groups, unsure

    def group_at(self, year: int) -> Integers:
        """Number of each school's peer group as it is in the year, -1 without one."""
        if year not in self._groups:
            apart = Bulk(self.rules, self.table, self.parameters, self._weigher, at=year)
            self._groups[year] = apart.groups
            self.unsure |= apart.unsure
        return self._groups[year]

    def weigh(self, condition: Declared, place: Place) -> Found:
        key = (id(condition), *place)
        if key not in self._found:
            self._found[key] = self._weigher(self, condition, place)
        return self._found[key]

    def holds(self, condition: Declared, year: int, procedure: str | None) -> Booleans:
        found: Booleans = (self.weigh(condition, (year, procedure)).holds == 1) & self.members(year)
        return found

    # --- values -----------------------------------------------------------------------------------

    def column(self, name: str, year: int, procedure: str | None) -> Column:
        if name in self.rules.facts:
            return self.table.column(name, year, procedure)
        key = (name, year, procedure)
        if key not in self._columns:
            self._columns[key] = measured(self, name, (year, procedure))
        return self._columns[key]

    def settled(self, operand: object) -> Iterator[tuple[Any, Booleans]]:
        """Each value that a literal or parameter has, with the schools for which it has it."""
        if not isinstance(operand, ParameterName):
            yield operand, np.ones(self.table.size, np.bool_)
            return
        masks: dict[Scalar, Booleans] = {}
        for number in np.unique(self.groups):
            group = self.rules.peer_groups[number].key if number >= 0 else None
            value = parameter_of(self.rules, self.parameters, operand.parameter, group)
            mask = self.groups == number
            masks[value] = masks[value] | mask if value in masks else mask
        yield from masks.items()

    def counts(self, operand: object) -> Integers:
        found = np.zeros(self.table.size, np.int64)
        for value, mask in self.settled(operand):
            found[mask] = counted(operand, value)
        return found

    # --- side by side -----------------------------------------------------------------------------

    def members(self, year: int) -> Booleans:
        if self.rules.judged is Judged.EVERY_SCHOOL:
            return np.ones(self.table.size, np.bool_)
        return self.table.present(year)

    def values(self, name: str, year: int, procedure: str | None) -> Floats:
        found = rounded(self.column(name, year, procedure).values)
        found[~self.members(year)] = np.nan
        return found

    def units(self, within: str, year: int, procedure: str | None) -> Integers:
        found = np.full(self.table.size, -1)
        members = self.members(year)
        if within == ALL or (within == PEER_GROUP and not self.rules.peer_groups):
            found[:] = self.unit_number(within, ALL)
        elif within == TERRITORY:
            found[:] = [self.unit_number(within, one) for one in self.table.territories]
        elif within == PEER_GROUP:
            groups = self.group_at(year)
            for number, group in enumerate(self.rules.peer_groups):
                found[groups == number] = self.unit_number(within, group.key)
        else:
            column = self.column(within, year, procedure)
            words = [self.unit_number(within, word) for word in self.table.vocabulary]
            known = np.flatnonzero(column.known)
            found[known] = np.array(words)[column.values[known].astype(np.int64)]
        found[~members] = -1
        return found

    def unit_number(self, within: str, name: str) -> int:
        return self._units.setdefault((within, name), len(self._units))

    def position(self, school: str) -> int | None:
        return self._positions.get(school)

    def size(self) -> int:
        return self.table.size

    def placed(self, form: Comparison, place: Place) -> AllPlaced:
        """As `cohort.place` does it for one school."""
        column, peers = self.column(form.of, *place), self.cohort.peers(form, *place)
        reasons, members = column.reasons.copy(), self.members(place[0])
        reasons[column.known & ~members] = self.table.bit(MISSING)
        left_out = np.zeros(self.table.size, np.bool_)
        if form.among is not None:
            found, waiting = self.weigh(form.among, place), reasons == 0
            unknown = waiting & (found.holds == -1)
            left_out = waiting & (found.holds == 0)
            reasons[unknown] = self._first_reasons(found.reasons[unknown])
            reasons[left_out] = self.table.bit(NOT_RANKED)
        lost = (reasons == 0) & ~peers.inside
        if form.within in self.rules.facts:
            reasons[lost] = self.column(form.within, *place).reasons[lost]
        else:
            reasons[lost] = self.table.bit(NO_GROUP)
        return AllPlaced(peers=peers, inside=peers.inside, left_out=left_out, reasons=reasons)

    def _first_reasons(self, masks: Masks) -> Masks:
        """Of several reasons the first in the alphabet."""
        found = masks.copy()
        for mask in np.unique(masks):
            if mask:
                found[masks == mask] = self.table.bit(self.table.reasons_of(int(mask))[0])
        return found
