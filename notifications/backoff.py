"""When a letter that was not taken is tried again. Pure, and the same for the same letter."""

import hashlib
from datetime import datetime, timedelta

WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240))
DAILY = timedelta(days=1)
LIFETIME = timedelta(days=5)
JITTER = 0.2
OUTAGE_PAUSE = timedelta(minutes=5)
"""The letter that met an outage lets the others go first: it may be what upsets the server."""


def wait_after(failures: int) -> timedelta:
    """The plain wait after the n-th failure (from 1)."""
    return WAITS[failures - 1] if failures <= len(WAITS) else DAILY


def next_attempt(key: str, failures: int, *, at: datetime) -> datetime | None:
    """The moment of the next attempt; None once the waits together pass the letter's lifetime.

    Waits are summed, not days: a server that was away for a week has used up nobody's lifetime.
    """
    waited = sum((wait_after(n) for n in range(1, failures + 1)), timedelta())
    if waited > LIFETIME:
        return None
    return at + wait_after(failures) * (1 + JITTER * _share(key, failures))


def _share(key: str, failures: int) -> float:
    """Between -1 and 1, drawn from the key: letters that failed together do not return together."""
    digest = hashlib.sha256(f"{key}:{failures}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**63 - 1
