"""Evidence beside the backups: each file once under its hash for all of them, locked where they are."""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path

from audit.locking import lock, name_of, unlock
from audit.manifest import settle
from casework.tasks.evidence import carry_over, is_kept, keep_as_is, read
from opora.errors import EvidenceRefused, FileRefused, NotFound

_PLAIN = "evidence"


def copy_out(
    store_url: str, folder: Path, files: Iterable[str], key: bytes | None
) -> tuple[str, ...]:
    """Bring what the folder lacks of these sha256; gives those that the store lacks."""
    if key is None:
        return carry_over(store_url, str((folder / _PLAIN).resolve()), files)[1]
    missing = []
    for sha256 in files:
        place = _place(folder, sha256, key)
        if place.exists():
            continue
        try:
            data = read(store_url, sha256)
        except (NotFound, EvidenceRefused):
            missing.append(sha256)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = place.with_name(f".{place.name}.part")
        with aside.open("wb") as target:
            lock(io.BytesIO(data), target, key)
        settle(aside, place)
    return tuple(missing)


def copy_in(
    folder: Path, store_url: str, files: Iterable[str], key: bytes | None
) -> tuple[int, tuple[str, ...]]:
    """Bring what the store lacks of these sha256 back; gives how many, and those that are not there."""
    if key is None:
        return carry_over(str((folder / _PLAIN).resolve()), store_url, files)
    copied, missing = 0, []
    for sha256 in files:
        if is_kept(store_url, sha256):
            continue
        data = _unlocked(_place(folder, sha256, key), key)
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            missing.append(sha256)
            continue
        keep_as_is(store_url, data)
        copied += 1
    return copied, tuple(missing)


def _place(folder: Path, sha256: str, key: bytes) -> Path:
    return folder / f"{_PLAIN}.{name_of(key)}" / sha256[:2] / sha256[2:4] / sha256


def _unlocked(place: Path, key: bytes) -> bytes | None:
    target = io.BytesIO()
    try:
        with place.open("rb") as source:
            unlock(source, target, key, name=place.name)
    except (FileNotFoundError, FileRefused):
        return None
    return target.getvalue()
