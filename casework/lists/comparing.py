"""Two lists side by side: who entered, who left, who stayed, and which ground changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sqlmodel import Session

from casework.access import require
from casework.acting import Acting
from casework.grants import Right
from casework.lists.list_rows import ListedSchool, listed_schools
from models.cycle import Listing

_Key = TypeVar("_Key", str, str | None)


class Change(StrEnum):
    """What became of a school between two lists."""

    ENTERED = "entered"
    LEFT = "left"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One school; `gained` and `lost` are the grounds that only the newer or the older list has."""

    school: str
    name: str
    territory: str
    peer_group: str | None
    change: Change
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    not_rated: tuple[str, ...]  # in the newer list
    by_override: bool  # a person's word in one of the two decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`old` and `new` are (year, version); the counts are entered, left, stayed by name."""

    old: tuple[int, int]
    new: tuple[int, int]
    schools: tuple[Compared, ...]
    by_territory: Mapping[str, Mapping[Change, int]]
    by_peer_group: Mapping[str | None, Mapping[Change, int]]


def compare_lists(session: Session, old: Listing, new: Listing, acting: Acting) -> Comparison:
    """Both lists as they stand now, overrides included."""
    require(session, acting, Right.SEE, new.register_key)
    before = {one.school: one for one in listed_schools(session, old)}
    after = {one.school: one for one in listed_schools(session, new)}
    found = [
        compared
        for school in sorted(before.keys() | after.keys())
        if (compared := _compared(before.get(school), after.get(school))) is not None
    ]
    return Comparison(
        old=(old.year, old.version),
        new=(new.year, new.version),
        schools=tuple(found),
        by_territory=_counted(found, [one.territory for one in found]),
        by_peer_group=_counted(found, [one.peer_group for one in found]),
    )


def _compared(old: ListedSchool | None, new: ListedSchool | None) -> Compared | None:
    was, now = old is not None and old.listed, new is not None and new.listed
    shown = new or old
    if shown is None or not (was or now):
        return None
    grounds = new.grounds if new is not None else ()
    earlier = old.grounds if old is not None else ()
    return Compared(
        school=shown.school,
        name=shown.name,
        territory=shown.territory,
        peer_group=shown.peer_group,
        change=Change.STAYED if was and now else Change.ENTERED if now else Change.LEFT,
        gained=tuple(ground for ground in grounds if ground not in earlier),
        lost=tuple(ground for ground in earlier if ground not in grounds),
        not_rated=new.not_rated if new is not None else (),
        by_override=any(one is not None and one.by_override for one in (old, new)),
    )


def _counted(found: Sequence[Compared], keys: Sequence[_Key]) -> dict[_Key, dict[Change, int]]:
    counts: dict[_Key, Counter[Change]] = {key: Counter() for key in keys}
    for key, one in zip(keys, found, strict=True):
        counts[key][one.change] += 1
    ordered = sorted(counts, key=lambda key: key or "")
    return {key: {change: counts[key][change] for change in Change} for key in ordered}
