"""The embedded clock: one tick that asks the timetable and the rows what is due, and does it.

APScheduler only wakes it up. It remembers nothing that matters, so clocks in several processes, a
clock that was away for a month, or one that dies in the middle change when work is done, not whether.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from casework.passes import Progress
from flows.periods import UTC as UTC_ZONE, VERIFICATION, begin_rounds_due
from flows.recurring import (
    Backup,
    Verify,
    deliver_due,
    keep_backup,
    night_to_do,
    read_returned,
    stopped_passes,
    verify_history,
)
from flows.running import run_pass
from notifications.delivery import Delivered
from opora import clock
from opora.settings import Settings
from schedules.timetable import TIMETABLE, Due, Entry, periods_due

LOG = logging.getLogger("opora.clock")
TICK = 30
"""Seconds between two ticks."""
LATE = 3 * TICK
"""A clock that gave no sign for so long is taken for dead."""


@dataclass(slots=True)
class Ticked:
    """What one tick did."""

    rounds: list[Progress] = field(default_factory=list)
    delivered: Delivered | None = None
    resumed: list[Progress] = field(default_factory=list)
    verified: Progress | None = None
    returned: Mapping[str, int] | None = None
    backed_up: Progress | None = None
    failed: dict[str, Exception] = field(default_factory=dict)  # by the timetable's key


@dataclass(frozen=True, slots=True)
class Health:
    """How long ago the clock last gave a sign, in seconds; None before the first."""

    silent_for: float | None
    is_well: bool


class EmbeddedClock:
    """Ticks while it is entered; `tick` may also be called by hand with any moment."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        verify: Verify | None = None,
        backup: Backup | None = None,
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.verify = verify
        self.backup = backup
        self._told: set[str] = set()
        self._scheduler: Any = None
        self._sign: float | None = None  # of the monotonic clock
        self._last: dict[str, str] = {}  # periods of work that needs no row
        self._doers: Mapping[str, Callable[[Entry, datetime, Ticked], None]] = {
            "daily_round": self._rounds,
            "delivery": self._delivery,
            "reconcile": self._reconcile,
            "nightly_verification": self._verification,
            "returned_letters": self._returned,
            "nightly_backup": self._backup,
        }

    # --- one tick ---------------------------------------------------------------------------------

    def tick(self, *, at: datetime) -> Ticked:
        """Do all that is due at that moment."""
        done = Ticked()
        for work in TIMETABLE:
            self._give_sign()
            try:
                self._doers[work.flow](work, at, done)
            except (
                Exception
            ) as error:  # one broken part must not stop the others; it is tried again
                LOG.exception("%s failed", work.key)
                done.failed[work.key] = error
        self._give_sign()
        return done

    def _rounds(self, _work: Entry, at: datetime, done: Ticked) -> None:
        for pass_id in begin_rounds_due(self.engine, at=at, recorded_at=clock.now()):
            done.rounds.append(self._run(pass_id))

    def _delivery(self, work: Entry, at: datetime, done: Ticked) -> None:
        if self._is_due(work, at):
            done.delivered = deliver_due(self.settings, self.engine, at=at)

    def _reconcile(self, work: Entry, at: datetime, done: Ticked) -> None:
        if self._is_due(work, at):
            for pass_id in stopped_passes(self.engine, at=at):
                done.resumed.append(self._run(pass_id))

    def _verification(self, _work: Entry, at: datetime, done: Ticked) -> None:
        if self.verify is None:
            return
        pass_id = night_to_do(self.engine, VERIFICATION, at=at)
        if pass_id is not None:
            done.verified = verify_history(self.engine, pass_id, self.verify, at=at)

    def _returned(self, work: Entry, at: datetime, done: Ticked) -> None:
        if self.settings.bounce_imap is None:
            self._tell_once(work, "OPORA_BOUNCE_IMAP")
        elif self._is_due(work, at):
            done.returned = read_returned(self.settings, self.engine, at=at)

    def _backup(self, work: Entry, at: datetime, done: Ticked) -> None:
        if self.backup is None:
            return
        if self.settings.backup_dir is None:
            self._tell_once(work, "OPORA_BACKUP_DIR")
            return
        done.backed_up = keep_backup(self.settings, self.engine, self.backup, at=at)

    def _tell_once(self, work: Entry, setting: str) -> None:
        """Work that nobody asked for is said once, not every half minute."""
        if work.key not in self._told:
            self._told.add(work.key)
            LOG.warning("%s: nothing is done, %s is not set", work.key, setting)

    def _run(self, pass_id: int) -> Progress:
        return run_pass(self.settings, self.engine, pass_id, on_chunk=lambda _: self._give_sign())

    def _is_due(self, work: Entry, at: datetime) -> bool:
        due = periods_due(work, last=self._last.get(work.key), at=at, zone=UTC_ZONE)
        if due.run:
            self._last[work.key] = due.run[-1]
        return due != Due()

    # --- what wakes it up -------------------------------------------------------------------------

    def start(self) -> None:
        """Tick at once, then every 30 s, in a thread of its own."""
        self._give_sign()
        self._scheduler = BackgroundScheduler(timezone=UTC, jobstores={"default": MemoryJobStore()})
        self._scheduler.add_job(
            self._tick_now,
            "interval",
            seconds=TICK,
            next_run_time=clock.now(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,  # however late: the rows know what is still to do
        )
        self._scheduler.start()

    def stop(self, *, wait: bool = True) -> None:
        """Let the present tick end, and begin no other."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=wait)

    def restart(self) -> None:
        """Leave a thread that hangs to itself: its leases run out, and fences keep it harmless."""
        self.stop(wait=False)
        self.start()

    def health(self) -> Health:
        """Whether the clock still ticks: its thread can die while the process lives."""
        if self._sign is None:
            return Health(None, is_well=False)
        silent = time.monotonic() - self._sign
        return Health(silent, is_well=silent <= LATE)

    def _give_sign(self) -> None:
        self._sign = time.monotonic()

    def _tick_now(self) -> None:
        self.tick(at=clock.now())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
