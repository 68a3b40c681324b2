"""The law of a record: it waits for a word or stands, comes to its outcome, or is cancelled."""

from dataclasses import dataclass
from enum import StrEnum

from opora.errors import RecordClosed


class RecordState(StrEnum):
    """Where a record stands."""

    WAITING = "waiting"  # for whoever confirms it
    STANDING = "standing"
    CONCLUDED = "concluded"  # with one of its kind's outcomes
    CANCELLED = "cancelled"


class RecordDeed(StrEnum):
    """What a person does to a record; each is one version more."""

    AMEND = "amend"
    CONFIRM = "confirm"
    CONCLUDE = "conclude"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class RecordRule:
    """One allowed deed."""

    deed: RecordDeed
    source: RecordState
    dest: RecordState


RECORD_RULES = (
    RecordRule(RecordDeed.AMEND, RecordState.WAITING, RecordState.WAITING),
    RecordRule(RecordDeed.AMEND, RecordState.STANDING, RecordState.STANDING),
    RecordRule(RecordDeed.CONFIRM, RecordState.WAITING, RecordState.STANDING),
    RecordRule(RecordDeed.CONCLUDE, RecordState.STANDING, RecordState.CONCLUDED),
    RecordRule(RecordDeed.CONCLUDE, RecordState.CONCLUDED, RecordState.CONCLUDED),
    RecordRule(RecordDeed.CANCEL, RecordState.WAITING, RecordState.CANCELLED),
    RecordRule(RecordDeed.CANCEL, RecordState.STANDING, RecordState.CANCELLED),
    RecordRule(RecordDeed.CANCEL, RecordState.CONCLUDED, RecordState.CANCELLED),
)
_DEST = {(rule.source, rule.deed): rule.dest for rule in RECORD_RULES}

COUNTING = (RecordState.STANDING, RecordState.CONCLUDED)
"""States in which a record counts: as proof, as a need met, in a register, on the page."""


def record_destination(deed: RecordDeed, state: RecordState) -> RecordState:
    """The state that `deed` leads to; raises `RecordClosed` where the law has none.

    What has to be confirmed waits anew when it is amended: the caller knows the kind.
    """
    dest = _DEST.get((state, deed))
    if dest is None:
        raise RecordClosed(state=state)
    return dest
