"""The schools of the invented region: 290 of them, with the totals of order 439 (S1-03)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from analysis.declared import Key

ADVANCED, SPECIAL, SMALL_RURAL, ORDINARY = "advanced", "special", "small_rural", "ordinary"
"""The kinds of schools among which results are planted (S1-04)."""

TOTALS = {  # S1-03; 290 = 130 + 160 = 284 + 4 + 2 = 29 + 205 + 52 + 4
    "сельская": 130,
    "городская": 160,
    "малокомплектная": 57,
    "повышенный": 43,
    "муниципальная": 284,
    "частная": 4,
    "государственная": 2,
    "автономное": 29,
    "бюджетное": 205,
    "казённое": 52,
    "частное": 4,
}
_SPECIAL_SCHOOLS = 7  # invented: the order counts them among the 290 and gives no number
_ADVANCED_RURAL, _SMALL_URBAN = 4, 2  # as in life: few, and not none
_OLDEST, _NEWEST = 1931, 2019  # years in which the invented schools opened


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality of the okrug; how many schools it has here is invented."""

    code: str
    name: str
    urban: int
    rural: int


MUNICIPALITIES = tuple(
    Municipality(f"{number:02}", *row)
    for number, row in enumerate(
        (
            ("Белоярский район", 4, 9),
            ("Берёзовский район", 0, 18),
            ("Когалым", 8, 0),
            ("Кондинский район", 0, 20),
            ("Лангепас", 6, 0),
            ("Мегион", 6, 0),
            ("Нефтеюганск", 14, 0),
            ("Нефтеюганский район", 0, 13),
            ("Нижневартовск", 34, 0),
            ("Нижневартовский район", 0, 10),
            ("Нягань", 8, 0),
            ("Октябрьский район", 0, 19),
            ("Покачи", 3, 0),
            ("Пыть-Ях", 6, 0),
            ("Радужный", 7, 0),
            ("Советский район", 4, 6),
            ("Сургут", 40, 0),
            ("Сургутский район", 0, 19),
            ("Урай", 6, 0),
            ("Ханты-Мансийск", 9, 0),
            ("Ханты-Мансийский район", 0, 16),
            ("Югорск", 5, 0),
        ),
        1,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One invented school, in the words of its region's files. `cohort`: pupils of one grade."""

    number: int
    municipality: int
    settlement: str
    cohort: int
    opened: date
    level: str = "обычная"
    is_small: bool = False
    is_innovative: bool = False
    founder: str = "муниципальная"
    legal_form: str = "бюджетное"
    kind: str = "Школа"

    @property
    def code(self) -> str:
        """Two digits of the municipality, four of the school; many begin with a zero."""
        return f"{MUNICIPALITIES[self.municipality].code}{self.number:04}"

    @property
    def group(self) -> str:
        if self.level == "ОВЗ":
            return SPECIAL
        if self.level == "повышенный":
            return ADVANCED
        return SMALL_RURAL if self.is_small and self.settlement == "сельская" else ORDINARY

    @property
    def procedures(self) -> tuple[Key, ...]:
        """What its pupils sit for; small and special schools have no upper grades."""
        grades = ("vpr_math_5", "vpr_russian_5", "vpr_math_6", "vpr_russian_6")
        upper = () if self.group in {SMALL_RURAL, SPECIAL} else ("ege_math", "ege_russian")
        return (*grades, "oge_math", "oge_russian", *upper)


def schools_of(chance: random.Random) -> tuple[School, ...]:
    """All schools in the order of their numbers, with exactly the published totals."""
    rural = [i for i, place in enumerate(MUNICIPALITIES) for _ in range(place.rural)]
    urban = [i for i, place in enumerate(MUNICIPALITIES) for _ in range(place.urban)]
    chance.shuffle(rural)
    chance.shuffle(urban)
    schools = _levelled(
        [_school(place, "сельская", chance) for place in rural],
        [_school(place, "городская", chance) for place in urban],
        chance,
    )
    schools = _founded(schools)
    order = sorted(schools, key=lambda school: (school.municipality, chance.random()))
    return tuple(replace(school, number=number) for number, school in enumerate(order, 1))


def _school(place: int, settlement: str, chance: random.Random) -> School:
    cohort = chance.randint(12, 45) if settlement == "сельская" else chance.randint(50, 140)
    opened = date(chance.randint(_OLDEST, _NEWEST), 9, 1)
    return School(number=0, municipality=place, settlement=settlement, cohort=cohort, opened=opened)


def _levelled(
    rural: Sequence[School], urban: Sequence[School], chance: random.Random
) -> list[School]:
    """Advanced, special and small schools among the ordinary ones."""
    cut, small = _ADVANCED_RURAL, TOTALS["малокомплектная"] - _SMALL_URBAN
    rest = [
        *(replace(s, is_small=True, cohort=chance.randint(3, 9)) for s in rural[cut : cut + small]),
        *rural[cut + small :],
    ]
    advanced = [*rural[:cut], *urban[: TOTALS["повышенный"] - cut]]
    urban = urban[TOTALS["повышенный"] - cut :]
    rest += [
        replace(s, level="ОВЗ", kind="Школа для обучающихся с ОВЗ", cohort=chance.randint(6, 12))
        for s in urban[:_SPECIAL_SCHOOLS]
    ]
    urban = urban[_SPECIAL_SCHOOLS:]
    rest += [replace(s, is_small=True, cohort=chance.randint(9, 14)) for s in urban[:_SMALL_URBAN]]
    return [
        *(
            replace(s, level="повышенный", kind=("Гимназия", "Лицей")[place % 2])
            for place, s in enumerate(advanced)
        ),
        *rest,
        *urban[_SMALL_URBAN:],
    ]


def _founded(schools: Sequence[School]) -> list[School]:
    """Founders and legal forms: each school once, and exactly as many as the totals say."""
    waiting = list(schools)

    def take(count: int, group: str) -> list[School]:
        found = [school for school in waiting if school.group == group][-count:]
        for school in found:
            waiting.remove(school)
        return found

    state = [
        *(replace(s, kind="Кадетская школа") for s in take(1, ADVANCED)),
        *take(1, SPECIAL),
    ]
    done = [replace(s, founder="государственная", legal_form="казённое") for s in state]
    done += [
        replace(s, founder="частная", legal_form="частное")
        for s in take(TOTALS["частная"], ORDINARY)
    ]
    treasury = [*take(44, SMALL_RURAL), *take(6, SPECIAL)]
    done += [replace(s, legal_form="казённое") for s in treasury]
    sites = take(TOTALS["автономное"] - 9, ADVANCED)
    done += [replace(s, legal_form="автономное", is_innovative=True) for s in sites]
    done += [replace(s, legal_form="автономное") for s in take(9, ORDINARY)]
    return [*done, *waiting]
