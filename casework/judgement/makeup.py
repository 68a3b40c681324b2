"""What a register is made of: its schools by each thing that is known of a school itself (S1-03)."""

from collections import Counter
from dataclasses import dataclass

from sqlmodel import Session

from analysis.identification import FactType, Per
from casework.access import require
from casework.acting import Acting
from casework.grants import Right
from casework.judgement.known_facts import school_facts
from casework.lists.list_rows import listed_schools
from casework.lists.listing import listing_of
from opora.errors import NotFound
from programmes.definition import Programme

PEER_GROUP = "peer_group"
"""The breakdown by what the rules compare schools within, beside those by facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So many schools of one kind; `value` None: nobody has said. `listed`: None before any list."""

    by: str
    value: str | None
    schools: int
    listed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Makeup:
    """Every breakdown counts each school once: its parts add up to `schools`."""

    schools: int
    listed: int | None
    parts: tuple[Part, ...]


def makeup(session: Session, programme: Programme, year: int, acting: Acting) -> Makeup:
    """The schools that are open in the year's cycle, by every word that is known of them."""
    require(session, acting, Right.IDENTIFY, programme.register)
    schools = {one.school: one for one in school_facts(session, programme, year, open_only=True)}
    try:
        rows = listed_schools(session, listing_of(session, programme.key, year))
    except NotFound:
        rows = None
    listed = {one.school for one in rows or () if one.listed}
    breakdowns: dict[str, dict[str, str | None]] = {
        name: {code: _said(one.standing.get(name)) for code, one in schools.items()}
        for name, fact in programme.identification.facts.items()
        if fact.per is Per.SCHOOL and fact.type in {FactType.WORD, FactType.YES_NO}
    }
    if rows is not None and programme.identification.peer_groups:
        of_group = {one.school: one.peer_group for one in rows}
        breakdowns[PEER_GROUP] = {code: of_group.get(code) for code in schools}
    parts = []
    for name, values in breakdowns.items():
        if not any(values.values()):
            continue  # a breakdown of which nobody has said anything
        counted = Counter(values.values())
        on_list = Counter(value for code, value in values.items() if code in listed)
        parts += [
            Part(
                by=name,
                value=value,
                schools=counted[value],
                listed=None if rows is None else on_list[value],
            )
            for value in sorted(counted, key=lambda one: (one is None, one))
        ]
    whole = None if rows is None else len(listed & schools.keys())
    return Makeup(schools=len(schools), listed=whole, parts=tuple(parts))


def _said(fact: object) -> str | None:
    value = getattr(fact, "value", None)
    return None if value is None else str(value)
