"""The process that stays: keeps the clock ticking and Prefect's server up until told to stop."""

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

from sqlalchemy import Engine

from flows.embedded import EmbeddedClock
from flows.prefect_server import PrefectAway, PrefectServer
from flows.recurring import Backup, Verify
from opora.settings import Settings
from opora.words import Sentence

LOG = logging.getLogger("opora.clock")
CHECK = 5.0
"""Seconds between two looks at the clock and at the server."""
PAUSE = 60.0
"""Seconds before a server that would not start is tried again."""


def serve(
    settings: Settings,
    engine: Engine,
    *,
    verify: Verify | None = None,
    backup: Backup | None = None,
    stop: Event | None = None,
    on_notice: Callable[[Sentence], None] = lambda said: LOG.warning("%s", said),
) -> None:
    """Return when `stop` is set, or at SIGTERM or SIGINT, after the present tick has ended."""
    stop = stop or Event()
    keeper = _Keeper(settings, on_notice)
    with _stopped_by_signals(stop):
        try:
            keeper.look_after()
            with EmbeddedClock(settings, engine, verify=verify, backup=backup) as clock:
                while not stop.wait(CHECK):
                    keeper.look_after()
                    if not clock.health().is_well:
                        on_notice(
                            Sentence("The clock gave no sign for too long: it is started anew")
                        )
                        clock.restart()
        finally:
            keeper.server.stop()


class _Keeper:
    """Brings the server back when it has died; without it passes run plainly."""

    def __init__(self, settings: Settings, on_notice: Callable[[Sentence], None]) -> None:
        self.server = PrefectServer(settings)
        self._is_wanted = settings.flows == "prefect"
        self._on_notice = on_notice
        self._not_before = 0.0

    def look_after(self) -> None:
        if not self._is_wanted or time.monotonic() < self._not_before:
            return
        try:
            self.server.ensure()
        except PrefectAway as away:
            self._on_notice(away.sentence)
            self._not_before = time.monotonic() + PAUSE


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; only the main thread may hear signals."""
    if current_thread() is not main_thread():
        yield
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
