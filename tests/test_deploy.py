"""The units, the compose file and the environment name what there is."""

import re
import shutil
import subprocess
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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_units(tmp_path):
    units = [path for path in FILES if path.suffix == ".service"]
    assert len(units) == 2
    for path in units:  # the program lies elsewhere while it is tested
        text = path.read_text(encoding="utf-8").replace("/opt/opora/.venv/bin/opora", "/bin/true")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    words = ["systemd-analyze", "verify", "--man=no", *(tmp_path / path.name for path in units)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_compose_file_starts_a_database_its_schema_a_clock_and_two_workers():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {"database", "schema", "clock"} <= services.keys()
    words = [one.get("command", [])[:2] for one in services.values()]
    assert words.count(["opora", "worker"]) == 2
    assert {word[1] for word in words if word} <= COMMANDS
