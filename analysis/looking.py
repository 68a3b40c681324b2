"""Looks up one school's facts, measures and parameters while it is being judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol, cast

from analysis.cohort import Cohort
from analysis.conditions import ParameterName
from analysis.declared import Declared
from analysis.findings import Finding, Input
from analysis.identification import Identification, Per
from analysis.measuring import measured, summed_up
from analysis.reasons import MISSING
from analysis.school_facts import Fact, Scalar, SchoolFacts
from opora.errors import InputRefused
from opora.words import Sentence

PARAMETER_CURE = Sentence(
    "Name a parameter of the programme, or one of a peer group as name.group."
)


class Weigher(Protocol):
    """`analysis.weighing.weigh`, handed in because it needs a Look itself."""

    def __call__(self, look: "Look", condition: Declared) -> Finding: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One school seen in one year, and within `procedures` in one procedure."""

    rules: Identification
    school: SchoolFacts
    year: int
    weigh: Weigher
    parameters: Mapping[str, Scalar] = field(
        default_factory=dict
    )  # those that replace declared ones
    group: str | None = None
    procedure: str | None = None
    cohort: Cohort | None = None  # None only where no rule compares schools

    def back(self, years: int) -> "Look":
        return replace(self, year=self.year + years) if years else self

    def within(self, procedure: str | None) -> "Look":
        return replace(self, procedure=procedure) if procedure else self

    def value(self, name: str) -> tuple[Input, ...]:
        """The value itself first, then what a measure was made of."""
        measure = self.rules.measures.get(name)
        if measure is not None:
            return measured(self, name, measure)
        if name not in self.rules.facts:
            return summed_up(self, name)
        per = self.rules.facts[name].per
        found = self._facts(per).get(name) or Fact(None, MISSING)
        return (
            Input(
                fact=name,
                year=None if per is Per.SCHOOL else self.year,
                procedure=self.procedure if per is Per.PROCEDURE else None,
                value=found.value,
                reason=found.reason,
                source=found.source,
            ),
        )

    def parameter(self, name: str) -> Scalar:
        """What the person tries now, else the peer group's own, else the declared value."""
        return parameter_of(self.rules, self.parameters, name, self.group)

    def settled(self, operand: object) -> Scalar:
        """A literal as it stands, a parameter by its name."""
        return settled_for(self.rules, self.parameters, operand, self.group)

    def count(self, operand: object) -> int:
        return counted(operand, self.settled(operand))

    def _facts(self, per: Per) -> Mapping[str, Fact]:
        if per is Per.SCHOOL:
            return self.school.standing
        if per is Per.YEAR:
            return self.school.years.get(self.year, {})
        return self.school.results.get(self.year, {}).get(self.procedure or "", {})


def parameter_of(
    rules: Identification, tried: Mapping[str, Scalar], name: str, group: str | None
) -> Scalar:
    """The parameter's value in a peer group, or outside of all groups."""
    declared = rules.parameters[name]
    own = declared.by_peer_group.get(group or "")
    found = tried.get(f"{name}.{group}")
    if found is None and own is None:
        found = tried.get(name)
    return found if found is not None else own if own is not None else declared.value


def settled_for(
    rules: Identification, tried: Mapping[str, Scalar], operand: object, group: str | None
) -> Scalar:
    """A literal as it stands, a parameter by its name."""
    if isinstance(operand, ParameterName):
        return parameter_of(rules, tried, operand.parameter, group)
    return cast("Scalar", operand)  # the models admit nothing else


def counted(operand: object, settled: Scalar) -> int:
    """The number that an operand has come to; raises InputRefused where it is no count."""
    if isinstance(settled, str) or settled != int(settled) or settled < 1:
        cure = Sentence("A count is a whole number from 1.")
        name = operand.parameter if isinstance(operand, ParameterName) else "at_least"
        raise InputRefused(field=name, value=settled, cure=cure)
    return int(settled)


def tried_parameters(rules: Identification, given: Mapping[str, object]) -> dict[str, Scalar]:
    """Parameters to try, as typed or given as values; unknown names are refused."""
    found: dict[str, Scalar] = {}
    groups = {group.key for group in rules.peer_groups}
    for name, value in given.items():
        key, _, group = name.partition(".")
        if key not in rules.parameters or (group and group not in groups):
            raise InputRefused(field="parameter", value=name, cure=PARAMETER_CURE)
        found[name] = _typed(name, value, rules.parameters[key].value)
    return found


def _typed(name: str, value: object, like: Scalar) -> Scalar:
    if isinstance(like, str):
        return str(value)
    try:
        number = Decimal(str(value).replace(",", "."))
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite() or isinstance(value, float):
        cure = Sentence("Give a number, exactly, like 0.35.")
        raise InputRefused(field=name, value=value, cure=cure)
    return number
