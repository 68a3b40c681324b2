"""In which language an unknown person is answered: known before anything heavy is loaded."""

import os
import tomllib
from pathlib import Path

from opora.words import LANGUAGES


def language_of_installation() -> str:
    """What `OPORA_LANGUAGE` or opora.toml says, if we speak it; else the first that we do."""
    for name, value in os.environ.items():
        if name.upper() == "OPORA_LANGUAGE":
            return _spoken(value)
    try:
        said = tomllib.loads(Path("opora.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # whoever needs the settings is told what is wrong with the file
        return LANGUAGES[0]
    return _spoken(said.get("language"))


def _spoken(said: object) -> str:
    return said if isinstance(said, str) and said in LANGUAGES else LANGUAGES[0]
