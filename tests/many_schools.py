"""A confirmed list of many schools, its cycle begun and no case opened yet: told in few statements."""

from itertools import count
from typing import Any

from sqlalchemy import Engine, insert
from sqlmodel import Session, col, select

from casework.cycles.opening import open_cycle
from casework.judgement.identifying import confirm_list
from casework.passes import begin
from casework.work import OPEN_CYCLE
from models.cycle import Cycle, Listing, Verdict
from models.history import append
from models.pass_run import PassRun
from models.people import Appointment, Person
from models.school import School, Territory
from opora.database import transaction
from programmes.definition import Programme
from programmes.reading import read_programme_files
from states.role import Role
from tests.worlds import OPENED, SINCE, World, acting, small_world

A_CURATOR = 10
"""Schools that one curator has."""


def begun_year(engine: Engine, schools: int) -> tuple[World, Cycle, PassRun]:
    """The pass that will make a case of each school, in the year after the small world's."""
    with transaction(engine) as session:
        world = small_world(session, schools=1)
        who = acting(world.operator)
        listing = _listing(session, world, _schools(session, schools))
        confirm_list(session, listing, who)
        cycle = open_cycle(session, world.programme, listing, who)
        arguments = {"cycle": cycle.id, "person": world.operator.id}
        run = begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=OPENED)
        return world, cycle, run


def _schools(session: Session, number: int) -> list[dict[str, Any]]:
    """Schools of both territories, each with a head of its own and a curator for ten."""
    territories = session.exec(select(Territory.id).order_by(col(Territory.id))).all()
    ids, people, held = count(1000), [], []
    rows = [
        {
            "id": next(ids),
            "register_key": "yugra",
            "code": f"9{place:05}",
            "name": f"Школа № {place}",
            "territory_id": territories[place % len(territories)],
            "kind": "",
        }
        for place in range(number)
    ]
    persons = count(1000)
    curator = 0
    for place, school in enumerate(rows):
        if place % A_CURATOR == 0:
            curator = next(persons)
            people.append(_person(curator))
        head = next(persons)
        people.append(_person(head))
        held += [
            _held(curator, Role.CURATOR, school["id"]),
            _held(head, Role.HEAD, school["id"]),
        ]
    session.execute(insert(School), rows)
    session.execute(insert(Person), people)
    session.execute(insert(Appointment), held)
    return rows


def _person(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"p{number}@example.org",
        "name": f"Выдуманный {number}",
        "language": "ru",
        "is_active": True,
    }


def _held(person: int, role: Role, school: object) -> dict[str, Any]:
    place = {"register_key": "yugra", "territory_id": None, "school_id": school}
    return {"person_id": person, "role": role, "since": SINCE, **place}


def _listing(session: Session, world: World, schools: list[dict[str, Any]]) -> Listing:
    old = world.listing
    listing = Listing(
        **old.model_dump(exclude={"id", "version", "year", "confirmed_at", "confirmed_by"}),
        version=1,
        year=old.year + 1,
    )
    session.add(listing)
    session.flush()
    chosen = {school["id"] for school in schools}
    verdicts: list[dict[str, Any]] = [
        {
            "listing_id": listing.id,
            "school_id": school_id,
            "listed": school_id in chosen,
            "categories": [],
            "grounds": [],
        }
        for school_id in session.exec(select(School.id))
    ]
    session.execute(insert(Verdict), verdicts)
    values = {
        "programme": listing.programme_key,
        "sha256": listing.programme_sha256,
        "year": listing.year,
        "version": listing.version,
        "judged": listing.judged,
        "listed": sorted(str(school["code"]) for school in schools),
        "digest": listing.digest,
    }
    append(session, acting(world.operator).deed(f"listing:{listing.id}", "identify", values=values))
    return listing


def next_version(programme: Programme) -> Programme:
    """A new day off, and a milestone of its own for the interim phase, whatever the stage."""
    files = dict(programme.files)
    off = 'off: [{on: 2026-09-14, words: {ru: день округа, en: region day}, source: "№ 1"}]'
    files["calendar.yaml"] = files["calendar.yaml"].replace("off: []", off)
    before, mark, after = files["stages.yaml"].partition("  - key: interim_monitoring\n")
    after = after.replace("stage: monitored", "stage: identified", 1)
    after = after.replace("phase: interim\n", "phase: interim\n    opened_by: phase\n", 1)
    files["stages.yaml"] = before + mark + after
    return read_programme_files(files)
