"""Runs a pass to its end the way the settings choose: plainly, or as a flow that Prefect shows.

Both do the same chunks and leave the same rows. Where Prefect cannot be had the pass goes on
without it, and the reason is said.
"""

import asyncio
import logging
from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime
from threading import Thread

from sqlalchemy import Engine

from casework import passes
from casework.passes import Progress
from flows.prefect_server import PrefectAway, is_ready, prepare, supervised_server
from flows.workplace import Workplace, at_work, on_whose_behalf, work_of
from opora import clock
from opora.errors import OporaError
from opora.settings import Settings
from opora.words import Sentence

LOG = logging.getLogger("opora.flows")
PATIENCE = 5
"""Seconds of a server's silence after which its flow is left alone."""


class PassRefused(OporaError):
    """The pass {kind} of {period} is done, but refused {refused}: each refusal is kept with its reason."""


def run_pass(
    settings: Settings,
    engine: Engine,
    pass_id: int,
    *,
    at: datetime | None = None,
    on_chunk: Callable[[Progress], None] = lambda _: None,
    on_notice: Callable[[Sentence], None] = lambda said: LOG.warning("%s", said),
) -> Progress:
    """Do what is left of the pass; what another runner holds is left to it.

    `at` is a virtual moment. `on_notice` hears why Prefect was not used although it was chosen.
    """
    place = Workplace(settings, engine, on_chunk)
    if settings.flows == "direct" or passes.progress(engine, pass_id).is_done:
        return directly(place, pass_id, at=at)
    try:
        return _through_prefect(place, pass_id, at)
    except PrefectAway as away:
        on_notice(away.sentence)
        for (
            held,
            fence,
        ) in place.fences.items():  # the flow left alone is fenced off by the next taker
            passes.lay_down(engine, held, fence)
        return directly(place, pass_id, at=at)


def directly(place: Workplace, pass_id: int, *, at: datetime | None = None) -> Progress:
    """Without Prefect: one chunk after the other in this thread."""
    run, acting = on_whose_behalf(place, pass_id, at=at)
    return passes.advance(
        place.engine,
        pass_id,
        work_of(run),
        acting,
        real_now=clock.now,
        on_chunk=place.on_chunk,
    )


def _through_prefect(place: Workplace, pass_id: int, at: datetime | None) -> Progress:
    run, _ = on_whose_behalf(place, pass_id, at=at)
    with supervised_server(place.settings), prepare(place.settings):
        call = _Call(place, run.kind, f"{run.kind}:{run.period}", pass_id, at)
        call.wait()
    if isinstance(call.error, PassRefused):
        return passes.progress(place.engine, pass_id)
    if isinstance(call.error, OporaError):
        raise call.error
    if call.error is not None:  # if it is not Prefect's fault, the plain run will say so itself
        reason = f"{type(call.error).__name__}: {call.error}"
        raise PrefectAway(reason=reason) from call.error
    return passes.progress(place.engine, pass_id)


class _Call:
    """One call of a flow in a thread of its own, which may be left behind when the server dies."""

    def __init__(
        self, place: Workplace, kind: str, name: str, pass_id: int, at: datetime | None
    ) -> None:
        self.settings = place.settings
        self.error: BaseException | None = None
        with at_work(place):
            context = copy_context()
        self._thread = Thread(
            target=context.run, args=(self._run, kind, name, pass_id, at), name=name, daemon=True
        )

    def _run(self, kind: str, name: str, pass_id: int, at: datetime | None) -> None:
        from flows.batches import all_told  # noqa: PLC0415  brings Prefect: two seconds
        from flows.flow_of_kind import flow_of  # noqa: PLC0415  as above

        try:
            with all_told():
                asyncio.run(flow_of(kind).with_options(flow_run_name=name)(pass_id, at))
        except BaseException as error:  # noqa: BLE001  judged by the thread that waits
            self.error = error

    def wait(self) -> None:
        """Until the flow has ended. Raises `PrefectAway` when the server is silent for too long."""
        self._thread.start()
        silent = 0
        while self._thread.is_alive():
            self._thread.join(1)
            silent = 0 if is_ready(self.settings) else silent + 1
            if silent >= PATIENCE and self._thread.is_alive():
                _hush(self._thread.name)
                raise PrefectAway(reason=Sentence("the server does not answer any more"))


def _hush(thread: str) -> None:
    """What a flow without a server still complains of helps nobody: its reason has been said."""
    for name in ("prefect", "prefect.flow_runs", "prefect.task_runs"):
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(lambda record: record.threadName != thread)
