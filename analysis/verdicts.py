"""What judging gives: verdicts on schools and territories."""

from dataclasses import dataclass

from analysis.findings import Ground


@dataclass(frozen=True, slots=True)
class CategoryGround:
    """Why the school carries a category."""

    category: str
    ground: Ground


@dataclass(frozen=True, slots=True)
class KeptOff:
    """A category whose rule holds and that the school does not carry: an exception, a cap."""

    category: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`listed`: carries the entry category; `not_rated`: why that is not known, or None."""

    school: str
    territory: str
    listed: bool
    categories: tuple[str, ...]
    grounds: tuple[CategoryGround, ...]
    not_rated: tuple[str, ...] | None
    peer_group: str | None
    kept_off: tuple[KeptOff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryVerdict:
    """`inside` of `counted` schools carry the rule's category."""

    territory: str
    listed: bool
    inside: int
    counted: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdicts in the order of the schools' identifiers, whatever order they came in."""

    verdicts: tuple[Verdict, ...]
    territories: tuple[TerritoryVerdict, ...]
