"""How a measure is worked out, in words: “share below” is “below” divided by “participants”."""

from collections.abc import Callable
from typing import Any, TypeAlias

from analysis.conditions import ALL, PEER_GROUP, TERRITORY, Order
from analysis.measures import Gathered, Measure, Method, Statistic
from opora.words import Sentence, Words

Phrase: TypeAlias = Sentence | Words
Named: TypeAlias = Callable[[str], Phrase]
"""What people call a fact or measure."""

PEERS = {
    ALL: Sentence("all the schools"),
    PEER_GROUP: Sentence("the schools of the same peer group"),
    TERRITORY: Sentence("the schools of the same municipality"),
}
_STATISTICS = {
    Statistic.MEAN: Sentence("the mean"),
    Statistic.MEDIAN: Sentence("the median"),
    Statistic.LOWEST: Sentence("the lowest"),
    Statistic.HIGHEST: Sentence("the highest"),
}
_GATHERED = {
    Gathered.MEAN: Sentence("the mean"),
    Gathered.SUM: Sentence("the sum"),
    Gathered.LOWEST: Sentence("the lowest"),
    Gathered.HIGHEST: Sentence("the highest"),
    Gathered.COUNT: Sentence("the number of known values"),
}
_METHODS = {
    Method.BELOW: "“{name}” is the share, in per cent, of {peers} with a lower “{fact}”",
    Method.AT_MOST: "“{name}” is the share, in per cent, of {peers} with a lower or equal “{fact}”",
    Method.MIDDLE: (
        "“{name}” is the share, in per cent, of {peers} with a lower “{fact}”, equals counted half"
    ),
}


def definition(name: str, measure: Measure, named: Named) -> Sentence:
    """One sentence for each form of measure; `named` gives the words of facts and measures."""
    fields: dict[str, object] = {"name": named(name)}
    return _FORMS[measure.form](measure, named, fields)


def peers(within: str, named: Named) -> Sentence:
    """Whom a school is compared with."""
    return PEERS.get(within) or Sentence(
        "the schools with the same “{fact}”", {"fact": named(within)}
    )


def _quoted(measure: Measure, named: Named) -> tuple[Sentence, ...]:
    return tuple(Sentence("“{fact}”", {"fact": named(one)}) for one in measure.sources)


def _share(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    part, whole = measure.sources
    said = {**fields, "part": named(part), "whole": named(whole)}
    return Sentence("“{name}” is “{part}” divided by “{whole}”", said)


def _sum(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    return Sentence("“{name}” is the sum of {facts}", {**fields, "facts": _quoted(measure, named)})


def _mean(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    return Sentence("“{name}” is the mean of {facts}", {**fields, "facts": _quoted(measure, named)})


def _product(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    said = {**fields, "facts": _quoted(measure, named)}
    return Sentence("“{name}” is the product of {facts}", said)


def _difference(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    first, second = _quoted(measure, named)
    return Sentence(
        "“{name}” is {first} less {second}", {**fields, "first": first, "second": second}
    )


def _index(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form = measure.index
    said = {**fields, "facts": _quoted(measure, named)}
    if form is not None and form.z:
        said["peers"] = peers(form.within, named)
        return Sentence(
            "“{name}” is a weighted index of {facts}, each measured against {peers}", said
        )
    return Sentence("“{name}” is a weighted index of {facts}", said)


def _from_peers(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form: Any = measure.difference_from_peers
    said = {
        **fields,
        "fact": named(form.of),
        "statistic": _STATISTICS[form.from_],
        "peers": peers(form.within, named),
    }
    if form.others:
        text = "“{name}” is “{fact}” less its value for {peers}, without the school itself: {statistic}"
        return Sentence(text, said)
    return Sentence("“{name}” is “{fact}” less its value for {peers}: {statistic}", said)


def _rank(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form: Any = measure.rank
    said = {**fields, "fact": named(form.of), "peers": peers(form.within, named)}
    if form.order is Order.ASCENDING:
        return Sentence("“{name}” is the place among {peers} by “{fact}”, the lowest first", said)
    return Sentence("“{name}” is the place among {peers} by “{fact}”, the highest first", said)


def _percentile(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form: Any = measure.percentile
    said = {**fields, "fact": named(form.of), "peers": peers(form.within, named)}
    return Sentence(_METHODS[form.method], said)


def _trend(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form: Any = measure.trend
    said = {**fields, "fact": named(form.of), "years": form.years}
    return Sentence("“{name}” is the yearly change of “{fact}” over the last {years} years", said)


def _years(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form: Any = measure.years
    said = {**fields, "fact": named(form.of), "years": form.last, "how": _GATHERED[form.how]}
    return Sentence("“{name}” is made of “{fact}” over the last {years} years: {how}", said)


def _procedures(measure: Measure, named: Named, fields: dict[str, object]) -> Sentence:
    form: Any = measure.procedures
    said = {**fields, "fact": named(form.of), "how": _GATHERED[form.how]}
    return Sentence("“{name}” is made of “{fact}” over the year's procedures: {how}", said)


_FORMS: dict[str, Callable[[Measure, Named, dict[str, object]], Sentence]] = {
    "share": _share,
    "sum": _sum,
    "mean": _mean,
    "difference": _difference,
    "product": _product,
    "ratio": _share,
    "index": _index,
    "difference_from_peers": _from_peers,
    "rank": _rank,
    "percentile": _percentile,
    "trend": _trend,
    "years": _years,
    "procedures": _procedures,
}
