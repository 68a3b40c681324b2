"""A backup while everybody works: one true moment, checked on the copy before it counts as one."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from audit import manifest as manifests
from audit.dumps import Named, dump, files_named
from audit.evidence_copies import copy_out
from audit.generations import Generations, kept
from audit.locking import lock, name_of
from audit.manifest import Manifest, Moment, moment_of_history, settle, sha256_of
from audit.verification import verify
from models.schema import newest
from opora import __version__
from opora.database import connect, copy_sqlite, damage, reading
from opora.errors import FileRefused, InputRefused
from opora.settings import Settings
from opora.words import Sentence

Listener = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What was written aside."""

    history: Moment
    broken: int
    named: Named


def name_for(settings: Settings, at: datetime) -> Path:
    """Where a backup goes when nobody says where."""
    ending = "db" if is_sqlite(settings) else "dump"
    return place_for(settings) / f"opora-{at:%Y%m%dT%H%M%SZ}.{ending}"


def place_for(settings: Settings) -> Path:
    """The folder of the backups."""
    return settings.backup_dir or settings.home / "backups"


def is_sqlite(settings: Settings) -> bool:
    """Is the database one file?"""
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def back_up(
    settings: Settings,
    file: Path,
    *,
    at: datetime,
    key: bytes | None = None,
    on_progress: Listener = lambda _: None,
) -> Manifest:
    """Write database, evidence and manifest, locked with the key; nobody who works has to wait.

    On SQLite every chain is verified on the copy; on PostgreSQL in the live database right after
    the dump, and in the copy when it is restored. Raises InputRefused when `file` is there already.
    """
    if file.exists() or manifests.place_of(file).exists():
        cure = Sentence("It is there already: give another name.")
        raise InputRefused(field="FILE", value=str(file), cure=cure)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.part")
    plain = aside if key is None else settings.home / f".{file.name}.unlocked"
    aside.unlink(missing_ok=True)
    plain.unlink(missing_ok=True)
    try:
        taken = (_copied if is_sqlite(settings) else _dumped)(settings, plain, on_progress)
        if key is not None:
            with plain.open("rb") as source, aside.open("wb") as target:
                lock(source, target, key)
        missing = copy_out(settings.evidence, file.parent, taken.named.evidence, key)
        copy_out(
            settings.evidence, file.parent, taken.named.sources, key
        )  # older ones were not kept
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
            evidence=len(taken.named.evidence),
            missing=missing,
            locked=name_of(key) if key is not None else "",
        )
        settle(aside, file)
    finally:
        aside.unlink(missing_ok=True)
        plain.unlink(missing_ok=True)
    manifests.write(made, file)
    return made


def _copied(settings: Settings, aside: Path, on_progress: Listener) -> _Taken:
    copy_sqlite(Path(make_url(settings.database_url).database or ""), aside)
    if problem := damage(aside):
        cure = Sentence("The database itself is damaged ({problem}).", {"problem": problem})
        raise FileRefused(str(aside), cure)
    engine = connect(f"sqlite:///{aside}", owner=True)
    try:
        with reading(engine) as session:
            taken = _Taken(history=moment_of_history(session), broken=0, named=files_named(session))
        return replace(taken, broken=len(verify(engine, on_progress=on_progress).broken))
    finally:
        engine.dispose()


def _dumped(settings: Settings, aside: Path, on_progress: Listener) -> _Taken:
    history, named = dump(settings.owner_url, aside)
    engine = connect(settings.database_url)
    try:
        broken = len(verify(engine, on_progress=on_progress).broken)
    finally:
        engine.dispose()
    return _Taken(history=history, broken=broken, named=named)


def as_told(made: Manifest) -> dict[str, object]:
    """What the line of history keeps of a backup."""
    return {
        "sha256": made.sha256,
        "lines": made.history.lines,
        "root": made.history.root,
        "broken": made.broken,
        "missing": len(made.missing),
    }


def prune(folder: Path, rule: Generations) -> list[Path]:
    """Remove the finished backups of a folder that the rule does not keep; gives what went.

    Evidence stays.
    """
    found = {}
    for place in folder.glob("*.json"):
        with suppress(FileRefused):  # not a manifest of ours
            found[place.with_suffix("")] = manifests.read(place.with_suffix("")).made_at
    stay = kept(found.values(), rule)
    newest_first = sorted(found, key=lambda file: found[file], reverse=True)
    old = [file for file in newest_first if found[file] not in stay]
    for file in old:
        file.unlink(missing_ok=True)
        manifests.place_of(file).unlink()
    return old
