"""The manifest of a backup: which moment of the history it holds, and what proves it later."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from sqlmodel import Session

from opora.canonical import canonical
from opora.errors import FileRefused
from opora.words import Sentence

_BLOCK = 1 << 20
_LAST_LINES = text(
    "SELECT subject, seq, hash FROM history_line WHERE (subject, seq) IN"
    " (SELECT subject, max(seq) FROM history_line GROUP BY subject) ORDER BY id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where the history stands: `root` is a SHA-256 over the last line of every chain."""

    subjects: int
    lines: int
    root: str


def moment_of_history(session: Session) -> Moment:
    """The moment that this session sees; it asks the history's table alone, whatever its version."""
    digest, subjects, lines = hashlib.sha256(b"opora-moment-1"), 0, 0
    found = session.connection().execute(_LAST_LINES, execution_options={"yield_per": 1000})
    for subject, seq, last in found:
        digest.update(hashlib.sha256(subject.encode()).digest())
        digest.update(seq.to_bytes(8, "big") + bytes(last))
        subjects, lines = subjects + 1, lines + seq
    return Moment(subjects=subjects, lines=lines, root=digest.hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands beside a backup as `FILE.json`; written last, so that half a backup has none."""

    program: str
    schema: str
    database: str  # "sqlite" or "postgresql"
    file: str
    sha256: str
    size: int  # bytes
    made_at: datetime
    history: Moment
    broken: int  # places where the history did not hold when the backup was made
    evidence: int  # files that its rows name
    missing: tuple[str, ...] = ()  # of these, sha256 that the store did not have
    locked: str = ""  # what the key is called; empty for a backup that anybody can read


_ADAPTER = TypeAdapter(Manifest)


def place_of(file: Path) -> Path:
    """Where the manifest of a backup lies."""
    return file.with_name(f"{file.name}.json")


def write(manifest: Manifest, file: Path) -> None:
    """Beside the backup, whole or not at all."""
    aside = file.with_name(f".{file.name}.json.part")
    aside.write_text(canonical(_ADAPTER.dump_python(manifest)) + "\n", encoding="utf-8")
    settle(aside, place_of(file))


def read(file: Path) -> Manifest:
    """The manifest beside a backup. Raises FileRefused."""
    place = place_of(file)
    try:
        return _ADAPTER.validate_json(place.read_bytes())
    except FileNotFoundError:
        cure = Sentence("It has no manifest beside it: the backup was not finished, or came alone.")
    except ValidationError:
        cure = Sentence("Its manifest {place} is damaged.", {"place": place.name})
    raise FileRefused(str(file), cure)


def sha256_of(file: Path) -> str:
    """Of a file of any size."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def settle(aside: Path, target: Path) -> None:
    """Give a finished file its name; after a power cut it is there whole, or not at all."""
    with aside.open("rb+") as stream:
        os.fsync(stream.fileno())
    aside.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
