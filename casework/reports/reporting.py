"""Reports: where a cycle, a municipality or a case stands, what is late, and with whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.board import Board, board
from casework.cases.reading import CaseView, cases
from casework.cycles.versions import programme_of
from casework.indicators.indicator_views import indicators_report
from casework.records.record_summaries import counts
from casework.records.record_views import Wanted as WantedRecords, records
from casework.reports.beside import NO_YEAR_BEFORE, InTimeBefore, in_time_before, year_table
from casework.reports.case_report import case_report
from casework.reports.report_numbers import Work, stuck, time_in_stage, together, work_by
from models.cycle import Cycle
from opora.errors import NotFound
from opora.words import Sentence
from programmes.definition import Programme
from states.stage import Stage
from templates.reports import Cell, Report, Table

STUCK_AFTER = 60
"""Days at a stage of planning after which a case is shown as stuck: an editable default, not law."""

_WORK_COLUMNS = (
    Sentence("Tasks"),
    Sentence("Accepted"),
    Sentence("Done"),
    Sentence("Done in time"),
    Sentence("Late"),
    Sentence("Days at most"),
)


class ReportKind(StrEnum):
    """What a report is about."""

    CYCLE = "cycle"
    MUNICIPALITY = "municipality"
    CASE = "case"
    INDICATORS = "indicators"
    LATENESS = "lateness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A report on a cycle as of a day; `of` names the municipality (its code) or the case."""

    cycle: Cycle
    on: date
    of: str | None = None
    stuck_after: int = STUCK_AFTER


def report(session: Session, acting: Acting, kind: ReportKind, question: Question) -> Report:
    """The report within the reader's scope: a coordinator's tells of the own municipality alone."""
    return _REPORTS[kind](session, acting, question)


# --- the cycle ------------------------------------------------------------------------------------


def _cycle(session: Session, acting: Acting, question: Question) -> Report:
    cycle, on = question.cycle, question.on
    programme = programme_of(session, cycle)
    seen = board(session, acting, cycle, on=on)
    all_cases = cases(session, acting, on=on, cycle=cycle.id)
    work = work_by(session, acting, cycle, "territory", on=on)
    waiting = stuck(all_cases, on=on, after_days=question.stuck_after)
    return Report(
        title=Sentence("Cycle of {year}", {"year": str(cycle.year)}),
        subtitle=programme.title,
        on=on,
        glance=(
            (Sentence("Cases"), seen.cases),
            (Sentence("Late tasks"), sum(one.late for one in work)),
            (Sentence("Tasks done"), together(work).share_done),
            (Sentence("Stuck at planning"), len(waiting)),
        ),
        tables=(
            _stages(programme, seen),
            _times(programme, all_cases, on),
            _stuck(programme, waiting, question),
            _by_territory(session, acting, question, work, Sentence("Work by municipality")),
            *_outcomes(programme, seen),
            *year_table(session, acting, cycle, on=on),
            *_records(session, acting, cycle),
        ),
    )


def _stages(programme: Programme, seen: Board) -> Table:
    return Table(
        title=Sentence("Stages by municipality"),
        columns=[
            Sentence("Municipality"),
            *(programme.words(stage) for stage in Stage),
            Sentence("In all"),
        ],
        rows=[
            (row.name, *(row.stages[stage] for stage in Stage), sum(row.stages.values()))
            for row in seen.territories
        ],
        bars=range(1, len(Stage) + 1),
    )


def _times(programme: Programme, seen: Sequence[CaseView], on: date) -> Table:
    return Table(
        title=Sentence("Time at the stage, in days"),
        columns=[Sentence("Stage"), Sentence("Cases"), Sentence("Median"), Sentence("Longest")],
        rows=[
            (programme.words(one.stage), one.cases, one.median, one.longest)
            for one in time_in_stage(seen, on=on)
        ],
    )


def _stuck(programme: Programme, waiting: Sequence[CaseView], question: Question) -> Table:
    days = {"days": question.stuck_after}
    return Table(
        title=Sentence("Stuck at planning"),
        note=Sentence("Longer than {days} days at a stage before the plan is approved.", days),
        columns=[
            Sentence("School"),
            Sentence("Municipality"),
            Sentence("Stage"),
            Sentence("Since"),
            Sentence("Days"),
            Sentence("Late tasks"),
        ],
        rows=[
            (
                one.name,
                one.territory_name,
                programme.words(one.stage),
                one.stage_since,
                (question.on - one.stage_since).days,
                one.late,
            )
            for one in waiting
        ],
    )


def _outcomes(programme: Programme, seen: Board) -> list[Table]:
    if not seen.outcomes:
        return []
    rows = [(programme.words(one), number) for one, number in seen.outcomes.items()]
    columns = [Sentence("Outcome"), Sentence("Cases")]
    return [Table(title=Sentence("Outcomes"), columns=columns, rows=rows)]


def _records(session: Session, acting: Acting, cycle: Cycle) -> list[Table]:
    found = counts(records(session, acting, WantedRecords(cycle=cycle.id)))
    if not found:
        return []
    columns = [Sentence("Kind"), Sentence("In all"), Sentence("Invited"), Sentence("Attended")]
    rows = [(one.words, one.total - one.cancelled, one.invited, one.attended) for one in found]
    return [Table(title=Sentence("Records"), columns=columns, rows=rows)]


