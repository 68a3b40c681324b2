"""Closing a cycle: every case has its end, what nobody will do any more is taken away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from casework.access import require, require_open
from casework.acting import Acting
from casework.cases.moving import cancel, unfinished
from casework.cycles.carrying import next_cycle
from casework.cycles.ending import decided_outcomes, running
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.passes import unfinished as unfinished_passes
from casework.reminders.reminding import KIND as DAILY_ROUND
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.school import School
from models.task import Task
from opora.errors import NotReady
from opora.words import Sentence
from states.stage import Outcome, Stage
from states.task_machine import UNFINISHED


class CasesUndecided(NotReady):
    """{what}. {cure}"""

    def __init__(self, cases: Sequence[tuple[int, str, str]]) -> None:
        cure = Sentence("Decide each: opora case decide-exit CASE --basis …")
        super().__init__(
            what=Sentence("Cases without a decided end: {count}", {"count": len(cases)}), cure=cure
        )
        self.cases = tuple(cases)
        self.unmet = tuple(
            Sentence("case {case}: {school} {name}", {"case": case, "school": school, "name": name})
            for case, school, name in cases
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What closing ends. `awaiting`: schools to go on that a next cycle, opened before, has not."""

    cycle: int
    year: int
    ended: int
    outcomes: Mapping[str, int]
    cancelled: int
    awaiting: tuple[str, ...]


def close_cycle(
    session: Session, cycle: Cycle, acting: Acting, *, dry_run: bool = False
) -> Closing:
    """Close the year: cases that stand before their exit end with the outcome that is decided.

    Raises `CasesUndecided` with every case that has neither exited nor been decided.
    """
    require(session, acting, Right.CLOSE_CYCLE, cycle.register_key)
    session.refresh(cycle, with_for_update=True)
    require_open(cycle)
    _nothing_runs(session, cycle)
    of_cycle = select(Case).where(Case.cycle_id == cycle.id).order_by(col(Case.id))
    session.exec(of_cycle.with_for_update().execution_options(populate_existing=True)).all()
    on = acting.on(programme_of(session, cycle).zone)
    decided, standing = decided_outcomes(session, cycle), running(session, cycle)
    if left := [(c.id or 0, s.code, s.name) for c, s in standing if c.id not in decided]:
        raise CasesUndecided(left)
    wide = _wide_tasks(session, cycle)
    tasks = {case.id: unfinished(session, case) for case, _ in standing}
    outcomes = _outcomes(session, cycle, decided)
    found = Closing(
        cycle=cycle.id or 0,
        year=cycle.year,
        ended=len(standing),
        outcomes=dict(Counter(map(str, outcomes.values()))),
        cancelled=sum(map(len, tasks.values())) + sum(map(len, wide.values())),
        awaiting=_awaiting(session, cycle, outcomes),
    )
    if dry_run:
        return found
    for case, _ in standing:
        _end(session, case, decided[case.id or 0], tasks[case.id], acting, on=on)
    own = f"cycle:{cycle.id}"
    for subject, left_over in wide.items():
        if subject != own:
            values = {"cycle": cycle.id, "cancelled": cancel(session, left_over)}
            append(session, acting.deed(subject, "close_tasks", values=values))
    taken = cancel(session, wide.get(own, []))
    said = {"on": on, "outcomes": found.outcomes, "cancelled": taken}
    append(session, acting.deed(own, "close_cycle", values=said))
    cycle.is_open = False
    session.add(cycle)
    session.flush()
    return found


def _nothing_runs(session: Session, cycle: Cycle) -> None:
    """Raise `NotReady` while a pass still opens cases or tasks of the cycle."""
    for run in unfinished_passes(session):
        if run.kind != DAILY_ROUND and run.arguments.get("cycle") == cycle.id:
            raise NotReady(
                what=Sentence("Another process is doing this right now"),
                cure=Sentence("It goes on by itself; ask again in a minute"),
            )


def _wide_tasks(session: Session, cycle: Cycle) -> dict[str, list[Task]]:
    """The unfinished tasks of municipalities and of the region, by their chains."""
    found: dict[str, list[Task]] = {}
    rows = session.exec(
        select(Task)
        .where(
            Task.cycle_id == cycle.id,
            col(Task.case_id).is_(None),
            col(Task.state).in_(UNFINISHED),
        )
        .order_by(col(Task.id))
    )
    for task in rows:
        found.setdefault(task.subject, []).append(task)
    return found


def _outcomes(
    session: Session, cycle: Cycle, decided: Mapping[int, Outcome]
) -> dict[int, Outcome | None]:
    """School → how its case of this cycle ends."""
    rows = session.exec(
        select(Case.id, Case.school_id, Case.stage, Case.outcome).where(Case.cycle_id == cycle.id)
    )
    return {
        school: decided.get(case_id or 0) if stage is not Stage.EXITED else Outcome(outcome or "")
        for case_id, school, stage, outcome in rows
    }


def _awaiting(
    session: Session, cycle: Cycle, outcomes: Mapping[int, Outcome | None]
) -> tuple[str, ...]:
    following = next_cycle(session, cycle)
    if following is None:
        return ()
    there = select(Case.school_id).where(Case.cycle_id == following.id)
    going_on = [school for school, outcome in outcomes.items() if outcome is Outcome.CONTINUES]
    rows = session.exec(
        select(School.code)
        .where(col(School.id).in_(going_on), col(School.id).not_in(there))
        .order_by(School.code)
    )
    return tuple(rows.all())


def _end(
    session: Session,
    case: Case,
    outcome: Outcome,
    tasks: Sequence[Task],
    acting: Acting,
    *,
    on: date,
) -> None:
    """The case keeps its stage, so that everybody sees how far it came; its year is over."""
    values = {"on": on, "outcome": outcome, "cancelled": cancel(session, tasks)}
    append(session, acting.deed(f"case:{case.id}", "close_case", values=values))
    case.outcome = outcome
    session.add(case)
