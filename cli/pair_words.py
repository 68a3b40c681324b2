"""How clusters, pairs, their scores and their barriers are said to people."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from analysis.clustering import ALL_ALIKE, TOO_LARGE, TOO_SMALL, Difference
from analysis.pairing import WHOLE, Binding
from casework.cases.clustering import cluster_called
from opora.words import Sentence, Words
from programmes.definition import Programme

PARTS: Mapping[str, Sentence] = {
    "strength": Sentence("strong where the school is weak"),
    "theme": Sentence("same theme"),
    "distance": Sentence("near"),
    "territory": Sentence("same municipality"),
    "pool": Sentence("first-choice pool"),
    "experience": Sentence("experience"),
    "continuity": Sentence("looks after the school already"),
}
BARRIERS: Mapping[str, Sentence] = {
    "barred": Sentence("barred by a person"),
    "conflict": Sentence("conflict of interest"),
    "own_school": Sentence("heads the school"),
    "failed_pair": Sentence("the pair did not succeed before"),
    "serves": Sentence("the pool is for other schools"),
    "kind": Sentence("another kind of school"),
    "territory": Sentence("another municipality"),
    "distance": Sentence("too far, or nobody knows how far"),
    "language": Sentence("does not speak the school's language"),
    "nobody": Sentence("there is no candidate at all"),
    "capacity": Sentence("everybody who suits has been taken"),
}
_FAR = 1.0  # standard deviations
_DIFFERS: Mapping[tuple[bool, bool], Sentence] = {
    (True, True): Sentence("far above the average"),
    (True, False): Sentence("above the average"),
    (False, True): Sentence("far below the average"),
    (False, False): Sentence("below the average"),
}
"""Is it more? Is it far off?"""
NO_GROUPS: Mapping[str, Sentence] = {
    TOO_SMALL: Sentence("too few schools whose profile is known"),
    TOO_LARGE: Sentence("too many schools for groups by their profiles"),
    ALL_ALIKE: Sentence("the profiles do not differ"),
}


def barrier_words(programme: Programme, barrier: str) -> Sentence:
    """What forbids a pair; `alike.level` is a fact that must be the same on both sides."""
    kind, _, fact = barrier.partition(".")
    if kind == "alike":
        return Sentence("not alike: {fact}", {"fact": programme.words(f"fact.{fact}")})
    return BARRIERS[barrier]


def binding_words(programme: Programme, found: Binding) -> Sentence:
    """Why nobody is left for a school."""
    words = barrier_words(programme, found.barrier)
    if found.barrier == "capacity" or not found.opens:
        return words
    told = {"why": words, "count": found.opens}
    return Sentence("{why} (stops {count} who would suit otherwise)", told)


def score_words(score: int) -> Sentence:
    """Ten-thousandths as a share of one."""
    return decimal_words(score / WHOLE, 3)


def decimal_words(number: float, digits: int) -> Sentence:
    """With so many decimals, and the comma or point that the reader is used to."""
    return Sentence("{value}", {"value": Decimal(f"{number:.{digits}f}")})


def parts_words(parts: Mapping[str, float]) -> Sequence[Sentence]:
    """What speaks for a pair, the strongest first; what adds nothing is left out."""
    told = sorted(parts.items(), key=lambda one: (-one[1], one[0]))
    return [
        Sentence("{part} {share}", {"part": PARTS[name], "share": decimal_words(part, 2)})
        for name, part in told
        if part > 0
    ]


def trait_words(programme: Programme, name: str) -> Words | Sentence:
    """`share_below.oge_math` as people call it."""
    fact, _, procedure = name.partition(".")
    words = programme.labels.get(f"measure.{fact}") or programme.words(f"fact.{fact}")
    if not procedure:
        return words
    told = {"fact": words, "procedure": programme.words(f"procedure.{procedure}")}
    return Sentence("{fact}: {procedure}", told)


def difference_words(programme: Programme, one: Difference) -> Sentence:
    """How a group differs from the cohort in one trait; the number is in standard deviations."""
    told = {
        "trait": trait_words(programme, one.trait),
        "how": _DIFFERS[one.deviations > 0, abs(one.deviations) >= _FAR],
        "deviations": decimal_words(one.deviations, 2),
    }
    return Sentence("{trait}: {how} ({deviations} σ)", told)


def cluster_label(programme: Programme, key: str | None) -> Words | Sentence | None:
    """The words of a rule's cluster, or the number of a proposed group."""
    return cluster_called(programme, key) if key else None


def group_label(
    programme: Programme, key: str | None, apart: Iterable[Difference]
) -> Words | Sentence | None:
    """“Group 1: share below the threshold far above the average, distance above the average”."""
    traits = [
        Sentence(
            "{trait} {how}",
            {
                "trait": trait_words(programme, one.trait),
                "how": _DIFFERS[one.deviations > 0, abs(one.deviations) >= _FAR],
            },
        )
        for one in apart
    ]
    called = cluster_label(programme, key)
    if called is None or not traits:
        return called
    return Sentence("{group}: {traits}", {"group": called, "traits": traits})
