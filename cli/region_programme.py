"""A small invented region for any programme: the files that its own import profiles ask for.

Some schools get values that the programme's rules find bad; the engine alone says who is listed.
"""

import csv
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import count, product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from cli.door import WrongUsage
from cli.region_rules import Leanings, avoided, leanings_of
from cli.region_values import Values
from opora.words import Sentence
from programmes.definition import Programme
from programmes.import_profiles import Column, ImportProfile, Of, PersonField, Registry
from states.role import Role

SEED, SCHOOLS, TROUBLED, PLACES = 2026, 36, 7, 4
YEARS = 3  # S0-01
OPERATOR = "operator@example.org"
_CODES = (
    *("{place:02}{number:04}", "{place:02}{number:03}", "{place:02}-{number}", "{number}"),
    *("{place:03}{number:03}", "S{place:02}{number:03}", "{place:02}{number:010}"),
)
"""Forms of an identifier; the first that all profiles take is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """One school; `troubles` are the categories whose rule it is to meet."""

    code: str
    number: int
    place: int
    troubles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One person in one office."""

    email: str
    name: str
    role: Role
    territory: str = ""
    school: str = ""


@cache
def region_words(language: str) -> Mapping[str, Any]:
    """What the region calls things, in that language."""
    said = yaml.safe_load(files("cli").joinpath("region_words.yaml").read_text(encoding="utf-8"))
    return MappingProxyType(said[language])


@dataclass(frozen=True, slots=True)
class InventedRegion:
    """Everything of one region, ready to be written."""

    programme: Programme
    year: int
    language: str
    schools: Sequence[Invented]
    people: Sequence[Holder]
    curators: Mapping[str, str]  # school → address
    years: int = YEARS  # so many years the files reach back

    @property
    def mark(self) -> str:
        return str(region_words(self.language)["mark"])


def invent(
    programme: Programme, *, year: int, language: str | None = None, seed: int = SEED
) -> InventedRegion:
    """A region of the programme whose newest results are those of `year`; its people speak `language`
    where the programme does.
    """
    chance = random.Random(seed)  # noqa: S311  a fixed seed is the point
    language = language if language in programme.languages else programme.languages[0]
    schools = _schools(programme, chance)
    people, curators = _people(programme, schools, language)
    return InventedRegion(programme, year, language, schools, people, curators)


def a_year_later(region: InventedRegion) -> InventedRegion:
    """The next year's results alone; every second school that met a rule has got over it."""
    healed = {one.code for one in [one for one in region.schools if one.troubles][::2]}
    schools = [
        replace(one, troubles=frozenset()) if one.code in healed else one for one in region.schools
    ]
    return replace(region, year=region.year + 1, schools=schools, years=1)


def is_yearly(profile: ImportProfile) -> bool:
    """Whether each row of its files names its year."""
    return profile.of is Of.SCHOOL_YEARS and profile.year is not None and bool(profile.year.column)


def write_files(
    region: InventedRegion,
    folder: Path,
    seed: int = SEED,
    *,
    wanted: Callable[[ImportProfile], bool] = lambda _: True,
) -> Mapping[str, Path]:
    """Profile → file, in the order in which they can be taken in."""
    chance = random.Random(seed)  # noqa: S311  as above
    folder.mkdir(parents=True, exist_ok=True)
    order = list(Of)
    profiles = region.programme.profiles.profiles
    found = {}
    chosen = {key: profile for key, profile in profiles.items() if wanted(profile)}
    for key, profile in sorted(chosen.items(), key=lambda pair: order.index(pair[1].of)):
        path = folder / f"{key}.csv"
        note = region_words(region.language)["note"]
        rows = [row | {note: region.mark} for row in _rows(region, profile, chance)]
        header = list(dict.fromkeys(name for row in rows for name in row))
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, header, delimiter=";", restval="")
            writer.writeheader()
            writer.writerows(rows)
        found[key] = path
    return found


def _rows(
    region: InventedRegion, profile: ImportProfile, chance: random.Random
) -> Iterator[dict[str, str]]:
    match profile.of:
        case Of.PEOPLE:
            yield from (_person_row(profile, one, region.language) for one in region.people)
        case Of.ASSIGNMENTS:
            yield from (_assignment_row(profile, *pair) for pair in region.curators.items())
        case Of.SCHOOLS:
            values = _values(region, chance)
            for school in region.schools:
                yield _school_row(region, profile, school) | values.cells(
                    profile, school.code, school.troubles, year=region.year
                )
        case Of.SCHOOL_YEARS:
            yield from _year_rows(region, profile, chance)


def _values(region: InventedRegion, chance: random.Random) -> Values:
    rules = region.programme.identification
    leanings: dict[str, Leanings] = {
        key: leanings_of(rules, category.when) for key, category in rules.categories.items()
    }
    return Values(rules=rules, leanings=leanings, avoided=avoided(rules), chance=chance)


def _year_rows(
    region: InventedRegion, profile: ImportProfile, chance: random.Random
) -> Iterator[dict[str, str]]:
    values, source = _values(region, chance), profile.year
    is_one_year = source is None or source.column is None
    years = [region.year] if is_one_year else range(region.year - region.years + 1, region.year + 1)
    for school, year in product(region.schools, years):
        row = _school_row(region, profile, school)
        if source is not None and source.column is not None:
            row[source.column] = _year_word(source.form, year)
        if profile.procedure is None or profile.procedure.column is None:
            yield row | values.cells(profile, school.code, school.troubles, year=year)
            continue
        for raw in _procedures(region.programme, profile):
            cells = values.cells(profile, school.code, school.troubles, year=year)
            yield row | {profile.procedure.column: raw} | cells


