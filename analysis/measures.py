"""Measures as data: values worked out of facts, each by exactly one form."""

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, StrictInt, model_validator

from analysis.conditions import (
    ALL,
    Comparison,
    Condition,
    Limit,
    Number,
    Order,
    Ties,
)
from analysis.declared import Declared, Key
from opora.words import Sentence, Words

Span: TypeAlias = Annotated[StrictInt, Field(ge=2, le=30)]
Fewest: TypeAlias = Annotated[StrictInt, Field(ge=1)]


class Except(Declared):
    """When this holds there is a stated reason instead of a value."""

    when: Condition
    reason: Key


class Term(Declared):
    """One part of an index."""

    of: Key
    weight: Number = 1
    sign: Literal[1, -1] = 1


class Scale(Declared):
    """Where the schools' mean lies, and how far one standard deviation reaches."""

    mean: Number
    spread: Number


class Index(Declared):
    """Sum of weight x sign x term. `z` standardises each term first, `scale` the sum (R4)."""

    terms: tuple[Term, ...] = Field(min_length=1)
    z: bool = False
    scale: Scale | None = None
    within: Key = ALL


class Statistic(StrEnum):
    """What a school is compared with."""

    MEAN = "mean"
    MEDIAN = "median"
    LOWEST = "lowest"
    HIGHEST = "highest"


class PeerDifference(Comparison):
    """The school's value less that of its peers, itself among them or only the `others`."""

    from_: Statistic = Field(default=Statistic.MEAN, alias="from")
    others: bool = False
    minimum: Fewest = 1


class Rank(Comparison):
    """The school's place; `ties` says which one schools of equal value share."""

    order: Order = Order.ASCENDING
    ties: Ties = Ties.MIN


class Method(StrEnum):
    """Which part of the schools, from 0 to 100, a percentile counts."""

    BELOW = "below"  # those with a lower value
    AT_MOST = "at_most"  # those with a lower or the same value, the school itself included
    MIDDLE = "middle"  # the lower ones and half of the same


class Percentile(Comparison):
    """The school's percentile by a stated method."""

    method: Method = Method.AT_MOST


class Trend(Declared):
    """The yearly change over the last `years`, as the slope of a straight line."""

    of: Key
    years: Span
    minimum: Span = 2


class Gathered(StrEnum):
    """How several values become one."""

    MEAN = "mean"
    SUM = "sum"
    LOWEST = "lowest"
    HIGHEST = "highest"
    COUNT = "count"  # how many are known


class OverYears(Declared):
    """One value out of the `last` years; where fewer than `minimum` are known, their reason."""

    of: Key
    last: Span
    how: Gathered = Gathered.MEAN
    minimum: Fewest = 1


class OverProcedures(Declared):
    """One value a year out of the procedures; `weight` is a fact of each, such as participants."""

    of: Key
    how: Gathered = Gathered.MEAN
    weight: Key | None = None
    among: tuple[Key, ...] | None = Field(default=None, min_length=1)
    minimum: Fewest = 1

    @model_validator(mode="after")
    def _weighs_a_mean(self) -> Self:
        if self.weight is not None and self.how is not Gathered.MEAN:
            msg = Sentence("only a mean is weighted")
            raise ValueError(msg)
        return self


FORMS = (
    *("share", "sum", "mean", "difference", "product", "ratio", "index"),
    *("difference_from_peers", "rank", "percentile", "trend", "years", "procedures"),
)


class Measure(Declared):
    """A value worked out of facts and other measures.

    A share whose denominator is under `minimum` has the reason `too_few` instead of a value; a
    ratio to zero is `not_computable`. Where a source has a reason, the measure has that reason.
    """

    exactly_one_of: ClassVar[tuple[str, ...]] = FORMS

    words: Words
    share: Key | None = None
    of: Key | None = None
    minimum: Limit | None = None
    sum: tuple[Key, ...] | None = Field(default=None, min_length=1)
    mean: tuple[Key, ...] | None = Field(default=None, min_length=1)
    difference: tuple[Key, Key] | None = None
    product: tuple[Key, ...] | None = Field(default=None, min_length=2)
    ratio: tuple[Key, Key] | None = None
    index: Index | None = None
    difference_from_peers: PeerDifference | None = None
    rank: Rank | None = None
    percentile: Percentile | None = None
    trend: Trend | None = None
    years: OverYears | None = None
    procedures: OverProcedures | None = None
    unless: tuple[Except, ...] = ()

    @cached_property
    def form(self) -> str:
        return next(name for name in FORMS if getattr(self, name) is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The facts and measures that this one is made of."""
        body = getattr(self, self.form)
        if self.form == "share":
            return (body, self.of or "")
        if isinstance(body, tuple):
            return body
        if isinstance(body, Index):
            return tuple(term.of for term in body.terms)
        weight = (body.weight,) if isinstance(body, OverProcedures) and body.weight else ()
        return (body.of, *weight)

    @property
    def compares(self) -> tuple[Comparison | Index, ...]:
        """What of it needs the other schools."""
        body = getattr(self, self.form)
        if isinstance(body, Index):
            return (body,) if body.z or body.scale else ()
        return (body,) if isinstance(body, Comparison) else ()

    @model_validator(mode="after")
    def _what_its_form_takes(self) -> Self:
        if (self.share is None) != (self.of is None):
            msg = Sentence("a share names its denominator in of")
            raise ValueError(msg)
        if self.minimum is not None and self.share is None:
            msg = Sentence("minimum is for a share")
            raise ValueError(msg)
        return self


def inside(measure: Measure) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
    """The conditions that stand inside a measure, with their places."""
    for position, exception in enumerate(measure.unless):
        yield ("unless", position, "when"), exception.when
    body = getattr(measure, measure.form)
    if isinstance(body, Comparison) and body.among is not None:
        yield (measure.form, "among"), body.among
