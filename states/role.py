"""Who takes part in the work; what each may do is the data file `casework/grants.yaml`."""

from enum import StrEnum


class Role(StrEnum):
    """A person holds a role in a scope (register, territory or school) for a time."""

    OPERATOR = "operator"  # the regional institute: launches cycles (S1-02)
    COORDINATOR = "coordinator"  # answers for a municipality (S3-10)
    CURATOR = "curator"  # answers for one school (S0-11)
    HEAD = "head"  # the school's own director
    PARTNER = "partner"  # tutor school's person (S1-21)
    AUDITOR = "auditor"  # reads histories
