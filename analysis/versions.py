"""Many versions of schools, each with one fact changed, judged together as if they were schools."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from analysis.bulk_judging import BulkJudgement
from analysis.columns import Column, FactTable
from analysis.identification import Identification, Per
from analysis.judging import judge_in_bulk
from analysis.school_facts import Scalar, SchoolFacts
from analysis.standings import Booleans, Floats, Integers
from analysis.verdicts import Verdict

_Key: TypeAlias = tuple[str, int | None, str]
"""Fact, year (None: of the registry), procedure."""

Details: TypeAlias = Callable[[Collection[str] | None], Iterable[SchoolFacts]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The school in the row `position` of a table, with `value` in the place of one fact's own."""

    position: int
    fact: str
    year: int | None
    procedure: str | None
    value: Scalar


def judge_versions(
    rules: Identification,
    table: FactTable,
    tried: Mapping[str, Scalar],
    versions: Sequence[Version],
) -> list[Verdict | None]:
    """A verdict for each version, None where columns cannot be sure: too near to a limit.

    Only for rules that do not compare schools: the versions stand side by side like schools.
    """
    if not versions:
        return []
    rows = np.array([one.position for one in versions])
    found = BulkJudgement(rules, _Versions.of(table, rows, versions), tried)
    unsure = set(found.to_look_at(grounds=False))
    verdicts = {one.school: one for one in found.verdicts if one.school not in unsure}
    return [verdicts.get(_name(number)) for number in range(len(versions))]


def judge_among_all(
    rules: Identification,
    table: FactTable,
    parameters: Mapping[str, object] | None,
    version: Version,
    school: SchoolFacts,
) -> Verdict:
    """The verdict on one version with all other schools as they are; `school` is the version."""
    rows = np.arange(table.size)

    def details(wanted: Collection[str] | None) -> Iterator[SchoolFacts]:
        for one in table.details(wanted):
            yield school if one.school == school.school else one

    changed = _Versions.of(table, rows, [version], at=version.position, details=details)
    verdicts = judge_in_bulk(rules, changed, table.year, parameters, grounds=False).verdicts
    return next(one for one in verdicts if one.school == school.school)


def _name(number: int) -> str:
    return f"{number:09}"


@dataclass(slots=True, kw_only=True)
class _Versions(FactTable):
    """The rows of another table, some cells of which are changed."""

    base: FactTable
    rows: Integers
    changes: Mapping[_Key, tuple[Integers, Floats]]
    _made: dict[_Key, Column] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        base: FactTable,
        rows: Integers,
        versions: Sequence[Version],
        *,
        at: int | None = None,
        details: Details | None = None,
    ) -> "_Versions":
        """A row for each version; or all rows, one of which, `at`, is the version."""
        changes: dict[_Key, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for number, one in enumerate(versions):
            places, values = changes[one.fact, one.year, one.procedure or ""]
            places.append(number if at is None else at)
            is_word = isinstance(one.value, str)
            values.append(base.number_of_word(str(one.value)) if is_word else float(one.value))
        names = [_name(number) for number in range(len(versions))]
        return cls(
            rules=base.rules,
            year=base.year,
            schools=names if at is None else base.schools,
            territories=[base.territories[row] for row in rows.tolist()],
            years=base.years,
            read=base.read,
            details=details or base.details,
            base=base,
            rows=rows,
            changes={
                key: (np.array(where), np.array(new)) for key, (where, new) in changes.items()
            },
        )

    def column(self, name: str, year: int, procedure: str | None) -> Column:
        per = self.rules.facts[name].per
        at = None if per is Per.SCHOOL else year
        key = (name, at, (procedure or "") if per is Per.PROCEDURE else "")
        if key not in self._made:
            own = self.base.column(name, year, procedure)
            values, reasons = own.values[self.rows], own.reasons[self.rows]
            if key in self.changes:
                places, new = self.changes[key]
                values[places], reasons[places] = new, 0
            self._made[key] = replace(own, values=values, reasons=reasons)
        return self._made[key]

    def present(self, year: int) -> Booleans:
        found: Booleans = self.base.present(year)[self.rows]
        return found

    def taken(self, year: int, procedure: str) -> Booleans:
        found: Booleans = self.base.taken(year, procedure)[self.rows]
        return found

    def procedures(self, year: int) -> list[str]:
        return self.base.procedures(year)

    def number_of_word(self, word: str) -> int:
        return self.base.number_of_word(word)

    @property
    def vocabulary(self) -> list[str]:
        return self.base.vocabulary

    def bit(self, reason: str) -> np.uint64:
        return self.base.bit(reason)

    def reasons_of(self, mask: int) -> list[str]:
        return self.base.reasons_of(mask)
