"""The people of the invented region: names that nobody bears, addresses that reach nobody."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product

from cli.region_schools import MUNICIPALITIES, School

SCHOOLS_OF_A_CURATOR = 3

OFFICES = {
    "operator": "оператор",
    "coordinator": "координатор",
    "curator": "куратор",
    "head": "руководитель",
    "auditor": "проверяющий",
}
"""Role → as the region's files say it."""

OPERATOR, AUDITOR = "operator@example.org", "auditor@example.org"

_SURNAMES = (
    *("Выдумкина", "Примерова", "Образцова", "Условнова", "Понарошкина", "Небылицына"),
    *("Макетова", "Черновикова", "Сказкина", "Придуманова", "Учебнова", "Пробная"),
)
_NAMES = ("Анна", "Вера", "Галина", "Дарья", "Елена", "Жанна", "Зоя", "Инна", "Клара", "Лидия")
_FATHERS = ("Вымысловна", "Примеровна", "Образцовна")


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One person and the one office they hold."""

    email: str
    name: str
    office: str
    territory: str = ""
    school: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody; `curators` says who looks after which school, by code and address."""

    people: Sequence[Somebody]
    curators: Mapping[str, str]


def _names() -> Iterator[str]:
    """Every name once, neighbours unlike."""
    for father, (place, name) in product(_FATHERS, enumerate(_NAMES)):
        for turn in range(len(_SURNAMES)):
            yield f"{_SURNAMES[(turn + place) % len(_SURNAMES)]} {name} {father}"


NAME_OF_OPERATOR = next(_names())


def staff_of(schools: Sequence[School], troubled: Sequence[School]) -> Staff:
    """An operator, an auditor, a coordinator a municipality, a head a school, and curators.

    Schools with troubles have a curator of their own municipality, who has three of them at most.
    """
    names = _names()
    people = [
        Somebody(email=OPERATOR, name=next(names), office="operator"),
        Somebody(email=AUDITOR, name=next(names), office="auditor"),
    ]
    people += [
        Somebody(
            email=f"coordinator-{place.code}@example.org",
            name=next(names),
            office="coordinator",
            territory=place.code,
        )
        for place in MUNICIPALITIES
    ]
    curators = _curators(troubled)
    people += [
        Somebody(email=email, name=next(names), office="curator")
        for email in dict.fromkeys(curators.values())
    ]
    people += [
        Somebody(
            email=f"head-{school.code}@example.org",
            name=next(names),
            office="head",
            school=school.code,
        )
        for school in schools
    ]
    return Staff(people, curators)


def _curators(troubled: Sequence[School]) -> dict[str, str]:
    by_place: dict[int, list[str]] = defaultdict(list)
    for school in troubled:
        by_place[school.municipality].append(school.code)
    found: dict[str, str] = {}
    number = count(1)
    for codes in by_place.values():
        for start in range(0, len(codes), SCHOOLS_OF_A_CURATOR):
            email = f"curator-{next(number):02}@example.org"
            found |= dict.fromkeys(codes[start : start + SCHOOLS_OF_A_CURATOR], email)
    return found
