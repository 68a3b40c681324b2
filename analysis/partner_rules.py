"""What a programme declares about partners and curators (`partners.yaml`): who may help whom."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StrictStr, model_validator

from analysis.cluster_rules import Trait
from analysis.conditions import Condition
from analysis.declared import Declared, Key
from opora.words import Sentence, Words
from states.stage import Outcome

Weight = Annotated[Decimal, Field(ge=0, le=100)]
Kilometres = Annotated[Decimal, Field(gt=0, le=20_000)]
Latitude = Annotated[Decimal, Field(ge=-90, le=90)]
Longitude = Annotated[Decimal, Field(ge=-180, le=180)]
Code = Annotated[StrictStr, Field(min_length=1, max_length=60)]
Capacity = Annotated[int, Field(ge=1, le=1000)]

_NOT_IMPROVED = (Outcome.CONTINUES, Outcome.ESCALATED)


class Unknown(StrEnum):
    """What is to be done where a hard rule cannot be checked."""

    ALLOW = "allow"
    REFUSE = "refuse"


class Pool(Declared):
    """Schools of the register that may be partners, the first choice first (S1-25, S1-26, S3-17).

    `when` looks at the candidate, `serves` at the school that seeks. `improved_within` takes schools
    whose own case ended with improvement in so many years before. A pool that names neither `when` nor
    `improved_within` holds organisations only.
    """

    key: Key
    words: Words
    when: Condition | None = None
    improved_within: Annotated[int, Field(ge=1, le=30)] | None = None
    serves: Condition | None = None
    capacity: Capacity = 1
    preference: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(1)
    source: str | None = None


class Organisation(Declared):
    """A partner that is no school of the register (S1-27)."""

    key: Key
    words: Words
    pool: Key
    territory: Code | None = None
    capacity: Capacity = 1
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    theme: str | None = None


class Strength(Trait):
    """What a partner should be good at when the school is weak in it; `theme` names it in words."""

    better: Literal["lower", "higher"]
    theme: str | None = None


class Alike(Declared):
    """A fact that must be the same on both sides: level, language of teaching."""

    fact: Key
    unknown: Unknown = Unknown.REFUSE


class Between(Declared):
    """How far two territories lie apart."""

    territories: tuple[Code, Code]
    km: Annotated[Decimal, Field(ge=0, le=20_000)]


class Distance(Declared):
    """From coordinates (facts of the register), else from the table of territories, else unknown.

    Over `reach_km` the distance adds nothing to the score; over `farthest_km` there is no pair.
    """

    latitude: Key | None = None
    longitude: Key | None = None
    between: tuple[Between, ...] = ()
    reach_km: Kilometres = Decimal(200)
    farthest_km: Kilometres | None = None
    unknown: Unknown = Unknown.ALLOW

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            msg = Sentence("give latitude and longitude together")
            raise ValueError(msg)
        return self


class Conflict(Declared):
    """Two who must not be paired, by code, key or address."""

    between: tuple[Code, Code]
    why: Words | None = None


class PartnerWeights(Declared):
    """How much each part of a score counts."""

    strength: Weight = Decimal(3)
    theme: Weight = Decimal(1)
    distance: Weight = Decimal(2)
    territory: Weight = Decimal(1)
    pool: Weight = Decimal(2)
    experience: Weight = Decimal(1)


class CuratorWeights(Declared):
    """How much each part counts for curators; `balance` spreads the work."""

    territory: Weight = Decimal(2)
    continuity: Weight = Decimal(3)
    balance: Weight = Decimal(1)


class CuratorRules(Declared):
    """Who may look after whom. How many schools at most: `curators` of `stages.yaml`.

    `language` is the fact that holds a school's language; a curator must speak it.
    """

    same_territory: bool = False
    language: Key | None = None
    conflicts: tuple[Conflict, ...] = ()
    failed: tuple[Outcome, ...] = (Outcome.ESCALATED,)  # after these nobody is kept
    weights: CuratorWeights = CuratorWeights()


class Form(Declared):
    """A form that the work of two schools may take (S1-28)."""

    key: Key
    words: Words


class Partners(Declared):
    """The file `partners.yaml`. `decision` is the kind of decision that a confirmed pair is."""

    pools: tuple[Pool, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    forms: tuple[Form, ...] = ()
    strengths: tuple[Strength, ...] = ()
    theme: Key | None = None
    alike: tuple[Alike, ...] = ()
    same_kind: bool = False
    same_territory: bool = False
    distance: Distance = Distance()
    conflicts: tuple[Conflict, ...] = ()
    failed: tuple[Outcome, ...] = _NOT_IMPROVED  # after these a pair is not formed again
    weights: PartnerWeights = PartnerWeights()
    decision: Key = "partner"
    curators: CuratorRules = CuratorRules()
