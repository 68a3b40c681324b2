"""When a milestone falls due: after, before or on a day. Pure: anchors in, a day out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, NoReturn

from opora.errors import InputRefused
from opora.words import Sentence, Words
from schedules.working_calendar import WorkingCalendar

LONGEST_RULE = 3660
_LEAP_YEAR = 2000
_YEARLY = re.compile(r"(\d\d)-(\d\d)")


class Anchor(StrEnum):
    """The days a rule may count from; besides them `milestone:KEY`, that milestone's deadline."""

    CYCLE_OPENED = "cycle_opened"
    STAGE_ENTERED = "stage_entered"
    CYCLE_STARTS = "cycle_starts"
    CYCLE_ENDS = "cycle_ends"
    KICK_OFF = "kick_off"
    RECORDED = "recorded"  # of what a record makes: the day on which it stands


MILESTONE = "milestone:"
_ANCHOR_SENTENCES = {
    Anchor.CYCLE_OPENED: Sentence("the opening of the cycle"),
    Anchor.STAGE_ENTERED: Sentence("the entry into the stage"),
    Anchor.CYCLE_STARTS: Sentence("the first day of the cycle"),
    Anchor.CYCLE_ENDS: Sentence("the last day of the cycle"),
    Anchor.KICK_OFF: Sentence("the kick-off meeting"),
    Anchor.RECORDED: Sentence("the day on which it was written down"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRule:
    """Exactly one of `after`, `before` (an anchor) and `on` ("MM-DD" of the cycle, or a date).

    `after` and `before` count either `working_days` or `calendar_days`; without a number, none.
    A rule that no calendar could follow raises ValueError with its cure.
    """

    after: str | None = None
    before: str | None = None
    on: date | str | None = None
    working_days: int | None = None
    calendar_days: int | None = None
    avoid_school_holidays: bool = False

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.after, self.before, self.on)) != 1:
            _refuse(Sentence("give exactly one of `after`, `before` and `on`"))
        if self.on is not None:
            _yearly_or_date(self.on)
        else:
            _check_anchor(self.anchor or "")
        counts = [n for n in (self.working_days, self.calendar_days) if n is not None]
        if len(counts) > (0 if self.on is not None else 1):
            _refuse(
                Sentence(
                    "`after` and `before` take one of `working_days`, `calendar_days`; `on` none"
                )
            )
        if any(not 0 <= n <= LONGEST_RULE for n in counts):
            _refuse(
                Sentence(
                    "days are counted from 0 to {most}; to count backwards use `before`",
                    {"most": str(LONGEST_RULE)},
                )
            )

    @property
    def anchor(self) -> str | None:
        """The anchor that the rule counts from; None for a rule with `on`."""
        return self.after if self.after is not None else self.before

    @property
    def needs(self) -> str | None:
        """The one anchor that must be known to find the day; None for a plain date."""
        if self.on is None:
            return self.anchor
        return None if isinstance(_yearly_or_date(self.on), date) else Anchor.CYCLE_STARTS

    @property
    def milestone(self) -> str | None:
        """Key of the milestone that the rule counts from, if it does."""
        anchor = self.anchor or ""
        return anchor.removeprefix(MILESTONE) if anchor.startswith(MILESTONE) else None


def raw_day(rule: DueRule, anchors: Mapping[str, date], calendar: WorkingCalendar) -> date:
    """The day the rule says, worked or not. A missing anchor raises InputRefused."""
    needed = rule.needs
    if needed is not None and needed not in anchors:
        cure = Sentence("The day of this anchor is not known yet: plan the milestone once it is.")
        raise InputRefused(field="anchor", value=needed, cure=cure)
    start = anchors[needed] if needed is not None else None
    if rule.on is not None:
        return _day_on(rule.on, start)
    return counted(rule, start or date.min, calendar, backwards=rule.before is not None)


def counted(rule: DueRule, start: date, calendar: WorkingCalendar, *, backwards: bool) -> date:
    """The day as far from `start` as the rule is long."""
    sign = -1 if backwards else 1
    if rule.working_days is not None:
        return calendar.plus_working_days(start, sign * rule.working_days)
    return calendar.plus_calendar_days(start, sign * (rule.calendar_days or 0))


def describe(rule: DueRule, titles: Mapping[str, Words] | None = None) -> Sentence:
    """The rule in words; `titles` are the milestones' names by key."""
    if rule.on is not None:
        sentence = _describe_day(_yearly_or_date(rule.on))
    else:
        sentence = _describe_count(rule, _anchor_words(rule, titles or {}))
    if rule.avoid_school_holidays:
        return Sentence("{rule}, not in the school holidays", {"rule": sentence})
    return sentence


def _describe_day(day: date | tuple[int, int]) -> Sentence:
    if isinstance(day, date):
        return Sentence("on {day}", {"day": day})
    return Sentence("every year on {day}", {"day": f"{day[1]:02}.{day[0]:02}"})


def _describe_count(rule: DueRule, anchor: object) -> Sentence:
    side = "before" if rule.before is not None else "after"
    working = rule.working_days is not None
    n = (rule.working_days if working else rule.calendar_days) or 0
    if n == 0:
        return Sentence("on the day of: {anchor}", {"anchor": anchor})
    return Sentence(_COUNTS[side, working], {"n": n, "anchor": anchor})


_COUNTS = {
    ("after", True): "{n} working days after {anchor}",
    ("after", False): "{n} days after {anchor}",
    ("before", True): "{n} working days before {anchor}",
    ("before", False): "{n} days before {anchor}",
}


def _anchor_words(rule: DueRule, titles: Mapping[str, Words]) -> Sentence:
    return anchor_words(rule.anchor or "", titles)


def anchor_words(anchor: str, titles: Mapping[str, Words]) -> Sentence:
    """An anchor in words; `titles` are the milestones' names by key."""
    if not anchor.startswith(MILESTONE):
        return _ANCHOR_SENTENCES[Anchor(anchor)]
    key = anchor.removeprefix(MILESTONE)
    return Sentence("the deadline of “{title}”", {"title": titles.get(key, key)})


def _check_anchor(anchor: str) -> None:
    if anchor in set(Anchor) or anchor.removeprefix(MILESTONE) not in {"", anchor}:
        return
    _refuse(
        Sentence(
            "“{anchor}” is no anchor: use {known} or {milestone}KEY",
            {"anchor": anchor, "known": ", ".join(Anchor), "milestone": MILESTONE},
        )
    )


@lru_cache(maxsize=1024)
def _yearly_or_date(text: date | str) -> date | tuple[int, int]:
    """A date, or (month, day) of every year; a day that not every year has raises ValueError."""
    if isinstance(text, date):
        return text
    found = _YEARLY.fullmatch(text)
    if found is None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            _refuse(
                Sentence(
                    '“{text}” is no day: write MM-DD, like "11-15", or a whole date, like 2026-11-15',
                    {"text": text},
                )
            )
    month, day = int(found[1]), int(found[2])
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        _refuse(
            Sentence(
                "“{text}” does not exist: no year has it; for the last day of a month name that day",
                {"text": text},
            )
        )
    if (month, day) == (2, 29):
        _refuse(Sentence('“02-29”: not every year has it; write "02-28" or "03-01"'))
    return month, day


def _day_on(on: date | str, starts: date | None) -> date:
    day = _yearly_or_date(on)
    if isinstance(day, date):
        return day
    first = starts or date.min
    same_year = date(first.year, *day)
    return same_year if same_year >= first else date(first.year + 1, *day)


def _refuse(problem: Sentence) -> NoReturn:
    raise ValueError(problem)
