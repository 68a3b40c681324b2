"""Coverage (S0-07): every school that had to be judged was judged, or its silence has a reason."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select as sa_select
from sqlmodel import Session, col, select

from analysis.identification import Identification, Judged, Per
from analysis.reasons import MISSING
from casework.lists.listing import standing_overrides
from models.cycle import Listing, Verdict
from models.school import Fact, School
from opora.errors import NotReady
from opora.words import Sentence
from programmes.definition import Programme
from programmes.lists import Demand


def demand_of(programme: Programme) -> Demand:
    """What `lists.yaml` says; without it the word `judged` of `identification.yaml` decides."""
    said = programme.lists.coverage.demands
    if said is not None:
        return said
    every = programme.identification.judged is Judged.EVERY_SCHOOL
    return Demand.EVERY_OPEN_SCHOOL if every else Demand.ROW_IN_YEAR


def is_open(on: date) -> ColumnElement[bool]:
    """Of a school: opened, neither closed nor merged into another one on that day."""
    return (
        or_(col(School.opened_on).is_(None), col(School.opened_on) <= on)
        & or_(col(School.closed_on).is_(None), col(School.closed_on) > on)
        & (col(School.merged_into).is_(None) | col(School.closed_on).is_not(None))
    )


def uncovered(
    session: Session,
    programme: Programme,
    year: int,
    judged: Mapping[int, Collection[str] | None],
    spoken_of: Collection[int] = (),
) -> list[int]:
    """Ids of the schools that still have to be judged, in order.

    `judged`: school → why it is not rated, or None. Whoever is `spoken_of` by an override has been
    judged by a person.
    """
    schools: set[int] = set(session.execute(_demanded(programme, year)).scalars())
    unexplained = {school for school, reasons in judged.items() if MISSING in (reasons or ())}
    open_gaps = {school for school in schools if school not in judged} | (unexplained & schools)
    return sorted(open_gaps - set(spoken_of))


def _demanded(programme: Programme, year: int) -> Select[Any]:
    first_day, _ = programme.cycle.days(year)
    excluded = [kind for rule in programme.lists.coverage.leave_out for kind in rule.kinds]
    demanded = sa_select(col(School.id)).where(
        col(School.register_key) == programme.register,
        is_open(first_day),
        col(School.kind).not_in(excluded),
    )
    if demand_of(programme) is Demand.EVERY_OPEN_SCHOOL:
        return demanded
    yearly = [n for n, f in programme.identification.facts.items() if f.per is not Per.SCHOOL]
    with_row = select(Fact.school_id).where(Fact.year == year, col(Fact.name).in_(yearly))
    return demanded.where(col(School.id).in_(with_row))


def judged_by(session: Session, listing: Listing) -> dict[int, list[str] | None]:
    """School → why the list does not rate it, or None."""
    columns = sa_select(col(Verdict.school_id), col(Verdict.not_rated))
    rows = session.execute(columns.where(col(Verdict.listing_id) == listing.id)).all()
    return {row[0]: row[1] for row in rows}


def gaps_left(session: Session, programme: Programme, listing: Listing) -> int:
    """How many schools still have to be judged before the list can be confirmed."""
    said = standing_overrides(session, listing.id)
    judged = judged_by(session, listing)
    return len(uncovered(session, programme, listing.year, judged, said))


def require_covered(session: Session, programme: Programme, listing: Listing) -> None:
    """Raise `NotReady` while a school that had to be judged is not; it names the command."""
    found = gaps_left(session, programme, listing)
    if found:
        told = {"count": found, "programme": programme.key, "year": str(listing.year)}
        raise NotReady(
            what=Sentence("{count} open schools of the register have not been judged", told),
            cure=Sentence(
                "See which and what is missing: opora list gaps --programme {programme} "
                "--year {year}. Import it, give its reason, or decide by opora list override.",
                told,
            ),
        )


def facts_read(rules: Identification) -> list[str]:
    """The facts without which a verdict stays open, in the order in which they are declared.

    Protections and the exceptions of measures are not among them: silence there excuses nobody.
    """
    waiting: list[object] = [rules.categories[rules.entry]]
    waiting += [group.when for group in rules.peer_groups]
    found: set[str] = set()
    while waiting:
        thing = waiting.pop()
        for name in _names(thing):
            if name in found:
                continue
            found.add(name)
            measure, category = rules.measures.get(name), rules.categories.get(name)
            waiting += [category] if category is not None else []
            waiting += list(measure.sources) if measure is not None else []
    return [name for name in rules.facts if name in found]


def _names(thing: object) -> list[str]:
    """Every word that a rule holds: names of facts and measures are among them."""
    if isinstance(thing, str):
        return [thing]
    if isinstance(thing, Mapping):
        return [name for part in thing.values() for name in _names(part)]
    if isinstance(thing, list | tuple):
        return [name for part in thing for name in _names(part)]
    dump = getattr(thing, "model_dump", None)
    return _names(dump(exclude={"words", "source"})) if dump is not None else []
