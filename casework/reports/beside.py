"""Last year beside this one: what a programme's two years say of the same places, each as it stands."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.reading import CaseView, cases
from casework.cycles.versions import programme_of
from casework.reports.report_numbers import Work, together, work_by, year_before
from models.case import Case
from models.cycle import Cycle
from opora.words import Sentence
from states.stage import Outcome
from templates.reports import Cell, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A cycle's cases and work, of the chosen municipalities."""

    year: int
    cases: int
    work: Work
    outcomes: Mapping[Outcome, int]


def year_table(
    session: Session,
    acting: Acting,
    cycle: Cycle,
    *,
    on: date,
    of: str | None = None,
) -> list[Table]:
    """Both years in numbers, of all municipalities or the one of that code; none in a first year."""
    earlier = year_before(session, cycle)
    if earlier is None:
        return []
    now, then = (_year(session, acting, one, of, on) for one in (cycle, earlier))
    programme = programme_of(session, cycle)
    rows: list[tuple[Cell, Cell, Cell]] = [
        (Sentence("Cases"), now.cases, then.cases),
        (Sentence("Accepted tasks"), now.work.accepted, then.work.accepted),
        (Sentence("Done in time"), now.work.share_in_time, then.work.share_in_time),
        *(
            (programme.words(outcome), now.outcomes.get(outcome, 0), then.outcomes.get(outcome, 0))
            for outcome in Outcome
            if outcome in now.outcomes or outcome in then.outcomes
        ),
    ]
    return [
        Table(
            title=Sentence("Last year beside this one"),
            note=Sentence("The year before is counted whole, this one up to the day."),
            columns=[Sentence("What"), year_words(then.year), year_words(now.year)],
            rows=[(what, before, after) for what, after, before in rows],
        )
    ]


def year_words(year: int) -> Sentence:
    """The heading of a year's column."""
    return Sentence("The year {year}", {"year": str(year)})


@dataclass(frozen=True, slots=True)
class InTimeBefore:
    """The share of last year's work that was done in time, as one more column of a table."""

    columns: tuple[Sentence, ...]
    shares: Mapping[str, Decimal | None]

    def cells(self, key: str) -> tuple[Cell, ...]:
        return (self.shares.get(key),) if self.columns else ()


NO_YEAR_BEFORE = InTimeBefore((), {})


def in_time_before(
    session: Session, acting: Acting, cycle: Cycle, by: str, *, on: date
) -> InTimeBefore:
    """By the keys of `work_by`; without a column in a first year."""
    earlier = year_before(session, cycle)
    if earlier is None:
        return NO_YEAR_BEFORE
    found = work_by(session, acting, earlier, by, on=on)
    heading = Sentence("Done in time in {year}", {"year": str(earlier.year)})
    return InTimeBefore((heading,), {one.key: one.share_in_time for one in found})


def _year(session: Session, acting: Acting, cycle: Cycle, of: str | None, on: date) -> Year:
    found = [
        one for one in cases(session, acting, on=on, cycle=cycle.id) if of in {None, one.territory}
    ]
    work = work_by(session, acting, cycle, "territory", on=on)
    return Year(
        year=cycle.year,
        cases=len(found),
        work=together([one for one in work if of in {None, one.key}]),
        outcomes=Counter(one.outcome for one in found if one.outcome is not None),
    )


# --- one school -----------------------------------------------------------------------------------


def earlier_years(session: Session, acting: Acting, case: Case, *, on: date) -> list[Table]:
    """The school's years in the programme before the case's own; none of them, no table."""
    own = session.get_one(Cycle, case.cycle_id)
    seen = [
        one
        for one in cases(session, acting, on=on, school=case.school_id)
        if one.programme == own.programme_key and one.year < own.year
    ]
    if not seen:
        return []
    return [
        Table(
            title=Sentence("Earlier years"),
            columns=[
                Sentence("Year"),
                Sentence("Outcome"),
                Sentence("Accepted tasks"),
                Sentence("Done in time"),
            ],
            rows=[
                _earlier(session, acting, one, on=on)
                for one in sorted(seen, key=lambda one: (one.year, one.id))
            ],
        )
    ]


def _earlier(session: Session, acting: Acting, one: CaseView, *, on: date) -> tuple[Cell, ...]:
    cycle = session.get_one(Cycle, one.cycle)
    work = together(work_by(session, acting, cycle, "case", on=on, case=one.id))
    words = programme_of(session, cycle).words(one.outcome or one.stage)
    return (str(one.year), words, work.accepted, work.share_in_time)
