"""Where each school stands among its peers: ranks, percentiles, differences, standard scores.

Everything works on whole columns. Values are rounded to nine places before they are compared, so
that two schools with the same result share a place whatever way it was worked out.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.conditions import Order, Rounding, Ties
from analysis.measures import Method, PeerDifference, Statistic

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]

PLACES = 9


def rounded(values: Floats) -> Floats:
    found: Floats = np.round(values, PLACES) + 0.0  # no minus zero
    return found


def rounded_number(value: float) -> float:
    """As `rounded` does it, for one value."""
    return float(np.round(np.float64(value), PLACES)) + 0.0


@dataclass(frozen=True, slots=True)
class Peers:
    """One value a school, in the order of identifiers; `inside` are those who are compared.

    `groups` numbers the group of each; a school without one is not inside.
    """

    values: Floats
    inside: Booleans
    groups: Integers
    known: dict[Hashable, Floats] = field(default_factory=dict, compare=False, repr=False)

    def once(self, what: Hashable, work: Callable[["Peers"], Floats]) -> Floats:
        """A column over these peers, worked out when it is first asked for."""
        if what not in self.known:
            self.known[what] = work(self)
        return self.known[what]

    def holding(self, position: int, value: float, group: int) -> "Peers":
        """These peers with one school as given; a position behind the last one adds a school."""
        size = self.values.size
        there = position < size and self.inside[position]
        if there and (self.values[position], self.groups[position]) == (value, group):
            return self
        more = max(0, position + 1 - size)
        values = np.append(self.values, [np.nan] * more)
        inside = np.append(self.inside, np.zeros(more, np.bool_))
        groups = np.append(self.groups, np.full(more, -1))
        values[position], inside[position], groups[position] = value, True, group
        return Peers(values, inside, groups)

    def each_group(self) -> Iterator[Integers]:
        """Positions of the schools of each group."""
        positions = np.flatnonzero(self.inside)
        order = positions[np.argsort(self.groups[positions], kind="stable")]
        ends = np.flatnonzero(np.diff(self.groups[order])) + 1
        return iter(np.split(order, ends)) if order.size else iter(())


def _by_group(peers: Peers, work: Callable[[Floats], Floats]) -> Floats:
    found = np.full(peers.values.shape, np.nan)
    for positions in peers.each_group():
        found[positions] = work(peers.values[positions])
    return found


def ranks(peers: Peers, order: Order, ties: Ties) -> Floats:
    """Places from 1 within each group; nan for who is not inside."""

    def of_group(values: Floats) -> Floats:
        values = values if order is Order.ASCENDING else -values
        ordered = np.sort(values)
        first = np.searchsorted(ordered, values, "left") + 1.0
        last = np.searchsorted(ordered, values, "right") + 0.0
        shared = {Ties.MIN: first, Ties.MAX: last, Ties.AVERAGE: (first + last) / 2}
        return shared[ties].astype(np.float64)

    return _by_group(peers, of_group)


def percentiles(peers: Peers, method: Method) -> Floats:
    """From 0 to 100 within each group."""

    def of_group(values: Floats) -> Floats:
        ordered = np.sort(values)
        below = np.searchsorted(ordered, values, "left") + 0.0
        at_most = np.searchsorted(ordered, values, "right") + 0.0
        counted = {
            Method.BELOW: below,
            Method.AT_MOST: at_most,
            Method.MIDDLE: (below + at_most) / 2,
        }
        return rounded(counted[method] * 100 / values.size)

    return _by_group(peers, of_group)


def standard_scores(peers: Peers) -> Floats:
    """Distance from the mean in standard deviations of the group; 0 where all are alike."""

    def of_group(values: Floats) -> Floats:
        mean, spread = float(values.mean()), float(values.std())
        if spread <= 10.0**-PLACES:
            return np.zeros_like(values)
        return rounded((values - mean) / spread)

    return _by_group(peers, of_group)


def differences(peers: Peers, form: PeerDifference) -> Floats:
    """Own value less the peers' statistic; nan where fewer than the minimum are compared with."""
    alone = form.others or form.from_ in {Statistic.LOWEST, Statistic.HIGHEST}

    def of_group(values: Floats) -> Floats:
        if values.size - alone < form.minimum:
            return np.full(values.shape, np.nan)
        compare = _of_others if alone else _of_all
        return rounded(values - compare(values, form.from_))

    return _by_group(peers, of_group)


def _of_all(values: Floats, statistic: Statistic) -> Floats:
    found = values.mean() if statistic is Statistic.MEAN else np.median(values)
    return np.full(values.shape, found)


def _of_others(values: Floats, statistic: Statistic) -> Floats:
    """For each school the statistic of the group without it."""
    if statistic is Statistic.MEAN:
        found: Floats = (values.sum() - values) / (values.size - 1)
        return found
    ordered = np.sort(values)
    own = np.searchsorted(ordered, values, "left")
    others = values.size - 1

    def at(place: int) -> Floats:
        here: Floats = np.where(place < own, ordered[place], ordered[place + 1])
        return here

    if statistic is Statistic.LOWEST:
        return at(0)
    if statistic is Statistic.HIGHEST:
        return at(others - 1)
    return at(others // 2) if others % 2 else (at(others // 2 - 1) + at(others // 2)) / 2


_ROUNDINGS = {
    Rounding.UP: ROUND_CEILING,
    Rounding.DOWN: ROUND_FLOOR,
    Rounding.NEAREST: ROUND_HALF_UP,
}


def part_of(share: Decimal | int, number: int, rounding: Rounding) -> int:
    """A share of a number of schools, in whole schools: 0.07 of 100 is 7, never 8."""
    return int((Decimal(share) * number).to_integral_value(_ROUNDINGS[rounding]))
