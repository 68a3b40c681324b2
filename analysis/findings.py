"""What looking at a condition gives: true, false or unknown, with the reasons and the inputs.

Three-valued: false and unknown is false, true or unknown is true; what stays unknown carries every
reason for it, so that "not rated" never turns into a bad result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.school_facts import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value that was looked at, and where it came from."""

    fact: str
    year: int | None  # None: a fact of the registry
    procedure: str | None = None
    value: Scalar | None = None
    reason: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """A condition that held, in the notation of the rule, with what it was held against."""

    rule: str
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """`holds` is None when unknown; then `reasons` says why. `grounds` are what made it hold."""

    holds: bool | None
    reasons: frozenset[str] = frozenset()
    grounds: tuple[Ground, ...] = ()
    inputs: tuple[Input, ...] = ()


def at_least(wanted: int, findings: Sequence[Finding]) -> Finding:
    """Whether so many of them hold: the general case of all (n of n) and any (1 of n)."""
    inputs = tuple(one for finding in findings for one in finding.inputs)
    holding = [finding for finding in findings if finding.holds]
    unknown = [finding for finding in findings if finding.holds is None]
    if len(holding) >= wanted:
        grounds = tuple(ground for finding in holding for ground in finding.grounds)
        return Finding(holds=True, grounds=grounds, inputs=inputs)
    if len(holding) + len(unknown) < wanted:
        return Finding(holds=False, inputs=inputs)
    reasons = frozenset(reason for finding in unknown for reason in finding.reasons)
    return Finding(holds=None, reasons=reasons, inputs=inputs)
