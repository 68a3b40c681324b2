"""What a trial of the rules would change: who enters, who leaves, counted by what one likes."""

from collections.abc import Callable
from dataclasses import dataclass

from analysis.verdicts import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Moves:
    """Who would enter the list (as judged then) and who would leave it (as judged now)."""

    entering: tuple[Verdict, ...]
    leaving: tuple[Verdict, ...]


@dataclass(slots=True)
class Count:
    """How many are listed now and in the trial, how many come and go."""

    now: int = 0
    then: int = 0
    entering: int = 0
    leaving: int = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two lists side by side: on both, only on the first, only on the second."""

    both: int
    only_here: int
    only_there: int


def listed_in(judgement: Judgement) -> frozenset[str]:
    return frozenset(one.school for one in judgement.verdicts if one.listed)


def moves(now: Judgement, then: Judgement) -> Moves:
    """What becomes of the list when `then` takes the place of `now`."""
    before, after = listed_in(now), listed_in(then)
    return Moves(
        entering=tuple(one for one in then.verdicts if one.school in after - before),
        leaving=tuple(one for one in now.verdicts if one.school in before - after),
    )


def counted(
    now: Judgement, then: Judgement, by: Callable[[Verdict], str | None]
) -> dict[str | None, Count]:
    """The same by municipality, peer group or what else a verdict tells, in order of the keys."""
    before, after = listed_in(now), listed_in(then)
    found: dict[str | None, Count] = {}
    for one in now.verdicts:
        if one.school in before:
            count = found.setdefault(by(one), Count())
            count.now += 1
            count.leaving += one.school not in after
    for one in then.verdicts:
        if one.school in after:
            count = found.setdefault(by(one), Count())
            count.then += 1
            count.entering += one.school not in before
    return dict(sorted(found.items(), key=lambda pair: pair[0] or ""))


def overlap(here: frozenset[str], there: frozenset[str]) -> Overlap:
    return Overlap(len(here & there), len(here - there), len(there - here))
