"""Seekers and candidates laid out as a market: what forbids each pair, and what speaks for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np

from analysis.pairing import Market, Marks, Numbers
from analysis.partner_rules import Conflict, CuratorRules, Distance, Partners, Unknown

Position: TypeAlias = tuple[float, float]
"""Latitude and longitude in degrees."""

EARTH_KM = 6371.0
_MUCH_EXPERIENCE = 3  # so many good years count as full experience


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """A school that needs somebody. `weakest` is the place of its weakest strength among the rules'.

    Forbidden candidates by reason: `barred` by a person, `failed` before, `own` of the school itself.
    """

    key: str
    territory: str
    kind: str = ""
    alike: tuple[str | None, ...] = ()
    language: str | None = None
    position: Position | None = None
    weakest: int | None = None
    theme: str | None = None
    barred: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    kept: str | None = None  # who looked after it before


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may be given. `strengths` are ranks from 0 to 1; `serves` None: everybody.

    An organisation or a person is no school: what schools must have alike is not asked of them.
    """

    key: str
    capacity: int
    territories: frozenset[str] = frozenset()  # empty: wherever they are asked
    kind: str = ""
    alike: tuple[str | None, ...] = ()
    languages: frozenset[str] = frozenset()
    position: Position | None = None
    strengths: tuple[float | None, ...] = ()
    theme: str | None = None
    pool: str = ""
    preference: float = 0.0
    serves: frozenset[str] | None = None
    experience: int = 0
    is_school: bool = True


_Side = TypeVar("_Side", Seeker, Candidate)


def partner_market(
    rules: Partners, seekers: Sequence[Seeker], candidates: Sequence[Candidate]
) -> Market:
    """Partners for the schools of a cohort."""
    seekers, candidates = _sorted(seekers), _sorted(candidates)
    km = distances(rules.distance, seekers, candidates)
    near = _near(seekers, candidates)
    barriers = {
        **_forbidden(rules.conflicts, seekers, candidates),
        "serves": _unserved(seekers, candidates),
        **_unlike(rules, seekers, candidates),
    }
    if rules.same_territory:
        barriers["territory"] = ~near
    if rules.distance.farthest_km is not None:
        refused = rules.distance.unknown is Unknown.REFUSE
        too_far = km > float(rules.distance.farthest_km)
        barriers["distance"] = np.where(np.isnan(km), refused, too_far)
    closeness = np.clip(1.0 - km / float(rules.distance.reach_km), 0.0, 1.0)
    experience = [min(one.experience / _MUCH_EXPERIENCE, 1.0) for one in candidates]
    parts: dict[str, Numbers | Marks] = {
        "strength": _strengths(seekers, candidates),
        "theme": _same([one.theme for one in seekers], [one.theme for one in candidates]),
        "distance": np.nan_to_num(closeness, nan=0.0),
        "territory": near,
        "pool": _for_all(seekers, [one.preference for one in candidates]),
        "experience": _for_all(seekers, experience),
    }
    weights = {name: float(getattr(rules.weights, name)) for name in parts}
    return _market(seekers, candidates, barriers, parts, weights)


def curator_market(
    rules: CuratorRules, seekers: Sequence[Seeker], candidates: Sequence[Candidate]
) -> Market:
    """Curators for the schools of a cohort."""
    seekers, candidates = _sorted(seekers), _sorted(candidates)
    near = _near(seekers, candidates)
    barriers = _forbidden(rules.conflicts, seekers, candidates)
    if rules.language is not None:
        spoken = [[a.language in b.languages for b in candidates] for a in seekers]
        known = np.array([a.language is not None for a in seekers], dtype=np.bool_)
        barriers["language"] = ~_marks(spoken, seekers, candidates) & known[:, None]
    if rules.same_territory:
        barriers["territory"] = ~near
    kept = _same([one.kept for one in seekers], [one.key for one in candidates])
    parts: dict[str, Numbers | Marks] = {"territory": near, "continuity": kept}
    weights = {name: float(getattr(rules.weights, name)) for name in parts}
    return _market(seekers, candidates, barriers, parts, weights, float(rules.weights.balance))


def _market(
    seekers: Sequence[Seeker],
    candidates: Sequence[Candidate],
    barriers: Mapping[str, Marks],
    parts: Mapping[str, Numbers | Marks],
    weights: Mapping[str, float],
    balance: float = 0.0,
) -> Market:
    return Market(
        seekers=tuple(one.key for one in seekers),
        candidates=tuple(one.key for one in candidates),
        capacities=tuple(one.capacity for one in candidates),
        barriers=barriers,
        parts={name: part.astype(np.float64) for name, part in parts.items()},
        weights=weights,
        balance=balance,
    )


def _sorted(ones: Sequence[_Side]) -> list[_Side]:
    return sorted(ones, key=lambda one: one.key)


def _marks(rows: object, seekers: Sequence[object], candidates: Sequence[object]) -> Marks:
    return np.array(rows, dtype=np.bool_).reshape(len(seekers), len(candidates))


def _nowhere(seekers: Sequence[object], candidates: Sequence[object]) -> Marks:
    return np.zeros((len(seekers), len(candidates)), dtype=np.bool_)


def _for_all(seekers: Sequence[object], values: Iterable[float]) -> Numbers:
    row = np.array(list(values), dtype=np.float64)
    return np.broadcast_to(row, (len(seekers), len(row)))


