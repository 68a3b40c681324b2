"""Opening a cycle: from the confirmed list to cases, tasks and the first letters."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from casework.access import require, require_open
from casework.acting import Acting
from casework.cycles.carrying import carried, require_term, to_take_up
from casework.cycles.case_rows import TakenUp, write_cases
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.letters.announcing import shared_letters
from casework.lists.designating import require_designated
from casework.passes import Chunk, each
from casework.people.responsible import Place, responsible
from casework.portions import ahead
from casework.tasks.planning import Subject, last_done, planned, task_rows, told, write_tasks
from models.case import Case
from models.cycle import Cycle, Listing
from models.history import append, append_all
from models.pass_run import PassRun
from models.school import School, Territory
from models.task import Task
from opora.errors import InputRefused, NotReady, OporaError
from opora.words import Sentence
from programmes.definition import Programme
from programmes.milestones import Scope
from schedules.deadline import due_on, plan
from schedules.due_rules import Anchor
from states.stage import Stage

CHUNK = 500
"""Cases in one transaction: a kill costs at most this much work, done again at once."""


def open_cycle(session: Session, programme: Programme, listing: Listing, acting: Acting) -> Cycle:
    """Open the year on a confirmed list; the cases follow in a pass. Twice gives the same cycle."""
    require(session, acting, Right.OPEN_CYCLE, programme.register)
    if listing.confirmed_at is None:
        raise NotReady(
            what=Sentence("The list of {year} is not confirmed", {"year": listing.year}),
            cure=Sentence(
                "Look at it, then: opora identify --programme {programme} --year {year} --confirm",
                {"programme": programme.key, "year": listing.year},
            ),
        )
    same = select(Cycle).where(Cycle.programme_key == programme.key, Cycle.year == listing.year)
    if (cycle := session.exec(same).first()) is not None:
        return cycle
    require_term(programme, listing.year)
    require_designated(session, programme, listing)
    starts_on, ends_on = programme.cycle.days(listing.year)
    cycle = Cycle(
        register_key=programme.register,
        programme_key=programme.key,
        programme_sha256=listing.programme_sha256,
        listing_id=listing.id or 0,
        year=listing.year,
        starts_on=starts_on,
        ends_on=ends_on,
        opened_at=acting.at,
    )
    cycle.kick_off_on = _kick_off(programme, cycle, acting.on(programme.zone))
    session.add(cycle)
    session.flush()
    subject = Subject(chain=f"cycle:{cycle.id}", place=Place())
    opened = _open_tasks(session, programme, cycle, Scope.REGION, [subject], acting)
    values = {
        "programme": programme.key,
        "sha256": cycle.programme_sha256,
        "year": cycle.year,
        "listing": cycle.listing_id,
        "kick_off": cycle.kick_off_on,
        "tasks": opened[subject.chain],
    }
    append(session, acting.deed(subject.chain, "open_cycle", values=values))
    return cycle


def _kick_off(programme: Programme, cycle: Cycle, on: date) -> date:
    """The day meant for the kick-off meeting, a worked one; it may be moved later."""
    return due_on(
        plan(programme.cycle.kick_off, anchors(cycle, on, on), programme.working_calendar, on=on)
    )


def anchors(cycle: Cycle, opened_on: date, entered_on: date) -> dict[str, date]:
    """The days that due rules may count from."""
    return {
        Anchor.CYCLE_OPENED: opened_on,
        Anchor.STAGE_ENTERED: entered_on,
        Anchor.CYCLE_STARTS: cycle.starts_on,
        Anchor.CYCLE_ENDS: cycle.ends_on,
        Anchor.KICK_OFF: cycle.kick_off_on or opened_on,
        Anchor.RECORDED: entered_on,
    }


def _open_tasks(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    scope: Scope,
    subjects: Sequence[Subject],
    acting: Acting,
) -> dict[str, list[dict[str, Any]]]:
    """Tasks of municipalities or of the region, with a letter to who answers; told by subject."""
    on = acting.on(programme.zone)
    days, done = anchors(cycle, on, on), last_done(session, programme)
    plans = [
        [
            plan
            for stage in Stage
            for plan in planned(
                programme, stage, scope, anchors=days, on=on, done=done.get(one.place.territory_id)
            )
        ]
        for one in subjects
    ]
    places = [subject.place for subject in subjects]
    people = responsible(session, cycle.register_key, on=on, fallback=_hand(acting), places=places)
    rows = [
        row
        for subject, of_one in zip(subjects, plans, strict=True)
        for row in task_rows(subject, of_one, people, cycle_id=cycle.id or 0, on=on)
    ]
    ledgers = [plan.ledger for of_one in plans for plan in of_one]
    write_tasks(session, rows, ledgers)
    shared_letters(session, programme, cycle, {row["assignee_id"] for row in rows}, acting)
    by_subject: dict[str, list[dict[str, Any]]] = {subject.chain: [] for subject in subjects}
    for row, said in zip(rows, told(rows, ledgers), strict=True):
        by_subject[row["subject"]].append(said)
    return by_subject


def _hand(acting: Acting) -> int:
    """Who opens is the last resort for a duty that nobody holds."""
    if acting.person is None or acting.person.id is None:
        raise NotReady(
            what=Sentence("A cycle is opened by a person"), cure=Sentence("Name one: --as EMAIL")
        )
    return acting.person.id


def open_cases(session: Session, run: PassRun, acting: Acting) -> Chunk:
    """One chunk of the pass `open_cycle`: the next schools, listed or carried over, become cases."""
    cycle = session.get_one(Cycle, run.arguments["cycle"])
    programme = programme_of(session, cycle)
    schools = session.exec(
        select(School.id, School.code, School.territory_id)
        .where(to_take_up(session, cycle), ahead(run, col(School.id)))
        .order_by(col(School.id))
        .limit(CHUNK)
    ).all()
    if not schools:
        if run.parent_id is not None:
            return Chunk(cursor=None)
        return Chunk(cursor=None, counts=_open_municipalities(session, programme, cycle, acting))
    ids = [school_id for school_id, _, _ in schools]
    there = set(
        session.exec(
            select(Case.school_id).where(Case.cycle_id == cycle.id, col(Case.school_id).in_(ids))
        ).all()
    )
    fresh = _taken_up(session, cycle, [school for school in schools if school[0] not in there])
    opened, refused = _all_or_each(session, programme, cycle, fresh, acting)
    return Chunk(cursor=ids[-1], counts=opened, refused=refused)


def _taken_up(
    session: Session, cycle: Cycle, schools: Sequence[tuple[int | None, str, int]]
) -> list[TakenUp]:
    over = carried(session, cycle, [school_id for school_id, _, _ in schools if school_id])
    return [
        TakenUp(
            school_id=school_id or 0,
            code=code,
            territory_id=territory_id,
            carried_from=over.get(school_id or 0),
        )
        for school_id, code, territory_id in schools
    ]


def _all_or_each(
    session: Session, programme: Programme, cycle: Cycle, schools: Sequence[TakenUp], acting: Acting
) -> tuple[Mapping[str, int], Mapping[str, OporaError]]:
    """All schools at once; when that is refused, one by one, so that one cannot stop the others."""
    try:
        with session.begin_nested():
            return _take_up(session, programme, cycle, schools, acting), {}
    except OporaError:
        pass
    opened, refused = each(
        session,
        (
            (f"school:{s.school_id}", partial(_take_up, session, programme, cycle, [s], acting))
            for s in schools
        ),
    )
    return {"cases": opened}, refused


def _take_up(
    session: Session, programme: Programme, cycle: Cycle, schools: Sequence[TakenUp], acting: Acting
) -> dict[str, int]:
    """Cases of these schools, with what the programme plans for the first stage."""
    if not schools:
        return {}
    on = acting.on(programme.zone)
    opened_on = opening_day(cycle, programme)
    plans = planned(
        programme, Stage.IDENTIFIED, Scope.CASE, anchors=anchors(cycle, opened_on, on), on=on
    )
    people = responsible(
        session,
        cycle.register_key,
        on=on,
        fallback=_hand(acting),
        places=[school.place for school in schools],
    )
    return write_cases(session, programme, cycle, schools, plans, people, acting)


def opening_day(cycle: Cycle, programme: Programme) -> date:
    """The day the cycle was opened, as the region's people lived it."""
    return cycle.opened_at.astimezone(programme.zone).date()


