"""A year's file that only repeats the year before: noticed, so that it counts for nothing twice."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casework.files.cells import Reading
from casework.imports.importing_facts import IN_REGISTER, FactKey, SchoolRow
from opora.words import Sentence

_ENOUGH_SCHOOLS = 20
_ENOUGH_VALUES = 5  # fewer different values can stay the same honestly


@dataclass(slots=True)
class StaleWatch:
    """Compares each number of each school with the one of the year before.

    `numbers` are the facts that change from year to year in any real file.
    """

    numbers: frozenset[str]
    compared: Counter[FactKey] = field(default_factory=Counter)
    equal: Counter[FactKey] = field(default_factory=Counter)
    values: dict[FactKey, set[str]] = field(default_factory=lambda: defaultdict(set))

    def see(self, rows: Sequence[SchoolRow], known: Mapping[FactKey, Reading]) -> None:
        """Rows of one school, and what was known of it before."""
        said = {**known}
        for row in rows:
            said |= row.facts
        for row in rows:
            for key, reading in row.facts.items():
                year, procedure, name = key
                before = said.get((year - 1, procedure, name))
                if name not in self.numbers or reading.value is None or before is None:
                    continue
                self.compared[key] += 1
                self.equal[key] += before.value == reading.value
                self.values[key].add(reading.value)

    def warnings(self) -> list[Sentence]:
        """One sentence for each fact of a year that is a copy."""
        return [
            Sentence(
                "All {count} values of {fact} for {year} equal those of the year before:"
                " it may be a stale copy. If so, name it under `known_stale` of the profile.",
                {"count": count, "fact": f"{key[2]} {key[1]}".strip(), "year": key[0]},
            )
            for key, count in sorted(self.compared.items())
            if count >= _ENOUGH_SCHOOLS
            and self.equal[key] == count
            and len(self.values[key]) >= _ENOUGH_VALUES
        ]


def numbers_of(rows: Sequence[SchoolRow], declared: frozenset[str]) -> frozenset[str]:
    """The declared numbers that the rows hold; where there is none, every fact of theirs."""
    names = {name for row in rows for _, _, name in row.facts if not name.startswith(IN_REGISTER)}
    return frozenset(names & declared or names)
