"""The README of a programme that rests on a source document answers for every row of that document."""

import re

import pytest

from cli.main import TABLE
from tests.conftest import ROOT

FOLDERS = {
    "tsumada": "S0",
    "yugra": "S1",
    "lipetsk": "S2",
    "zelenchuk-500plus": "S3",
    "poshekhonye": "S4",
    "north-carolina": "NC",
    "tennessee": "TN",
}
REQUIREMENTS = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
COMMANDS = {entry.name for entry in TABLE}
every_folder = pytest.mark.parametrize("folder", sorted(FOLDERS))


def readme(folder):
    return (ROOT / "programmes" / folder / "README.md").read_text(encoding="utf-8")


def rows(text):
    """The cells of every row of a table."""
    lines = (line.strip() for line in text.splitlines())
    for line in lines:
        if line.startswith("|") and line.endswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def asked(document):
    return {row[0] for row in rows(REQUIREMENTS) if re.fullmatch(rf"{document}-\d\d", row[0])}


def answered(folder):
    """Each row that the README's table names, to the cell that says where it is met."""
    named = re.compile(rf"{FOLDERS[folder]}-\d\d")
    cells = [row for row in rows(readme(folder)) if named.search(row[0])]
    return [(key, row[-1]) for row in cells for key in named.findall(row[0])]


@every_folder
def test_a_readme_names_exactly_the_rows_of_its_document(folder):
    assert {key for key, _ in answered(folder)} == asked(FOLDERS[folder])


@every_folder
def test_every_row_is_told_where_it_is_met(folder):
    assert [key for key, where in answered(folder) if len(where) < len("records.yaml")] == []


@every_folder
def test_every_file_that_a_readme_names_lies_in_the_folder(folder):
    named = set(re.findall(r"`([a-z_]+\.yaml)`", readme(folder)))
    lying = {path.name for path in (ROOT / "programmes" / folder).glob("*.yaml")}
    assert named
    assert named <= lying


@every_folder
def test_every_command_that_a_readme_names_exists(folder):
    """A command has one or two words; what stands behind them are its arguments."""
    named = re.findall(r"`opora ([a-z-]+)(?: ([a-z-]+))?", readme(folder))
    unknown = [two for two in named if not {two[0], " ".join(two).strip()} & COMMANDS]
    assert unknown == []


@pytest.mark.parametrize("document", sorted(FOLDERS.values()))
def test_every_row_of_a_document_is_numbered_without_a_gap(document):
    numbers = sorted(int(key.rsplit("-", 1)[1]) for key in asked(document))
    assert numbers == list(range(1, len(numbers) + 1))