def _year_word(form: str, year: int) -> str:
    spans = {"span_end": f"{year - 1}-{year}", "span_start": f"{year}-{year + 1}"}
    return spans.get(form, str(year))


def _procedures(programme: Programme, profile: ImportProfile) -> Iterable[str]:
    """One raw word for each procedure."""
    words = profile.procedure.words if profile.procedure else {}
    if not words:
        return list(programme.identification.procedures)
    return {key: raw for raw, key in reversed(words.items())}.values()


def _school_row(region: InventedRegion, profile: ImportProfile, school: Invented) -> dict[str, str]:
    """Identifier, territory and what the register holds."""
    words = region_words(region.language)
    row = {profile.school.column: school.code} if profile.school else {}
    if profile.territory is not None:
        row[profile.territory.column] = f"{school.place:02}"
        if profile.territory.name_column is not None:
            row[profile.territory.name_column] = words["places"][school.place - 1]
    name = words["school"].format(number=school.number, mark=region.mark)
    registry = {Registry.NAME: name, Registry.KIND: words["kind"]}
    return row | {
        one.column: str(registry.get(one.registry, "")) for one in profile.columns if one.registry
    }


def _person_row(profile: ImportProfile, one: Holder, language: str) -> dict[str, str]:
    said = {
        PersonField.LANGUAGE: language,
        PersonField.EMAIL: one.email,
        PersonField.NAME: one.name,
        PersonField.ROLE: one.role.value,
        PersonField.TERRITORY: one.territory,
        PersonField.SCHOOL: one.school,
    }
    return {
        column.column: _said(column, said.get(column.field, "")) if column.field else ""
        for column in profile.columns
    }


def _assignment_row(profile: ImportProfile, school: str, email: str) -> dict[str, str]:
    said = {
        PersonField.EMAIL: email,
        PersonField.SCHOOL: school,
        PersonField.ROLE: Role.CURATOR.value,
    }
    return {
        column.column: _said(column, said.get(column.field, "")) if column.field else ""
        for column in profile.columns
    }


def _said(column: Column, value: str) -> str:
    """As the file says it: the first raw word for the value."""
    if isinstance(column.words, dict):
        return next((raw for raw, kept in column.words.items() if kept == value), value)
    return value


# --- who there is ---------------------------------------------------------------------------------


def _schools(programme: Programme, chance: random.Random) -> list[Invented]:
    rules = programme.identification
    form = _code_form(programme)
    troubled = chance.sample(range(1, SCHOOLS + 1), TROUBLED)
    others = [key for key in rules.categories if key != rules.entry]
    found = []
    for number in range(1, SCHOOLS + 1):
        place = (number - 1) % PLACES + 1
        troubles = {rules.entry} if number in troubled else set()
        if others and (number in troubled[:3] or number % 8 == 0) and number % 2 == 0:
            troubles.add(others[0])
        code = form.format(place=place, number=number)
        found.append(Invented(code=code, number=number, place=place, troubles=frozenset(troubles)))
    return found


def _code_form(programme: Programme) -> str:
    """Raises WrongUsage where no form fits every profile."""
    profiles = programme.profiles.profiles.values()
    patterns = [one.school.pattern for one in profiles if one.school is not None]
    for form in _CODES:
        code = form.format(place=1, number=12)
        if all(re.fullmatch(pattern, code) for pattern in patterns):
            return form
    cure = Sentence(
        "No school can be invented for its identifiers: {patterns}.", {"patterns": tuple(patterns)}
    )
    raise WrongUsage(field="--programme", value=programme.key, cure=cure)


def _names(language: str) -> Iterator[str]:
    words = region_words(language)
    for last, (place, name) in product(words["last"], enumerate(words["names"])):
        for turn in range(len(words["surnames"])):
            surname = words["surnames"][(turn + place) % len(words["surnames"])]
            yield f"{surname} {name} {last}" if language == "ru" else f"{name} {last} {surname}"


def _people(
    programme: Programme, schools: Sequence[Invented], language: str
) -> tuple[list[Holder], dict[str, str]]:
    names, number = _names(language), count(1)
    entry = programme.identification.entry
    troubled = [one for one in schools if entry in one.troubles]
    found = [Holder(email=OPERATOR, name=next(names), role=Role.OPERATOR)]
    found.append(Holder(email="auditor@example.org", name=next(names), role=Role.AUDITOR))
    for place in range(1, PLACES + 1):
        code = f"{place:02}"
        email = f"coordinator-{code}@example.org"
        found.append(Holder(email=email, name=next(names), role=Role.COORDINATOR, territory=code))
    most = min(programme.most_schools or 3, 3)
    curators: dict[str, str] = {}
    for place in range(1, PLACES + 1):
        here = [one.code for one in troubled[1:] if one.place == place]  # one has none yet
        for start in range(0, len(here), most):
            email = f"curator-{next(number):02}@example.org"
            found.append(Holder(email=email, name=next(names), role=Role.CURATOR))
            curators |= dict.fromkeys(here[start : start + most], email)
    for role, among in ((Role.HEAD, schools), (Role.PARTNER, troubled)):
        for one in among:
            email = f"{role}-{one.code.lower()}@example.org"
            found.append(Holder(email=email, name=next(names), role=role, school=one.code))
    return found, curators
