"""How much one school's verdict asks to be looked at: a programme must not keep anybody waiting."""

from collections.abc import Iterator

from analysis.conditions import (
    CategoryTest,
    ParameterName,
    Procedures,
    Run,
    Years,
    parts,
)
from analysis.declared import Declared
from analysis.identification import Identification
from analysis.measures import Measure, inside
from opora.words import Sentence
from programmes.faults import Finding
from programmes.rule_names import named_directly

MOST_LOOKS = 100_000
_DEEPEST = 40
_TOO_MUCH = MOST_LOOKS * 10


class _Costs:
    """Looks at single facts that each name asks for; a circle is somebody else's fault."""

    def __init__(self, found: Identification) -> None:
        self.found = found
        self._known: dict[tuple[str, str], int] = {}
        self._open: list[tuple[str, str]] = []

    def of(self, kind: str, name: str) -> int:
        key = (kind, name)
        if key in self._open:
            return 0
        if len(self._open) > _DEEPEST:
            return _TOO_MUCH
        if key not in self._known:
            self._open.append(key)
            self._known[key] = min(_TOO_MUCH, self._worked_out(kind, name))
            self._open.pop()
        return self._known[key]

    def _worked_out(self, kind: str, name: str) -> int:
        if kind == "category":
            category = self.found.categories.get(name)
            if category is None:
                return 0
            return sum(
                self.of_condition(c) for c in (category.when, *(e.when for e in category.unless))
            )
        measure = self.found.measures.get(name)
        if measure is None:
            return 1
        sources = sum(self.of("measure", source) for source in measure.sources)
        conditions = sum(self.of_condition(condition) for _, condition in inside(measure))
        return sources * self._times(measure) + conditions + 1

    def _times(self, measure: Measure) -> int:
        if measure.years is not None:
            return measure.years.last
        if measure.trend is not None:
            return measure.trend.years
        return max(1, len(self.found.procedures)) if measure.procedures is not None else 1

    def of_condition(self, condition: Declared) -> int:
        names = sum(self.of("measure", name) for name in named_directly(condition))
        if isinstance(condition, CategoryTest):
            names += self.of("category", condition.category)
        inner = sum(self.of_condition(part) for _, part in parts(condition))
        times = 1
        if isinstance(condition, Years):
            times = self._count(condition.years.of_last)
        elif isinstance(condition, Run):
            times = self._count(condition.run.at_least)
        elif isinstance(condition, Procedures):
            times = max(1, len(self.found.procedures))
        return min(_TOO_MUCH, names + inner * times + 1)

    def _count(self, operand: object) -> int:
        if isinstance(operand, ParameterName):
            declared = self.found.parameters.get(operand.parameter)
            operand = declared.value if declared is not None else 1
        return max(1, int(operand)) if isinstance(operand, int) else 1


def check_costs(found: Identification) -> Iterator[Finding]:
    """Names that stand on too many others, or too deep: 2 of 2 of 2 … is a million soon."""
    costs = _Costs(found)
    for kind, names in (("measure", found.measures), ("category", found.categories)):
        for name in names:
            if costs.of(kind, name) > MOST_LOOKS:
                section = "measures" if kind == "measure" else "categories"
                problem = Sentence(
                    "{name} asks for more than {most} looks at the facts of one school",
                    {"name": name, "most": str(MOST_LOOKS)},
                )
                yield (section, name), problem, Sentence("Build it of fewer or simpler parts.")
                return
