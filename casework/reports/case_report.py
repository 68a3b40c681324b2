"""The report on one case: its way, its decisions, its indicators, its tasks."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from casework.access import Held, case_for
from casework.acting import Acting
from casework.cases.deed_words import deed_words
from casework.cases.history_views import LineView, case_history
from casework.cases.reading import DecisionView, case_view, decisions
from casework.indicators.indicator_views import indicators_report
from casework.records.record_sheets import STATES as RECORD_STATES
from casework.records.record_views import Wanted as Records, records, records_of_case
from casework.reports.beside import earlier_years
from casework.tasks.task_views import TaskView, Wanted, tasks
from opora.words import Sentence
from programmes.definition import Programme
from states.task_machine import TaskState
from templates.reports import Report, Table

TASK_STATES = {
    TaskState.OPEN: Sentence("open"),
    TaskState.SUBMITTED: Sentence("handed in"),
    TaskState.RETURNED: Sentence("returned"),
    TaskState.ACCEPTED: Sentence("accepted"),
    TaskState.CANCELLED: Sentence("cancelled"),
}


def case_report(session: Session, acting: Acting, number: int, *, on: date) -> Report:
    """The case's way through its stages, its decisions and its work."""
    held = case_for(session, acting, number)
    programme = held.programme
    seen = case_view(session, acting, number, on=on)
    return Report(
        title=Sentence("{school}", {"school": seen.name}),
        subtitle=programme.title,
        on=on,
        glance=(
            (Sentence("Stage"), programme.words(seen.outcome or seen.stage)),
            (Sentence("Since"), seen.stage_since),
            (Sentence("Year in the programme"), seen.years_in_programme),
            (Sentence("Late tasks"), seen.late),
        ),
        tables=(
            _way(programme, case_history(session, acting, number).lines),
            _decided(programme, decisions(session, number)),
            *_measured(session, acting, held, seen.school),
            *(earlier_years(session, acting, held.case, on=on) if held.case else ()),
            *_made(session, acting, programme, number),
            _work(tasks(session, acting, Wanted(case=number), on=on)),
        ),
    )


def _made(session: Session, acting: Acting, programme: Programme, number: int) -> Sequence[Table]:
    """What findings about the case have made, and what came of it (S4-11)."""
    kinds = programme.records.kinds
    findings = [
        one
        for one in records_of_case(session, acting, number)
        if one.kind in kinds and kinds[one.kind].makes
    ]
    rows = [
        (
            f"№ {finding.id}",
            finding.title,
            one.words,
            one.title,
            one.day,
            one.outcome_words or RECORD_STATES[one.state],
        )
        for finding in findings
        for one in records(session, acting, Records(parent=finding.id))
    ]
    columns = [
        Sentence("Record"),
        Sentence("Finding"),
        Sentence("What it made"),
        Sentence("Title"),
        Sentence("Due"),
        Sentence("What came of it"),
    ]
    return [Table(title=Sentence("What followed from findings"), columns=columns, rows=rows)][
        : len(rows)
    ]


def _way(programme: Programme, lines: Sequence[LineView]) -> Table:
    return Table(
        title=Sentence("The way of the case"),
        columns=[Sentence("Day"), Sentence("Deed"), Sentence("Stage"), Sentence("By")],
        rows=[
            (
                line.happened_at.astimezone(programme.zone).date(),
                deed_words(line.deed, programme.labels),
                programme.words(f"stage.{line.dest}"),
                line.by,
            )
            for line in lines
            if line.dest is not None
        ],
    )


def _measured(session: Session, acting: Acting, held: Held, school: str) -> Sequence[Table]:
    """What the school itself has come to, beside its beginning and the others (S1-33)."""
    if not held.programme.indicators.indicators:
        return ()
    place = f"school:{school}"
    made = indicators_report(session, acting, held.cycle, held.programme.title, place=place)
    return made.tables


def _decided(programme: Programme, found: Sequence[DecisionView]) -> Table:
    return Table(
        title=Sentence("Decisions"),
        columns=[Sentence("Decision"), Sentence("Value"), Sentence("Basis")],
        rows=[
            (programme.labels.get(f"decision.{one.kind}", one.kind), one.value, one.basis)
            for one in found
        ],
    )


def _work(found: Sequence[TaskView]) -> Table:
    return Table(
        title=Sentence("Tasks"),
        columns=[
            Sentence("Task"),
            Sentence("Whose"),
            Sentence("Due"),
            Sentence("State"),
            Sentence("Days late"),
        ],
        rows=[
            (one.title, one.assignee_name, one.due_on, TASK_STATES[one.state], one.days_late)
            for one in found
        ],
    )
