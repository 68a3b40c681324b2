"""What a record makes when it stands: a finding makes a recommendation or a measure (S1-14, S4-11)."""

from decimal import Decimal
from typing import ClassVar

from pydantic import StrictBool

from analysis.conditions import Number
from analysis.declared import Declared, Key
from schedules.due_rules import DueRule


class When(Declared):
    """What a field of the record must say: to be filled, to equal, or to lie on a side of a number."""

    exactly_one_of: ClassVar[tuple[str, ...]] = (
        "filled",
        "equals",
        "at_least",
        "at_most",
        "above",
        "below",
    )

    field: Key
    filled: bool | None = None
    equals: StrictBool | str | None = None  # of a choice or of yes and no
    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    below: Number | None = None


class FieldOf(Declared):
    """`{field: lags}`: what that field of the record says."""

    field: Key


class Making(Declared):
    """One record that follows from another one; without `when` from each."""

    kind: Key
    when: When | None = None
    fields: dict[Key, FieldOf | StrictBool | Decimal | str] = {}
    due: DueRule | None = None  # the day that goes into the made kind's field of its task's day
