"""A rule as a sentence of an order: the programme's own words, joined by sentences of ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from analysis.conditions import (
    AllOf,
    Always,
    AnyOf,
    Bottom,
    CategoryTest,
    FactTest,
    Not,
    Order,
    Procedures,
    Rounding,
    Run,
    SomeOf,
    Ties,
    Unchanged,
    Unrated,
    Years,
)
from analysis.declared import Declared
from analysis.defining import Phrase, definition, peers
from analysis.identification import Identification
from analysis.looking import Look
from analysis.measures import Gathered
from analysis.notation import written
from analysis.school_facts import Scalar
from opora.words import Sentence

ValueWords: TypeAlias = Mapping[tuple[str, Scalar], str]
"""What the region's own files call a value of a fact: (level, special) → коррекционная."""

_TESTS = {
    "is": "{what} is “{limit}”",
    "is_not": "{what} is not “{limit}”",
    "in": "{what} is one of: {limit}",
    "not_in": "{what} is none of: {limit}",
    "below": "{what} is below {limit}",
    "at_most": "{what} is at most {limit}",
    "above": "{what} is above {limit}",
    "at_least": "{what} is at least {limit}",
}
_UNRATED = {
    Unrated.UNKNOWN: "{what} (a year that cannot be judged leaves the count open)",
    Unrated.NO: "{what} (a year that cannot be judged counts as one without it)",
    Unrated.SKIPPED: "{what} (a year that cannot be judged is left out for an earlier one)",
}
_PERCENT = Decimal(100)
_LIKE_THEIR_SOURCES = {
    *("sum", "mean", "difference", "difference_from_peers", "trend", "years", "procedures"),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says conditions with the limits that hold for one school's peer group."""

    look: Look
    values: ValueWords = field(default_factory=dict)

    @property
    def rules(self) -> Identification:
        return self.look.rules

    def category(self, key: str) -> Sentence:
        """The whole rule of a category, numbered where it has several parts."""
        one = self.rules.categories[key]
        what = self._numbered(one.when) or self.said(one.when)
        text = "A school belongs to the category “{category}” when {what}."
        return Sentence(text, {"category": one.words, "what": what})

    def measure(self, name: str) -> Sentence:
        """How a measure is worked out, and from how many on."""
        measure = self.rules.measures[name]
        said = definition(name, measure, self.words)
        if measure.minimum is None or measure.of is None:
            return said
        return Sentence(
            "{what}; where “{whole}” is below {fewest} there is no value",
            {
                "what": said,
                "whole": self.words(measure.of),
                "fewest": self.look.settled(measure.minimum),
            },
        )

    def said(self, condition: Declared) -> Sentence:
        """One condition within a sentence; forms without words of their own in their notation."""
        form = _FORMS.get(type(condition))
        return form(self, condition) if form else Sentence("{rule}", {"rule": written(condition)})

    def part(self, condition: Declared) -> Sentence:
        """The same in brackets where it joins several conditions."""
        said = self.said(condition)
        if isinstance(condition, AllOf | AnyOf | SomeOf):
            return Sentence("({what})", {"what": said})
        return said

    def words(self, name: str) -> Phrase:
        """What people call a fact or measure."""
        declared = self.rules.measures.get(name) or self.rules.facts.get(name)
        return declared.words if declared else Sentence("{name}", {"name": name})

    def value(self, name: str, value: object) -> object:
        """A value as people read it: shares in per cent, words as the region's files write them."""
        if isinstance(value, tuple):
            return tuple(self.value(name, one) for one in value)
        if isinstance(value, str):
            return _YES_NO.get(value) or self.values.get((name, value), value)
        if isinstance(value, int | Decimal) and is_share(self.rules, name):
            return percent(Decimal(value))
        return Decimal(value) if isinstance(value, int | Decimal) else value

    def _numbered(self, condition: Declared) -> Sentence | None:
        if isinstance(condition, AllOf) and len(condition.all) > 1:
            return _listed("all of this holds: {items}", self, condition.all)
        if isinstance(condition, AnyOf) and len(condition.any) > 1:
            return _listed("at least one of these holds: {items}", self, condition.any)
        return None


_YES_NO = {"yes": Sentence("yes"), "no": Sentence("no")}


def is_share(rules: Identification, name: str) -> bool:
    """Whether a measure is a share, or made of shares alone, so that people read it in per cent."""
    measure = rules.measures.get(name)
    if measure is None:
        return False
    if getattr(getattr(measure, measure.form), "how", None) is Gathered.COUNT:
        return False
    if measure.form in _LIKE_THEIR_SOURCES:
        return all(is_share(rules, source) for source in measure.sources[:1])
    return measure.form == "share"


def percent(share: Decimal, like: Decimal | None = None) -> Sentence:
    """Per cent with one decimal, more where that would hide on which side of `like` it lies."""
    for digits in (1, 2, 4, 8):
        shown = rounded(share * _PERCENT, digits)
        if like is None or share == like or shown != rounded(like * _PERCENT, digits):
            break
    return Sentence("{share} %", {"share": shown})


def rounded(number: Decimal, digits: int) -> Decimal:
    """At most so many decimals, without zeros at the end."""
    short = round(number, digits)
    return short.quantize(Decimal(1)) if short == short.to_integral() else short.normalize()


# --- the forms ------------------------------------------------------------------------------------


def _fact(speaker: Speaker, test: FactTest) -> Sentence:
    what: Phrase = Sentence("the value “{fact}”", {"fact": speaker.words(test.fact)})
    if test.procedure is not None:
        procedure = speaker.rules.procedures[test.procedure].words
        what = Sentence("{what} in “{procedure}”", {"what": what, "procedure": procedure})
    if test.year == -1:
        what = Sentence("{what} of the year before", {"what": what})
    elif test.year:
        what = Sentence("{what} of {count} years before", {"what": what, "count": -test.year})
    comparison = test.comparison
    if comparison == "known":
        return _known(what, is_known=bool(test.known))
    operand = test.operand(comparison)
    limit = operand if isinstance(operand, tuple) else speaker.look.settled(operand)
    fields = {"what": what, "limit": speaker.value(test.fact, limit)}
    return Sentence(_TESTS[comparison], fields)


def _known(what: Phrase, *, is_known: bool) -> Sentence:
    fields = {"what": what}
    return (
        Sentence("{what} is known", fields) if is_known else Sentence("{what} is not known", fields)
    )


def _all(speaker: Speaker, condition: AllOf) -> Sentence:
    return _joined("{first} and {rest}", [speaker.part(one) for one in condition.all])


def _any(speaker: Speaker, condition: AnyOf) -> Sentence:
    return _joined("{first} or {rest}", [speaker.part(one) for one in condition.any])


def _joined(text: str, said: Sequence[Sentence]) -> Sentence:
    first, *rest = said
    if not rest:
        return first
    return Sentence(text, {"first": first, "rest": _joined(text, rest)})


def _listed(text: str, speaker: Speaker, conditions: Sequence[Declared]) -> Sentence:
    items = [
        Sentence("{number}) {what}", {"number": number, "what": speaker.said(one)})
        for number, one in enumerate(conditions, 1)
    ]
    return Sentence(text, {"items": _joined("{first}; {rest}", items)})


def _some(speaker: Speaker, condition: SomeOf) -> Sentence:
    wanted = speaker.look.count(condition.at_least)
    items = _listed("{items}", speaker, condition.of)
    return Sentence("at least {count} of these hold: {items}", {"count": wanted, "items": items})


def _not(speaker: Speaker, condition: Not) -> Sentence:
    return Sentence("it is not so that {what}", {"what": speaker.part(condition.not_)})


def _years(speaker: Speaker, condition: Years) -> Sentence:
    count = condition.years
    wanted, span = speaker.look.count(count.at_least), speaker.look.count(count.of_last)
    fields = {"count": wanted, "span": span, "what": speaker.part(count.when)}
    if span == 1:
        return speaker.part(count.when)
    if wanted == span:
        said = Sentence("in each of the last {span} years {what}", fields)
    else:
        said = Sentence("in at least {count} of the last {span} years {what}", fields)
    return Sentence(_UNRATED[count.unrated], {"what": said})


def _run(speaker: Speaker, condition: Run) -> Sentence:
    count = condition.run
    fields = {"count": speaker.look.count(count.at_least), "what": speaker.part(count.when)}
    said = Sentence("in {count} years running, this one the last, {what}", fields)
    return Sentence(_UNRATED[count.unrated], {"what": said})


def _unchanged(speaker: Speaker, condition: Unchanged) -> Sentence:
    facts = tuple(Sentence("“{fact}”", {"fact": speaker.words(one)}) for one in condition.unchanged)
    return Sentence("all of this is the same as in the year before: {facts}", {"facts": facts})


_ROUNDED = {
    Rounding.UP: Sentence("their number is rounded up"),
    Rounding.DOWN: Sentence("their number is rounded down"),
    Rounding.NEAREST: Sentence("their number is rounded to the nearest"),
}
_TIED = {
    Ties.MIN: Sentence("of equals at the limit all count"),
    Ties.MAX: Sentence("of equals at the limit none counts"),
    Ties.AVERAGE: Sentence("equals share the middle place"),
}


def _bottom(speaker: Speaker, condition: Bottom) -> Sentence:
    form = condition.bottom
    fields: dict[str, object] = {
        "fact": speaker.words(form.of),
        "peers": peers(form.within, speaker.words),
    }
    if form.share is not None:
        fields["part"] = percent(Decimal(speaker.look.settled(form.share)))
    else:
        fields["part"] = speaker.look.count(form.count)
    if form.order is Order.ASCENDING:
        said = Sentence("by “{fact}” the school is in the lowest {part} of {peers}", fields)
    else:
        said = Sentence("by “{fact}” the school is in the highest {part} of {peers}", fields)
    if form.among is not None:
        among = speaker.part(form.among)
        fields = {"what": said, "among": among}
        said = Sentence("{what} (ranked are those for whom {among})", fields)
    if form.out_of is not None:
        fields = {"what": said, "whole": speaker.part(form.out_of)}
        said = Sentence("{what} (the share is of all for whom {whole})", fields)
    details = [_ROUNDED[form.rounding]] if form.share is not None else []
    details.append(_TIED[form.ties])
    if form.minimum > 1:
        details.append(Sentence("at least {least} are ranked", {"least": form.minimum}))
    return Sentence("{what} ({details})", {"what": said, "details": details})


def _procedures(speaker: Speaker, condition: Procedures) -> Sentence:
    count = condition.procedures
    wanted = speaker.look.count(count.at_least)
    fields: dict[str, object] = {"count": wanted, "what": speaker.part(count.when)}
    if wanted == 1:
        said = Sentence("in at least one assessment procedure {what}", fields)
    else:
        said = Sentence("in at least {count} assessment procedures of the year {what}", fields)
    if count.among is None:
        return said
    among = tuple(speaker.rules.procedures[one].words for one in count.among)
    return Sentence("{what} (counted are only: {among})", {"what": said, "among": among})


def _category(speaker: Speaker, condition: CategoryTest) -> Sentence:
    category = speaker.rules.categories[condition.category].words
    return Sentence("the school belongs to the category “{category}”", {"category": category})


def _always(_: Speaker, condition: Always) -> Sentence:
    return Sentence("whatever the facts are") if condition.always else Sentence("never")


_FORMS: dict[type[Declared], Callable[[Speaker, Any], Sentence]] = {
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
