"""A country's official days off and moved working days, as the `holidays` library knows them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import holidays

from opora.words import LANGUAGES, Words
from schedules.calendar_definition import CalendarDefinition

_LIBRARY_LANGUAGES = {"ru": "ru", "en": "en_US"}
_SATURDAY, _SUNDAY = 5, 6
_MOVED = re.compile(r"\(substituted from (\d\d)/(\d\d)/(\d{4})\)")
_OBSERVED = re.compile(r" \(observed\)")


@dataclass(frozen=True, slots=True)
class OfficialDays:
    """`off` names the days that are no weekend; `work` are weekend days that people work on."""

    off: Mapping[date, Words]
    work: frozenset[date]
    weekend: frozenset[int]


def official_days(definition: CalendarDefinition) -> OfficialDays:
    """Every official day between the definition's first year and its horizon."""
    names = _names(definition)
    library = next(iter(names.values()))
    off = {
        day: {language: name for language in names if (name := names[language].get(day))}
        for day in sorted(library)
    }
    if definition.week == 5:  # noqa: PLR2004  the length of a week is its own name
        return OfficialDays(off, frozenset(library.weekend_workdays), frozenset(library.weekend))
    for day in list(_moved_from_saturdays(names["en"])):
        del off[day]
    return OfficialDays(off, frozenset(), frozenset({_SUNDAY}))


def years_without_decree(definition: CalendarDefinition) -> tuple[int, ...]:
    """Years before the horizon for which a country that moves days off has not done so yet.

    The library then falls back to the bare law without saying so; `work` or `off` may fill the gap.
    """
    english = _names(definition)["en"]
    decreed = {day.year for day, name in english.items() if _MOVED.search(name)}
    filled = {span.first.year for span in (*definition.off, *definition.work)}
    first = max(decreed, default=definition.horizon.year) + 1
    return tuple(year for year in range(first, definition.horizon.year + 1) if year not in filled)


def _names(definition: CalendarDefinition) -> dict[str, holidays.HolidayBase]:
    """The country's holidays in each of our languages that the library speaks."""
    years = range(definition.since.year, definition.horizon.year + 1)
    spoken = holidays.country_holidays(definition.country).supported_languages
    wanted = {language: _LIBRARY_LANGUAGES[language] for language in LANGUAGES}
    return {
        language: holidays.country_holidays(
            definition.country, subdiv=definition.subdivision, years=years, language=name
        )
        for language, name in wanted.items()
        if name in spoken or language == "en"
    }


def _moved_from_saturdays(english: holidays.HolidayBase) -> Iterator[date]:
    """Days off that a six-day week does not get: Saturday is no day off that could be moved."""
    for day, name in english.items():
        if (found := _MOVED.search(name)) is not None:
            month, number, year = map(int, found.groups())
            origin = date(year, month, number)
        elif _OBSERVED.search(name):
            origin = _origin(english, day, _OBSERVED.sub("", name))
        else:
            continue
        if origin.weekday() == _SATURDAY:
            yield day


def _origin(english: holidays.HolidayBase, day: date, name: str) -> date:
    """The day of the holiday `name` that is observed on `day`, at most a week away."""
    for distance in (1, 2, 3, -1, 4, 5, 6, 7):
        candidate = day - timedelta(days=distance)
        if name in (english.get(candidate) or ""):
            return candidate
    return day
