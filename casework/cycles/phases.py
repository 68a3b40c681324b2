"""A phase of monitoring is opened for every case that has come far enough, by a pass.

A milestone is opened once: by the entry into its stage, or (`opened_by: phase`) by this pass. The
pass takes cases that stand at the milestone's stage or beyond it and have no task of it; opened
again later, it takes those who have arrived since.
"""

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session, col, select

from casework.access import require, require_open
from casework.acting import Acting
from casework.cycles.opening import anchors, opening_day
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.letters.announcing import shared_letters
from casework.passes import Chunk, begin, each
from casework.people.responsible import Place, Responsible, responsible
from casework.portions import ahead
from casework.tasks.planning import Subject, plan_milestones, task_rows, told, write_tasks
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.pass_run import PassRun
from models.school import School
from models.task import Task
from opora.errors import NotReady
from opora.words import Sentence
from programmes.definition import Programme
from programmes.milestones import Milestone, Opener, Phase
from states.stage import Stage

KIND = "open_phase"
CHUNK = 250


def open_phase(session: Session, cycle: Cycle, phase: Phase, acting: Acting) -> PassRun:
    """Begin the pass that opens the phase's milestones; the same day gives the same pass."""
    require(session, acting, Right.OPEN_PHASE, cycle.register_key)
    session.refresh(
        cycle, with_for_update=True
    )  # who comes second finds the pass, or a closed year
    require_open(cycle)
    programme = programme_of(session, cycle)
    if not _of(programme, phase):
        raise NotReady(
            what=Sentence("The programme has no milestone that this phase opens"),
            cure=Sentence("They are opened on entering a stage, or say opened_by: phase."),
        )
    on = acting.on(programme.zone)
    period = f"{cycle.id}:{phase}:{on}"
    there = select(PassRun.id).where(PassRun.kind == KIND, PassRun.period == period)
    if session.exec(there).first() is None:
        values = {"phase": phase, "on": on}
        append(session, acting.deed(f"cycle:{cycle.id}", KIND, values=values))
    arguments = {
        "cycle": cycle.id,
        "phase": phase.value,
        "person": acting.person.id if acting.person else None,
    }
    return begin(session, KIND, period, arguments=arguments, at=acting.at)


def _of(programme: Programme, phase: Phase) -> list[Milestone]:
    chosen = programme.milestones_of_phase(phase)
    return [milestone for milestone in chosen if milestone.opened_by is Opener.PHASE]


def open_phase_tasks(session: Session, run: PassRun, acting: Acting) -> Chunk:
    """One chunk of the pass: the next cases get the tasks of the phase."""
    cycle = session.get_one(Cycle, run.arguments["cycle"])
    programme = programme_of(session, cycle)
    chosen = _of(programme, Phase(run.arguments["phase"]))
    rows = session.exec(
        select(Case, School)
        .join(School, col(School.id) == col(Case.school_id))
        .where(
            Case.cycle_id == cycle.id,
            Case.stage != Stage.EXITED,
            col(Case.suspended_on).is_(None),  # they get theirs when the phase is opened again
            ahead(run, col(Case.id)),
        )
        .order_by(col(Case.id))
        .limit(CHUNK)
        .with_for_update(of=Case)
    ).all()
    if not rows:
        return Chunk(cursor=None)
    fallback = (acting.person.id or 0) if acting.person else 0
    people = responsible(
        session,
        cycle.register_key,
        on=acting.on(programme.zone),
        fallback=fallback,
        places=[Place(school_id=s.id, territory_id=s.territory_id) for _, s in rows],
    )
    counts = {"cases": 0, "tasks": 0}
    doers: set[int] = set()

    def give(case: Case, school: School, people: Responsible) -> None:
        fresh = _open(session, (cycle, programme), (case, school), chosen, people, acting)
        counts["tasks"] += len(fresh)
        counts["cases"] += bool(fresh)
        doers.update(fresh)

    _, refused = each(
        session, ((f"case:{case.id}", partial(give, case, school, people)) for case, school in rows)
    )
    shared_letters(session, programme, cycle, doers, acting)
    return Chunk(cursor=rows[-1][0].id, counts=counts, refused=refused)


def _open(
    session: Session,
    year: tuple[Cycle, Programme],
    one: tuple[Case, School],
    chosen: Sequence[Milestone],
    people: Responsible,
    acting: Acting,
) -> list[int]:
    """The case's missing tasks of the phase; gives who does each."""
    (cycle, programme), (case, school) = year, one
    on, order = acting.on(programme.zone), list(Stage)
    there = set(session.exec(select(Task.milestone).where(Task.case_id == case.id)).all())
    ready = [
        milestone
        for milestone in chosen
        if milestone.key not in there and order.index(milestone.stage) <= order.index(case.stage)
    ]
    if not ready:
        return []
    days = anchors(cycle, opening_day(cycle, programme), on)
    plans = plan_milestones(programme, ready, anchors=days, on=on)
    place = Place(school_id=school.id, territory_id=school.territory_id)
    subject = Subject(chain=f"case:{case.id}", place=place, case_id=case.id)
    rows = task_rows(subject, plans, people, cycle_id=cycle.id or 0, on=on)
    ledgers = [plan.ledger for plan in plans]
    write_tasks(session, rows, ledgers)
    values = {"cycle": cycle.id, "tasks": told(rows, ledgers)}
    append(session, acting.deed(subject.chain, "open_tasks", values=values))
    return [row["assignee_id"] for row in rows]
