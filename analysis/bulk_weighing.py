"""The rule language over columns: what `weighing` says of one school, said of all at once.

Where a value that is not exact lies at a limit, the school is put down as unsure and is looked at
by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from analysis.bulk import Bulk, Found, Place
from analysis.columns import Column
from analysis.conditions import (
    AllOf,
    Always,
    AnyOf,
    Bottom,
    BottomShare,
    CategoryTest,
    FactTest,
    Not,
    Procedures,
    Run,
    SomeOf,
    Unchanged,
    Unrated,
    Years,
)
from analysis.declared import Declared
from analysis.reasons import MISSING, TOO_FEW_PEERS
from analysis.standings import Booleans, Integers, part_of, ranks
from analysis.weighing import COMPARE, ORDERS

_NEAR = 1e-9


def weigh_all(bulk: Bulk, condition: Declared, place: Place) -> Found:
    """Each school's 1, 0 or -1 with its reasons."""
    return _FORMS[type(condition)](bulk, condition, place)


def compared(bulk: Bulk, column: Column, comparison: str, operand: object) -> Found:
    """Each value against its own limit."""
    holds = np.where(column.known, 0, -1).astype(np.int8)
    reasons = column.reasons.copy()
    for value, mask in bulk.settled(operand):
        if comparison in ORDERS and isinstance(value, str) is not column.words:
            lost = mask & column.known
            holds[lost], reasons[lost] = -1, bulk.table.bit(MISSING)
        else:
            holds[mask & column.known & _passes(bulk, column, comparison, value)] = 1
    return Found(holds, reasons)


def _passes(bulk: Bulk, column: Column, comparison: str, wanted: Any) -> Booleans:
    compare = COMPARE[comparison]
    if column.words:
        passing = np.array([compare(word, wanted) for word in bulk.table.vocabulary], np.bool_)
        codes = np.where(column.known, column.values, 0).astype(np.int64)
        return passing[codes] if passing.size else np.zeros(bulk.table.size, np.bool_)
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    numbers = [float(one) for one in several if not isinstance(one, str)]
    if not column.exact:
        for number in numbers:
            bulk.unsure |= np.abs(column.values - number) <= _NEAR * max(1.0, abs(number))
    if isinstance(wanted, tuple):
        is_in = np.isin(column.values, numbers)
        return is_in if comparison == "in" else ~is_in
    if isinstance(wanted, str):
        return np.full(bulk.table.size, comparison == "is_not")
    return np.asarray(compare(column.values, numbers[0]), np.bool_)


def at_least(bulk: Bulk, wanted: int | Integers, found: Sequence[Found]) -> Found:
    """As `findings.at_least`; `wanted` is a number or one for each school."""
    size = bulk.table.size
    holding = sum((one.holds == 1 for one in found), np.zeros(size, np.int64))
    unknown = sum((one.holds == -1 for one in found), np.zeros(size, np.int64))
    holds = np.where(holding >= wanted, 1, np.where(holding + unknown < wanted, 0, -1)).astype(
        np.int8
    )
    reasons = np.zeros(size, np.uint64)
    for one in found:
        reasons |= np.where(one.holds == -1, one.reasons, np.uint64(0))
    reasons[holds != -1] = 0
    return Found(holds, reasons)


def everybody(bulk: Bulk, *, holds: int, reason: str | None = None) -> Found:
    bits = bulk.table.bit(reason) if reason else np.uint64(0)
    size = bulk.table.size
    return Found(np.full(size, holds, np.int8), np.full(size, bits))


def merged(chosen: Booleans, one: Found, other: Found) -> Found:
    return Found(
        np.where(chosen, one.holds, other.holds), np.where(chosen, one.reasons, other.reasons)
    )


# --- the forms ------------------------------------------------------------------------------------


def _fact(bulk: Bulk, test: FactTest, place: Place) -> Found:
    year, procedure = place
    column = bulk.column(test.fact, year + test.year, test.procedure or procedure)
    if test.comparison == "known":
        holds = (column.known == test.known).astype(np.int8)
        return Found(holds, np.zeros(bulk.table.size, np.uint64))
    return compared(bulk, column, test.comparison, test.operand(test.comparison))


def _all(bulk: Bulk, condition: AllOf, place: Place) -> Found:
    return at_least(bulk, len(condition.all), [bulk.weigh(one, place) for one in condition.all])


def _any(bulk: Bulk, condition: AnyOf, place: Place) -> Found:
    return at_least(bulk, 1, [bulk.weigh(one, place) for one in condition.any])


def _some(bulk: Bulk, condition: SomeOf, place: Place) -> Found:
    wanted = bulk.counts(condition.at_least)
    return at_least(bulk, wanted, [bulk.weigh(one, place) for one in condition.of])


def _not(bulk: Bulk, condition: Not, place: Place) -> Found:
    found = bulk.weigh(condition.not_, place)
    turned = (found.holds == 0).astype(np.int8)
    return Found(np.where(found.holds == -1, np.int8(-1), turned), found.reasons)


def _years(bulk: Bulk, condition: Years, place: Place) -> Found:
    count = condition.years
    wanted, span = bulk.counts(count.at_least), bulk.counts(count.of_last)
    return _over_years(bulk, (count.when, count.unrated), wanted, span, place)


