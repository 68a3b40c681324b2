"""Who is paired with whom: the optimal assignment of a whole cohort under capacities.

As many as possible are paired; among all such pairings the one with the largest sum of scores. Scores
are whole ten-thousandths, so that sums are exact. Where scores are equal the candidate with the
earlier identifier goes first, and rows and columns always stand in the order of the identifiers: the
order in which anything came in plays no part.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from opora.canonical import canonical
from opora.errors import InputRefused
from opora.words import Sentence

WHOLE = 10_000
"""A score is given in so many parts of one."""

CAPACITY = "capacity"
"""The barrier of whom everybody else has taken."""

NOBODY = "nobody"
"""The barrier where there is no candidate at all."""

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Market:
    """Seekers × candidates, both sorted. A barrier that is set forbids the pair; parts lie in 0 … 1.

    `balance` weighs against giving the same candidate one more.
    """

    seekers: tuple[str, ...]
    candidates: tuple[str, ...]
    capacities: tuple[int, ...]
    barriers: Mapping[str, Marks] = field(default_factory=dict)
    parts: Mapping[str, Numbers] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    balance: float = 0.0

    @cached_property
    def scores(self) -> NDArray[np.int64]:
        """The weighted mean of the parts, in ten-thousandths."""
        shape = (len(self.seekers), len(self.candidates))
        whole = sum(self.weights.values()) + self.balance
        total = np.zeros(shape)
        for name, part in self.parts.items():
            total += self.weights.get(name, 0.0) * part
        return np.rint(total * (WHOLE / whole if whole else 0.0)).astype(np.int64)

    @cached_property
    def is_open(self) -> Marks:
        """Where no barrier stands."""
        closed = np.zeros((len(self.seekers), len(self.candidates)), dtype=np.bool_)
        for barrier in self.barriers.values():
            closed |= barrier
        return ~closed

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        return {key: row for row, key in enumerate(self.seekers)}

    @cached_property
    def column_of(self) -> Mapping[str, int]:
        return {key: column for column, key in enumerate(self.candidates)}

    def burden(self, column: int, already: int) -> int:
        """What one more costs a candidate who has so many already; it grows with each."""
        whole = sum(self.weights.values()) + self.balance
        share = already / max(self.capacities[column], 1)
        return round(WHOLE * self.balance * share / whole) if whole else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Seeker → candidate, or None; `total` is the sum of scores less the burdens."""

    chosen: Mapping[str, str | None]
    total: int


