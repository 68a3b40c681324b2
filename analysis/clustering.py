"""Which cluster a school belongs to by the rule table, and which groups the risk profiles propose.

The groups are Ward's: no seed, no starting points, and the schools in the order of their identifiers,
so that the same profiles give the same groups whatever order they came in. Their number is the one
with the best mean silhouette; of equally good numbers the smaller.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cluster_rules import ClusterRule, RiskProfile
from analysis.findings import Ground
from analysis.looking import Look
from analysis.traits import read_trait
from analysis.weighing import weigh

MOST_SCHOOLS = 5_000
"""Above that the distances between all pairs of schools would need too much memory."""

GROUP = "group_"
"""Keys of proposed groups begin so; a number follows."""

TOO_SMALL, TOO_LARGE, ALL_ALIKE = "too_small", "too_large", "all_alike"
_TOLD = 3  # so many differences set a group apart in words
_NOTABLE = 0.25  # standard deviations; less than that nobody would notice
_EXACT = 9  # decimals of a silhouette that count: what lies behind is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """The cluster that the table gives, with its grounds; without one, why an earlier row is unsure."""

    cluster: str | None = None
    grounds: tuple[Ground, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a group's mean lies from the cohort's, in the cohort's standard deviations."""

    trait: str
    deviations: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Schools that are proposed to be alike; `apart` is what sets them apart, the largest first."""

    key: str
    schools: tuple[str, ...]
    silhouette: float
    apart: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Proposed groups, the largest first. `reason` says why there are none.

    `unplaced`: too little of their profile is known. `filled` counts the values that were unknown and
    stood at the mean of the cohort; `left_out` are traits that tell nobody apart.
    """

    groups: tuple[Group, ...] = ()
    reason: str | None = None
    silhouettes: Mapping[int, float] | None = None
    unplaced: tuple[str, ...] = ()
    filled: int = 0
    left_out: tuple[str, ...] = ()

    def group_of(self, school: str) -> Group | None:
        return next((group for group in self.groups if school in group.schools), None)


def by_rules(rules: Sequence[ClusterRule], look: Look) -> RuleVerdict:
    """The first row that holds. Where an earlier one might hold, the cluster is not known."""
    for rule in rules:
        finding = weigh(look, rule.when)
        if finding.holds is None:
            return RuleVerdict(reasons=tuple(sorted(finding.reasons)))
        if finding.holds:
            return RuleVerdict(cluster=rule.key, grounds=tuple(dict.fromkeys(finding.grounds)))
    return RuleVerdict()


def propose_groups(profile: RiskProfile, looks: Sequence[Look]) -> Grouping:
    """Groups of schools with like profiles among the given ones."""
    ordered = sorted(looks, key=lambda look: look.school.school)
    schools = [look.school.school for look in ordered]
    values = _values(profile, ordered)
    telling = [n for n in range(len(profile.of)) if _tells_apart(values[:, n])]
    left_out = tuple(one.name for n, one in enumerate(profile.of) if n not in telling)
    values = values[:, telling]
    shares = (~np.isnan(values)).sum(axis=1) / max(len(telling), 1)
    placed = (
        np.flatnonzero(shares >= float(profile.known_at_least)) if telling else np.array([], int)
    )
    unplaced = tuple(one for n, one in enumerate(schools) if n not in set(placed.tolist()))
    if reason := _why_not(profile, len(placed), telling):
        return Grouping(reason=reason, unplaced=unplaced, left_out=left_out)
    standard = _standardised(values[placed])
    filled = np.nan_to_num(standard, nan=0.0)  # the cohort's mean: draws towards no group
    silhouettes, labels = _best(profile, filled)
    if labels is None:
        return Grouping(reason=ALL_ALIKE, unplaced=unplaced, left_out=left_out)
    names = [profile.of[n].name for n in telling]
    return Grouping(
        groups=_groups([schools[n] for n in placed], labels, standard, names),
        silhouettes=silhouettes,
        unplaced=unplaced,
        filled=int(np.isnan(standard).sum()),
        left_out=left_out,
    )


def _values(profile: RiskProfile, looks: Sequence[Look]) -> NDArray[np.float64]:
    """Schools × traits; what is not known is NaN."""
    rows = [
        [np.nan if (n := read_trait(look, one).number) is None else float(n) for one in profile.of]
        for look in looks
    ]
    return np.array(rows, dtype=np.float64).reshape(len(looks), len(profile.of))


def _tells_apart(column: NDArray[np.float64]) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 1 and bool(known.max() > known.min())


def _why_not(profile: RiskProfile, schools: int, telling: Sequence[int]) -> str | None:
    if schools > MOST_SCHOOLS:
        return TOO_LARGE
    if not telling and schools == 0:
        return ALL_ALIKE
    return TOO_SMALL if schools < 2 * profile.fewest else None  # a group of one is no group


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = np.nanstd(values, axis=0)
    spread[spread == 0] = 1.0  # the few who are placed may be alike in it
    return np.asarray((values - np.nanmean(values, axis=0)) / spread, dtype=np.float64)


def _best(
    profile: RiskProfile, values: NDArray[np.float64]
) -> tuple[dict[int, float], NDArray[np.int64] | None]:
    """The mean silhouette of each number of groups, and the labels of the best one."""
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415  a second that few need
    from sklearn.metrics import silhouette_score  # noqa: PLC0415

    distinct = len(np.unique(values, axis=0))
    silhouettes: dict[int, float] = {}
    best: NDArray[np.int64] | None = None
    for number in range(profile.fewest, min(profile.most, distinct, len(values) - 1) + 1):
        labels = AgglomerativeClustering(n_clusters=number, linkage="ward").fit_predict(values)
        score = round(float(silhouette_score(values, labels)), _EXACT)
        if not silhouettes or score > max(silhouettes.values()):
            best = np.asarray(labels, dtype=np.int64)
        silhouettes[number] = score
    return silhouettes, best


def _groups(
    schools: Sequence[str],
    labels: NDArray[np.int64],
    standard: NDArray[np.float64],
    names: Sequence[str],
) -> tuple[Group, ...]:
    from sklearn.metrics import silhouette_samples  # noqa: PLC0415  as above

    samples = silhouette_samples(np.nan_to_num(standard, nan=0.0), labels)
    counts = Counter(labels.tolist())
    first = {label: schools[int(np.argmax(labels == label))] for label in counts}
    order = sorted(counts, key=lambda label: (-counts[label], first[label]))
    found = []
    for number, label in enumerate(order, 1):
        inside = labels == label
        found.append(
            Group(
                key=f"{GROUP}{number}",
                schools=tuple(one for one, is_in in zip(schools, inside, strict=True) if is_in),
                silhouette=round(float(samples[inside].mean()), 3),
                apart=_apart(standard[inside], names),
            )
        )
    return tuple(found)


def _apart(inside: NDArray[np.float64], names: Sequence[str]) -> tuple[Difference, ...]:
    """The largest standardised differences, over the values that are known."""
    found = []
    for column, name in zip(inside.T, names, strict=True):
        known = column[~np.isnan(column)]
        if len(known) and abs(mean := float(known.mean())) >= _NOTABLE:
            found.append(Difference(name, round(mean, 2)))
    return tuple(sorted(found, key=lambda one: (-abs(one.deviations), one.trait))[:_TOLD])
