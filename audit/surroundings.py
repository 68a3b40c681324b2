"""What is amiss around the database: its build and place, its roles, the way that letters leave by."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from audit.backup import is_sqlite
from audit.self_check import Finding
from models.guards import guards_expected
from models.schema import require_current
from notifications.greeting import greeting_refused
from opora.database import APPEND_ONLY
from opora.errors import NotReady
from opora.settings import Settings
from opora.words import Sentence

SAFE_SQLITE = (3, 51, 3)
"""Before it, writers in several processes can in rare cases lose what the log holds."""
_NETWORK = frozenset({"9p", "afs", "ceph", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"})
_MOUNTS = Path("/proc/mounts")


def database_refused(settings: Settings, engine: Engine) -> Finding | None:
    """Why the database cannot be worked with; None when it stands at this program's version."""
    file = Path(make_url(settings.database_url).database or "")
    if is_sqlite(settings) and not file.is_file():
        what, cure = Sentence("There is no database yet"), Sentence("Run: opora init")
        return Finding(check="database", what=what, cure=cure)
    try:
        require_current(engine)
    except NotReady as reason:
        fields = reason.sentence.fields
        return Finding(check="database", what=fields["what"], cure=fields["cure"])  # type: ignore[arg-type]  # our own Sentences
    except SQLAlchemyError as error:
        lines = str(getattr(error, "orig", None) or error).strip().splitlines()
        said = {"problem": lines[0] if lines else type(error).__name__}
        return Finding(
            check="database",
            what=Sentence("The database does not answer: {problem}", said),
            cure=Sentence("Start it, or set OPORA_DATABASE right; opora config show tells it"),
        )
    return None


def examine_surroundings(settings: Settings) -> Iterator[Finding]:
    """Findings that need no database."""
    yield from examine_sqlite(settings)
    if settings.smtp_url is None and not settings.virtual_time:
        yield Finding(
            check="mail",
            what=Sentence(
                "No mail server is set: letters are laid into {folder}",
                {"folder": str(settings.mailbox)},
            ),
            cure=Sentence("Set OPORA_SMTP_URL and start opora serve anew"),
        )
    if (refused := greeting_refused(settings)) is not None:
        cure = Sentence("Mend it or set OPORA_SMTP_URL right: letters wait and none is lost")
        yield Finding(check="mail", what=refused, cure=cure)


def examine_sqlite(settings: Settings) -> Iterator[Finding]:
    """What may lose rows of an SQLite file: an old build, a network under it."""
    if not is_sqlite(settings):
        return
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        yield Finding(
            check="sqlite",
            what=Sentence("SQLite {version} is older than 3.51.3", {"version": version}),
            cure=Sentence("Let one process write at a time, or upgrade Python's SQLite"),
        )
    if (refused := _over_network(settings)) is not None:
        yield Finding(check="sqlite", what=refused[0], cure=refused[1])


def require_own_disk(settings: Settings) -> None:
    """Raise `NotReady` for an SQLite file on a network: its locks do not hold there."""
    if is_sqlite(settings) and (refused := _over_network(settings)) is not None:
        raise NotReady(what=refused[0], cure=refused[1])


def _over_network(settings: Settings) -> tuple[Sentence, Sentence] | None:
    place = Path(make_url(settings.database_url).database or "").resolve()
    kind = file_system_of(place)
    if kind not in _NETWORK:
        return None
    return (
        Sentence("The database lies on a network file system: {kind}", {"kind": kind}),
        Sentence("Put it on a disk of this machine, or use PostgreSQL"),
    )


def file_system_of(path: Path, mounts: Path = _MOUNTS) -> str:
    """The kind of file system that a path lies on; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    found = [line.split() for line in lines]
    mine = [
        (len(words[1]), place, words[2])
        for place, words in enumerate(found)
        if len(words) > 2 and path.is_relative_to(words[1].replace("\\040", " "))  # noqa: PLR2004  device, place, kind
    ]
    return max(mine, default=(0, 0, ""))[2]


def examine_guards(session: Session) -> Iterator[Finding]:
    """What the database would not refuse: guards that are gone, a role that may remove them."""
    dialect = session.get_bind().dialect.name
    there = set(session.scalars(text(_GUARDS_THERE[dialect])))
    if missing := sorted(guards_expected(dialect) - there):
        yield Finding(
            check="guards",
            what=Sentence("Guards of the database are gone: {names}", {"names": tuple(missing)}),
            cure=Sentence("Ask who removed them, run opora verify; opora init lays them anew"),
        )
    if dialect == "postgresql":
        yield from _roles(session)


_GUARDS_THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
}


def _roles(session: Session) -> Iterator[Finding]:
    """The database itself is asked: the owner's address is known to `init` alone."""
    owns = session.scalar(
        text(
            "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class "
            "WHERE oid = CAST('history_line' AS regclass)"
        )
    )
    if owns:
        yield Finding(
            check="roles",
            what=Sentence("The application's role owns the schema: it could drop the guards"),
            cure=Sentence("Make two roles and set OPORA_DATABASE_OWNER, then run opora init"),
        )
        return
    rights = text("SELECT has_table_privilege(:name, 'UPDATE, DELETE, TRUNCATE')")
    open_to_it = [t for t in sorted(APPEND_ONLY) if session.scalar(rights, {"name": t})]
    if open_to_it:
        said = {"names": tuple(open_to_it)}
        yield Finding(
            check="roles",
            what=Sentence("The application's role may change what is only added to: {names}", said),
            cure=Sentence("As the owner: REVOKE UPDATE, DELETE, TRUNCATE ON these FROM the role"),
        )
