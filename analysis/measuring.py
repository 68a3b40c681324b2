"""Works out measures of one school: a value, or the reason that its sources have."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from analysis.cohort import exactly, place
from analysis.conditions import Comparison
from analysis.findings import Input
from analysis.measures import (
    Gathered,
    Index,
    Measure,
    OverProcedures,
    OverYears,
    Term,
    Trend,
)
from analysis.reasons import MISSING, NOT_COMPUTABLE, TOO_FEW, TOO_FEW_PEERS
from analysis.standings import (
    Floats,
    Peers,
    differences,
    percentiles,
    ranks,
    rounded_number,
    standard_scores,
)

if TYPE_CHECKING:  # a Look works out measures itself
    from analysis.looking import Look

_SUM = ":sum"

Worked: TypeAlias = tuple[tuple[Input, ...], Decimal | None, str | None]
"""What was looked at, and the value or the reason why there is none."""


def measured(look: "Look", name: str, measure: Measure) -> tuple[Input, ...]:
    """The measure itself first, then what it was made of."""
    inputs, value, reason = _FORMS[measure.form](look, name, measure)
    for exception in measure.unless:
        if look.weigh(look, exception.when).holds:
            value, reason = None, exception.reason
            break
    per_procedure = measure.procedures is None and any(one.procedure for one in inputs)
    standing = all(one.year is None for one in inputs) and measure.procedures is None
    own = Input(
        fact=name,
        year=None if standing else look.year,
        procedure=look.procedure if per_procedure else None,
        value=value,
        reason=reason,
    )
    return (own, *inputs)


def number_of(one: Input) -> tuple[Decimal | None, str | None]:
    if one.value is None or isinstance(one.value, str):
        return None, one.reason or MISSING
    return Decimal(one.value), None


def _looked_at(
    look: "Look", measure: Measure
) -> tuple[tuple[Input, ...], list[Decimal], str | None]:
    """All sources; their numbers, or the reason of the first that has none."""
    used = [look.value(source) for source in measure.sources]
    inputs = tuple(one for found in used for one in found)
    numbers: list[Decimal] = []
    for found in used:
        number, reason = number_of(found[0])
        if number is None:
            return inputs, [], reason
        numbers.append(number)
    return inputs, numbers, None


def _of_numbers(
    work: Callable[[Sequence[Decimal]], Decimal | None], otherwise: str = NOT_COMPUTABLE
) -> Callable[["Look", str, Measure], Worked]:
    def worked(look: "Look", _: str, measure: Measure) -> Worked:
        inputs, numbers, reason = _looked_at(look, measure)
        if reason is not None:
            return inputs, None, reason
        value = work(numbers)
        return inputs, value, otherwise if value is None else None

    return worked


def _share(look: "Look", _: str, measure: Measure) -> Worked:
    inputs, numbers, reason = _looked_at(look, measure)
    if reason is not None:
        return inputs, None, reason
    part, whole = numbers
    fewest = look.settled(measure.minimum) if measure.minimum is not None else 0
    if whole <= 0 or whole < Decimal(fewest):
        return inputs, None, TOO_FEW
    return inputs, part / whole, None


def _multiplied(numbers: Sequence[Decimal]) -> Decimal:
    found = Decimal(1)
    for number in numbers:
        found *= number
    return found


def _ratio(numbers: Sequence[Decimal]) -> Decimal | None:
    return numbers[0] / numbers[1] if numbers[1] else None


# --- over years and procedures --------------------------------------------------------------------


def _years(look: "Look", _: str, measure: Measure) -> Worked:
    form: OverYears = measure.years  # type: ignore[assignment]  # the form that is given
    used = [look.back(-n).value(form.of) for n in range(form.last)]
    return _gathered(used, form.how, form.minimum)


def _procedures(look: "Look", _: str, measure: Measure) -> Worked:
    form: OverProcedures = measure.procedures  # type: ignore[assignment]  # as above
    taken = sorted(look.school.results.get(look.year, {}))
    looks = [look.within(one) for one in taken if form.among is None or one in form.among]
    used = [one.value(form.of) for one in looks]
    if form.weight is None:
        return _gathered(used, form.how, form.minimum)
    weights = [one.value(form.weight) for one in looks]
    inputs = tuple(one for found in (*used, *weights) for one in found)
    total, weight, known, reason = Decimal(), Decimal(), 0, None
    for value, by in zip(used, weights, strict=True):
        (number, why), (heavy, why_heavy) = number_of(value[0]), number_of(by[0])
        if number is None or heavy is None:
            reason = reason or why or why_heavy
            continue
        total, weight, known = total + number * heavy, weight + heavy, known + 1
    if known < form.minimum:
        return inputs, None, reason or MISSING
    return (inputs, total / weight, None) if weight else (inputs, None, NOT_COMPUTABLE)


def _gathered(used: Sequence[tuple[Input, ...]], how: Gathered, minimum: int) -> Worked:
    inputs = tuple(one for found in used for one in found)
    found = [number_of(one[0]) for one in used]
    numbers = [number for number, _ in found if number is not None]
    if how is Gathered.COUNT:
        return inputs, Decimal(len(numbers)), None
    if len(numbers) < minimum:
        return inputs, None, next((reason for _, reason in found if reason), MISSING)
    return inputs, _GATHERED[how](numbers), None


_GATHERED: dict[Gathered, Callable[[Sequence[Decimal]], Decimal]] = {
    Gathered.MEAN: lambda numbers: sum(numbers, Decimal()) / len(numbers),
    Gathered.SUM: lambda numbers: sum(numbers, Decimal()),
    Gathered.LOWEST: min,
    Gathered.HIGHEST: max,
}


def _trend(look: "Look", _: str, measure: Measure) -> Worked:
    form: Trend = measure.trend  # type: ignore[assignment]  # as above
    used = [look.back(-n).value(form.of) for n in range(form.years)]
    inputs = tuple(one for found in used for one in found)
    found = [(number_of(one[0]), -n) for n, one in enumerate(used)]
    points = [(Decimal(at), number) for (number, _), at in found if number is not None]
    if len(points) < form.minimum:
        return inputs, None, next((reason for (_, reason), _ in found if reason), MISSING)
    middle = sum((at for at, _ in points), Decimal()) / len(points)
    mean = sum((number for _, number in points), Decimal()) / len(points)
    across = sum(((at - middle) * (number - mean) for at, number in points), Decimal())
    return inputs, across / sum(((at - middle) ** 2 for at, _ in points), Decimal()), None


# --- among the other schools ----------------------------------------------------------------------


def _compared(look: "Look", _: str, measure: Measure) -> Worked:
    form = getattr(measure, measure.form)
    placed = place(look, form)
    if placed.peers is None:
        return placed.inputs, None, placed.reason
    column = placed.peers.once(id(form), lambda peers: COLUMNS[measure.form](peers, form))
    value = placed.in_column(column)
    return placed.inputs, value, None if value is not None else TOO_FEW_PEERS


COLUMNS: dict[str, Callable[[Peers, Any], Floats]] = {
    "rank": lambda peers, form: ranks(peers, form.order, form.ties),
    "percentile": lambda peers, form: percentiles(peers, form.method),
    "difference_from_peers": differences,
}
"""What is worked out for all peers at once."""


def summed(name: str) -> str:
    """The name of an index's sum, before it is put on its scale."""
    return f"{name}{_SUM}"


