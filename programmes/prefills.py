"""Where a field of a form gets its value before anybody types: what is known is never asked twice."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from analysis.declared import Declared, Key
from programmes.indicators import FactSum, RecordCount, TaskCount


class IndicatorPart(StrEnum):
    """Which number of an indicator."""

    VALUE = "value"
    BASELINE = "baseline"  # as it was frozen at the first phase (S1-12)
    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"


class CaseTrait(StrEnum):
    """What a case says of itself."""

    SCHOOL = "school"
    TERRITORY = "territory"
    STAGE = "stage"
    CLUSTER = "cluster"
    PARTNER = "partner"
    CURATOR = "curator"
    PHASE = "phase"  # of monitoring: the earliest whose work is not accepted yet


class FromIndicator(Declared):
    """`{indicator: below_threshold, part: baseline}`: of the form's own place, or of the region."""

    indicator: Key
    part: IndicatorPart = IndicatorPart.VALUE


class FromCase(Declared):
    """`{case: cluster}`: what the case says of itself."""

    case: CaseTrait


class FromEarlier(Declared):
    """`{earlier: record}`: the same field of the newest record of the kind on the same subject."""

    earlier: Annotated[str, Field(pattern="^record$")]


Prefill = FactSum | RecordCount | TaskCount | FromIndicator | FromCase | FromEarlier
"""Facts, records and tasks are named as the indicators name them; of a municipality they are added up."""
