"""The rule language: conditions on a school's facts, written down as a tree of data.

Nothing here is ever evaluated as an expression of Python; the closed list of forms is the language.
"""

from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StrictInt,
    StrictStr,
    Tag,
    model_validator,
)

from analysis.declared import Declared, Key
from opora.words import Sentence


class ParameterName(Declared):
    """`{parameter: low_share}`: a value kept under a name, so that another one can be tried."""

    parameter: Key


Number: TypeAlias = StrictInt | Decimal
Value: TypeAlias = StrictStr | StrictInt | Decimal
Limit: TypeAlias = StrictInt | Decimal | ParameterName
Count: TypeAlias = Annotated[StrictInt, Field(ge=1)] | ParameterName

COMPARISONS = ("is", "is_not", "in", "not_in", "below", "at_most", "above", "at_least", "known")


class FactTest(Declared):
    """`{fact: grade, in: [D, F]}`: one fact or measure against one comparison.

    `year` counts back from the judged year (0, -1, …); `procedure` is only for facts per procedure
    tested outside of `procedures`.
    """

    fact: Key
    is_: Value | ParameterName | None = Field(default=None, alias="is")
    is_not: Value | ParameterName | None = None
    in_: tuple[Value, ...] | None = Field(default=None, alias="in", min_length=1)
    not_in: tuple[Value, ...] | None = Field(default=None, min_length=1)
    below: Limit | None = None
    at_most: Limit | None = None
    above: Limit | None = None
    at_least: Limit | None = None
    known: bool | None = None
    year: int = Field(default=0, le=0, ge=-30)
    procedure: Key | None = None

    @cached_property
    def comparison(self) -> str:
        return next(name for name in COMPARISONS if self.operand(name) is not None)

    def operand(self, comparison: str) -> object:
        return getattr(self, {"is": "is_", "in": "in_"}.get(comparison, comparison))

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        if sum(self.operand(name) is not None for name in COMPARISONS) != 1:
            msg = Sentence(
                "give exactly one comparison of: {known}", {"known": ", ".join(COMPARISONS)}
            )
            raise ValueError(msg)
        return self


class AllOf(Declared):
    """Holds when every part holds."""

    all: tuple["Condition", ...] = Field(min_length=1)


class AnyOf(Declared):
    """Holds when one part holds."""

    any: tuple["Condition", ...] = Field(min_length=1)


class SomeOf(Declared):
    """`{at_least: 2, of: […]}`."""

    at_least: Count
    of: tuple["Condition", ...] = Field(min_length=1)


class Not(Declared):
    """Holds when the part does not; what is unknown stays unknown."""

    not_: "Condition" = Field(alias="not")


class Unrated(StrEnum):
    """What a year that cannot be judged does to a count of years (DOMAIN.md, section 5)."""

    UNKNOWN = "unknown"  # the count is open: it may be reached or not
    NO = "no"  # the year is one in which the condition does not hold
    SKIPPED = "skipped"  # the year is left out and an earlier one looked at instead


class YearCount(Declared):
    """The body of `years`: in at least so many of the last years, the judged included."""

    when: "Condition"
    at_least: Count
    of_last: Count
    unrated: Unrated = Unrated.UNKNOWN


class Years(Declared):
    """`{years: {when: …, at_least: 2, of_last: 3}}`."""

    years: YearCount


class ProcedureCount(Declared):
    """The body of `procedures`: in at least so many procedures of the school's year."""

    when: "Condition"
    at_least: Count
    among: tuple[Key, ...] | None = Field(default=None, min_length=1)


class Procedures(Declared):
    """`{procedures: {when: …, at_least: 2}}`."""

    procedures: ProcedureCount


class RunLength(Declared):
    """The body of `run`: so many years one after another, the judged one the last of them."""

    when: "Condition"
    at_least: Count
    unrated: Unrated = Unrated.UNKNOWN


class Run(Declared):
    """`{run: {when: …, at_least: 2, unrated: skipped}}`."""

    run: RunLength


class Unchanged(Declared):
    """`{unchanged: [score, grade]}`: each is the same as in the year before: a stale copy."""

    unchanged: tuple[Key, ...] = Field(min_length=1)


class Order(StrEnum):
    """From which end schools are counted."""

    ASCENDING = "ascending"  # the lowest value is the first
    DESCENDING = "descending"


