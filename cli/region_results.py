"""Results and social context of the invented region: calm noise, trouble planted in some schools.

A plan plants shares of pupils below the threshold, in per cent: some high, some just under or just
over a round number, some that nobody can rate. What follows from them is for the programme to say.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cli.region_schools import ADVANCED, ORDINARY, SMALL_RURAL, SPECIAL, School


class Form(StrEnum):
    """How a result stands in the file."""

    PLAIN = "plain"
    BIASED = "biased"  # marked as not objective
    FEW = "few"  # three pupils sat for it
    HIDDEN = "hidden"  # "<5"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Planted:
    """One result: how many years ago, in which of the school's procedures, from … to per cent."""

    years_ago: int
    slot: int
    low: int = 0
    high: int = 0
    form: Form = Form.PLAIN


Plan: TypeAlias = tuple[Planted, ...]
Plans: TypeAlias = Mapping[str, Plan]
"""Code of a school → what is planted in it; schools without trouble are not in it."""


def _two(low: int, high: int, form: Form = Form.PLAIN) -> Plan:
    return Planted(0, 0, low, high, form), Planted(0, 1, low, high, form)


def _twice(low: int, high: int, years: Sequence[int] = (0, 1)) -> Plan:
    return tuple(Planted(year, 0, low, high) for year in years)


_GAP = (*_twice(38, 50, (0, 2)), Planted(1, 0, form=Form.BLANK))
_ALL_BLANK = tuple(Planted(0, slot, form=Form.BLANK) for slot in range(8))
_ELSEWHERE_LAST_YEAR = (Planted(0, 0, 36, 50), Planted(1, 1, 36, 50))

_PLANS: Mapping[str, Sequence[tuple[int, Plan]]] = {  # kind of school → how many of which plan
    SPECIAL: ((1, _two(36, 55)), (1, _two(26, 30)), (1, _twice(40, 60, (0,)))),
    ADVANCED: (
        (2, _two(18, 25)),
        (1, _two(15, 17)),
        (1, _twice(16, 22)),
        (3, _two(12, 15)),
        (2, _twice(17, 25, (0,))),
        (1, _two(18, 30, Form.BIASED)),
    ),
    SMALL_RURAL: (
        (2, _two(36, 70)),
        (1, _two(30, 35)),
        (1, _twice(36, 55)),
        (2, _two(26, 30)),
        (3, _twice(40, 70, (0,))),
        (2, _twice(40, 60, (1, 2))),
        (2, _ALL_BLANK),
    ),
    ORDINARY: (
        (5, _two(36, 55)),
        (3, _two(30, 34)),
        (1, (Planted(0, 0, 30, 31), Planted(0, 1, 30, 31))),
        (2, _twice(36, 50)),
        (1, _twice(30, 34)),
        (1, _GAP),
        (6, _two(26, 30)),
        (3, _twice(26, 30)),
        (8, _twice(36, 60, (0,))),
        (4, _ELSEWHERE_LAST_YEAR),
        (3, _twice(36, 55, (1, 2))),
        (2, _two(60, 101, Form.FEW)),
        (2, _two(36, 60, Form.BIASED)),
        (2, (Planted(0, 0, 36, 50), Planted(0, 1, form=Form.HIDDEN))),
        (2, _ALL_BLANK),
    ),
}
_CALM = {
    ADVANCED: 9,
    SPECIAL: 18,
    SMALL_RURAL: 18,
    ORDINARY: 18,
}  # per cent, never reached by noise
_FEW, _FEWEST_SHOWN = 3, 5


def plans_for(schools: Sequence[School], chance: random.Random) -> Plans:
    """Give each plan to as many schools of its kind as it asks for."""
    by_kind: dict[str, list[School]] = defaultdict(list)
    for school in schools:
        by_kind[school.group].append(school)
    found: dict[str, Plan] = {}
    for kind, plans in _PLANS.items():
        picked = iter(chance.sample(by_kind[kind], sum(count for count, _ in plans)))
        for count, plan in plans:
            found |= {next(picked).code: plan for _ in range(count)}
    return dict(sorted(found.items()))


Row: TypeAlias = Sequence[str]


def result_rows(
    schools: Sequence[School], plans: Plans, years: range, chance: random.Random
) -> Iterator[Row]:
    """One row a school, year and procedure."""
    for school in schools:
        order = chance.sample(school.procedures, len(school.procedures))
        planted = {(one.years_ago, one.slot): one for one in plans.get(school.code, ())}
        for year in years:
            hidden = chance.choice(order) if _may_be_hidden(school, plans, chance) else None
            for slot, procedure in enumerate(order):
                one = planted.get((years[-1] - year, slot))
                if one is None:
                    form = Form.HIDDEN if procedure == hidden else Form.PLAIN
                    one = Planted(0, 0, 0, _calm(school, chance), form)
                yield school.code, str(year), procedure, *_cells(school, one, chance)


def _may_be_hidden(school: School, plans: Plans, chance: random.Random) -> bool:
    return school.code not in plans and school.group == ORDINARY and chance.random() < 0.03  # noqa: PLR2004


def _calm(school: School, chance: random.Random) -> int:
    """The upper end of an untroubled result: most are low, some come near."""
    return 1 + int(_CALM[school.group] * chance.random() ** 1.5)


def _cells(school: School, one: Planted, chance: random.Random) -> tuple[str, str, str]:
    """Participants, those below the threshold, and the mark."""
    if one.form in {Form.BLANK, Form.HIDDEN}:
        said = "<5" if one.form is Form.HIDDEN else ""
        return said, said, "нет"
    sat = max(2, school.cohort + chance.randint(-school.cohort // 6, school.cohort // 6))
    if one.form is Form.FEW:
        sat = _FEW
    elif school.group == ORDINARY:
        sat = max(sat, _FEWEST_SHOWN)
    while not (possible := _whole(sat, one.low, one.high)):
        sat += 1  # no whole number of pupils lies in the span: one pupil more
    return str(sat), str(chance.choice(possible)), "да" if one.form is Form.BIASED else "нет"


def _whole(sat: int, low: int, high: int) -> range:
    """Every number of pupils that is at least `low` and less than `high` per cent of `sat`."""
    return range(-(-low * sat // 100), min(-(-high * sat // 100), sat + 1))


def context_rows(
    schools: Sequence[School], plans: Plans, years: range, chance: random.Random
) -> Iterator[Row]:
    """One row a school and year: the index of social well-being and what it is made of (S1-05)."""
    for school in schools:
        trouble = 6 if school.code in plans else 0
        level = min(max(chance.gauss(51.5 - trouble, 7), 22), 84)
        for year in years:
            index = level + chance.uniform(-1.5, 1.5)
            is_blank = chance.random() < 0.01  # noqa: PLR2004  one in a hundred has sent nothing
            yield (
                school.code,
                str(year),
                "" if is_blank else _comma(index),
                _hidden_at_the_ends(index * 1.3 - 30 + chance.uniform(-8, 8)),
                _hidden_at_the_ends(62 - index * 0.8 + chance.uniform(-6, 6)),
                _hidden_at_the_ends(14 - index * 0.16 + chance.uniform(-3, 3)),
            )


def _comma(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def _hidden_at_the_ends(share: float) -> str:
    if share < 5:  # noqa: PLR2004  as the file's words say
        return "<5"
    return ">95" if share > 95 else _comma(share)  # noqa: PLR2004  as above