def _run(bulk: Bulk, condition: Run, place: Place) -> Found:
    length = bulk.counts(condition.run.at_least)
    body = (condition.run.when, condition.run.unrated)
    return _over_years(bulk, body, length, length, place)


def _over_years(
    bulk: Bulk, body: tuple[Declared, Unrated], wanted: Integers, span: Integers, place: Place
) -> Found:
    (when, unrated), (year, procedure) = body, place
    if unrated is Unrated.SKIPPED:
        return _rated_years(bulk, when, wanted, span, place)
    unheard = everybody(bulk, holds=0)
    found = []
    for back in range(int(span.max(initial=0))):
        one = bulk.weigh(when, (year - back, procedure))
        counts = (back < span) & ((one.holds != -1) | (unrated is Unrated.UNKNOWN))
        found.append(merged(counts, one, unheard))
    return at_least(bulk, wanted, found)


def _rated_years(
    bulk: Bulk, when: Declared, wanted: Integers, span: Integers, place: Place
) -> Found:
    """The last years that can be judged, as far back as anything is known of each school."""
    year, procedure = place
    rated = np.zeros(bulk.table.size, np.int64)
    found, unheard = [], everybody(bulk, holds=0)
    for earlier in sorted((one for one in bulk.table.years if one <= year), reverse=True):
        one = bulk.weigh(when, (earlier, procedure))
        counts = (one.holds != -1) & bulk.table.present(earlier) & (rated < span)
        found.append(merged(counts, one, unheard))
        rated += counts
    return merged(rated > 0, at_least(bulk, wanted, found), bulk.weigh(when, place))


def _procedures(bulk: Bulk, condition: Procedures, place: Place) -> Found:
    count, (year, _) = condition.procedures, place
    unheard, found = everybody(bulk, holds=0), []
    took_any = np.zeros(bulk.table.size, np.bool_)
    for procedure in bulk.table.procedures(year):
        if count.among is None or procedure in count.among:
            taken = bulk.table.taken(year, procedure)
            took_any |= taken
            found.append(merged(taken, bulk.weigh(count.when, (year, procedure)), unheard))
    counted = at_least(bulk, bulk.counts(count.at_least), found)
    return merged(took_any, counted, everybody(bulk, holds=-1, reason=MISSING))


def _unchanged(bulk: Bulk, condition: Unchanged, place: Place) -> Found:
    year, procedure = place
    found = []
    for name in condition.unchanged:
        now, before = (bulk.column(name, at, procedure) for at in (year, year - 1))
        if not now.exact:
            bulk.unsure |= np.abs(now.values - before.values) <= _NEAR
        known = now.known & before.known
        same = (now.values == before.values).astype(np.int8)
        holds = np.where(known, same, np.int8(-1))
        reasons = np.where(now.known, before.reasons, now.reasons)
        found.append(Found(holds, reasons))
    return at_least(bulk, len(found), found)


def _bottom(bulk: Bulk, condition: Bottom, place: Place) -> Found:
    body = condition.bottom
    placed = bulk.placed(body, place)
    own = placed.peers.once(
        ("rank", body.order, body.ties), lambda peers: ranks(peers, body.order, body.ties)
    )
    room, ranked = np.zeros(bulk.table.size), np.zeros(bulk.table.size)
    for positions in placed.peers.each_group():
        unit = placed.peers.groups[positions[0]]
        ranked[positions] = positions.size
        number = positions.size
        if body.out_of is not None:
            counted = bulk.holds(body.out_of, *place) & (placed.peers.groups == unit)
            number = int(np.count_nonzero(counted))
        for value, mask in _sizes(bulk, body, number):
            room[positions[mask[positions]]] = value
    few = placed.inside & (ranked < body.minimum)
    holds = everybody(bulk, holds=-1).holds
    has_place = placed.inside & ~few
    holds[has_place] = (own <= room)[has_place]
    reasons = np.where(few, bulk.table.bit(TOO_FEW_PEERS), placed.reasons)
    holds[placed.left_out] = 0
    reasons[holds != -1] = 0
    return Found(holds, reasons)


def _sizes(bulk: Bulk, body: BottomShare, number: int) -> Iterator[tuple[int, Booleans]]:
    if body.share is None:
        counts = bulk.counts(body.count)
        yield from ((int(one), counts == one) for one in np.unique(counts))
        return
    for share, mask in bulk.settled(body.share):
        yield part_of(Decimal(share), number, body.rounding), mask


def _category(bulk: Bulk, condition: CategoryTest, place: Place) -> Found:
    category = bulk.rules.categories[condition.category]
    found = bulk.weigh(category.when, place)
    for exception in category.unless:
        spared = (found.holds == 1) & (bulk.weigh(exception.when, place).holds == 1)
        found = merged(spared, everybody(bulk, holds=0), found)
    return found


def _always(bulk: Bulk, condition: Always, _: Place) -> Found:
    return everybody(bulk, holds=int(condition.always))


_FORMS: dict[type[Declared], Callable[[Bulk, Any, Place], Found]] = {
    FactTest: _fact,
    AllOf: _all,
    AnyOf: _any,
    SomeOf: _some,
    Not: _not,
    Years: _years,
    Run: _run,
    Procedures: _procedures,
    Unchanged: _unchanged,
    Bottom: _bottom,
    CategoryTest: _category,
    Always: _always,
}
