"""The units, the compose file and the environment name what there is."""

import re
from pathlib import Path

import pytest
import yaml

from cli.main import TABLE
from opora.settings import Settings

DEPLOY = Path(__file__).parents[1] / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
COMMANDS = {entry.name for entry in TABLE} | {entry.name.split()[0] for entry in TABLE}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_and_every_command_that_is_named_exists(path):
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\bOPORA_([A-Z_]+)", text))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    called = set(re.findall(r"(?:bin/opora|exec \w+ opora) ([a-z]+)", text))
    assert called <= COMMANDS


def test_the_compose_file_starts_a_database_its_schema_a_clock_and_two_workers():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {"database", "schema", "clock"} <= services.keys()
    words = [one.get("command", [])[:2] for one in services.values()]
    assert words.count(["opora", "worker"]) == 2
    assert {word[1] for word in words if word} <= COMMANDS
