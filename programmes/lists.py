"""The file `lists.yaml`: who must be judged, whom a person designates, until when one may object."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StrictInt

from analysis.declared import Declared, Key
from opora.words import Words

WorkingDays = Annotated[StrictInt, Field(ge=1, le=250)]


class Demand(StrEnum):
    """Which schools must have been judged before a list is confirmed (S0-07)."""

    EVERY_OPEN_SCHOOL = "every_open_school"
    ROW_IN_YEAR = "row_in_year"  # schools of which the year knows anything at all


class Exclusion(Declared):
    """Schools of these kinds need not be judged; the rule says why."""

    kinds: tuple[str, ...] = Field(min_length=1)
    words: Words
    source: str | None = None


class Coverage(Declared):
    """Without `demands` the word `judged` of identification.yaml decides."""

    demands: Demand | None = None
    leave_out: tuple[Exclusion, ...] = ()


class CapOf(StrEnum):
    """What a cap's share is counted of."""

    ELIGIBLE = "eligible"
    JUDGED = "judged"


class CapPer(StrEnum):
    """Within what a cap is counted."""

    REGION = "region"
    TERRITORY = "territory"
    PEER_GROUP = "peer_group"


class Cap(Declared):
    """At most so many schools are designated, or at most such a share, rounded down."""

    exactly_one_of: ClassVar[tuple[str, ...]] = ("at_most", "share")

    at_most: Annotated[StrictInt, Field(ge=0)] | None = None
    share: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    of: CapOf = CapOf.ELIGIBLE
    per: CapPer = CapPer.REGION
    source: str | None = None


class Designating(Declared):
    """The list only says who is eligible; a person designates, within these caps."""

    caps: tuple[Cap, ...] = ()


class Objecting(Declared):
    """Working days for an objection after the list was published, for an appeal after a decision."""

    within: WorkingDays | None = None
    appeals_within: WorkingDays | None = None


class ParticipantKind(Declared):
    """A category of participation (S2-02): low school, partner, other."""

    words: Words


class Participating(Declared):
    """Who takes part in a cycle: schools with a case, and those that a person enters.

    `cases` is the category of the former. `share_of_schools` and `every_territory` are what the
    programme wants to reach (S2-02, S2-03).
    """

    categories: dict[Key, ParticipantKind] = Field(min_length=1)
    cases: Key
    share_of_schools: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    every_territory: bool = False


class Watching(Declared):
    """For so many years after its exit a school stays in sight (S4-03).

    `left_in` names a fact of the school that holds the year of an exit before the first cycle here;
    with `category` a school is back when it carries that one, else when it is on the list.
    """

    years: Annotated[StrictInt, Field(ge=1, le=30)]
    left_in: Key | None = None
    category: Key | None = None


class Lists(Declared):
    """Everything is optional: without it nobody designates, and objections are never late."""

    coverage: Coverage = Coverage()
    designation: Designating | None = None
    objections: Objecting = Objecting()
    participation: Participating | None = None
    watch: Watching | None = None
