"""Caps: at most so many schools carry a category; who is left out is told so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from analysis.cohort import unit_of
from analysis.conditions import Rounding
from analysis.identification import Cap
from analysis.looking import Look
from analysis.standings import Booleans, Floats, Peers, part_of, ranks, rounded
from analysis.verdicts import KeptOff, Verdict


def capped(pairs: Sequence[tuple[Look, Verdict]]) -> list[tuple[Look, Verdict]]:
    """The verdicts after every cap, in the order in which the categories are declared."""
    found = list(pairs)
    for key, category in found[0][0].rules.categories.items() if found else ():
        if category.cap is not None:
            for position in _cut(key, category.cap, found):
                look, verdict = found[position]
                found[position] = look, kept_off(verdict, key, category.cap, look.rules.entry)
    return found


def kept_off(verdict: Verdict, key: str, cap: Cap, entry: str) -> Verdict:
    """The same verdict without the category, and with the reason."""
    return replace(
        verdict,
        listed=verdict.listed and key != entry,
        categories=tuple(one for one in verdict.categories if one != key),
        grounds=tuple(one for one in verdict.grounds if one.category != key),
        kept_off=(*verdict.kept_off, KeptOff(key, cap.reason)),
    )


def over_the_cap(
    cap: Cap, peers: Peers, judged: Booleans, limit: Callable[[int], Decimal | int]
) -> list[int]:
    """Positions of those inside `peers` for whom there is no room in their unit.

    `limit` gives the cap's number or share from the position of a school of the unit.
    """
    places = ranks(peers, cap.order, cap.ties)
    found: list[int] = []
    for positions in peers.each_group():
        unit = peers.groups[positions[0]]
        room = limit(int(positions[0]))
        if cap.share is not None:
            judged_here = int(np.count_nonzero(judged & (peers.groups == unit)))
            room = part_of(room, judged_here, Rounding.DOWN)
        found += [int(one) for one in positions if places[one] > room]
    return found


def _cut(key: str, cap: Cap, pairs: Sequence[tuple[Look, Verdict]]) -> list[int]:
    numbers: dict[str | None, int] = {}
    looks = [replace(look, group=verdict.peer_group) for look, verdict in pairs]
    units = [numbers.setdefault(unit_of(look, cap.within)[0], len(numbers)) for look in looks]
    inside = [key in verdict.categories for _, verdict in pairs]
    values = [
        _by(look, cap) if is_in else np.nan for look, is_in in zip(looks, inside, strict=True)
    ]
    peers = Peers(_floats(values), np.array(inside, np.bool_), np.array(units, np.int64))
    return over_the_cap(
        cap, peers, np.ones(len(pairs), np.bool_), lambda position: room_of(looks[position], cap)
    )


def room_of(look: Look, cap: Cap) -> Decimal | int:
    if cap.share is None:
        return look.count(cap.at_most)
    return Decimal(look.settled(cap.share))


def last(cap: Cap) -> float:
    """What stands for an unknown value: such a school comes last."""
    return np.inf if cap.order == "ascending" else -np.inf


def _by(look: Look, cap: Cap) -> float:
    value = look.value(cap.by)[0].value
    return last(cap) if value is None or isinstance(value, str) else float(value)


def _floats(values: Sequence[float]) -> Floats:
    return rounded(np.array(values, np.float64))
