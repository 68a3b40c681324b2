"""The words of a case's life: its stages, the moves between them, and how it may end."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a school stands in its support cycle (DOMAIN.md, what all five share)."""

    IDENTIFIED = "identified"
    ANALYSED = "analysed"
    CLUSTERED = "clustered"
    PARTNERED = "partnered"
    PROGRAMME_APPROVED = "programme_approved"
    MONITORED = "monitored"
    EXITED = "exited"


class Move(StrEnum):
    """What a person does to a case to bring it to another stage, or to stop and start its clocks."""

    ANALYSE = "analyse"
    CLUSTER = "cluster"
    PARTNER = "partner"
    APPROVE_PROGRAMME = "approve_programme"
    MONITOR = "monitor"
    EXIT = "exit"
    RETURN_FOR_REWORK = "return_for_rework"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    SUSPEND = "suspend"
    RESUME = "resume"


class Outcome(StrEnum):
    """How this year's case ended; screens show it instead of the bare stage `exited`."""

    IMPROVED = "improved"
    CONTINUES = "continues"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
