"""The files of a programme folder, each read into its model; what does not fit becomes faults.

A section with a bad part is read once more without that part, so that one reading reports the
faults of every file and every cross-check together.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from analysis.cluster_rules import Clusters
from analysis.identification import Identification
from analysis.partner_rules import Partners
from opora.value_faults import MISSING, UNKNOWN, fault_of
from opora.words import Sentence
from programmes.faults import Fault, Place, Said
from programmes.identity import Identity
from programmes.import_profiles import Profiles
from programmes.indicators import Indicators
from programmes.lists import Lists
from programmes.milestones import Course
from programmes.plans import Plan
from programmes.record_kinds import Records
from programmes.wordbook import Wordbook
from programmes.yaml_tree import Tree, read_tree
from schedules.calendar_definition import CalendarDefinition

REQUIRED: dict[str, type[Any]] = {
    "programme.yaml": Identity,
    "calendar.yaml": CalendarDefinition,
    "imports.yaml": Profiles,
    "identification.yaml": Identification,
    "stages.yaml": Course,
    "words.yaml": Wordbook,
}
"""What every programme has."""

OPTIONAL: dict[str, type[Any]] = {
    "records.yaml": Records,
    "lists.yaml": Lists,
    "clusters.yaml": Clusters,
    "partners.yaml": Partners,
    "indicators.yaml": Indicators,
    "plan.yaml": Plan,
}
"""What a programme may have besides; a model here can be made of nothing, for those without it."""

SECTIONS: dict[str, type[Any]] = {**REQUIRED, **OPTIONAL}

FIELDS: dict[str, str] = {
    "programme.yaml": "identity",
    "calendar.yaml": "calendar",
    "imports.yaml": "profiles",
    "identification.yaml": "identification",
    "stages.yaml": "course",
    "words.yaml": "wordbook",
    "records.yaml": "records",
    "lists.yaml": "lists",
    "clusters.yaml": "clusters",
    "partners.yaml": "partners",
    "indicators.yaml": "indicators",
    "plan.yaml": "plan",
}
"""The field of `Programme` that holds what each file says."""

_ROUNDS = 6  # each takes away what the round before found wrong


@dataclass(slots=True)
class Reading:
    """All files of one programme as far as they could be read."""

    trees: dict[str, Tree] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)  # names of the parts left out
    taken: dict[tuple[str, Place], list[int]] = field(default_factory=dict)  # from which lists

    def blame(self, file: str, place: Place, problem: Said, cure: Said) -> None:
        """Adds a fault at a place of the model, which may have lost parts that the file has."""
        self.faults.append(self.trees[file].fault(self.written(file, place), problem, cure))

    def written(self, file: str, place: Place) -> Place:
        """The same place in the file, where no part has been left out."""
        found: list[str | int] = []
        for depth, step in enumerate(place):
            position = step
            if isinstance(position, int):
                for gone in sorted(self.taken.get((file, place[:depth]), ())):
                    position += gone <= position
            found.append(position)
        return tuple(found)


def read_sections(files: Mapping[str, str]) -> Reading:
    """Every known file read into its model; unknown and missing files are faults."""
    reading = Reading()
    for name in REQUIRED.keys() - files.keys():
        problem = Sentence("the file is missing")
        cure = Sentence("Add it; the documentation shows what it holds.")
        reading.faults.append(Fault(file=name, line=0, path="", problem=problem, cure=cure))
    for name, text in sorted(files.items()):
        if name in SECTIONS:
            _read_section(reading, name, text)
        elif "/" not in name and name.endswith((".yaml", ".yml")):
            problem = Sentence("a programme has no such file")
            cure = Sentence("The files are {files}.", {"files": tuple(SECTIONS)})
            reading.faults.append(Fault(file=name, line=0, path="", problem=problem, cure=cure))
    for name in OPTIONAL.keys() - files.keys():
        reading.models[name] = OPTIONAL[name]()
    return reading


def _read_section(reading: Reading, name: str, text: str) -> None:
    tree = read_tree(name, text)
    reading.trees[name] = tree
    reading.faults += tree.faults
    if tree.value is None:
        return
    value = deepcopy(tree.value)
    for turn in range(_ROUNDS):
        try:
            reading.models[name] = _adapter(name).validate_python(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
        else:
            return
        if turn == 0:  # later rounds only complain of what is missing because it was left out
            reading.faults += _faults(tree, found)
        for place in _culprits(value, found):
            _take_out(reading, name, value, place)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(SECTIONS[name])


def _place(value: object, loc: Sequence[str | int]) -> Place:
    """The error's place without the steps that pydantic adds (the chosen form of a condition)."""
    place: list[str | int] = []
    for step in loc:
        if isinstance(value, dict) and step in value:
            if step == "fact" and len(place) + 1 < len(loc) and "fact" not in place[-1:]:
                continue  # the form's own name, not the key
            value = value[step]
            place.append(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            place.append(step)
    return tuple(place)


def _faults(tree: Tree, found: Sequence[Any]) -> list[Fault]:
    """One fault a place: the alternatives of a union all complain of the same value."""
    faults: dict[object, Fault] = {}
    for error in found:
        place, found_wrong = _place(tree.value, error["loc"]), fault_of(error)
        fault = tree.fault(place, found_wrong.problem, found_wrong.cure)
        is_missing = error["type"] in MISSING
        faults.setdefault((place, error["loc"][-1]) if is_missing else place, fault)
    return list(faults.values())


def _culprits(value: object, found: Sequence[Any]) -> list[Place]:
    """What to take out, last list entries first: an unknown key alone, else the part around."""
    culprits = set()
    for error in found:
        place = _place(value, error["loc"])
        culprits.add(place if error["type"] in UNKNOWN else _part_around(place))
    outermost = (
        one for one in culprits if not any(one[:n] in culprits for n in range(1, len(one)))
    )
    return sorted(
        filter(None, outermost), key=lambda p: p[-1] if isinstance(p[-1], int) else -1, reverse=True
    )


def _part_around(place: Place) -> Place:
    """The unit that can be missed: the outermost list entry, else `section.key`."""
    for depth, step in enumerate(place):
        if isinstance(step, int):
            return place[: depth + 1]
    return place[:2]


def _take_out(reading: Reading, name: str, value: Any, place: Place) -> None:
    for step in place[:-1]:
        value = value[step]
    last = place[-1]
    if isinstance(last, int):
        original = int(reading.written(name, place)[-1])
        reading.taken.setdefault((name, place[:-1]), []).append(original)
    gone = value.pop(last)
    if isinstance(last, int) and isinstance(gone, dict):
        reading.lost.add(str(gone.get("key")))
    elif len(place) > 1:
        reading.lost.add(str(last))
