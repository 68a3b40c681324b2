"""PostgreSQL's own tools: pg_dump takes a whole database as of one moment, pg_restore brings it back.

The password travels in the environment, never in the list of processes.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from audit.manifest import Moment, moment_of_history
from opora.database import connect, reading
from opora.errors import NotReady
from opora.words import Sentence


@dataclass(frozen=True, slots=True)
class Named:
    """sha256 of the files that rows name: evidence, and files that were imported."""

    evidence: list[str]
    sources: list[str]


def dump(owner_url: str, target: Path) -> tuple[Moment, Named]:
    """Write the database to `target`; gives the moment it holds and the files its rows name.

    pg_dump reads the very snapshot in which the moment was computed.
    """
    tool = _tool("pg_dump")
    engine = connect(owner_url, owner=True)
    try:
        with reading(engine) as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            snapshot = session.connection().scalar(text("SELECT pg_export_snapshot()"))
            history, named = moment_of_history(session), files_named(session)
            words = ["--format=custom", f"--file={target}", f"--snapshot={snapshot}"]
            _run(tool, [*words, "--no-password"], owner_url)
    finally:
        engine.dispose()
    return history, named


def files_named(session: Session) -> Named:
    """Every file that was handed in, named by a record, or taken in, whatever the schema's version."""
    evidence = text("SELECT DISTINCT sha256 FROM evidence")
    sources = text("SELECT DISTINCT sha256 FROM import_run ORDER BY sha256")
    connection = session.connection()
    named = set(connection.scalars(evidence))
    if inspect(connection).has_table("record_file"):  # older versions had none
        named |= set(connection.scalars(text("SELECT DISTINCT sha256 FROM record_file")))
    return Named(sorted(named), list(connection.scalars(sources)))


def load(owner_url: str, file: Path) -> None:
    """Bring a dump into an empty database, in one transaction; owner and rights are laid anew.

    All but the row that says at which version it stands: no program works with it before `upgrade`.
    """
    tool = _tool("pg_restore")
    words = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    with tempfile.TemporaryDirectory(prefix="opora-restore-") as folder:
        wanted = Path(folder) / "wanted"
        _run(tool, ["--list", f"--file={wanted}", str(file)], None)
        lines = wanted.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not _VERSION.search(line)]
        wanted.write_text("".join(kept), encoding="utf-8")
        words += [f"--use-list={wanted}", "--no-password", str(file)]
        _run(tool, words, owner_url)


def tables_in(owner_url: str) -> list[str]:
    """The tables that a database has already."""
    engine = connect(owner_url, owner=True)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotReady(
            what=Sentence("{tool} is not on the path", {"tool": name}),
            cure=Sentence("Install the PostgreSQL client of the server's version, or newer"),
        )
    return found


_VERSION = re.compile(r" TABLE DATA \S+ alembic_version ")


def _run(tool: str, words: list[str], url: str | None) -> None:
    secret = {}
    if url is not None:
        parts = make_url(url)
        bare = parts.set(drivername="postgresql", password=None).render_as_string()
        words = [f"--dbname={bare}", *words]
        secret = {"PGPASSWORD": str(parts.password)} if parts.password else {}
    done = subprocess.run(  # noqa: S603  our own list of words, and no shell
        [tool, *words],
        env=os.environ | secret,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [str(done.returncode)]
        raise NotReady(
            what=Sentence("{tool} refuses: {said}", {"tool": Path(tool).name, "said": said[0]}),
            cure=Sentence("Its version must be that of the server, or newer; the rest it names"),
        )
