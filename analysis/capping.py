"""Caps: at most so many schools carry a category; who is left out is told so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from analysis.conditions import Order, Rounding
from analysis.identification import Cap, Identification
from analysis.looking import counted, settled_for
from analysis.school_facts import Scalar
from analysis.standings import Floats, Integers, Peers, part_of, ranks, rounded
from analysis.verdicts import KeptOff, Verdict

Sides: TypeAlias = Callable[[Cap, Sequence[Verdict]], tuple[Floats, Integers]]
"""What a cap looks at, for each verdict: the measure (nan where unknown) and its unit's number."""


def capped(
    rules: Identification,
    tried: Mapping[str, Scalar],
    verdicts: Sequence[Verdict],
    sides: Sides,
) -> list[Verdict]:
    """The verdicts after every cap, in the order in which the categories are declared."""
    found = list(verdicts)
    for key, category in rules.categories.items():
        if (cap := category.cap) is None:
            continue
        values, units = sides(cap, found)
        inside = np.array([key in one.categories for one in found], np.bool_)
        last = np.inf if cap.order is Order.ASCENDING else -np.inf  # an unknown value comes last
        peers = Peers(np.where(np.isnan(values), last, rounded(values)), inside, units)
        places = ranks(peers, cap.order, cap.ties)
        for positions in peers.each_group():
            group = found[positions[0]].peer_group
            here = int(np.count_nonzero(units == units[positions[0]]))
            room = _room(rules, tried, cap, group, here)
            for position in positions[places[positions] > room]:
                found[position] = _kept_off(found[position], key, cap.reason, rules.entry)
    return found


def _room(
    rules: Identification, tried: Mapping[str, Scalar], cap: Cap, group: str | None, judged: int
) -> int:
    if cap.share is None:
        return counted(cap.at_most, settled_for(rules, tried, cap.at_most, group))
    share = Decimal(settled_for(rules, tried, cap.share, group))
    return part_of(share, judged, Rounding.DOWN)


def _kept_off(verdict: Verdict, key: str, reason: str, entry: str) -> Verdict:
    """The same verdict without the category, and with the reason."""
    return replace(
        verdict,
        listed=verdict.listed and key != entry,
        categories=tuple(one for one in verdict.categories if one != key),
        grounds=tuple(one for one in verdict.grounds if one.category != key),
        kept_off=(*verdict.kept_off, KeptOff(key, reason)),
    )
