"""The story of the demonstration, read from its data file: who goes how far, and what happens on the way."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from opora.words import LANGUAGES
from states.role import Role
from states.stage import Move, Stage


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OtherMove(_Told):
    """A move that is not one stage forward; made on or after that working day."""

    day: int
    move: Move
    basis: str = ""
    remarks: str = ""


class Walk(_Told):
    """How some cases go; see the head of the data file."""

    cases: int
    key: str = ""
    pace: float
    silent: frozenset[Role] = frozenset()
    stages: dict[Stage, int] = {}
    returned: dict[str, str] = {}
    moves: tuple[OtherMove, ...] = ()


class Decided(_Told):
    """What is decided, and on what basis."""

    value: str
    basis: str


class Story(_Told):
    """The whole data file."""

    walks: tuple[Walk, ...]
    bases: dict[Move, str]
    decisions: dict[str, Decided]
    decision: Decided  # of any other kind
    text: str
    document: str

    def walk_of(self, place: int) -> Walk:
        """The walk of the listed school at that place, counted from 0."""
        for walk in self.walks:
            if place < walk.cases:
                return walk
            place -= walk.cases
        return self.walks[-1]


@cache
def story(language: str = LANGUAGES[0]) -> Story:
    """The story as it is told in the language, read once."""
    content = files("cli").joinpath("demo_story.yaml").read_text(encoding="utf-8")
    return Story.model_validate(_told_in(language, yaml.safe_load(content)))


def _told_in(language: str, tree: Any) -> Any:
    """Each text that stands in every language, in this one."""
    if isinstance(tree, list):
        return [_told_in(language, one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == set(LANGUAGES):
        return tree[language]
    return {key: _told_in(language, one) for key, one in tree.items()}
