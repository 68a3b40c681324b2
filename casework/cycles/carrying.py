"""From one year into the next: schools whose support goes on are taken up without the rule's word."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from casework.cycles.versions import programme_of
from casework.lists.listing import is_supported
from models.case import Case
from models.cycle import Cycle
from models.school import School
from opora.errors import NotReady
from opora.words import Sentence
from programmes.definition import Programme
from states.stage import Outcome


def require_term(programme: Programme, year: int) -> None:
    """Raise `NotReady` when a programme of several years does not foresee a cycle of `year`."""
    term = programme.identity.term
    if term is not None and not term.from_ <= year <= term.until:
        told = {"from": str(term.from_), "until": str(term.until), "year": str(year)}
        raise NotReady(
            what=Sentence("The programme runs from {from} until {until}, not in {year}", told),
            cure=Sentence("Prolong the term in programme.yaml when an act has prolonged it."),
        )


def previous_cycle(session: Session, cycle: Cycle) -> Cycle | None:
    """The newest earlier cycle of the same programme."""
    return session.exec(
        select(Cycle)
        .where(Cycle.programme_key == cycle.programme_key, Cycle.year < cycle.year)
        .order_by(col(Cycle.year).desc())
    ).first()


def next_cycle(session: Session, cycle: Cycle) -> Cycle | None:
    """The first later cycle of the same programme, where somebody has opened it already."""
    return session.exec(
        select(Cycle)
        .where(Cycle.programme_key == cycle.programme_key, Cycle.year > cycle.year)
        .order_by(col(Cycle.year))
    ).first()


def carried(
    session: Session, cycle: Cycle, schools: Sequence[int] | None = None
) -> Mapping[int, int]:
    """School → its case of the year before, which ended with “continues”."""
    before = previous_cycle(session, cycle)
    if before is None:
        return {}
    statement = select(Case.school_id, Case.id).where(
        Case.cycle_id == before.id, Case.outcome == Outcome.CONTINUES
    )
    if schools is not None:
        statement = statement.where(col(Case.school_id).in_(schools))
    return {school: case_id for school, case_id in session.exec(statement) if case_id is not None}


def to_take_up(session: Session, cycle: Cycle) -> ColumnElement[bool]:
    """Which schools the cycle takes up: those of its list, and those carried over and not closed."""
    going_on = col(School.closed_on).is_(None) | (col(School.closed_on) > cycle.starts_on)
    chosen = is_supported(cycle.listing_id, programme_of(session, cycle))
    before = previous_cycle(session, cycle)
    if before is None:
        return chosen
    over = select(Case.school_id).where(
        Case.cycle_id == before.id, Case.outcome == Outcome.CONTINUES
    )
    return or_(chosen, col(School.id).in_(over) & going_on)
