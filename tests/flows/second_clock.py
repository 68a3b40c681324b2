"""A clock in a process of its own, started by mistake beside another."""

from collections.abc import Sequence
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from flows.embedded import EmbeddedClock
from opora.database import connect
from opora.settings import Settings


def tick_together(url: str, home: Path, moments: Sequence[datetime], start: Barrier) -> None:
    """Tick at each moment, at the very same time as the others do."""
    settings = Settings(database=url, home=home)
    clock = EmbeddedClock(settings, connect(url))
    for at in moments:
        start.wait(60)
        ticked = clock.tick(at=at)
        if ticked.failed:
            raise next(iter(ticked.failed.values()))
