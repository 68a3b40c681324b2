"""Who a programme is: its name, the acts it rests on, its territory, its languages and its year."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from analysis.declared import Declared, Key
from opora.words import Sentence, Words
from schedules.due_rules import Anchor, DueRule

YearlyDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
"""A day of every year, MM-DD."""

FolderKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
"""The key of a programme or of a school register: also the name of its folder."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        msg = Sentence("no such time zone: write it as in Asia/Yekaterinburg")
        raise ValueError(msg)
    return name


class Act(Declared):
    """An order or law that the programme rests on (S1-01)."""

    number: str | None = None  # some acts are cited by date and title alone
    date: dt.date | None = None
    title: Words


class Level(Declared):
    """One level of the territory, from the widest to the narrowest."""

    key: Key
    words: Words


class Territory(Declared):
    """The region and its levels; the second level is what a coordinator answers for."""

    name: Words
    levels: tuple[Level, ...] = Field(min_length=2)


class CycleKind(StrEnum):
    """Whether the programme's year is the school's or the calendar's (S2-13: both must work)."""

    SCHOOL_YEAR = "school_year"
    CALENDAR_YEAR = "calendar_year"


_KICK_OFF_COUNTS_FROM = (Anchor.CYCLE_OPENED, Anchor.CYCLE_STARTS, Anchor.CYCLE_ENDS)


class Cycle(Declared):
    """The yearly window. The cycle of the year Y, which rests on the results of Y, starts in Y itself.

    A programme of the calendar year waits for the results of the school year before it:
    `years_after_results: 1` starts the cycle of the year Y in Y + 1 (S2-13).
    """

    starts: YearlyDay
    ends: YearlyDay
    kind: CycleKind
    years_after_results: int = Field(default=0, ge=0, le=1)
    kick_off: DueRule = DueRule(after=Anchor.CYCLE_OPENED)  # the day meant for the meeting (S0-12)

    def days(self, year: int) -> tuple[dt.date, dt.date]:
        """First and last day of the cycle that rests on the results of `year`."""
        begins = year + self.years_after_results
        first = dt.date.fromisoformat(f"{begins:04}-{self.starts}")
        last = dt.date.fromisoformat(f"{begins:04}-{self.ends}")
        if last <= first:
            last = last.replace(year=begins + 1)
        return first, last

    @model_validator(mode="after")
    def _real_days(self) -> Self:
        for day in (self.starts, self.ends):
            try:
                dt.date.fromisoformat(
                    f"2001-{day}"
                )  # not a leap year: every year must have the day
            except ValueError:
                msg = Sentence("{day} is not a day that every year has", {"day": str(day)})
                raise ValueError(msg) from None
        if self.kick_off.needs not in {*_KICK_OFF_COUNTS_FROM, None}:
            msg = Sentence(
                "the kick-off counts from one of {known}",
                {"known": ", ".join(_KICK_OFF_COUNTS_FROM)},
            )
            raise ValueError(msg)
        if self.kind is CycleKind.CALENDAR_YEAR and self.ends <= self.starts:
            msg = Sentence("a calendar-year cycle ends after it starts, in the same year")
            raise ValueError(msg)
        return self


class Term(Declared):
    """The years of a programme of several years: the first and the last cycle it foresees."""

    from_: int = Field(alias="from", ge=1990, le=2100)
    until: int = Field(ge=1990, le=2100)

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.until < self.from_:
            msg = Sentence("`until` is not before `from`")
            raise ValueError(msg)
        return self


class Identity(Declared):
    """The file `programme.yaml`. Programmes with one `register` share one register of schools."""

    key: FolderKey
    register_key: FolderKey | None = Field(default=None, alias="register")
    title: Words
    acts: tuple[Act, ...] = ()
    territory: Territory
    zone: Annotated[str, AfterValidator(_known_zone)]
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = Field(min_length=1)
    cycle: Cycle
    term: Term | None = None  # without it every year may have a cycle
    subprogramme: str | None = None  # of a budget programme; blank in some acts (S0-26, S2-01)

    @property
    def register(self) -> str:
        return self.register_key or self.key

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)
