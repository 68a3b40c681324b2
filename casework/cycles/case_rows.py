"""Many new cases at once: their rows, first tasks, first lines of history and letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.letters.announcing import first_letters
from casework.people.responsible import Place, Responsible
from casework.tasks.planning import Planned, Subject, rows_alike, told, write_tasks
from models.case import Case
from models.cycle import Cycle
from models.history import append_alike
from opora.canonical import Gap
from opora.database import insert_all, next_ids
from programmes.definition import Programme
from states.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """A school that becomes a case; `carried_from` is its case of the year before."""

    school_id: int
    code: str
    territory_id: int
    carried_from: int | None = None

    @property
    def place(self) -> Place:
        """Where it lies."""
        return Place(school_id=self.school_id, territory_id=self.territory_id)


def write_cases(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    schools: Sequence[TakenUp],
    plans: Sequence[Planned],
    people: Responsible,
    acting: Acting,
) -> dict[str, int]:
    """Open a case for each school, in a handful of statements; `plans` are the tasks of each."""
    ids = _insert_cases(session, programme, cycle, schools, acting)
    subjects = [
        Subject(chain=f"case:{case_id}", place=school.place, case_id=case_id)
        for school, case_id in zip(schools, ids, strict=True)
    ]
    on = acting.on(programme.zone)
    tasks = rows_alike(subjects, plans, people, cycle_id=cycle.id or 0, on=on)
    rows = [row for own in tasks for row in own]
    write_tasks(session, rows, [plan.ledger for plan in plans] * len(schools))
    _write_lines(session, cycle, list(zip(schools, subjects, tasks, strict=True)), plans, acting)
    places = {case_id: school.place for school, case_id in zip(schools, ids, strict=True)}
    doers = {
        case_id: {row["assignee_id"] for row in own}
        for case_id, own in zip(ids, tasks, strict=True)
    }
    letters = first_letters(session, programme, cycle, places, doers, people, acting)
    return {"cases": len(ids), "tasks": len(rows), "letters": letters}


def _write_lines(
    session: Session,
    cycle: Cycle,
    opened: Sequence[tuple[TakenUp, Subject, list[dict[str, Any]]]],
    plans: Sequence[Planned],
    acting: Acting,
) -> None:
    """The first line of each case: they differ by the school and by who answers for the tasks."""
    _, _, like = opened[0]
    tasks = [{**row, "assignee_id": Gap(f"task {n}")} for n, row in enumerate(like)]
    values = {
        "school": Gap("school"),
        "cycle": cycle.id,
        "listing": cycle.listing_id,
        "on": acting.on(programme_of(session, cycle).zone),
        "carried_from": Gap("carried_from"),
        "tasks": told(tasks, [plan.ledger for plan in plans]),
    }
    gaps = [
        {
            "school": school.code,
            "carried_from": school.carried_from,
            **{f"task {n}": row["assignee_id"] for n, row in enumerate(own)},
        }
        for school, _, own in opened
    ]
    move = (Stage.IDENTIFIED, Stage.IDENTIFIED, 1)
    deed = acting.deed("case", "open_case", values=values, move=move)
    append_alike(session, deed, [subject.chain for _, subject, _ in opened], gaps)


def _insert_cases(
    session: Session,
    programme: Programme,
    cycle: Cycle,
    schools: Sequence[TakenUp],
    acting: Acting,
) -> list[int]:
    ids = list(next_ids(session, Case, len(schools)))
    common = {
        "cycle_id": cycle.id,
        "stage": Stage.IDENTIFIED,
        "version": 1,
        "opened_at": acting.at,
        "stage_since": acting.on(programme.zone),
    }
    rows = [
        {
            **common,
            "id": case_id,
            "school_id": school.school_id,
            "carried_from": school.carried_from,
        }
        for case_id, school in zip(ids, schools, strict=True)
    ]
    insert_all(session, Case, rows)
    return ids
