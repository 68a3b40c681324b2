"""A person at a terminal: runs commands in this process and reads what they answer."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import run


@dataclass(frozen=True)
class Answer:
    """What came out of one command."""

    status: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """An installation in a folder of its own; `at` is the virtual moment of every deed."""

    capture: pytest.CaptureFixture[str]
    folder: Path

    def __call__(self, *words: object, at: str | None = None, by: str | None = None) -> Answer:
        arguments = [str(word) for word in words]
        arguments += ["--at", at] if at else []
        arguments += ["--as", by] if by else []
        self.capture.readouterr()
        status = run(arguments)
        answer = self.capture.readouterr()
        return Answer(status, answer.out, answer.err)

    def done(self, *words: object, at: str | None = None, by: str | None = None) -> Answer:
        """The answer of a command that must succeed."""
        answer = self(*words, at=at, by=by)
        assert answer.status == 0, answer.err
        return answer
