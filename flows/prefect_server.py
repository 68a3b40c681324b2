"""Keeps one Prefect server on loopback: finds the one that runs, or starts it as a child of ours.

Prefect's ephemeral server, one per process, is never used: each costs the start again and is left
behind as an orphan by a kill. Ours hangs on a pipe and ends with its parent, whatever ends that.
"""

import fcntl
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows.prefect_api import HOST, RunShown, api_url, is_ready, key, prefect_home, run_shown
from opora.errors import OporaError
from opora.settings import Settings
from opora.words import Sentence

__all__ = ["PrefectAway", "PrefectServer", "RunShown", "api_url", "environment", "is_ready"]
__all__ += ["prepare", "run_shown", "supervised_server"]

START_LIMIT = 90
STOP_LIMIT = 10

QUIET: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_UI_ENABLED": "false",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",  # we keep nothing in blocks
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # what a flow logs is for its page
    "PREFECT_CLIENT_MAX_RETRIES": "2",  # a server on loopback is there or is gone
}
"""Nothing leaves the machine, and nothing is printed between the lines of a command."""


_PROGRAM = (  # the child finds what we find, installed or not
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from flows.prefect_child import run; run(int(sys.argv[2]))"
)


class PrefectAway(OporaError):
    """Prefect cannot be had, the work goes on without it: {reason}."""


def environment(settings: Settings) -> dict[str, str]:
    """What the server, a worker and a client must find in their environment."""
    return {
        **QUIET,
        "PREFECT_HOME": str(prefect_home(settings)),
        "PREFECT_API_URL": api_url(settings),
        "PREFECT_API_AUTH_STRING": key(settings),
        "PREFECT_SERVER_API_AUTH_STRING": key(settings),
        "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), HOST))),
    }


@contextmanager
def prepare(settings: Settings) -> Iterator[None]:
    """Prefect's client speaks to our server inside. Raises `PrefectAway` if it is not installed."""
    wanted = environment(settings)
    os.environ.update(QUIET)  # some of it is read while Prefect is imported
    os.environ.setdefault("PREFECT_HOME", wanted["PREFECT_HOME"])  # else it looks into ~/.prefect
    try:
        from prefect import settings as known  # noqa: PLC0415  two seconds, and only here needed
    except ImportError as missing:
        raise PrefectAway(reason=str(missing)) from missing
    logging.getLogger("prefect").propagate = False  # its page has it; our own log says what failed
    names = (
        "PREFECT_HOME",
        "PREFECT_API_URL",
        "PREFECT_API_AUTH_STRING",
        "PREFECT_CLIENT_MAX_RETRIES",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE",
    )
    with known.temporary_settings({getattr(known, name): wanted[name] for name in names}):
        yield


class PrefectServer:
    """The server of one installation, as long as somebody needs it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = prefect_home(settings) / "server.log"
        self._child: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Return when it answers, started if need be. Raises `PrefectAway` after 90 s in vain."""
        if is_ready(self.settings):
            return
        self.stop()
        with _alone(prefect_home(self.settings) / "starting"):
            if not is_ready(self.settings):  # else another process was faster
                self._start()
                self._wait()

    def _start(self) -> None:
        port = self.settings.prefect_port
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), str(port)],
                env={**os.environ, **environment(self.settings)},
                stdin=subprocess.PIPE,  # the child ends when this end of the pipe is gone
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal is for us; we end the child in order
            )

    def _wait(self) -> None:
        until = time.monotonic() + START_LIMIT
        while not is_ready(self.settings):
            if self._child is None or self._child.poll() is not None:
                raise self._failed(Sentence("its server ended at once"))
            if time.monotonic() > until:
                self.stop()
                raise self._failed(
                    Sentence("its server did not answer in {s} s", {"s": START_LIMIT})
                )
            time.sleep(0.1)

    def _failed(self, what: Sentence) -> PrefectAway:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "-")
        said = {"what": what, "last": last[:200], "log": str(self.log)}
        return PrefectAway(reason=Sentence("{what} (last line of {log}: {last})", said))

    def stop(self) -> None:
        """End our own child, and nobody else's."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin is not None:
            child.stdin.close()


@contextmanager
def supervised_server(settings: Settings) -> Iterator[str]:
    """URL of the API of a server that runs already, or of one that ends with this block."""
    server = PrefectServer(settings)
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.ensure()
        yield api_url(settings)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the lock dies with its holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
