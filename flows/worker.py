"""This process becomes a worker of Prefect that does the timetable's runs, each in a child of its own.

A run starts in a folder of Prefect's making, so the settings travel as the environment, never as a
path that is relative to where the worker was started.
"""

import os
import sys
from typing import NoReturn

from pydantic import SecretStr

from flows.pools import POOL
from flows.prefect_server import environment, is_ready
from opora.errors import NotReady
from opora.settings import Settings
from opora.words import Sentence

_NOT_FOR_WORKERS = "OPORA_DATABASE_OWNER"
"""Whoever does the work never changes the schema."""


def worker_environment(settings: Settings) -> dict[str, str]:
    """What a worker and the runs it starts must find, whatever folder they start in."""
    told = {f"OPORA_{name.upper()}": _plain(value) for name, value in settings}
    told |= {
        "OPORA_HOME": str(settings.home.resolve()),
        "OPORA_DATABASE": settings.database_url,
        "OPORA_STORE_URL": settings.evidence,
    }
    mine = {**os.environ, **{name: said for name, said in told.items() if said is not None}}
    mine.pop(_NOT_FOR_WORKERS, None)
    return {**mine, **environment(settings)}


def _plain(value: object) -> str | None:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return None if value is None else str(value)


def become_worker(
    settings: Settings, *, name: str | None = None, at_once: int | None = None
) -> NoReturn:
    """Leave this process to `prefect worker start`. Raises `NotReady` when no server answers."""
    if not is_ready(settings):
        raise NotReady(
            what=Sentence(
                "No Prefect server answers on port {port}", {"port": settings.prefect_port}
            ),
            cure=Sentence("Start one: OPORA_FLOWS=prefect opora serve"),
        )
    words = command(name, at_once or os.cpu_count() or 1)
    os.execve(words[0], words, worker_environment(settings))  # noqa: S606  our own interpreter


def command(name: str | None, at_once: int) -> list[str]:
    """The words that start a worker of our pool, which does so many runs at once."""
    start = ["-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    start += ["--limit", str(at_once)]
    return [sys.executable, *start, *(["--name", name] if name else [])]
