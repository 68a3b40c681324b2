"""Verdicts on all schools of a table at once, without the grounds that a single look gives."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analysis.bulk import Bulk
from analysis.bulk_weighing import weigh_all
from analysis.columns import FactTable, Masks
from analysis.identification import Cap, Identification
from analysis.school_facts import Scalar
from analysis.standings import Floats, Integers
from analysis.verdicts import KeptOff, Verdict


class BulkJudgement:
    """What the rules say of each school before the caps."""

    def __init__(
        self, rules: Identification, table: FactTable, parameters: Mapping[str, Scalar]
    ) -> None:
        self.rules, self.table = rules, table
        self.bulk = Bulk(rules, table, parameters, weigh_all)
        self._place = (table.year, None)
        self._judged = np.flatnonzero(self.bulk.members(table.year))
        self._excused = self._excuses()
        self._found = {
            key: self.bulk.weigh(one.when, self._place) for key, one in rules.categories.items()
        }
        self.verdicts = list(self._verdicts())

    def to_look_at(self, *, grounds: bool = True) -> list[str]:
        """Who lies too near to a limit to be sure; for its `grounds` also who carries a category."""
        unsure = self.bulk.unsure[self._judged].tolist()
        return [
            one.school
            for one, is_unsure in zip(self.verdicts, unsure, strict=True)
            if is_unsure or (grounds and (one.categories or one.kept_off))
        ]

    def sides(self, cap: Cap, _: Sequence[Verdict]) -> tuple[Floats, Integers]:
        values = self.bulk.column(cap.by, *self._place).values
        units = self.bulk.units(cap.within, *self._place)
        return values[self._judged], units[self._judged]

    def counted_in_territories(self) -> list[bool]:
        rule = self.rules.territories
        if rule is None or rule.among is None:
            return [True] * len(self.verdicts)
        found = self.bulk.weigh(rule.among, self._place)
        return [bool(one) for one in found.holds[self._judged] == 1]

    def _excuses(self) -> Masks:
        """The reasons of who is not judged at all: protected, or in no peer group."""
        found = self.bulk.ungrouped.copy()
        for protection in self.rules.protections:
            holds = self.bulk.weigh(protection.when, self._place).holds == 1
            found[holds] |= self.table.bit(protection.reason)
        return found

    def _exceptions(self, key: str) -> list[tuple[str, list[bool]]]:
        """Each exception's reason, and for whom it holds."""
        exceptions = self.rules.categories[key].unless
        found = ((one.reason, self.bulk.weigh(one.when, self._place)) for one in exceptions)
        return [(reason, (weighed.holds == 1).tolist()) for reason, weighed in found]

    def _verdicts(self) -> Iterator[Verdict]:
        holding = {
            key: ((found.holds == 1) & (self._excused == 0)).tolist()
            for key, found in self._found.items()
        }
        spared = {key: self._exceptions(key) for key in self._found}
        not_rated = self._not_rated()
        groups = [None, *(group.key for group in self.rules.peer_groups)]
        group_of = (self.bulk.groups + 1).tolist()
        for position in self._judged.tolist():
            reasons = {
                key: next((reason for reason, who in spared[key] if who[position]), None)
                for key, holds in holding.items()
                if holds[position]
            }
            carried = tuple(key for key, reason in reasons.items() if reason is None)
            yield Verdict(
                school=self.table.schools[position],
                territory=self.table.territories[position],
                listed=self.rules.entry in carried,
                categories=carried,
                grounds=(),
                not_rated=not_rated[position],
                peer_group=groups[group_of[position]],
                kept_off=tuple(KeptOff(key, reason) for key, reason in reasons.items() if reason),
            )

    def _not_rated(self) -> list[tuple[str, ...] | None]:
        entry = self._found[self.rules.entry]
        unknown = np.where(self._excused != 0, self._excused, entry.reasons).tolist()
        said = {mask: tuple(self.table.reasons_of(mask)) for mask in set(unknown)}
        return [said[mask] if mask else None for mask in unknown]
