"""The schools that are supported in a year: the cases of its cycle, or before that its newest list."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from analysis.looking import Look
from analysis.traits import judged_looks
from casework.cycles.versions import programme_of
from casework.judgement.identifying import latest_listing
from casework.judgement.known_facts import school_facts
from casework.lists.listing import cycle_of_year, is_on_list
from models.case import Case
from models.cycle import Cycle
from models.school import School
from programmes.definition import Programme
from states.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Supported:
    """Schools by code; `cases` are empty before the cycle is open. `looks`: every judged school."""

    programme: Programme  # the version that the cycle is pinned to, once there is one
    year: int
    cycle: Cycle | None
    schools: Mapping[str, School]
    cases: Mapping[str, Case]
    looks: Mapping[str, Look]


def supported(session: Session, programme: Programme, year: int) -> Supported:
    """Raises `NotFound` where the year has neither a cycle nor a list."""
    cycle = cycle_of_year(session, programme.key, year)
    if cycle is not None:
        return supported_in(session, cycle)
    listing = latest_listing(session, programme, year)
    rows = session.exec(
        select(School)
        .where(School.register_key == programme.register, is_on_list(listing.id))
        .order_by(col(School.code))
    )
    return Supported(
        programme=programme,
        year=year,
        cycle=None,
        schools={school.code: school for school in rows},
        cases={},
        looks=_looks(session, programme, year),
    )


def supported_in(session: Session, cycle: Cycle) -> Supported:
    """The cases of the cycle that have not reached their exit."""
    programme = programme_of(session, cycle)
    rows = session.exec(
        select(Case, School)
        .join(School, col(School.id) == col(Case.school_id))
        .where(Case.cycle_id == cycle.id, Case.stage != Stage.EXITED)
        .order_by(col(School.code))
    ).all()
    return Supported(
        programme=programme,
        year=cycle.year,
        cycle=cycle,
        schools={school.code: school for _, school in rows},
        cases={school.code: case for case, school in rows},
        looks=_looks(session, programme, cycle.year),
    )


def _looks(session: Session, programme: Programme, year: int) -> Mapping[str, Look]:
    facts = school_facts(session, programme, year)
    return judged_looks(programme.identification, facts, year)