# --- a municipality -------------------------------------------------------------------------------


def _municipality(session: Session, acting: Acting, question: Question) -> Report:
    cycle, on = question.cycle, question.on
    programme = programme_of(session, cycle)
    mine = [
        one
        for one in cases(session, acting, on=on, cycle=cycle.id)
        if question.of is None or one.territory == question.of
    ]
    if not mine:
        raise NotFound(what=Sentence("municipality"), key=question.of or "")
    names = sorted({one.territory_name for one in mine})
    return Report(
        title=Sentence("Schools of {places}", {"places": names}),
        subtitle=programme.title,
        on=on,
        glance=(
            (Sentence("Cases"), len(mine)),
            (Sentence("Late tasks"), sum(one.late for one in mine)),
            (
                Sentence("Stuck at planning"),
                len(stuck(mine, on=on, after_days=question.stuck_after)),
            ),
        ),
        tables=(
            _schools(session, acting, question, mine),
            *year_table(session, acting, cycle, on=on, of=question.of),
        ),
    )


def _schools(
    session: Session, acting: Acting, question: Question, mine: Sequence[CaseView]
) -> Table:
    cycle, on = question.cycle, question.on
    programme = programme_of(session, cycle)
    work = {one.key: one for one in work_by(session, acting, cycle, "case", on=on)}
    before = in_time_before(session, acting, cycle, "case", on=on)
    return Table(
        title=Sentence("By school"),
        columns=[
            Sentence("School"),
            Sentence("Stage"),
            Sentence("Days at the stage"),
            Sentence("Year in the programme"),
            *_WORK_COLUMNS,
            *before.columns,
        ],
        rows=[
            (
                one.name,
                programme.words(one.outcome or one.stage),
                max((on - one.stage_since).days, 0),
                one.years_in_programme,
                *_numbers(work.get(one.school)),
                *before.cells(one.school),
            )
            for one in mine
        ],
    )


def _case(session: Session, acting: Acting, question: Question) -> Report:
    number = int(question.of) if question.of and question.of.isdecimal() else 0
    return case_report(session, acting, number, on=question.on)


def _indicators(session: Session, acting: Acting, question: Question) -> Report:
    title = programme_of(session, question.cycle).title
    return indicators_report(session, acting, question.cycle, title)


# --- lateness -------------------------------------------------------------------------------------


def _lateness(session: Session, acting: Acting, question: Question) -> Report:
    cycle, on = question.cycle, question.on
    programme = programme_of(session, cycle)
    people = work_by(session, acting, cycle, "person", on=on)
    places = work_by(session, acting, cycle, "territory", on=on)
    return Report(
        title=Sentence("What is late, and with whom"),
        subtitle=programme.title,
        on=on,
        glance=(
            (Sentence("Late tasks"), sum(one.late for one in people)),
            (Sentence("People with late tasks"), sum(one.late > 0 for one in people)),
            (Sentence("Done in time"), together(people).share_in_time),
        ),
        tables=(
            _work(Sentence("By person"), Sentence("Person"), people),
            _by_task(session, acting, question, programme),
            _by_territory(session, acting, question, places, Sentence("By municipality")),
        ),
    )


def _by_task(session: Session, acting: Acting, question: Question, programme: Programme) -> Table:
    cycle, on = question.cycle, question.on
    found = work_by(session, acting, cycle, "milestone", on=on)
    before = in_time_before(session, acting, cycle, "milestone", on=on)
    titles = {one.key: programme.labels.get(f"milestone.{one.key}", one.key) for one in found}
    return Table(
        title=Sentence("By task"),
        columns=[Sentence("Task"), *_WORK_COLUMNS, *before.columns],
        rows=[(titles[one.key], *_numbers(one), *before.cells(one.key)) for one in found],
    )


def _by_territory(
    session: Session, acting: Acting, question: Question, found: Sequence[Work], title: Sentence
) -> Table:
    before = in_time_before(session, acting, question.cycle, "territory", on=question.on)
    return _work(title, Sentence("Municipality"), found, before)


def _work(
    title: Sentence, what: Sentence, found: Sequence[Work], before: InTimeBefore = NO_YEAR_BEFORE
) -> Table:
    rows: list[Sequence[Cell]] = [
        (one.name or Sentence("the region"), *_numbers(one), *before.cells(one.key))
        for one in found
    ]
    columns = [what, *_WORK_COLUMNS, *before.columns]
    return Table(title=title, columns=columns, rows=rows, bars=(2, 5))


def _numbers(one: Work | None) -> tuple[Cell, ...]:
    if one is None:
        return (0, 0, None, None, 0, 0)
    shares = (one.share_done, one.share_in_time)
    return (one.tasks, one.accepted, *shares, one.late, one.most_days)


_REPORTS: dict[ReportKind, Callable[[Session, Acting, Question], Report]] = {
    ReportKind.CYCLE: _cycle,
    ReportKind.MUNICIPALITY: _municipality,
    ReportKind.CASE: _case,
    ReportKind.INDICATORS: _indicators,
    ReportKind.LATENESS: _lateness,
}