class Ties(StrEnum):
    """Which place schools with one value share: 1 1 3, 2 2 3 or 1.5 1.5 3."""

    MIN = "min"
    MAX = "max"
    AVERAGE = "average"


class Rounding(StrEnum):
    """What a share of a number of schools becomes when it is no whole number."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"  # a half goes up


ALL, PEER_GROUP, TERRITORY = "all", "peer_group", "territory"


class Comparison(Declared):
    """Whom a school is compared with in the measure `of`.

    `within` is all, peer_group, territory or the name of a fact that is a word (a cluster);
    `among` takes those for whom it holds.
    """

    of: Key
    within: Key = PEER_GROUP
    among: "Condition | None" = None


class BottomShare(Comparison):
    """The body of `bottom`: the first `share` (of those for whom `out_of` holds) or `count`.

    Without `out_of` the share is of those ranked. Where fewer than `minimum` are ranked, nobody
    is at the bottom and the reason is `too_few_peers`.
    """

    exactly_one_of: ClassVar[tuple[str, ...]] = ("share", "count")

    share: Limit | None = None
    count: Count | None = None
    out_of: "Condition | None" = None
    order: Order = Order.ASCENDING
    ties: Ties = Ties.MIN
    rounding: Rounding = Rounding.UP
    minimum: Annotated[StrictInt, Field(ge=1)] = 1


class Bottom(Declared):
    """`{bottom: {of: success_rate, share: 0.05}}`: among the worst of the peer group."""

    bottom: BottomShare


class CategoryTest(Declared):
    """`{category: low}`: the school carries this category in the year that is looked at."""

    category: Key


class Always(Declared):
    """`{always: true}`: for the last peer group, which takes whoever is left."""

    always: bool


def _form(raw: object) -> str | None:
    if isinstance(raw, dict):
        return next((form for form in FORMS if form in raw), None)
    return next((form for form, model in FORMS.items() if isinstance(raw, model)), None)


def _of_a_form(raw: object) -> object:
    if _form(raw) is None:
        known = {"known": ", ".join(FORMS)}
        raise ValueError(Sentence("a condition has one of the keys: {known}", known))
    return raw


FORMS: dict[str, type[Declared]] = {
    "fact": FactTest,
    "all": AllOf,
    "any": AnyOf,
    "of": SomeOf,
    "not": Not,
    "years": Years,
    "run": Run,
    "procedures": Procedures,
    "unchanged": Unchanged,
    "bottom": Bottom,
    "category": CategoryTest,
    "always": Always,
}

Condition: TypeAlias = Annotated[
    Annotated[FactTest, Tag("fact")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[SomeOf, Tag("of")]
    | Annotated[Not, Tag("not")]
    | Annotated[Years, Tag("years")]
    | Annotated[Run, Tag("run")]
    | Annotated[Procedures, Tag("procedures")]
    | Annotated[Unchanged, Tag("unchanged")]
    | Annotated[Bottom, Tag("bottom")]
    | Annotated[CategoryTest, Tag("category")]
    | Annotated[Always, Tag("always")],
    Discriminator(_form),
    BeforeValidator(_of_a_form),
]

for _model in (
    *(AllOf, AnyOf, SomeOf, Not, YearCount, Years, RunLength, Run),
    *(ProcedureCount, Procedures, Comparison, BottomShare, Bottom),
):
    _model.model_rebuild()


Place: TypeAlias = tuple[str | int, ...]


def parts(condition: Declared) -> tuple[tuple[Place, Declared], ...]:
    """The conditions directly inside, each with the path to it as written in the file."""
    for name in ("all", "any", "of"):
        if isinstance(condition, AllOf | AnyOf | SomeOf) and hasattr(condition, name):
            return tuple(((name, n), part) for n, part in enumerate(getattr(condition, name)))
    named: tuple[tuple[Place, Declared | None], ...] = ()
    match condition:
        case Not():
            named = ((("not",), condition.not_),)
        case Years():
            named = ((("years", "when"), condition.years.when),)
        case Run():
            named = ((("run", "when"), condition.run.when),)
        case Procedures():
            named = ((("procedures", "when"), condition.procedures.when),)
        case Bottom():
            body = condition.bottom
            named = ((("bottom", "among"), body.among), (("bottom", "out_of"), body.out_of))
    return tuple((place, part) for place, part in named if part is not None)
