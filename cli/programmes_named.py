"""Which programme a person means: one that comes along, by its key, or a folder."""

from pathlib import Path

from cli.door import WrongUsage
from opora.words import Sentence, Words
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.reading import read_programme


def programme_named(text: str) -> Programme:
    """Raises ProgrammeInvalid with every fault, WrongUsage where there is no such programme."""
    known = shipped()
    if text in known:
        return read_programme(known[text])
    folder = Path(text).resolve()
    if text.strip() and (folder / "programme.yaml").is_file():
        return read_programme(folder)
    cure = Sentence(
        "Name one of {known}, or a folder that holds a programme.yaml.", {"known": tuple(known)}
    )
    raise WrongUsage(field="--programme", value=text, cure=cure)


def key_of(text: str) -> str:
    """The key of a programme that is named by its key or by a folder."""
    return programme_named(text).key


def group_words(programme: Programme, group: str | None) -> Sentence | Words:
    """What people call a peer group."""
    return programme.words(f"peer_group.{group}") if group else Sentence("all schools")
