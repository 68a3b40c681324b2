"""What a programme declares about finding schools: facts, measures, groups, categories."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from analysis.conditions import Condition, Limit, Value
from analysis.declared import Declared, Key
from opora.words import Words
from states.stage import Outcome


class Per(StrEnum):
    """What one value of a fact belongs to."""

    SCHOOL = "school"  # the registry: legal form, settlement
    YEAR = "year"  # a school in a year: grade, index
    PROCEDURE = "procedure"  # a school in a year in one procedure: participants


class FactType(StrEnum):
    """How a value is written; `yes_no` is kept as the word yes or no, a date as ISO text."""

    TEXT = "text"
    WORD = "word"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    YES_NO = "yes_no"

    @property
    def is_number(self) -> bool:
        return self in {FactType.INTEGER, FactType.DECIMAL}


class FactDeclaration(Declared):
    """One thing that is known of schools. `values` closes the vocabulary of a word."""

    words: Words
    per: Per
    type: FactType
    values: tuple[Value, ...] = ()


class Procedure(Declared):
    """One assessment procedure, e.g. the mathematics examination of grade 9."""

    words: Words


class Except(Declared):
    """When this holds there is a stated reason instead of a value."""

    when: Condition
    reason: Key


class Measure(Declared):
    """A value worked out of facts: `share` of `of`, a `sum`, a `mean`, or a `difference` of two.

    A share whose denominator is under `minimum` has the reason `too_few` instead of a value.
    """

    words: Words
    share: Key | None = None
    of: Key | None = None
    minimum: Limit | None = None
    sum: tuple[Key, ...] | None = Field(default=None, min_length=1)
    mean: tuple[Key, ...] | None = Field(default=None, min_length=1)
    difference: tuple[Key, Key] | None = None
    unless: tuple[Except, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The facts and measures that this one is made of."""
        if self.share is not None and self.of is not None:
            return (self.share, self.of)
        return self.sum or self.mean or self.difference or ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (self.share, self.sum, self.mean, self.difference)
        if sum(form is not None for form in forms) != 1:
            msg = "give exactly one of: share (with of), sum, mean, difference"
            raise ValueError(msg)
        if (self.share is None) != (self.of is None):
            msg = "a share names its denominator in of"
            raise ValueError(msg)
        return self


class Parameter(Declared):
    """A number or word that the rules refer to by name; a peer group may have its own."""

    value: Value
    by_peer_group: dict[Key, Value] = {}
    words: Words
    source: str | None = None


class PeerGroup(Declared):
    """Schools judged among themselves (S1-04); the first group that fits takes the school."""

    key: Key
    words: Words
    when: Condition


class Category(Declared):
    """Something a case may carry: low results, adverse conditions (S0-02)."""

    words: Words
    when: Condition
    source: str | None = None


class Judged(StrEnum):
    """Who is judged at all."""

    ROW_IN_YEAR = "row_in_year"  # schools that have any fact of the year
    EVERY_SCHOOL = "every_school"  # whoever is given; without facts they are not rated


class TerritoryRule(Declared):
    """A territory is listed when the share of its schools in `category` lies above the limit.

    Counted are the judged schools for which `among` holds; `leave_out` names territories that only
    gather schools and are none.
    """

    words: Words
    category: Key
    above: Limit
    among: Condition | None = None
    leave_out: tuple[str, ...] = ()


class ExitRule(Declared):
    """How a case's year ends when this holds, from so many years in the programme on.

    The rules are asked in their order over the facts of the year that follows; the first one takes.
    """

    outcome: Literal[Outcome.IMPROVED, Outcome.CONTINUES, Outcome.ESCALATED]
    when: Condition
    from_year: int = Field(default=1, ge=1, le=20)
    source: str | None = None


class Identification(Declared):
    """The file `identification.yaml`."""

    facts: dict[Key, FactDeclaration]
    procedures: dict[Key, Procedure] = {}
    measures: dict[Key, Measure] = {}
    parameters: dict[Key, Parameter] = {}
    judged: Judged = Judged.ROW_IN_YEAR
    peer_groups: tuple[PeerGroup, ...] = ()
    protections: tuple[Except, ...] = ()
    categories: dict[Key, Category] = Field(min_length=1)
    entry: Key
    territories: TerritoryRule | None = None
    exits: tuple[ExitRule, ...] = ()
