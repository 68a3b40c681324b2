"""What the file indicators.yaml declares: what is measured, from what, in which direction, how far."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from analysis.conditions import Condition, Number
from analysis.declared import Declared, Key
from opora.words import Words
from programmes.milestones import Phase


class Level(StrEnum):
    """For whom one value is worked out."""

    REGION = "region"
    MUNICIPALITY = "municipality"
    SCHOOL = "school"


class Among(StrEnum):
    """Which schools are counted."""

    CASES = "cases"  # those supported in the cycle
    SCHOOLS = "schools"  # every school of the register


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


class FactSum(Declared):
    """`{fact: teachers_trained}`: a fact or measure of each school, added up."""

    fact: Key
    year: Annotated[int, Field(le=1, ge=-30)] = 0


class SchoolCount(Declared):
    """`{schools: {fact: …, at_least: …}}`: schools where a condition of the rule language holds."""

    schools: Condition


class EverySchool(Declared):
    """`{every: school}`: all schools that are counted."""

    every: Annotated[str, Field(pattern="^school$")]


class RecordCount(Declared):
    """`{records: seminar}`: records of a kind that stand; with `field`, that number added up."""

    records: Key
    field: Key | None = None


class TaskCount(Declared):
    """`{tasks: accepted}` or `{tasks: all}`: tasks of the cycle, of one milestone if it is named."""

    tasks: Annotated[str, Field(pattern="^(accepted|all)$")]
    milestone: Key | None = None


class Entered(Declared):
    """`{entered: true}`: a number that a person writes down, with its source."""

    entered: bool


Source = FactSum | SchoolCount | EverySchool | RecordCount | TaskCount | Entered


class Target(Declared):
    """What is to be reached: a number, or better than the baseline, the cluster or the region."""

    exactly_one_of: ClassVar[tuple[str, ...]] = ("at_least", "at_most", "above")

    at_least: Number | None = None
    at_most: Number | None = None
    above: Annotated[str, Field(pattern="^(baseline|cluster|region)$")] | None = None


class Indicator(Declared):
    """Numerator by denominator; without a denominator, the numerator itself."""

    words: Words
    group: Key | None = None
    level: Level
    among: Among = Among.CASES
    numerator: Source
    denominator: Source | None = None
    direction: Direction = Direction.UP
    target: Target | None = None
    period: Annotated[str, Field(pattern="^(cycle|phase|year)$")] = "year"
    taken_from: Words | None = None  # the outside system it comes from (S4-06)
    source: str | None = None  # row of the requirements


class Indicators(Declared):
    """The whole file."""

    groups: dict[Key, Words] = {}
    indicators: dict[Key, Indicator] = {}
    baseline: Phase = Phase.ENTRY  # later phases are compared with it (S1-12)
