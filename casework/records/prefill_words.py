"""Where the value of a prefilled field comes from, as people read it."""

from collections.abc import Callable, Mapping

from casework.records.prefilling import Offer
from opora.words import Sentence, Words
from programmes.definition import Programme
from programmes.prefills import CaseTrait, IndicatorPart


def source_words(programme: Programme, offer: Offer) -> Sentence:
    """Where a value comes from, for people."""
    kind, _, rest = offer.source.partition(":")
    name, _, more = rest.partition(":")
    found = _SAID[kind](programme, name, more)
    if not offer.origin:
        return found
    return Sentence("{what} ({origin})", {"what": found, "origin": offer.origin})


def _of_fact(programme: Programme, name: str, year: str) -> Sentence:
    labels = programme.labels
    words: Words | str = labels.get(f"fact.{name}") or labels.get(f"measure.{name}") or name
    return Sentence("{name}, {year}", {"name": words, "year": year})


def _of_indicator(programme: Programme, name: str, part: str) -> Sentence:
    words = {"name": programme.labels.get(f"indicator.{name}", name)}
    return Sentence(_PARTS[IndicatorPart(part)], words)


def _of_records(programme: Programme, name: str, field: str) -> Sentence:
    words: Words | str = programme.labels.get(f"record.{name}", name)
    kind = programme.records.kinds.get(name)
    if field and kind is not None and field in kind.fields:
        told = {"name": words, "field": kind.fields[field].words}
        return Sentence("records, {name}: {field} added up", told)
    return Sentence("records, {name}: so many", {"name": words})


def _of_tasks(programme: Programme, which: str, milestone: str) -> Sentence:
    counted = Sentence("tasks accepted") if which == "accepted" else Sentence("tasks in all")
    if not milestone:
        return counted
    words = programme.labels.get(f"milestone.{milestone}", milestone)
    return Sentence("{tasks}: {name}", {"tasks": counted, "name": words})


def _of_case(_: Programme, trait: str, __: str) -> Sentence:
    return _TRAITS[CaseTrait(trait)]


def _of_record(_: Programme, year: str, __: str) -> Sentence:
    return Sentence("the record before it, {year}", {"year": year})


_PARTS = {
    IndicatorPart.VALUE: "indicator “{name}”",
    IndicatorPart.BASELINE: "indicator “{name}”, baseline",
    IndicatorPart.NUMERATOR: "indicator “{name}”, numerator",
    IndicatorPart.DENOMINATOR: "indicator “{name}”, denominator",
}
_TRAITS = {
    CaseTrait.SCHOOL: Sentence("the case: school"),
    CaseTrait.TERRITORY: Sentence("the case: municipality"),
    CaseTrait.STAGE: Sentence("the case: stage"),
    CaseTrait.CLUSTER: Sentence("the case: cluster"),
    CaseTrait.PARTNER: Sentence("the case: partner"),
    CaseTrait.CURATOR: Sentence("the case: curator"),
    CaseTrait.PHASE: Sentence("the case: phase of monitoring"),
}
_SAID: Mapping[str, Callable[[Programme, str, str], Sentence]] = {
    "fact": _of_fact,
    "indicator": _of_indicator,
    "records": _of_records,
    "tasks": _of_tasks,
    "case": _of_case,
    "record": _of_record,
}
