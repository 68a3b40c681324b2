"""The folder that a demonstration lives in: made anew each time, apart from everything else set up here."""

import shutil
import socket
from pathlib import Path
from typing import Literal

from cli.door import WrongUsage
from opora.settings import Settings
from opora.words import Sentence

MARKER = "made-by-opora-demo.txt"
"""Only a folder that holds this file is ever emptied."""


def clear(home: Path) -> None:
    """An empty folder; whatever a demonstration left there before is gone, and nothing else ever is."""
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        cure = Sentence("Name a folder: nothing but a demonstration's own folder is emptied.")
        raise WrongUsage(field="--home", value=str(home), cure=cure)
    if home.is_dir() and any(home.iterdir()):
        if not (home / MARKER).is_file():
            cure = Sentence("It holds something else: name an empty folder or a new one.")
            raise WrongUsage(field="--home", value=str(home), cure=cure)
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).write_text("opora demo empties this folder.\n", encoding="utf-8")


def settings_of(home: Path, *, flows: Literal["direct", "prefect"] = "direct") -> Settings:
    """The installation of the demonstration: whatever else is set up here stays untouched."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Settings(
        home=home,
        database="",
        database_owner="",
        store_url="",
        smtp_url=None,
        virtual_time=True,
        flows=flows,
        prefect_port=port,
    )
