"""The documentation keeps up with the code: nothing that people meet is missing from it."""

import pytest

from cli.main import TABLE
from models.letter import LetterState
from notifications.outbox import LetterKind
from opora.settings import Settings
from states.diagram import page
from states.role import Role
from states.stage import Move, Outcome, Stage
from states.task_machine import TaskState
from tests.conftest import ROOT

DOCS = ROOT / "docs"
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
EVERYTHING = "\n".join(
    path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
)
WORDS = [
    word.value
    for words in (Stage, Move, Outcome, Role, TaskState, LetterKind, LetterState)
    for word in words
]


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_every_word_of_the_law_stands_in_the_glossary(word):
    assert f"`{word}`" in GLOSSARY


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name):
    assert f"`OPORA_{name.upper()}`" in OPERATING


@pytest.mark.parametrize("command", [entry.name for entry in TABLE])
def test_every_command_is_documented(command):
    assert f"opora {command}" in EVERYTHING


def test_the_drawn_law_is_the_law():
    assert (DOCS / "states.md").read_text(encoding="utf-8") == page()


def test_every_link_between_documents_leads_somewhere():
    import re

    links = [
        (path, target)
        for path in [ROOT / "README.md", *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    ]
    assert links
    assert [link for link in links if not (link[0].parent / link[1]).exists()] == []
