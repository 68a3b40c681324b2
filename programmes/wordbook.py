"""The region's own words for stages, moves, outcomes, roles and reasons (`words.yaml`)."""

from typing import Self

from pydantic import model_validator

from analysis.declared import Declared, Key
from opora.words import Sentence, Words
from states.role import Role
from states.stage import Move, Outcome, Stage


class Wordbook(Declared):
    """Every stage, move, outcome and role has words; `terms` are free (ШНОР or ШСНОР)."""

    stages: dict[Stage, Words]
    moves: dict[Move, Words]
    outcomes: dict[Outcome, Words]
    roles: dict[Role, Words]
    reasons: dict[Key, Words]
    terms: dict[Key, Words] = {}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lacking = [
            f"{section}: {word}"
            for section, words in (
                ("stages", Stage),
                ("moves", Move),
                ("outcomes", Outcome),
                ("roles", Role),
            )
            for word in words
            if word not in getattr(self, section)
        ]
        if lacking:
            msg = Sentence("words are missing for {known}", {"known": ", ".join(lacking)})
            raise ValueError(msg)
        return self
