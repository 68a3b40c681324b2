"""Every English sentence that the code may say to a person, found by reading the code itself."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from cli.manual import paragraphs

ROOT = Path(__file__).parents[2]
FLOORS = (
    "opora",
    "states schedules",
    "models templates analysis",
    "programmes",
    "notifications",
    "casework",
    "flows audit",
    "web",
    "cli",
)
ROOMS = [room for floor in FLOORS for room in floor.split()]
TREES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}


TAKEN_AS_WRITTEN = {
    Path("opora/errors.py"),  # docstrings, read below
    Path("casework/files/workbook_reading.py"),  # reads back what its child refused with
    Path("schedules/steps.py"),  # reads back what the ledger kept: said first elsewhere
}


@functools.cache
def spoken() -> dict[str, str]:
    """Sentence → where it is said first."""
    found: dict[str, str] = {}
    for place, text in [*sentences(), *messages_of_errors(), *manual()]:
        found.setdefault(text, place)
    return found


def sentences() -> Iterator[tuple[str, str]]:
    """`Sentence("…")`; also `Sentence(NAME)` and `Sentence(TABLE[…])` of what stands in a module."""
    for path, tree in TREES.items():
        for call in calls_of("Sentence", tree):
            for text in texts_in(call.args[0], tree):
                yield f"{path}:{call.lineno}", text


def unreadable() -> list[str]:
    """Sentences that cannot be found by reading: nobody could translate them."""
    return [
        f"{path}:{call.lineno}"
        for path, tree in TREES.items()
        for call in calls_of("Sentence", tree)
        if path not in TAKEN_AS_WRITTEN and not [*texts_in(call.args[0], tree)]
    ]


def calls_of(name: str, tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=found), args=[_, *_]) if found == name:
                yield node


def texts_in(node: ast.expr, tree: ast.Module, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The texts that `node` may stand for, as far as its own module tells."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)) if name not in seen:
            for value in values_of(name, tree):
                yield from texts_in(value, tree, seen | {name})
        case ast.Dict(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from texts_in(part, tree, seen)
        case ast.Attribute(value=of, attr="text"):  # the text of a sentence that stands elsewhere
            yield from texts_in(of, tree, seen)
        case ast.Call(func=ast.Name(id="Sentence"), args=[first, *_]):
            yield from texts_in(first, tree, seen)
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts_in(body, tree, seen)
            yield from texts_in(orelse, tree, seen)


def values_of(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What `name` is set to in its module, alone or in a row, or what callers there give as it."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=row)], value=value):
                if name in {part.id for part in row if isinstance(part, ast.Name)}:
                    yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value):
                if found == name:
                    yield value
            case ast.FunctionDef(name=function, args=ast.arguments(args=given)):
                places = [place for place, argument in enumerate(given) if argument.arg == name]
                for call in calls_of(function, tree) if places else ():
                    yield from call.args[places[0] : places[0] + 1]
                    yield from (key.value for key in call.keywords if key.arg == name)


def messages_of_errors() -> Iterator[tuple[str, str]]:
    """First lines of the docstrings of OporaError and of every class that descends from it."""
    known = {"OporaError"}
    classes = [
        (path, node)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    while True:
        more = {
            node.name
            for _, node in classes
            if known & {base.id for base in node.bases if isinstance(base, ast.Name)}
        }
        if more <= known:
            break
        known |= more
    for path, node in classes:
        if node.name in known and (said := ast.get_docstring(node)):
            yield f"{path}:{node.lineno}", said.splitlines()[0]


def manual() -> Iterator[tuple[str, str]]:
    """What `--help` shows: the table of commands, their docstrings, their options and arguments."""
    for path, tree in TREES.items():
        for call in calls_of("Entry", tree):
            yield f"{path}:{call.lineno}", ast.literal_eval(call.args[-1])
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="typer"), attr="Option" | "Argument"),
                    keywords=given,
                ):
                    for key in given:
                        if key.arg in {"help", "metavar"}:
                            yield f"{path}:{node.lineno}", ast.literal_eval(key.value)
                case ast.FunctionDef(decorator_list=[ast.Call(func=ast.Name(id="command")), *_]):
                    for part in paragraphs(ast.get_docstring(node) or ""):
                        yield f"{path}:{node.lineno}", part
