"""The laws of the house: who imports whom, who keeps which library, who commits, who sees time."""

import ast
import functools
import pkgutil
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (  # from the ground up; rooms on one floor do not know each other
    ("opora",),
    ("states", "schedules"),
    ("models", "templates", "analysis"),
    ("programmes",),
    ("notifications",),
    ("casework",),
    ("flows", "audit"),
    ("web",),
    ("cli",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
KEEPER_OF = {
    "transitions": "states",
    "holidays": "schedules",
    "jinja2": "templates",
    "docx": "templates",
    "markdown_it": "templates",
    "typst": "templates",
    "pygal": "templates",
    "numpy": "analysis",
    "scipy": "analysis",
    "sklearn": "analysis",
    "alembic": "models",
    "aiosmtplib": "notifications",
    "prefect": "flows",
    "apscheduler": "flows",
    "fastapi": "web",
    "typer": "cli",
}
LIBRARIES = {module.name for module in pkgutil.iter_modules([sysconfig.get_path("purelib")])}
TAKEN = {*FLOOR_OF, *LIBRARIES, *sys.stdlib_module_names}

MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_ARGUMENTS = 400, 50, 6
NOT_COUNTED = {"self", "cls", "session"}

CLOCK, DATABASE, SCHEMA, MOVING = (
    Path("opora/clock.py"),
    Path("opora/database.py"),
    Path("models/schema.py"),
    Path("casework/cases/moving.py"),
)
CLOCK_READERS = {"now", "today", "utcnow", "current_timestamp", "current_date", "localtimestamp"}
CLOCK_OWNERS = {"datetime", "date", "time", "dt", "func", "pendulum", "sa"}
SYSTEM_CLOCK = {"time", "time_ns", "localtime", "gmtime", "ctime"}
SQL_CLOCK = re.compile(
    r"\b(current_(timestamp|date|time)|localtime(stamp)?)\b(?!\()"
    r"|\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|getdate|unixepoch)\s*\(\s*\)"
    r"|\b(datetime|date|time|julianday|strftime)\s*\([^)]*'now'",
    re.IGNORECASE,
)
SQL_STAGE = re.compile(r"\bset\s+(\w+\s*=[^,]+,\s*)*stage\s*=", re.IGNORECASE)

SOURCES = sorted(
    path.relative_to(ROOT)
    for room in FLOOR_OF
    for path in (ROOT / room).rglob("*.py")
    if "__pycache__" not in path.parts
)
every_source = pytest.mark.parametrize("path", SOURCES, ids=str)
# Alembic writes these once and nobody changes them afterwards: they are records, not prose.
every_prose = pytest.mark.parametrize(
    "path", [path for path in SOURCES if "versions" not in path.parts], ids=str
)


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


@functools.cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


def imported(nodes: tuple[ast.AST, ...]) -> set[str]:
    """First parts of the names that are imported; relative imports stay in their room."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs when the module is imported: neither the bodies of functions nor TYPE_CHECKING."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and name_of(node.test) == "TYPE_CHECKING":
            waiting.extend(node.orelse)
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def name_of(node: ast.AST) -> str:
    """The last word of `a`, `b.a` or `b.a(...)`; else nothing."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=called):
            return name_of(called)
    return ""


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is not a docstring or a sentence on its own."""
    prose = {id(node.value) for node in nodes_of(path) if isinstance(node, ast.Expr)}
    for node in nodes_of(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


# --- floors ---------------------------------------------------------------------------------------


def test_there_are_rooms_to_look_at() -> None:
    missing = {room for room in FLOOR_OF if not (ROOT / room / "__init__.py").is_file()}
    assert missing <= {"audit", "web"}


def test_the_wheel_carries_exactly_the_rooms_that_stand() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packed) == {room for room in FLOOR_OF if (ROOT / room / "__init__.py").is_file()}


@every_source
def test_a_room_imports_only_from_lower_floors(path: Path) -> None:
    room = path.parts[0]
    others = (imported(nodes_of(path)) & FLOOR_OF.keys()) - {room}
    assert not {other for other in others if FLOOR_OF[other] >= FLOOR_OF[room]}


@every_source
def test_nobody_imports_the_tests_or_the_benchmarks(path: Path) -> None:
    assert not imported(nodes_of(path)) & {"tests", "bench", "conftest"}


@every_source
def test_a_library_stays_with_its_keeper(path: Path) -> None:
    libraries = imported(nodes_of(path)) & KEEPER_OF.keys()
    assert not {library for library in libraries if KEEPER_OF[library] != path.parts[0]}


@pytest.mark.parametrize("path", [path for path in SOURCES if path.parts[0] == "cli"], ids=str)
def test_the_command_line_meets_flows_only_inside_a_command(path: Path) -> None:
    assert not imported(tuple(at_import(tree_of(path)))) & {"flows", "prefect"}


def test_the_command_line_starts_without_prefect() -> None:
    question = "import sys, cli.main; print(*{'prefect', 'apscheduler'} & sys.modules.keys())"
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout.strip()) == (0, ""), answer.stderr


# --- names ----------------------------------------------------------------------------------------


@every_source
def test_no_module_hides_a_room_a_library_or_the_standard_library(path: Path) -> None:
    below_the_room = {*path.parts[1:-1], path.stem} - {"__init__", "__main__"}
    assert not below_the_room & TAKEN


def test_no_stranger_lives_in_our_rooms() -> None:
    """An editable installation puts our root last on the path: a stranger's `models` would win."""
    owners = packages_distributions()
    assert not {room: owners[room] for room in FLOOR_OF if set(owners.get(room, ())) - {"opora"}}


@every_source
def test_a_module_is_named_for_what_it_is_about(path: Path) -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "misc", "service", "services"}
    assert not set(path.stem.split("_")) & (empty_words | {"manager", "managers"})


# --- one committer, one clock, one setter ---------------------------------------------------------


@every_source
def test_only_the_database_module_commits(path: Path) -> None:
    """A `begin()` commits when its block ends; only the schema's owner needs one of its own."""
    endings = {"commit"} | (set() if path == SCHEMA else {"begin"})
    calls = {
        f"{name_of(node)} in line {node.lineno}"
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and name_of(node) in endings
    }
    said = {text for _, text in texts_of(path) if text.strip().lower() == "commit"}
    assert path == DATABASE or not calls | said


@every_source
def test_only_the_clock_module_reads_the_clock(path: Path) -> None:
    assert path == CLOCK or not [*clock_readings(path)]


def clock_readings(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in CLOCK_READERS:
                if name_of(owner) != "clock":
                    yield f"{name_of(owner)}.{name}() in line {node.lineno}"
            case ast.Attribute(value=owner, attr=name) if (
                name in CLOCK_READERS and name_of(owner) in CLOCK_OWNERS
            ):
                yield f"{name_of(owner)}.{name} in line {node.lineno}"
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name in SYSTEM_CLOCK:
                yield f"time.{name} in line {node.lineno}"
            case ast.ImportFrom(module="time", names=names):
                yield from (f"time.{alias.name}" for alias in names if alias.name in SYSTEM_CLOCK)
    for line, text in texts_of(path):
        if found := SQL_CLOCK.search(text):
            yield f"the database's clock, {found.group()!r} in line {line}"


def test_a_stage_is_set_in_one_place() -> None:
    the_one = [str(MOVING)] if (ROOT / MOVING).is_file() else []
    setters = [f"{path}:{line}" for path in SOURCES for line in stage_setters(path)]
    assert [setter.partition(":")[0] for setter in setters] == the_one


def stage_setters(path: Path) -> Iterator[int]:
    """Lines that assign `.stage`, whichever way; an object may set its own when it is made."""
    for node in nodes_of(path):
        match node:
            case ast.Attribute(value=owner, attr="stage", ctx=ast.Store()):
                if name_of(owner) != "self":
                    yield node.lineno
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="stage"), _]):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="values" | "update")):
                if changes_rows(node) and "stage" in {key.arg for key in node.keywords}:
                    yield node.lineno
    for line, text in texts_of(path):
        if SQL_STAGE.search(text):
            yield line


