"""Machines with a worker of Prefect, as processes of their own that may lose their power at any moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col, select

from flows.prefect_api import ask
from models.case import Case
from models.letter import Letter
from models.pass_run import PassRun, PassState
from models.school import School
from models.task import Task
from opora.database import connect, reading
from opora.settings import Settings

ROOT = Path(__file__).parents[2]
_PROGRAM = "import sys; from cli.main import run; sys.exit(run(['worker', *sys.argv[1:]]))"


class Machine:
    """A worker with all the runs that it has started."""

    def __init__(self, settings: Settings, name: str, folder: Path) -> None:
        self.log = folder / f"{name}.log"
        told = {
            "OPORA_DATABASE": settings.database,
            "OPORA_HOME": str(settings.home),
            "OPORA_FLOWS": "prefect",
            "OPORA_PREFECT_PORT": str(settings.prefect_port),
            "PYTHONPATH": str(ROOT),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, "--name", name, "--as", "operator@example.org"],
                env={**os.environ, **told},
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,  # what dies with a machine is everything on it
            )

    def lose_power(self) -> None:
        """`kill -9` for the worker and for its runs, none of which can say goodbye."""
        for pid in (self._process.pid, *self.runs()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def runs(self) -> dict[int, str]:
        """Everything that the worker has started, with the flow run that each does."""
        parents, found = _parents(), {}
        for pid in parents:
            above = pid
            while above in parents and above != self._process.pid:
                above = parents[above]
            if above == self._process.pid and pid != above:
                found[pid] = _flow_run_of(pid)
        return found

    def is_on(self) -> bool:
        return self._process.poll() is None


def _parents() -> dict[int, int]:
    """Process → its parent, of all there are."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def _flow_run_of(pid: int) -> str:
    with suppress(OSError):
        told = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        for said in told:
            if said.startswith("PREFECT__FLOW_RUN_ID="):
                return said.partition("=")[2]
    return ""


@contextmanager
def machines(settings: Settings, folder: Path, *names: str) -> Iterator[list[Machine]]:
    """So many workers, all of them gone at the end."""
    started = [Machine(settings, name, folder) for name in names]
    try:
        yield started
    finally:
        for machine in started:
            if machine.is_on():
                machine.lose_power()


def order_run(settings: Settings, deployment: str, **parameters: Any) -> str:
    """Ask Prefect for a run now; gives its id."""
    content = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
    for _ in range(10):  # Prefect's SQLite says 503 while another of its writers is at work
        status, run = ask(settings, "POST", f"/deployments/{deployment}/create_flow_run", content)
        if status in {200, 201}:
            return str(run["id"])
        time.sleep(1)
    raise AssertionError(run)


@contextmanager
def timetable_paused(settings: Settings, deployments: Iterable[str]) -> Iterator[None]:
    """Only what is ordered is run inside: machines are few, and each run costs seconds to start."""
    for one in deployments:
        ask(settings, "POST", f"/deployments/{one}/pause_deployment")
    try:
        yield
    finally:
        for one in deployments:
            ask(settings, "POST", f"/deployments/{one}/resume_deployment")


def pass_now(engine: Engine, pass_id: int) -> PassRun:
    with reading(engine) as session:
        return session.get_one(PassRun, pass_id)


def wait_until(is_so: Any, seconds: float, *, pause: float = 0.02) -> float:
    """Seconds that it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(pause)
    return time.monotonic() - began


def is_begun(engine: Engine, pass_id: int) -> bool:
    """Some row of it is done, in whatever portion."""
    return pass_now(engine, pass_id).cursor > 0 or any(
        one.counts for one in portions(engine, pass_id)
    )


def portions(engine: Engine, pass_id: int) -> list[PassRun]:
    """The portions of a split pass, each with the flow run that has or had it in hand."""
    with reading(engine) as session:
        rows = session.exec(
            select(PassRun).where(PassRun.parent_id == pass_id).order_by(col(PassRun.id))
        ).all()
        session.expunge_all()
        return list(rows)


class Gate:
    """Holds every chunk of every portion at its end while it is shut, in all processes alike."""

    _KEY = 4_747

    def __init__(self, owner_url: str) -> None:
        self._connection = connect(owner_url, owner=True).connect()
        self._do(
            "CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"PERFORM pg_advisory_xact_lock_shared({self._KEY}); RETURN NEW; END $$"
        )
        self._do(
            "CREATE TRIGGER gate BEFORE UPDATE OF cursor ON pass_run FOR EACH ROW WHEN "
            "(NEW.parent_id IS NOT NULL AND NEW.cursor > OLD.cursor) "
            "EXECUTE FUNCTION wait_at_the_gate()"
        )

    def shut(self) -> None:
        self._do(f"SELECT pg_advisory_lock({self._KEY})")

    def open(self) -> None:
        self._do(f"SELECT pg_advisory_unlock({self._KEY})")

    def close(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()

    def _do(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)
        self._connection.commit()


def is_done(engine: Engine, pass_id: int) -> bool:
    return pass_now(engine, pass_id).state is PassState.DONE


def opened_rows(engine: Engine) -> list[str]:
    """What the opening made of each school, by names that no numbering can change."""
    with reading(engine) as session:
        tasks = session.exec(
            select(School.code, Task)
            .join(Case, col(Case.school_id) == col(School.id))
            .join(Task, col(Task.case_id) == col(Case.id))
        ).all()
        letters = session.exec(
            select(School.code, Letter)
            .join(Case, col(Case.school_id) == col(School.id))
            .join(Letter, col(Letter.case_id) == col(Case.id))
        ).all()
    rows = [f"{c} {x.milestone} {x.due_on} {x.assignee_id} {x.state}" for c, x in tasks]
    return sorted(rows + [f"{c} {x.kind} {x.recipient_id} {x.state}" for c, x in letters])
