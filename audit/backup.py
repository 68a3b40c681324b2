"""A backup while everybody works: one true moment, checked on the copy before it counts as one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from audit import manifest as manifests
from audit.dumps import dump, evidence_named
from audit.manifest import Manifest, Moment, moment_of_history, settle, sha256_of
from audit.verification import verify
from casework.evidence import carry_over
from models.schema import newest
from opora import __version__
from opora.database import connect, copy_sqlite, damage, reading
from opora.errors import FileRefused, InputRefused
from opora.settings import Settings
from opora.words import Sentence

EVIDENCE = "evidence"
"""Folder beside the backups: each file once under its hash, for all of them together."""

Listener = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What was written aside."""

    history: Moment
    broken: int
    evidence: list[str]


def name_for(settings: Settings, at: datetime) -> Path:
    """Where a backup goes when nobody says where."""
    ending = "db" if is_sqlite(settings) else "dump"
    return settings.home / "backups" / f"opora-{at:%Y%m%dT%H%M%SZ}.{ending}"


def is_sqlite(settings: Settings) -> bool:
    """Is the database one file?"""
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def back_up(
    settings: Settings, file: Path, *, at: datetime, on_progress: Listener = lambda _: None
) -> Manifest:
    """Write database, evidence and manifest; nobody who works meanwhile has to wait.

    On SQLite every chain is verified on the copy; on PostgreSQL in the live database right after
    the dump, and in the copy when it is restored. Raises InputRefused when `file` is there already.
    """
    if file.exists() or manifests.place_of(file).exists():
        cure = Sentence("It is there already: give another name.")
        raise InputRefused(field="FILE", value=str(file), cure=cure)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.part")
    aside.unlink(missing_ok=True)
    try:
        taken = (_copied if is_sqlite(settings) else _dumped)(settings, aside, on_progress)
        store = str((file.parent / EVIDENCE).resolve())
        _, missing = carry_over(settings.evidence, store, taken.evidence)
        made = Manifest(
            program=__version__,
            schema=newest(),
            database="sqlite" if is_sqlite(settings) else "postgresql",
            file=file.name,
            sha256=sha256_of(aside),
            size=aside.stat().st_size,
            made_at=at,
            history=taken.history,
            broken=taken.broken,
            evidence=len(taken.evidence),
            missing=missing,
        )
        settle(aside, file)
    finally:
        aside.unlink(missing_ok=True)
    manifests.write(made, file)
    return made


def _copied(settings: Settings, aside: Path, on_progress: Listener) -> _Taken:
    copy_sqlite(Path(make_url(settings.database_url).database or ""), aside)
    if problem := damage(aside):
        cure = Sentence("The database itself is damaged ({problem}).", {"problem": problem})
        raise FileRefused(file=str(aside), field="database", value="", cure=cure)
    engine = connect(f"sqlite:///{aside}", owner=True)
    try:
        with reading(engine) as session:
            taken = _Taken(
                history=moment_of_history(session), broken=0, evidence=evidence_named(session)
            )
        return replace(taken, broken=len(verify(engine, on_progress=on_progress).broken))
    finally:
        engine.dispose()


def _dumped(settings: Settings, aside: Path, on_progress: Listener) -> _Taken:
    history, evidence = dump(settings.owner_url, aside)
    engine = connect(settings.database_url)
    try:
        broken = len(verify(engine, on_progress=on_progress).broken)
    finally:
        engine.dispose()
    return _Taken(history=history, broken=broken, evidence=evidence)


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Remove all but the newest `keep` finished backups of a folder; gives what went. Evidence stays."""
    found = []
    for place in folder.glob("*.json"):
        try:
            found.append((manifests.read(place.with_suffix("")).made_at, place.with_suffix("")))
        except FileRefused:
            continue  # not a manifest of ours
    old = [file for _, file in sorted(found, reverse=True)[keep:]]
    for file in old:
        file.unlink(missing_ok=True)
        manifests.place_of(file).unlink()
    return old
