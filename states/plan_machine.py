"""The law of a school's plan: handed in, endorsed in turn or returned, approved; corrected later."""

from dataclasses import dataclass
from enum import StrEnum

from opora.errors import PlanClosed


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"


class PlanDeed(StrEnum):
    """What people do to it."""

    SUBMIT = "submit"
    ENDORSE = "endorse"
    RETURN = "return"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class PlanRule:
    """One allowed deed."""

    deed: PlanDeed
    source: PlanState
    dest: PlanState


PLAN_RULES = (
    PlanRule(PlanDeed.SUBMIT, PlanState.DRAFT, PlanState.SUBMITTED),
    PlanRule(PlanDeed.SUBMIT, PlanState.RETURNED, PlanState.SUBMITTED),
    PlanRule(PlanDeed.SUBMIT, PlanState.APPROVED, PlanState.SUBMITTED),  # a correction (S0-16)
    PlanRule(PlanDeed.ENDORSE, PlanState.SUBMITTED, PlanState.SUBMITTED),
    PlanRule(PlanDeed.RETURN, PlanState.SUBMITTED, PlanState.RETURNED),
    PlanRule(PlanDeed.APPROVE, PlanState.SUBMITTED, PlanState.APPROVED),
)
_DEST = {(rule.source, rule.deed): rule.dest for rule in PLAN_RULES}


def plan_destination(deed: PlanDeed, state: PlanState) -> PlanState:
    """The state that `deed` leads to; raises `PlanClosed` where the law has none."""
    dest = _DEST.get((state, deed))
    if dest is None:
        raise PlanClosed(state=state)
    return dest
