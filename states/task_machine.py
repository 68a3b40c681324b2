"""The law of a task: handed in, accepted or returned, or cancelled."""

from dataclasses import dataclass
from enum import StrEnum

from opora.errors import TaskNotOpen


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    SUBMITTED = "submitted"
    RETURNED = "returned"  # open again, with remarks
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


class TaskDeed(StrEnum):
    """What a person does to a task."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    RETURN = "return"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class TaskRule:
    """One allowed deed."""

    deed: TaskDeed
    source: TaskState
    dest: TaskState


TASK_RULES = (
    TaskRule(TaskDeed.SUBMIT, TaskState.OPEN, TaskState.SUBMITTED),
    TaskRule(TaskDeed.SUBMIT, TaskState.RETURNED, TaskState.SUBMITTED),
    TaskRule(TaskDeed.ACCEPT, TaskState.SUBMITTED, TaskState.ACCEPTED),
    TaskRule(TaskDeed.RETURN, TaskState.SUBMITTED, TaskState.RETURNED),
    TaskRule(TaskDeed.CANCEL, TaskState.OPEN, TaskState.CANCELLED),
    TaskRule(TaskDeed.CANCEL, TaskState.SUBMITTED, TaskState.CANCELLED),
    TaskRule(TaskDeed.CANCEL, TaskState.RETURNED, TaskState.CANCELLED),
)
_DEST = {(rule.source, rule.deed): rule.dest for rule in TASK_RULES}

WAITING = (TaskState.OPEN, TaskState.RETURNED)
"""States in which the doer still has something to do: the clocks of these tasks run."""
UNFINISHED = (*WAITING, TaskState.SUBMITTED)
"""States that keep a stage from being left."""


def task_destination(deed: TaskDeed, state: TaskState) -> TaskState:
    """The state that `deed` leads to; raises `TaskNotOpen` where the law has none."""
    dest = _DEST.get((state, deed))
    if dest is None:
        raise TaskNotOpen(state=state)
    return dest