def changes_rows(call: ast.Call) -> bool:
    """Is this the end of a chain that starts with `update(...)`?"""
    node: ast.AST = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return name_of(node) == "update"


# --- budgets --------------------------------------------------------------------------------------


@every_prose
def test_a_file_fits_the_budget(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@every_prose
def test_a_function_fits_the_budget(path: Path) -> None:
    lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions_of(path)}
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION}


@every_prose
def test_a_function_takes_few_arguments_after_the_session(path: Path) -> None:
    """Commands are left out: each of their parameters is an option that the manual explains."""
    counts = {
        function.name: len({argument.arg for argument in arguments_of(function)} - NOT_COUNTED)
        for function in functions_of(path)
        if not any(name_of(mark) in {"command", "callback"} for mark in function.decorator_list)
    }
    assert not {name: count for name, count in counts.items() if count > MOST_ARGUMENTS}


def arguments_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


@every_source
def test_a_module_opens_with_a_sentence_that_says_what_it_is_for(path: Path) -> None:
    if not tree_of(path).body:
        return  # an empty __init__.py has nothing to explain
    opening = (ast.get_docstring(tree_of(path)) or "").split("\n\n")[0].replace("\n", " ")
    assert re.match(r"\S+ \S+ .{,150}?[.!?](\s|$)", opening), f"{path} opens with {opening!r}"


# --- the tests' own eyes: each of these sins was committed once, to see that it is found ----------


@pytest.mark.parametrize(
    "sin",
    [
        "datetime.now(UTC)",
        "date.today()",
        "Field(default_factory=datetime.utcnow)",
        "import time\ntime.time()",
        "from time import time_ns",
        "select(func.now())",
        "text('SELECT now()')",
        "column(server_default='CURRENT_TIMESTAMP')",
        "run(\"DELETE FROM lease WHERE until < datetime('now')\")",
    ],
)
def test_a_look_at_the_clock_is_noticed(sin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sins(clock_readings, sin, monkeypatch)


@pytest.mark.parametrize(
    "sin",
    [
        "case.stage = Stage.EXITED",
        "case.stage, case.version = new, 2",
        "setattr(case, 'stage', new)",
        "run(update(Case).where(Case.id == 1).values(stage=new))",
        "run('UPDATE cases SET version = 2, stage = :new')",
    ],
)
def test_a_second_setter_of_the_stage_is_noticed(sin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sins(stage_setters, sin, monkeypatch)


@pytest.mark.parametrize(
    "deed",
    [
        "at = clock.now()",
        "'''Nothing happens now().'''",
        "insert(Case).values(stage=Stage.IDENTIFIED)",
        "if case.stage == Stage.EXITED: pass",
        "time.monotonic()",
    ],
)
def test_an_honest_line_is_left_alone(deed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not sins(clock_readings, deed, monkeypatch)
    assert not sins(stage_setters, deed, monkeypatch)


def sins(look, source, monkeypatch):
    nodes = tuple(ast.walk(ast.parse(source)))
    monkeypatch.setattr(sys.modules[__name__], "nodes_of", lambda _: nodes)
    return [*look(Path("sin.py"))]