def _open_municipalities(
    session: Session, programme: Programme, cycle: Cycle, acting: Acting
) -> dict[str, int]:
    """The tasks of each municipality that has a case and none of its own yet (S2-03)."""
    territories = session.exec(
        select(Territory)
        .join(School, col(School.territory_id) == col(Territory.id))
        .join(Case, col(Case.school_id) == col(School.id))
        .where(
            Case.cycle_id == cycle.id,
            col(Territory.id).not_in(
                select(Task.territory_id).where(
                    Task.cycle_id == cycle.id, col(Task.territory_id).is_not(None)
                )
            ),
        )
        .distinct()
        .order_by(col(Territory.id))
    ).all()
    subjects = [
        Subject(chain=f"territory:{t.id}", place=Place(territory_id=t.id)) for t in territories
    ]
    opened = _open_tasks(session, programme, cycle, Scope.MUNICIPALITY, subjects, acting)
    append_all(
        session,
        [
            acting.deed(chain, "open_tasks", values={"cycle": cycle.id, "tasks": tasks})
            for chain, tasks in opened.items()
        ],
    )
    return {"municipal_tasks": sum(len(tasks) for tasks in opened.values())}


def open_case(
    session: Session, programme: Programme, cycle: Cycle, school: School, acting: Acting
) -> int:
    """Take one school up in a running cycle (S0-18); gives the case's id."""
    require(session, acting, Right.OPEN_CASE, cycle.register_key)
    require_open(cycle)
    there = select(Case.id).where(Case.cycle_id == cycle.id, Case.school_id == school.id)
    if (found := session.exec(there).first()) is not None:
        raise InputRefused(
            field="school",
            value=school.code,
            cure=Sentence("It has a case in this cycle already: {case}.", {"case": found}),
        )
    own = (school.id, school.code, school.territory_id)
    _take_up(session, programme, cycle, _taken_up(session, cycle, [own]), acting)
    _open_municipalities(session, programme, cycle, acting)
    return session.exec(there).one() or 0
