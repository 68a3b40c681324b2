"""Measures over columns: what `measuring` works out for one school, worked out for all at once."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from analysis.columns import Column, Masks
from analysis.measures import Gathered, Index, Measure
from analysis.measuring import COLUMNS, comparison_within, summed
from analysis.reasons import MISSING, NOT_COMPUTABLE, TOO_FEW, TOO_FEW_PEERS
from analysis.standings import Booleans, Floats, Integers, rounded, standard_scores

if TYPE_CHECKING:  # it works out measures itself
    from analysis.bulk import Bulk, Place

_NEAR = 1e-9


def measured(bulk: "Bulk", name: str, place: "Place") -> Column:
    """A measure of every school; or, under the name that `summed` gives, the sum of an index."""
    if name not in bulk.rules.measures:
        form: Index = bulk.rules.measures[name.removesuffix(summed(""))].index  # type: ignore[assignment]  # only an index is summed
        return _index_sum(bulk, form, place)
    measure = bulk.rules.measures[name]
    found = _FORMS[measure.form](bulk, name, measure, place)
    values, reasons = found.values.copy(), found.reasons.copy()
    waiting = np.ones(bulk.table.size, np.bool_)
    for exception in measure.unless:
        spared = waiting & bulk.holds(exception.when, *place)
        values[spared], reasons[spared] = np.nan, bulk.table.bit(exception.reason)
        waiting &= ~spared
    return Column(values, reasons, whole=found.whole, exact=found.exact)


def _numbers(values: Floats, reasons: Masks, *, exact: bool, whole: bool = False) -> Column:
    return Column(np.where(reasons == 0, values, np.nan), reasons, whole=whole, exact=exact)


def _index_sum(bulk: "Bulk", form: Index, place: "Place") -> Column:
    total = np.zeros(bulk.table.size)
    reasons = np.zeros(bulk.table.size, np.uint64)
    exact = not form.z
    for term in form.terms:
        column = bulk.column(term.of, *place)
        values, why = column.values, column.reasons
        exact = exact and column.whole
        if form.z:
            placed = bulk.placed(comparison_within(term.of, form.within), place)
            values, why = placed.peers.once("z", standard_scores), placed.reasons
        reasons = np.where(reasons == 0, why, reasons)
        weight = Decimal(term.weight) * term.sign
        exact = exact and weight == int(weight)
        total = total + np.where(why == 0, values, 0) * float(weight)
    return _numbers(total, reasons, exact=exact)


def _sources(bulk: "Bulk", measure: Measure, place: "Place") -> tuple[list[Column], Masks]:
    """All sources, and for each school the reason of the first that has none."""
    columns = [bulk.column(name, *place) for name in measure.sources]
    return columns, _first([column.reasons for column in columns], bulk.table.size)


def _first(masks: Sequence[Masks], size: int) -> Masks:
    found = np.zeros(size, np.uint64)
    for mask in masks:
        found = np.where(found == 0, mask, found)
    return found


def _share(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
    (part, whole), reasons = _sources(bulk, measure, place)
    few = whole.values <= 0
    for value, mask in bulk.settled(measure.minimum if measure.minimum is not None else 0):
        few |= mask & (whole.values < float(value))
        if not whole.exact:
            bulk.unsure |= np.abs(whole.values - float(value)) <= _NEAR
    reasons = np.where((reasons == 0) & few, bulk.table.bit(TOO_FEW), reasons)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = part.values / whole.values
    return _numbers(values, reasons, exact=part.whole and whole.whole)


def _ratio(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
    (part, whole), reasons = _sources(bulk, measure, place)
    if not whole.exact:
        bulk.unsure |= np.abs(whole.values) <= _NEAR
    zero = (reasons == 0) & (whole.values == 0)
    reasons = np.where(zero, bulk.table.bit(NOT_COMPUTABLE), reasons)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = part.values / whole.values
    return _numbers(values, reasons, exact=part.whole and whole.whole)


def _of_numbers(
    work: Callable[[list[Floats]], Floats], *, keeps_whole: bool
) -> Callable[["Bulk", str, Measure, "Place"], Column]:
    def worked(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
        columns, reasons = _sources(bulk, measure, place)
        whole = keeps_whole and all(column.whole for column in columns)
        values = work([column.values for column in columns])
        return _numbers(values, reasons, exact=whole, whole=whole)

    return worked


def _multiplied(values: list[Floats]) -> Floats:
    found: Floats = np.multiply.reduce(values)
    return found


def _summed(values: list[Floats]) -> Floats:
    found: Floats = np.add.reduce(values)
    return found


def _years(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
    form, (year, procedure) = measure.years, place
    assert form is not None  # noqa: S101  the form that is given
    columns = [bulk.column(form.of, year - back, procedure) for back in range(form.last)]
    return _gathered(bulk, columns, form.how, form.minimum)


def _procedures(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
    form, (year, _procedure) = measure.procedures, place
    assert form is not None  # noqa: S101  the form that is given
    names = [p for p in bulk.table.procedures(year) if form.among is None or p in form.among]
    columns = [
        _where(bulk.column(form.of, year, one), bulk.table.taken(year, one)) for one in names
    ]
    if form.weight is None:
        return _gathered(bulk, columns, form.how, form.minimum)
    total, weight = np.zeros(bulk.table.size), np.zeros(bulk.table.size)
    known, reasons = np.zeros(bulk.table.size), []
    for name, column in zip(names, columns, strict=True):
        heavy = _where(bulk.column(form.weight, year, name), bulk.table.taken(year, name))
        both = column.known & heavy.known & ~np.isnan(column.values) & ~np.isnan(heavy.values)
        total += np.where(both, column.values * heavy.values, 0)
        weight += np.where(both, heavy.values, 0)
        known += both
        reasons.append(np.where(column.reasons == 0, heavy.reasons, column.reasons))
    first = _first(reasons, bulk.table.size)
    lacking = np.where(first == 0, bulk.table.bit(MISSING), first)
    found = np.where(known < form.minimum, lacking, np.uint64(0))
    zero = (found == 0) & (weight == 0)
    found = np.where(zero, bulk.table.bit(NOT_COMPUTABLE), found)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _numbers(total / weight, found, exact=False)


def _where(column: Column, taken: Booleans) -> Column:
    """A procedure in which a school took no part says nothing of it, not even a reason."""
    return Column(
        np.where(taken, column.values, np.nan),
        np.where(taken, column.reasons, np.uint64(0)),
        whole=column.whole,
        exact=column.exact,
    )


def _gathered(bulk: "Bulk", columns: Sequence[Column], how: Gathered, minimum: int) -> Column:
    size = bulk.table.size
    known = [~np.isnan(column.values) for column in columns]
    number = sum(known, np.zeros(size, np.int64))
    none = np.zeros(size, np.uint64)
    whole = all(column.whole for column in columns)
    if how is Gathered.COUNT:
        return _numbers(number.astype(np.float64), none, exact=True, whole=True)
    first = _first([column.reasons for column in columns], size)
    lacking = np.where(first == 0, bulk.table.bit(MISSING), first)
    reasons = np.where(number < minimum, lacking, none)
    values = _GATHERED[how]([column.values for column in columns], number)
    exact = (whole and how is not Gathered.MEAN) or (
        how in {Gathered.LOWEST, Gathered.HIGHEST} and all(column.exact for column in columns)
    )
    return _numbers(values, reasons, exact=exact, whole=whole and how is not Gathered.MEAN)


def _total(values: list[Floats], number: Integers) -> Floats:
    return sum((np.nan_to_num(one) for one in values), np.zeros(number.shape))


def _mean(values: list[Floats], number: Integers) -> Floats:
    return _total(values, number) / np.maximum(number, 1)


def _lowest(values: list[Floats], number: Integers) -> Floats:
    found: Floats = np.fmin.reduce([np.full(number.shape, np.nan), *values])
    return found


def _highest(values: list[Floats], number: Integers) -> Floats:
    found: Floats = np.fmax.reduce([np.full(number.shape, np.nan), *values])
    return found


_GATHERED: dict[Gathered, Callable[[list[Floats], Integers], Floats]] = {
    Gathered.MEAN: _mean,
    Gathered.SUM: _total,
    Gathered.LOWEST: _lowest,
    Gathered.HIGHEST: _highest,
}


def _trend(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
    form, (year, procedure) = measure.trend, place
    assert form is not None  # noqa: S101  the form that is given
    columns = [bulk.column(form.of, year - back, procedure) for back in range(form.years)]
    known = np.array([column.known for column in columns])
    at = np.where(known, -np.arange(form.years, dtype=np.float64)[:, None], 0)
    values = np.where(known, np.array([column.values for column in columns]), 0)
    number = np.maximum(known.sum(axis=0), 1)
    first = _first([column.reasons for column in columns], bulk.table.size)
    few = known.sum(axis=0) < form.minimum
    reasons = np.where(few, first, np.uint64(0))
    off = np.where(known, at - at.sum(axis=0) / number, 0)
    above = np.where(known, values - values.sum(axis=0) / number, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (off * above).sum(axis=0) / (off**2).sum(axis=0)
    return _numbers(slope, reasons, exact=False)


def _compared(bulk: "Bulk", _: str, measure: Measure, place: "Place") -> Column:
    form = getattr(measure, measure.form)
    placed = bulk.placed(form, place)
    values = placed.peers.once(id(form), lambda peers: COLUMNS[measure.form](peers, form))
    few = (placed.reasons == 0) & np.isnan(values)
    reasons = np.where(few, bulk.table.bit(TOO_FEW_PEERS), placed.reasons)
    return _numbers(values, reasons, exact=measure.form == "rank")


def _index(bulk: "Bulk", name: str, measure: Measure, place: "Place") -> Column:
    form = measure.index
    assert form is not None  # noqa: S101  the form that is given
    total = bulk.column(summed(name), *place)
    if form.scale is None:
        return total
    placed = bulk.placed(comparison_within(summed(name), form.within), place)
    scores = placed.peers.once("z", standard_scores)
    values = rounded(float(form.scale.mean) + float(form.scale.spread) * scores)
    return _numbers(values, placed.reasons, exact=False)


_FORMS: dict[str, Callable[["Bulk", str, Measure, "Place"], Column]] = {
    "share": _share,
    "ratio": _ratio,
    "sum": _of_numbers(_summed, keeps_whole=True),
    "product": _of_numbers(_multiplied, keeps_whole=True),
    "difference": _of_numbers(lambda values: values[0] - values[1], keeps_whole=True),
    "mean": _of_numbers(lambda values: _summed(values) / len(values), keeps_whole=False),
    "years": _years,
    "procedures": _procedures,
    "trend": _trend,
    "index": _index,
    "rank": _compared,
    "percentile": _compared,
    "difference_from_peers": _compared,
}
