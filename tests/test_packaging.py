"""What is installed: the rooms with their data, the command, and nothing of the workshop."""

import configparser
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import opora

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
DIST_INFO = f"opora-{opora.__version__}.dist-info"
LEFT_BEHIND = {".pyc", ".pyo", ".swp"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as an installer builds it, but with the hatchling that is here: no network."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def ask(unpacked: Path, question: str) -> str:
    """The answer of a Python that sees the unpacked wheel and not the source tree."""
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r}); {question}"
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=unpacked.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_the_wheel_holds_the_rooms_and_nothing_else(names: set[str]) -> None:
    assert {name.partition("/")[0] for name in names} == {*ROOMS, DIST_INFO}


def test_every_file_of_a_room_is_packed_data_too(names: set[str]) -> None:
    in_the_tree = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in LEFT_BEHIND
    }
    assert {name for name in names if not name.startswith(DIST_INFO)} == in_the_tree


def test_texts_programmes_and_migrations_are_data_that_travel(names: set[str]) -> None:
    assert any(name.startswith("templates/") and name.endswith(".j2") for name in names)
    assert any(name.startswith("programmes/") and name.endswith(".yaml") for name in names)
    assert "models/migrations/env.py" in names


def test_no_test_and_no_bytecode_is_packed(names: set[str]) -> None:
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {
        "tests",
        "bench",
        "conftest.py",
        "__pycache__",
        ".venv",
        ".env",
        "opora.toml",
    }


def test_nothing_in_the_wheel_points_at_the_machine_that_built_it(
    names: set[str], unpacked: Path
) -> None:
    assert not [name for name in names if name.startswith("/") or ".." in name.split("/")]
    here = str(ROOT).encode()
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert files
    assert not [path.relative_to(unpacked) for path in files if here in path.read_bytes()]


def test_the_command_and_the_licence_come_along(unpacked: Path) -> None:
    commands = configparser.ConfigParser()
    commands.read(unpacked / DIST_INFO / "entry_points.txt", encoding="utf-8")
    assert dict(commands["console_scripts"]) == {"opora": "cli.main:run"}
    metadata = (unpacked / DIST_INFO / "METADATA").read_text(encoding="utf-8")
    headers = HeaderParser().parsestr(metadata)
    assert headers["License-Expression"] == "Apache-2.0"
    assert (unpacked / DIST_INFO / "licenses" / "LICENSE").is_file()


def test_the_installed_rooms_read_their_own_data(unpacked: Path) -> None:
    question = (
        "import importlib.resources as r; "
        "print(*[r.files(room) for room in ('templates', 'programmes')], sep='\\n')"
    )
    folders = ask(unpacked, question).splitlines()
    assert folders == [str(unpacked / "templates"), str(unpacked / "programmes")]


def test_the_installed_command_answers(unpacked: Path) -> None:
    question = "sys.argv = ['opora', '--help']; from cli.main import run; run()"
    assert "Вызов: opora" in ask(unpacked, question)


# --- the lock -------------------------------------------------------------------------------------


def test_the_lock_holds_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if "==" in line]
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    assert text.count("    --hash=sha256:") >= len(pins)
    blocks = text.replace("\\\n", " ").splitlines()
    assert not [block for block in blocks if block.strip() and "--hash=sha256:" not in block]


def test_everything_that_the_project_asks_for_is_locked() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {}
    for line in text.splitlines():
        if "==" in line and not line.startswith(" "):
            name, _, rest = line.partition("==")
            locked[canonicalize_name(name)] = rest.split()[0]
    groups = PROJECT["dependency-groups"]
    asked = [*PROJECT["project"]["dependencies"], *groups["test"], *groups["lint"]]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), (
            requirement
        )
