"""All judged schools side by side, for the rules that compare a school with others.

A school that is tried with other facts is placed among the others as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analysis.conditions import ALL, PEER_GROUP, TERRITORY, Comparison
from analysis.declared import Declared
from analysis.findings import Input
from analysis.grouping import peer_group
from analysis.identification import Judged
from analysis.reasons import MISSING, NO_GROUP, NOT_RANKED
from analysis.standings import Booleans, Floats, Integers, Peers, rounded, rounded_number

if TYPE_CHECKING:  # a Look holds the cohort it is placed in
    from analysis.looking import Look


class Columns(Protocol):
    """What is known of all schools of a year, in the order of their identifiers."""

    def values(self, name: str, year: int, procedure: str | None) -> Floats:
        """The measure of each school, rounded; nan where it is not known."""
        ...

    def holds(self, condition: Declared, year: int, procedure: str | None) -> Booleans: ...

    def units(self, within: str, year: int, procedure: str | None) -> Integers:
        """The number of each school's group; -1 for those without one, or without the year."""
        ...

    def unit_number(self, within: str, name: str) -> int: ...

    def position(self, school: str) -> int | None: ...

    def size(self) -> int: ...


@dataclass(slots=True)
class Cohort:
    """Peers for each comparison, found once."""

    columns: Columns
    known: dict[tuple[object, ...], Peers] = field(default_factory=dict)

    def peers(self, form: Comparison, year: int, procedure: str | None) -> Peers:
        key = (form.of, form.within, id(form.among), year, procedure)
        if key not in self.known:
            values = self.columns.values(form.of, year, procedure)
            units = self.columns.units(form.within, year, procedure)
            inside = ~np.isnan(values) & (units >= 0)
            if form.among is not None:
                inside &= self.columns.holds(form.among, year, procedure)
            self.known[key] = Peers(values, inside, units)
        return self.known[key]

    def counted(self, condition: Declared, peers: Peers, unit: int, look: "Look") -> int:
        """Schools of one group for whom the condition holds, whether they are ranked or not."""
        holds = self.columns.holds(condition, look.year, look.procedure)
        return int(np.count_nonzero(holds & (peers.groups[: holds.size] == unit)))


@dataclass(frozen=True)
class Placed:
    """One school among its peers; or the reason why it has no place there."""

    inputs: tuple[Input, ...]
    reason: str | None = None
    peers: Peers | None = None
    position: int = 0
    unit: int = -1

    def in_column(self, column: Floats) -> Decimal | None:
        value = column[self.position]
        return None if np.isnan(value) else exactly(float(value))

    @cached_property
    def ranked(self) -> int:
        """How many of its group are compared, itself included."""
        if self.peers is None:
            return 0
        return int(np.count_nonzero(self.peers.inside & (self.peers.groups == self.unit)))


def exactly(value: float) -> Decimal:
    """The rounded value as a decimal, without the tail of a binary fraction."""
    return Decimal(repr(value)).normalize() + 0


def place(look: "Look", form: Comparison, own: tuple[Input, ...] | None = None) -> Placed:
    """Where the school of this look stands; `own` replaces the value that `form.of` names."""
    inputs = own if own is not None else look.value(form.of)
    value, reason = inputs[0].value, inputs[0].reason
    if value is None or isinstance(value, str):
        return Placed(inputs, reason or MISSING)
    if look.rules.judged is not Judged.EVERY_SCHOOL and not look.school.has_row(look.year):
        return Placed(inputs, MISSING)  # it is not among the schools of that year
    if form.among is not None:
        finding = look.weigh(look, form.among)
        inputs += finding.inputs
        if not finding.holds:
            return Placed(inputs, min(finding.reasons, default=NOT_RANKED))
    unit, missing = unit_of(look, form.within)
    if unit is None or look.cohort is None:
        return Placed(inputs, missing)
    columns = look.cohort.columns
    found = columns.position(look.school.school)
    position = columns.size() if found is None else found
    number = columns.unit_number(form.within, unit)
    peers = look.cohort.peers(form, look.year, look.procedure)
    peers = peers.holding(position, rounded_number(float(value)), number)
    return Placed(inputs, None, peers, position, number)


def unit_of(look: "Look", within: str) -> tuple[str | None, str]:
    """The group that a school is compared within, as it is in the year looked at."""
    if within == ALL:
        return ALL, ""
    if within == TERRITORY:
        return look.school.territory, ""
    if within == PEER_GROUP:
        if not look.rules.peer_groups:
            return ALL, ""
        return peer_group(replace(look, group=None))[0], NO_GROUP
    found = look.value(within)[0]
    return (None if found.value is None else str(found.value)), found.reason or MISSING


class LookedColumns:
    """Columns filled by looking at each school in turn; the looks are those of the judged year."""

    def __init__(self, looks: Sequence["Look"]) -> None:
        self.cohort = Cohort(self)
        self._looks = [replace(look, cohort=self.cohort) for look in looks]
        self._positions = {look.school.school: n for n, look in enumerate(self._looks)}
        self._groups: list[str | None] | None = None
        self._numbers: dict[tuple[str, str], int] = {}

    def _seen(self, year: int, procedure: str | None) -> list["Look | None"]:
        """A look at each school that has the year, in its group of the judged year."""
        if self._groups is None:
            self._groups = [None] * len(self._looks)  # while the groups themselves are found
            self._groups = [peer_group(look)[0] for look in self._looks]
        return [
            replace(look, group=group, year=year, procedure=procedure)
            if look.rules.judged is Judged.EVERY_SCHOOL or look.school.has_row(year)
            else None
            for look, group in zip(self._looks, self._groups, strict=True)
        ]

    def values(self, name: str, year: int, procedure: str | None) -> Floats:
        found = np.full(len(self._looks), np.nan)
        for position, look in enumerate(self._seen(year, procedure)):
            if look is not None:
                value = look.value(name)[0].value
                if value is not None and not isinstance(value, str):
                    found[position] = float(value)
        return rounded(found)

    def holds(self, condition: Declared, year: int, procedure: str | None) -> Booleans:
        return np.array(
            [
                look is not None and look.weigh(look, condition).holds is True
                for look in self._seen(year, procedure)
            ],
            dtype=np.bool_,
        )

    def units(self, within: str, year: int, procedure: str | None) -> Integers:
        found = np.full(len(self._looks), -1)
        for position, look in enumerate(self._seen(year, procedure)):
            if look is not None and (unit := unit_of(look, within)[0]) is not None:
                found[position] = self.unit_number(within, unit)
        return found

    def unit_number(self, within: str, name: str) -> int:
        return self._numbers.setdefault((within, name), len(self._numbers))

    def position(self, school: str) -> int | None:
        return self._positions.get(school)

    def size(self) -> int:
        return len(self._looks)