def _same(left: Sequence[str | None], right: Sequence[str | None]) -> Marks:
    """Where both sides are known and equal."""
    words = {
        word: n for n, word in enumerate(sorted({w for w in (*left, *right) if w is not None}))
    }
    rows = np.array([words.get(word or "", -1) if word is not None else -1 for word in left], int)
    columns = np.array([words[word] if word is not None else -2 for word in right], int)
    return np.asarray(rows[:, None] == columns[None, :], dtype=np.bool_)


def _near(seekers: Sequence[Seeker], candidates: Sequence[Candidate]) -> Marks:
    """Where the candidate belongs to, or works in, the seeker's territory."""
    near = _nowhere(seekers, candidates)
    rows: dict[str, list[int]] = {}
    for row, one in enumerate(seekers):
        rows.setdefault(one.territory, []).append(row)
    for column, candidate in enumerate(candidates):
        if not candidate.territories:
            near[:, column] = True
        for territory in candidate.territories:
            near[rows.get(territory, []), column] = True
    return near


# --- what forbids ---------------------------------------------------------------------------------


def _forbidden(
    conflicts: Sequence[Conflict], seekers: Sequence[Seeker], candidates: Sequence[Candidate]
) -> dict[str, Marks]:
    declared: dict[str, set[str]] = {}
    for conflict in conflicts:
        one, other = conflict.between
        declared.setdefault(one, set()).add(other)
        declared.setdefault(other, set()).add(one)
    told: dict[str, Callable[[Seeker], Iterable[str]]] = {
        "barred": lambda one: one.barred,
        "conflict": lambda one: declared.get(one.key, ()),
        "own_school": lambda one: one.own,
        "failed_pair": lambda one: one.failed,
    }
    column_of = {one.key: column for column, one in enumerate(candidates)}
    found = {}
    for name, of in told.items():
        marks = _nowhere(seekers, candidates)
        for row, seeker in enumerate(seekers):
            marks[row, [column_of[key] for key in of(seeker) if key in column_of]] = True
        found[name] = marks
    return found


def _unserved(seekers: Sequence[Seeker], candidates: Sequence[Candidate]) -> Marks:
    marks = _nowhere(seekers, candidates)
    for column, one in enumerate(candidates):
        if one.serves is not None:
            marks[:, column] = [seeker.key not in one.serves for seeker in seekers]
    return marks


def _unlike(
    rules: Partners, seekers: Sequence[Seeker], candidates: Sequence[Candidate]
) -> dict[str, Marks]:
    """Level, language, kind: what must be the same among schools."""
    schools = np.array([one.is_school for one in candidates], dtype=np.bool_)[None, :]
    found: dict[str, Marks] = {}
    for n, rule in enumerate(rules.alike):
        left, right = [one.alike[n] for one in seekers], [_nth(one.alike, n) for one in candidates]
        unlike = ~_same(left, right)
        if rule.unknown is Unknown.ALLOW:
            unlike &= _marks(
                [[a is not None and b is not None for b in right] for a in left], left, right
            )
        found[f"alike.{rule.fact}"] = unlike & schools
    if rules.same_kind:
        kinds = _same([one.kind for one in seekers], [one.kind for one in candidates])
        found["kind"] = ~kinds & schools
    return found


def _nth(values: Sequence[str | None], n: int) -> str | None:
    return values[n] if n < len(values) else None


# --- what speaks for it ---------------------------------------------------------------------------


def _strengths(seekers: Sequence[Seeker], candidates: Sequence[Candidate]) -> Numbers:
    """The candidate's rank in what the seeker is weakest in; unknown adds nothing."""
    found = np.zeros((len(seekers), len(candidates)))
    ranks: dict[int, Numbers] = {}
    for row, seeker in enumerate(seekers):
        n = seeker.weakest
        if n is None:
            continue
        if n not in ranks:
            known = [one.strengths[n] if n < len(one.strengths) else None for one in candidates]
            ranks[n] = np.array([0.0 if rank is None else rank for rank in known])
        found[row] = ranks[n]
    return found


def distances(
    rule: Distance, seekers: Sequence[Seeker], candidates: Sequence[Candidate]
) -> Numbers:
    """Kilometres; NaN where they are not known."""
    table = {
        pair: float(one.km)
        for one in rule.between
        for pair in (one.territories, one.territories[::-1])
    }
    left, right = _radians(seekers), _radians(candidates)
    haversine = (
        np.sin((right[None, :, 0] - left[:, None, 0]) / 2) ** 2
        + np.cos(left[:, None, 0])
        * np.cos(right[None, :, 0])
        * np.sin((right[None, :, 1] - left[:, None, 1]) / 2) ** 2
    )
    km = np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))))
    if table:
        for row, column in np.argwhere(np.isnan(km)).tolist():
            home = seekers[row].territory
            known = [table.get((home, one)) for one in candidates[column].territories]
            km[row, column] = min((one for one in known if one is not None), default=np.nan)
    return km


def _radians(ones: Sequence[Seeker] | Sequence[Candidate]) -> Numbers:
    degrees = [one.position or (np.nan, np.nan) for one in ones]
    return np.radians(np.array(degrees, dtype=np.float64).reshape(len(ones), 2))
