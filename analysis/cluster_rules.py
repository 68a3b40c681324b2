"""What a programme declares about clusters (`clusters.yaml`): a rule table first, then a risk profile."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from analysis.conditions import Condition
from analysis.declared import Declared, Key
from opora.words import Sentence, Words


class Trait(Declared):
    """A fact or measure read as one number of a school in the judged year.

    Without a procedure, what belongs to a procedure is the mean over those of the school's year.
    """

    fact: Key
    procedure: Key | None = None

    @property
    def name(self) -> str:
        """`share_below.oge_math`: how proposals and scores call it."""
        return f"{self.fact}.{self.procedure}" if self.procedure else self.fact


class ClusterRule(Declared):
    """One row of the rule table (R5); the first row that holds takes the school."""

    key: Key
    words: Words
    when: Condition
    advice: Words | None = None
    source: str | None = None


class RiskProfile(Declared):
    """The numbers by which groups are proposed, and how many groups may be proposed.

    A school of whose profile less than the share `known_at_least` is known is placed in no group.
    """

    of: tuple[Trait, ...] = Field(min_length=1)
    fewest: Annotated[int, Field(ge=2, le=20)] = 2
    most: Annotated[int, Field(ge=2, le=20)] = 6
    known_at_least: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.5")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fewest > self.most:
            msg = Sentence(
                "fewest: {fewest} is more than most: {most}",
                {"fewest": str(self.fewest), "most": str(self.most)},
            )
            raise ValueError(msg)
        return self


class Clusters(Declared):
    """The file `clusters.yaml`. `decision` is the kind of decision that an assignment is."""

    rules: tuple[ClusterRule, ...] = ()
    profile: RiskProfile | None = None
    decision: Key = "cluster"

    @property
    def is_empty(self) -> bool:
        return not self.rules and self.profile is None
