"""What a programme declares about finding schools: facts, measures, groups, categories."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from analysis.conditions import ALL, Condition, Count, Limit, Number, Order, Ties, Value
from analysis.declared import Declared, Key
from analysis.measures import Except, Measure
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
    """One thing that is known of schools. `values` closes the vocabulary of a word.

    `minimum` and `maximum` say what a number can be at all: a rule outside of them is a mistake.
    """

    words: Words
    per: Per
    type: FactType
    values: tuple[Value, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None


class Procedure(Declared):
    """One assessment procedure, e.g. the mathematics examination of grade 9."""

    words: Words


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


class Cap(Declared):
    """At most so many schools, or such a share of those judged, carry the category.

    They are taken by the measure `by`; with ties=max the cap is never exceeded, with ties=min all
    who share the last place are taken. A school that is left out is told `reason`.
    """

    exactly_one_of: ClassVar[tuple[str, ...]] = ("at_most", "share")

    at_most: Count | None = None
    share: Limit | None = None
    by: Key
    order: Order = Order.ASCENDING
    ties: Ties = Ties.MAX
    within: Key = ALL
    reason: Key


class Category(Declared):
    """Something a case may carry: low results, adverse conditions (S0-02).

    `unless` keeps a school off this category alone, with a stated reason (a new school is never
    among the worst); it is judged all the same. `cap` is applied last, to the judged year's list.
    """

    words: Words
    when: Condition
    unless: tuple[Except, ...] = ()
    cap: Cap | None = None
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
