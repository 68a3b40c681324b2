"""Back from a backup: into an empty place only, checked first, and in quarantine from the first moment."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, update
from sqlalchemy.engine import make_url
from sqlmodel import Session

from audit import manifest as manifests
from audit.backup import is_sqlite
from audit.comparison import HELD
from audit.dumps import Named, files_named, load, tables_in
from audit.evidence_copies import copy_in
from audit.locking import name_of, unlock
from audit.manifest import Manifest, moment_of_history, settle, sha256_of
from audit.verification import verify
from casework.acting import Acting
from casework.quarantine import record_restore
from models.people import Installation
from models.schema import upgrade
from opora.database import connect, damage, reading, transaction
from opora.errors import FileRefused, HistoryBroken, NotReady
from opora.settings import Settings
from opora.words import Sentence

Listener = Callable[[int], None]
ActingOf = Callable[[Session], Acting]
"""Who restores is known only once there is a database to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back. `lines` counts what was recomputed: None when only the root was compared."""

    manifest: Manifest
    lines: int | None
    evidence: int  # files brought into the store
    missing: tuple[str, ...]  # evidence that the backup does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """How to go about it: `is_thorough` recomputes every chain, `is_trial` leaves nothing behind."""

    is_thorough: bool = True
    is_trial: bool = False
    key: bytes | None = None  # of a locked backup
    on_progress: Listener = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    settings: Settings
    file: Path
    manifest: Manifest
    acting_of: ActingOf
    how: Restoring


def restore(settings: Settings, file: Path, acting_of: ActingOf, how: Restoring) -> Restored:
    """Bring `file` into the empty place that the settings name.

    Raises FileRefused for a file that is not what its manifest says, NotReady for a place that is
    not empty, HistoryBroken when the history does not hold. A refusal leaves the place as it was
    (on PostgreSQL: filled, but for nobody to use).
    """
    job = _Job(
        settings=settings,
        file=file,
        manifest=_checked(file, settings, how.key),
        acting_of=acting_of,
        how=how,
    )
    if not is_sqlite(settings):
        return _into_postgres(job)
    with _beside(settings, how) as (part, target):
        _unlock_into(part, job)
        if problem := damage(part):
            raise FileRefused(
                str(file), Sentence("It is damaged: {problem}.", {"problem": problem})
            )
        url = f"sqlite:///{part}"
        done = _finish(job, url, url)
        if not how.is_trial:
            settle(part, target)
    return done


def _unlock_into(target: Path, job: _Job) -> None:
    """The backup as it was before it was locked."""
    if not job.manifest.locked or job.how.key is None:
        shutil.copyfile(job.file, target)
        return
    with job.file.open("rb") as source, target.open("wb") as stream:
        unlock(source, stream, job.how.key, name=str(job.file))


def _checked(file: Path, settings: Settings, key: bytes | None) -> Manifest:
    if not file.is_file():
        raise FileRefused(str(file), Sentence("There is no such file."))
    manifest = manifests.read(file)
    if sha256_of(file) != manifest.sha256:
        raise FileRefused(str(file), Sentence("It is not the file that its manifest tells of."))
    if manifest.locked and (key is None or name_of(key) != manifest.locked):
        told = {"name": manifest.locked}
        cure = Sentence("It is locked: give its key “{name}” with --key or OPORA_BACKUP_KEY.", told)
        raise FileRefused(str(file), cure)
    kind = "sqlite" if is_sqlite(settings) else "postgresql"
    if manifest.database != kind:
        said = {"database": manifest.database}
        text = "It comes from {database}: set OPORA_DATABASE to one of that kind."
        raise FileRefused(str(file), Sentence(text, said))
    return manifest


@contextmanager
def _beside(settings: Settings, how: Restoring) -> Iterator[tuple[Path, Path]]:
    """Where the copy is made ready, and where it is to lie; what is left over is swept away."""
    target = Path(make_url(settings.database_url).database or "")
    if how.is_trial:
        with tempfile.TemporaryDirectory(prefix="opora-restore-") as folder:
            yield Path(folder) / "opora.db", target
        return
    if taken := [p for p in _with_logs(target) if p.exists()]:
        raise _not_empty(str(taken[0]))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.restoring")
    try:
        yield part, target
    finally:
        for left in _with_logs(part):
            left.unlink(missing_ok=True)


def _with_logs(file: Path) -> list[Path]:
    return [file.with_name(f"{file.name}{ending}") for ending in ("", "-wal", "-shm", "-journal")]


def _not_empty(place: str) -> NotReady:
    return NotReady(
        what=Sentence("The place is not empty: {place}", {"place": place}),
        cure=Sentence("Restore into an empty one (OPORA_HOME or OPORA_DATABASE), or move it away"),
    )


def _into_postgres(job: _Job) -> Restored:
    owner_url, app_url = job.settings.owner_url, job.settings.database_url
    if job.how.is_trial:
        raise NotReady(
            what=Sentence("A dump can only be tried in a database"),
            cure=Sentence("Set OPORA_DATABASE to an empty one and restore without --dry-run"),
        )
    if tables := tables_in(owner_url):
        raise _not_empty(tables[0])
    with tempfile.TemporaryDirectory(prefix="opora-restore-") as folder:
        plain = Path(folder) / "plain" if job.manifest.locked else job.file
        if job.manifest.locked:
            _unlock_into(plain, job)
        load(owner_url, plain)
    return _finish(job, owner_url, app_url, stands_at=job.manifest.schema)


def _finish(job: _Job, owner_url: str, app_url: str, *, stands_at: str | None = None) -> Restored:
    """Compare, upgrade into quarantine, verify, write the line of history, fetch the evidence."""
    _compare(owner_url, job.manifest)
    upgrade(owner_url, app_url, stands_at=stands_at, also=_quarantine(job.manifest.made_at))
    engine = connect(app_url)
    try:
        lines = _verified(engine, job.how) if job.how.is_thorough else None
        with transaction(engine) as session:
            record_restore(session, _told(job.manifest), job.acting_of(session))
            named = files_named(session)
    finally:
        engine.dispose()
    copied, missing = _fetch_evidence(job, named)
    return Restored(manifest=job.manifest, lines=lines, evidence=copied, missing=missing)


def _told(manifest: Manifest) -> dict[str, object]:
    return {
        "sha256": manifest.sha256,
        "made_at": manifest.made_at,
        "lines": manifest.history.lines,
        "root": manifest.history.root,
    }


def _fetch_evidence(job: _Job, named: Named) -> tuple[int, tuple[str, ...]]:
    folder, key = job.file.parent, job.how.key if job.manifest.locked else None
    if not job.how.is_trial:
        copy_in(folder, job.settings.evidence, named.sources, key)  # older ones were not kept
        return copy_in(folder, job.settings.evidence, named.evidence, key)
    with tempfile.TemporaryDirectory(prefix="opora-restore-") as nowhere:
        return copy_in(folder, nowhere, named.evidence, key)


def _compare(owner_url: str, manifest: Manifest) -> None:
    engine = connect(owner_url, owner=True)
    try:
        with reading(engine) as session:
            if moment_of_history(session) != manifest.history:
                raise HistoryBroken(what=Sentence("the copy has another root than its manifest"))
    finally:
        engine.dispose()


def _quarantine(since: datetime) -> Callable[[Connection], None]:
    """In the transaction that makes the copy usable: there is no moment in which it may send."""

    def set_it(connection: Connection) -> None:
        done = connection.execute(update(Installation).values(quarantined_at=since))
        if done.rowcount != 1:
            raise NotReady(
                what=Sentence("Nobody is bound to this installation"),
                cure=Sentence(
                    "Take the backup anew after opora init: this one cannot be held back"
                ),
            )

    return set_it


def _verified(engine: Engine, how: Restoring) -> int:
    found = verify(engine, on_progress=how.on_progress)
    # the copy is held back already; the line that says so comes when it has proved whole
    broken = [one for one in found.broken if one.what.text != HELD]
    if broken:
        first = broken[0]
        what = Sentence(
            "{count} places, the first is {subject} line {seq}: {what}",
            {"count": len(broken), "subject": first.subject, "seq": first.seq}
            | {"what": first.what},
        )
        raise HistoryBroken(what=what)
    return found.lines