def fingerprint_of(pairing: Pairing) -> str:
    """Twelve characters that change with any pair: who confirms says which proposal was looked at."""
    return hashlib.sha256(canonical(dict(pairing.chosen)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Why a seeker has nobody: the barrier that most candidates would come free of, alone.

    `opens`: so many candidates stand behind this barrier only. `counts`: how many each one stops.
    """

    barrier: str
    opens: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One possible pair: what forbids it, or its score and the parts of it."""

    candidate: str
    barriers: tuple[str, ...]
    score: int
    parts: Mapping[str, float]


def pair_up(market: Market, fixed: Mapping[str, str] | None = None) -> Pairing:
    """The best pairing around the pairs that persons have fixed; these stand whatever forbids them.

    Raises InputRefused where more are fixed on a candidate than it can take.
    """
    fixed = fixed or {}
    load = _load(market, fixed)
    free = [row for row, key in enumerate(market.seekers) if key not in fixed]
    columns, burdens = _slots(market, load, len(free))
    chosen: dict[str, str | None] = {key: fixed.get(key) for key in market.seekers}
    for row, column in _solved(market, free, columns, burdens):
        chosen[market.seekers[row]] = market.candidates[column]
    return Pairing(chosen=chosen, total=total_of(market, chosen))


def total_of(market: Market, chosen: Mapping[str, str | None]) -> int:
    """The sum of the scores of the pairs, less what the burdens of work take away."""
    pairs = [(market.row_of[a], market.column_of[b]) for a, b in chosen.items() if b is not None]
    load = Counter(column for _, column in pairs)
    burdens = sum(market.burden(column, n) for column, many in load.items() for n in range(many))
    return int(sum(market.scores[row, column] for row, column in pairs)) - burdens


def _load(market: Market, fixed: Mapping[str, str]) -> Counter[int]:
    load: Counter[int] = Counter()
    for seeker, candidate in sorted(fixed.items()):
        column = market.column_of[candidate]
        load[column] += 1
        if load[column] > market.capacities[column]:
            cure = Sentence(
                "{most} are the most that it can take: fix fewer on it.",
                {"most": market.capacities[column]},
            )
            raise InputRefused(field=seeker, value=candidate, cure=cure)
    return load


def _slots(
    market: Market, load: Mapping[int, int], seekers: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A column for each place that a candidate still has, and what that place costs."""
    columns, burdens = [], []
    for column, capacity in enumerate(market.capacities):
        held = load.get(column, 0)
        for place in range(held, min(capacity, held + seekers)):
            columns.append(column)
            burdens.append(market.burden(column, place))
    return np.array(columns, dtype=np.int64), np.array(burdens, dtype=np.int64)


def _solved(
    market: Market,
    free: Sequence[int],
    columns: NDArray[np.int64],
    burdens: NDArray[np.int64],
) -> list[tuple[int, int]]:
    """Row and column of each pair. A dummy column for each seeker takes whoever remains alone."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  half a second to import

    if not free or not len(columns):
        return []
    rows = np.array(free, dtype=np.int64)
    # all differences of rank together weigh less than one unit of score
    apart = len(free) * len(market.candidates) + 1
    worst = (2 * WHOLE + 1) * apart
    alone = worst * (len(free) + 1)  # one more pair is better than any sum of scores
    gain = (market.scores[np.ix_(rows, columns)] - burdens) * apart - columns
    cost = np.full((len(free), len(columns) + len(free)), float(alone))
    cost[:, : len(columns)] = np.where(
        market.is_open[np.ix_(rows, columns)], worst - gain, 2.0 * alone
    )
    places = linear_sum_assignment(cost)[1]  # one for each row, in their order
    return [
        (row, int(columns[place]))
        for row, place in zip(free, places.tolist(), strict=True)
        if place < len(columns)
    ]


# --- why, and why not -----------------------------------------------------------------------------


def weighed(market: Market, seeker: str, candidate: str) -> Weighed:
    """What speaks for and against one pair."""
    row, column = market.row_of[seeker], market.column_of[candidate]
    return Weighed(
        candidate=candidate,
        barriers=tuple(name for name, marks in market.barriers.items() if marks[row, column]),
        score=int(market.scores[row, column]),
        parts={name: round(float(part[row, column]), 4) for name, part in market.parts.items()},
    )


def best_for(market: Market, seeker: str, most: int) -> list[Weighed]:
    """The candidates that nothing forbids, the highest score first."""
    row = market.row_of[seeker]
    scores = np.where(market.is_open[row], market.scores[row], -1)
    order = np.argsort(-scores, kind="stable")[:most]
    return [weighed(market, seeker, market.candidates[n]) for n in order if scores[n] >= 0]


def binding(market: Market, seeker: str) -> Binding:
    """What keeps a seeker alone: all who suit have been taken, or a barrier stops everybody."""
    if not market.candidates:
        return Binding(barrier=NOBODY, opens=0, counts={})
    row = market.row_of[seeker]
    stopped = {name: marks[row] for name, marks in market.barriers.items()}
    counts = {name: int(marks.sum()) for name, marks in stopped.items() if marks.any()}
    suiting = int(market.is_open[row].sum())
    if suiting or not counts:
        return Binding(barrier=CAPACITY, opens=suiting, counts=counts)
    many = sum(marks.astype(np.int64) for marks in stopped.values())
    alone = {name: int((marks & (many == 1)).sum()) for name, marks in stopped.items()}
    first = max(counts, key=lambda name: (alone[name], counts[name]))
    return Binding(barrier=first, opens=alone[first], counts=counts)
