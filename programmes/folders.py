"""Where programmes live: folders that come with Opora or are a region's own; files and address."""

import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from opora.errors import ProgrammeInvalid
from opora.words import Sentence
from programmes.faults import Fault, of_file
from programmes.yaml_tree import MAX_CHARACTERS, TOO_LARGE

MAX_FILES = 200
_MAX_BYTES = MAX_CHARACTERS


def shipped() -> dict[str, Traversable]:
    """Key → folder of every programme that comes with Opora."""
    return {
        folder.name: folder
        for folder in sorted(files("programmes").iterdir(), key=lambda folder: folder.name)
        if folder.is_dir() and folder.joinpath("programme.yaml").is_file()
    }


def files_of(folder: Path | Traversable) -> dict[str, str]:
    """Name → text of every file in the folder; in subfolders the name is `letters/x`.

    Raises ProgrammeInvalid when the folder is missing or one of its files is no readable text.
    """
    if not folder.is_dir():
        problem = Sentence("there is no such folder")
        cure = Sentence("Name a folder that holds a programme.yaml.")
        raise ProgrammeInvalid(str(folder), [of_file(folder.name, problem, cure)])
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for name, entry in _walk(folder, ""):
        read = _read(name, entry)
        if isinstance(read, Fault):
            faults.append(read)
        else:
            texts[name] = read
        if len(texts) > MAX_FILES:
            faults.append(
                of_file(
                    name,
                    Sentence("the folder holds over 200 files"),
                    Sentence("Keep only the programme."),
                )
            )
            break
    if faults:
        raise ProgrammeInvalid(folder.name, faults)
    return texts


def fingerprint(texts: Mapping[str, str]) -> str:
    """SHA-256 over names and bytes of all files, each after its length, in order of names."""
    digest = hashlib.sha256(b"opora programme 1\n")
    for name in sorted(texts):
        for part in (name.encode(), texts[name].encode()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _walk(folder: Path | Traversable, prefix: str) -> Iterator[tuple[str, Path | Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith((".", "__")) or entry.name.endswith("~"):
            continue  # what editors and version control leave behind
        if entry.is_dir() and not _is_link(entry):
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry


def _is_link(entry: Path | Traversable) -> bool:
    return isinstance(entry, Path) and entry.is_symlink()


def _read(name: str, entry: Path | Traversable) -> str | Fault:
    if _is_link(entry) or not entry.is_file():
        cure = Sentence("Put the file itself into the folder.")
        return of_file(name, Sentence("this is no plain file"), cure)
    try:
        with entry.open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        told = {"problem": error.strerror}
        problem = Sentence("the file cannot be opened ({problem})", told)
        return of_file(name, problem, Sentence("Allow reading it."))
    if len(raw) > _MAX_BYTES:
        return of_file(name, *TOO_LARGE)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        cure = Sentence("Save the file in the encoding UTF-8.")
        return of_file(name, Sentence("the text is not UTF-8"), cure, line)