def _index(look: "Look", name: str, measure: Measure) -> Worked:
    form: Index = measure.index  # type: ignore[assignment]  # as above
    inputs, total, reason = index_sum(look, form)
    if total is None or form.scale is None:
        return inputs, total, reason
    own = (Input(fact=summed(name), year=look.year, procedure=look.procedure, value=total),)
    score = _standardised(look, summed(name), form, own)
    if isinstance(score, str):
        return inputs, None, score
    value = float(form.scale.mean) + float(form.scale.spread) * score
    return inputs, exactly(rounded_number(value)), None


def summed_up(look: "Look", name: str) -> tuple[Input, ...]:
    """What `summed` names: the sum of an index as one value."""
    form: Index = look.rules.measures[name.removesuffix(_SUM)].index  # type: ignore[assignment]  # only an index is summed
    inputs, value, reason = index_sum(look, form)
    own = Input(fact=name, year=look.year, procedure=look.procedure, value=value, reason=reason)
    return (own, *inputs)


def index_sum(look: "Look", form: Index) -> Worked:
    """Sum of weight x sign x term, each term standardised where the index says so."""
    inputs: tuple[Input, ...] = ()
    total = Decimal()
    reason = None
    for term in form.terms:
        used = look.value(term.of)
        inputs += used
        number, why = number_of(used[0])
        if number is not None and form.z:
            score = _standardised(look, term.of, form, used)
            number, why = (None, score) if isinstance(score, str) else (exactly(score), None)
        if number is None:
            reason = reason or why
            continue
        total += number * _weight(term)
    return (inputs, None, reason) if reason else (inputs, total, None)


def _weight(term: Term) -> Decimal:
    return Decimal(term.weight) * term.sign


def _standardised(look: "Look", of: str, form: Index, own: tuple[Input, ...]) -> float | str:
    """The standard score of the own value, or the reason why there is none."""
    comparison = comparison_within(of, form.within)
    placed = place(look, comparison, own)
    if placed.peers is None:
        return placed.reason or MISSING
    return float(placed.peers.once("z", standard_scores)[placed.position])


def comparison_within(of: str, within: str) -> Comparison:
    """Whom an index is standardised among."""
    return Comparison.model_construct(of=of, within=within, among=None)


_FORMS: dict[str, Callable[["Look", str, Measure], Worked]] = {
    "share": _share,
    "sum": _of_numbers(lambda numbers: sum(numbers, Decimal())),
    "mean": _of_numbers(lambda numbers: sum(numbers, Decimal()) / len(numbers)),
    "difference": _of_numbers(lambda numbers: numbers[0] - numbers[1]),
    "product": _of_numbers(_multiplied),
    "ratio": _of_numbers(_ratio),
    "index": _index,
    "difference_from_peers": _compared,
    "rank": _compared,
    "percentile": _compared,
    "trend": _trend,
    "years": _years,
    "procedures": _procedures,
}
