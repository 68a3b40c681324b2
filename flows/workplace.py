"""What a flow works with: handed in by the process that called it, else built from the settings.

Engines and callbacks are not for Prefect's eyes, so they never travel as a flow's parameters.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import Engine

from casework.acting import Acting
from casework.passes import Progress, Work
from casework.work import WORK, acting_in
from models.pass_run import PassRun
from opora import clock
from opora.database import connect, reading
from opora.errors import NotFound
from opora.settings import Settings
from opora.words import Sentence


def _nobody_listens(_: Progress) -> None: ...


@dataclass(frozen=True, slots=True)
class Workplace:
    """The installation, its database, and who wants to hear of each chunk."""

    settings: Settings
    engine: Engine
    on_chunk: Callable[[Progress], None] = _nobody_listens
    fences: dict[int, int] = field(default_factory=dict)  # of the passes that a flow holds, by id


_HERE: ContextVar[Workplace] = ContextVar("workplace")


@contextmanager
def at_work(place: Workplace) -> Iterator[None]:
    """Flows called inside find `place`."""
    token = _HERE.set(place)
    try:
        yield
    finally:
        _HERE.reset(token)


def workplace() -> Workplace:
    """The caller's workplace; in a worker of Prefect, one of its own from the environment."""
    return _HERE.get(None) or _of_this_process()


@cache
def _of_this_process() -> Workplace:
    settings = Settings()
    return Workplace(settings, connect(settings.database_url))


def on_whose_behalf(
    place: Workplace, pass_id: int, *, at: datetime | None
) -> tuple[PassRun, Acting]:
    """The pass and who acts in it; `at` is a virtual moment, None is the real present."""
    now = clock.now()
    with reading(place.engine) as session:
        run = session.get(PassRun, pass_id)
        if run is None:
            raise NotFound(what=Sentence("pass"), key=pass_id)
        acting = acting_in(session, run, at=at or now, recorded_at=now, is_virtual=at is not None)
        session.expunge_all()  # both are read once the session has gone
    return run, acting


def work_of(run: PassRun) -> Work:
    """The function that does a chunk of this pass."""
    if run.kind not in WORK:
        raise NotFound(what=Sentence("work of the kind"), key=run.kind)
    return WORK[run.kind]
