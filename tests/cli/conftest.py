"""Terminals: before `init`, and with an invented region whose cycle is open."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.databases import DatabaseUrls

OPENED = "2026-09-01"
HEADER = ["id", "name", "kind", "municipality_id", "municipality", "opened", "closed", "legal_form"]
HEADER += ["founder", "settlement", "small", "level"]
LOW, GOOD = "010001", "010002"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrapped, whichever screen the tests themselves are shown on."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """An empty folder on SQLite, in virtual time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPORA_VIRTUAL_TIME", "1")
    return Terminal(capsys, tmp_path)


@pytest.fixture
def on_database(
    terminal: Terminal, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """The same on either database, still empty."""
    monkeypatch.setenv("OPORA_DATABASE", database_urls.app)
    monkeypatch.setenv("OPORA_DATABASE_OWNER", database_urls.owner)
    return terminal


@pytest.fixture
def region(terminal: Terminal) -> Terminal:
    """Two schools, one with low results, and the people around them; the cycle is open."""
    launch(terminal)
    return terminal


def launch(terminal: Terminal) -> None:
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    terminal.done("cycle", "open", "--programme", "yugra", "--year", 2026, "--yes", at=OPENED)


def take_in(terminal: Terminal, profile: str, *more: str):
    words = ["import", f"{profile}.csv", "--programme", "yugra", "--profile", profile, *more]
    return terminal.done(*words, at="2026-08-20")


def write_files(folder: Path) -> None:
    like = ["Школа", "01", "Выдуманный район", "1970-09-01", "", "бюджетное", "муниципальная"]
    like += ["городская", "нет", "обычная"]
    write(folder / "schools.csv", HEADER, [[LOW, "Школа № 1", *like], [GOOD, "Школа № 2", *like]])
    results = [
        [school, 2026, procedure, 20, below]
        for school, below in ((LOW, 10), (GOOD, 0))
        for procedure in ("oge_math", "oge_russian")
    ]
    write(
        folder / "results.csv",
        ["id", "year", "procedure", "participants", "below_threshold"],
        results,
    )
    people = [
        ["coordinator@example.org", "Координатор Выдуманный", "координатор", "01", ""],
        ["curator@example.org", "Куратор Выдуманный", "куратор", "", LOW],
        ["head@example.org", "Директор Выдуманный", "руководитель", "", LOW],
        ["auditor@example.org", "Auditor Invented", "проверяющий", "", ""],
    ]
    write(folder / "people.csv", ["email", "name", "role", "territory", "school"], people)


def write(path: Path, header: list[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([header, *rows])
