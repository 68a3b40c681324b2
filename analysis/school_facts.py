"""What is known of one school: values with their origin, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

Scalar: TypeAlias = str | int | Decimal


@dataclass(frozen=True, slots=True)
class Fact:
    """A value, or a reason word (`not_rated`, `suppressed`, …): never both, never neither."""

    value: Scalar | None
    reason: str | None = None
    source: str = ""  # file, sheet and row it was read from

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            msg = "a fact has a value or a reason, exactly one of them"
            raise ValueError(msg)


Facts: TypeAlias = Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFacts:
    """One school: `standing` facts of the registry, `years[2018]`, `results[2018]["math_9"]`."""

    school: str
    territory: str
    standing: Facts = field(default_factory=dict)
    years: Mapping[int, Facts] = field(default_factory=dict)
    results: Mapping[int, Mapping[str, Facts]] = field(default_factory=dict)

    def has_row(self, year: int) -> bool:
        return bool(self.years.get(year) or self.results.get(year))
