"""Reads one YAML text: exact numbers, the line of every value, and no surprises of YAML 1.1.

Words such as `on` and `no` stay words, `09:00` is no number of minutes, 007 keeps its zeros, and a
number with a point is a Decimal. Aliases are refused: with them nine lines unfold into gigabytes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import yaml

from opora.words import Sentence
from programmes.faults import Fault, Place, Said, in_words, of_file

MAX_CHARACTERS = 1 << 20
MAX_NODES = 50_000
MAX_DEPTH = 40

TOO_LARGE = (Sentence("the file is larger than 1 MiB"), Sentence("Divide or shorten it."))
_ALIAS = (Sentence("an alias (*) is used"), Sentence("Write the value out again."))
_SEVERAL = (
    Sentence("there is more than one document"),
    Sentence("Make it one document: no line of three dashes inside."),
)
_TOO_DEEP = (Sentence("the file is nested too deep or too long"), Sentence("Make it simpler."))

_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same loader in C, where it was built


class _Loader(_Base):  # type: ignore[misc,valid-type]
    """Only the plain types below are recognised; everything else is text."""

    yaml_implicit_resolvers: dict[
        str, list[tuple[str, re.Pattern[str]]]
    ] = {}  # PyYAML reads it from the class


_PLAIN = (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("decimal", r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", list("-+0123456789")),
    ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
)
for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(f"tag:opora,{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)

_CONVERTERS: dict[str, Callable[[str], object]] = {
    "tag:opora,null": lambda _: None,
    "tag:opora,bool": lambda text: text == "true",
    "tag:opora,int": int,
    "tag:opora,decimal": Decimal,
    "tag:opora,date": date.fromisoformat,
    "tag:yaml.org,2002:str": str,
}
_COLLECTIONS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Tree:
    """One file as plain values. `lines` knows where each value stands, counted from 1."""

    file: str
    value: object
    lines: Mapping[Place, int]
    faults: tuple[Fault, ...]

    def line_of(self, place: Place) -> int:
        """The line of the value, or of the nearest thing around it that is written down."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return 0

    def fault(self, place: Place, problem: Said, cure: Said) -> Fault:
        return Fault(
            file=self.file,
            line=self.line_of(place),
            path=in_words(place),
            problem=problem,
            cure=cure,
        )


@dataclass(slots=True)
class _Reader:
    """Turns nodes into values and gathers what is wrong on the way."""

    file: str
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def value(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _CONVERTERS and node.tag not in _COLLECTIONS:
            problem = Sentence("the tag {tag} is not known", {"tag": node.tag})
            cure = Sentence("Write the plain value.")
            self._blame(place, node.start_mark.line + 1, problem, cure)
            return None
        match node:
            case yaml.MappingNode():
                return self._mapping(node, place)
            case yaml.SequenceNode():
                return [self.value(part, (*place, n)) for n, part in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                cure = Sentence("Write one word before the colon.")
                self._blame(place, line, Sentence("a key is not a word"), cure)
                continue
            key = str(key_node.value)
            if key in found:
                told = {"key": key, "line": str(self.lines[(*place, key)])}
                problem = Sentence("the key {key} stands twice (first on line {line})", told)
                self._blame((*place, key), line, problem, Sentence("Keep one of the two."))
                continue
            self.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found

    def _scalar(self, node: yaml.Node, place: Place) -> object:
        line, text = node.start_mark.line + 1, str(node.value)
        if len(text) > _LONGEST_NUMBER and node.tag in {"tag:opora,int", "tag:opora,decimal"}:
            problem = Sentence("the number is too long")
            self._blame(place, line, problem, Sentence("Write at most 40 digits."))
            return None
        try:
            return _CONVERTERS[node.tag](text)
        except ValueError:
            problem = Sentence("{day} is not a day of the calendar", {"day": text})
            self._blame(place, line, problem, Sentence("Write a day that exists."))
            return None

    def _blame(self, place: Place, line: int, problem: Said, cure: Said) -> None:
        fault = Fault(file=self.file, line=line, path=in_words(place), problem=problem, cure=cure)
        self.faults.append(fault)


def read_tree(file: str, text: str) -> Tree:
    """The values of one file; what is wrong with its writing stands in `faults`."""
    if fault := _unreadable(file, text):
        return Tree(file, None, {}, (fault,))
    node = yaml.compose(text.removeprefix("\ufeff"), _Loader)
    if node is None:
        cure = Sentence("Fill it in or remove it.")
        return Tree(file, None, {}, (of_file(file, Sentence("the file is empty"), cure),))
    reader = _Reader(file)
    value = reader.value(node, ())
    if not isinstance(value, dict):
        reader.faults.append(
            of_file(
                file,
                Sentence("the file is no mapping"),
                Sentence("Begin with a key and a colon."),
            )
        )
        value = None
    return Tree(file, value, reader.lines, tuple(reader.faults))


def _unreadable(file: str, text: str) -> Fault | None:
    """Looks at the stream of events first: nothing is built from it, so no bomb goes off."""
    if len(text) > MAX_CHARACTERS:
        return of_file(file, *TOO_LARGE)
    depth = nodes = documents = 0
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), _Loader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.AliasEvent):
                return of_file(file, *_ALIAS, line)
            nodes += isinstance(event, yaml.NodeEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                return of_file(file, *_SEVERAL, line)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH or nodes > MAX_NODES:
                return of_file(file, *_TOO_DEEP, line)
    except yaml.YAMLError as error:
        return _syntax(file, text, error)
    return None


def _syntax(file: str, text: str, error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    if mark is None or (opened is not None and mark.line >= len(text.splitlines())):
        mark = opened  # what was never closed is wrong where it opens, not at the end of the file
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line = mark.line + 1 if mark else 0
    cure = Sentence("Look at the indents, colons and quotation marks here and on the line above.")
    return of_file(file, Sentence("this is not YAML: {problem}", {"problem": problem}), cure, line)
