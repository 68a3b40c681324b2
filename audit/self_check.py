"""What is amiss inside the database, each thing with its cure: the part of `opora doctor` that reads rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from audit.verification import verify
from casework.cases.reading import latest_moment
from casework.cycles.versions import programme_of
from casework.passes import unfinished
from casework.quarantine import quarantined_since
from casework.reminders.reminding import KIND as DAILY_ROUND
from casework.reminders.unreachable import LACKS, lacking
from models.cycle import Cycle
from models.letter import Letter, LetterState
from models.pass_run import PassRefusal, PassRun, PassState, SkippedPeriod
from opora.clock import day_of
from opora.words import Sentence
from schedules.official_days import years_without_decree
from schedules.timetable import TIMETABLE

STUCK = timedelta(days=1)
"""A letter that waits longer than this after its hour is stuck."""
DRIFT = timedelta(minutes=5)
"""History may be so far ahead of the clock: two machines are never quite at one."""
SILENT = timedelta(days=2)
"""Reminders of an open cycle may rest so long: a clock that stands longer is noticed."""
LATELY = timedelta(days=7)
"""So long is told of what the timetable left out."""
SHORT = timedelta(days=90)
"""A calendar that ends sooner than this cannot plan the next quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is amiss; `check` names the examination that found it."""

    check: str
    what: Sentence
    cure: Sentence


Found = Iterator[tuple[Sentence, Sentence]]
"""What is amiss and its cure."""


def examine(session: Session, *, at: datetime) -> list[Finding]:
    """Every finding in the rows, at that (real) moment."""
    return [
        Finding(check=name, what=what, cure=cure)
        for name, check in _CHECKS.items()
        for what, cure in check(session, at)
    ]


def examine_history(engine: Engine, on_progress: Callable[[int], None]) -> list[Finding]:
    """Broken chains: every line is recomputed, which takes as long as `opora verify`."""
    found = verify(engine, on_progress=on_progress)
    if found.ok:
        return []
    said = {"count": len(found.broken), "subject": found.broken[0].subject}
    what = Sentence("The history does not hold in {count} places, first in {subject}", said)
    cure = Sentence("Leave the database as it is and see opora verify; compare with a backup")
    return [Finding(check="history", what=what, cure=cure)]


def _quarantine(session: Session, _: datetime) -> Found:
    if since := quarantined_since(session):
        yield (
            Sentence("In quarantine since {since}: no letters leave", {"since": since}),
            Sentence("See opora release --dry-run, then opora release --reason …"),
        )


def _clock(session: Session, at: datetime) -> Found:
    latest = latest_moment(session)
    if latest is not None and latest - at > DRIFT:
        yield (
            Sentence("The clock went backwards: history has come to {latest}", {"latest": latest}),
            Sentence("Set the machine's clock by NTP; what is planned waits until then"),
        )


def _calendar(session: Session, at: datetime) -> Found:
    for cycle in session.exec(select(Cycle).where(Cycle.is_open).order_by(col(Cycle.id))).all():
        programme = programme_of(session, cycle)
        definition = programme.working_calendar.definition
        said = {"programme": programme.key, "horizon": definition.horizon}
        today = at.astimezone(programme.zone).date()
        if definition.horizon < max(today + SHORT, cycle.ends_on):
            yield (
                Sentence("The calendar of {programme} ends on {horizon}", said),
                Sentence("Prolong `horizon` in its calendar and move the cycle to the new version"),
            )
        years = [year for year in years_without_decree(definition) if year >= today.year]
        if years:
            yield (
                Sentence(
                    "No decree moves the days off of {years} in {programme}",
                    {"years": ", ".join(map(str, years)), "programme": programme.key},
                ),
                Sentence("When it is out, upgrade Opora or list its days in `off` and `work`"),
            )


def _letters(session: Session, at: datetime) -> Found:
    waits = col(Letter.state).in_([LetterState.PENDING, LetterState.CLAIMED])
    kinds = (
        (
            col(Letter.state) == LetterState.DEAD,
            Sentence("Dead letters"),
            Sentence("See opora letter list --state dead; mend the addresses"),
        ),
        (
            waits & col(Letter.is_ambiguous),
            Sentence("Letters that may have arrived and wait to be sent again"),
            Sentence("Nothing: they go out with the same Message-ID"),
        ),
        (
            waits & (col(Letter.send_after) < at - STUCK),
            Sentence("Letters that should have left more than a day ago"),
            Sentence("Is opora serve running? Run: opora deliver"),
        ),
    )
    for which, what, cure in kinds:
        count = session.exec(select(func.count()).select_from(Letter).where(which)).one()
        if count:
            yield Sentence("{what}: {count}", {"what": what, "count": count}), cure


def _passes(session: Session, at: datetime) -> Found:
    for run in unfinished(session):
        if (run.lease_until or run.started_at) < at:
            said = {"kind": run.kind, "period": run.period}
            yield (
                Sentence("The pass {kind} {period} stands still: nobody holds it", said),
                Sentence("opora serve takes it up within a minute; start it"),
            )


def _recipients(session: Session, at: datetime) -> Found:
    """S3-10: deadlines whose letters reach nobody, and work that nobody may approve."""
    found = lacking(session, at=at)
    for lack, (what, _) in LACKS.items():
        tasks = [one.task for one in found if one.lack is lack]
        if tasks:
            said = {"count": len(tasks), "lack": what, "task": tasks[0]}
            yield (
                Sentence(
                    "Open deadlines that miss somebody: {count}, first task {task}: {lack}", said
                ),
                Sentence("opora people check names each, with what helps"),
            )


def _nights(session: Session, _: datetime) -> Found:
    """What the last check and the last backup of a night refused."""
    for kind, (what, cure) in _NIGHTS.items():
        newest = select(PassRun).where(PassRun.kind == kind, PassRun.state == PassState.DONE)
        run = session.exec(newest.order_by(col(PassRun.period).desc()).limit(1)).first()
        if run is None:
            continue
        refused = session.exec(select(PassRefusal).where(PassRefusal.pass_id == run.id)).all()
        if refused:
            first = {"subject": refused[0].subject, "reason": refused[0].reason}
            yield replace(what, fields={"day": run.period, "count": len(refused), **first}), cure


_NIGHTS = {
    "nightly_verification": (
        Sentence("The check of {day} found the history broken in {count} places, first {subject}"),
        Sentence("Leave the database as it is and see opora verify; compare with a backup"),
    ),
    "nightly_backup": (
        Sentence("The backup of the night of {day} failed: {reason}"),
        Sentence("Mend it, then run: opora backup"),
    ),
}


def _skipped(session: Session, at: datetime) -> Found:
    """What the timetable's policy left out lately: somebody should know that nothing ran."""
    statement = (
        select(SkippedPeriod.kind, func.count(), func.max(SkippedPeriod.period))
        .where(col(SkippedPeriod.noticed_at) > at - LATELY)
        .group_by(SkippedPeriod.kind)
        .order_by(SkippedPeriod.kind)
    )
    known = {one.key: one.words for one in TIMETABLE}
    for kind, count, period in session.exec(statement).all():
        what = known.get(kind, kind)  # another version may have had it
        said = {"what": what, "count": count, "period": period}
        yield (
            Sentence("Left out because nothing ran in time: {what} ({count}, last {period})", said),
            Sentence("Nothing: a later run stood for them; see why opora serve stood still"),
        )


def _rounds(session: Session, at: datetime) -> Found:
    """Cycles whose people were not reminded for days: no clock runs, or it cannot."""
    if quarantined_since(session):
        return
    for cycle in session.exec(select(Cycle).where(Cycle.is_open).order_by(col(Cycle.id))).all():
        zone = programme_of(session, cycle).zone
        periods = select(func.max(PassRun.period)).where(
            PassRun.kind == DAILY_ROUND,
            col(PassRun.period).startswith(f"{cycle.id}:"),
            PassRun.state == PassState.DONE,
            col(PassRun.parent_id).is_(None),
        )
        newest = session.exec(periods).one()
        last = date.fromisoformat(newest.partition(":")[2]) if newest else None
        if day_of(at - SILENT, zone) > (last or day_of(cycle.opened_at, zone)):
            said = {"cycle": cycle.id, "day": last or day_of(cycle.opened_at, zone)}
            yield (
                Sentence("No round of cycle {cycle} has ended since {day}", said),
                Sentence("Is opora serve running? Run: opora round, then opora deliver"),
            )


_CHECKS: dict[str, Callable[[Session, datetime], Found]] = {
    "quarantine": _quarantine,
    "clock": _clock,
    "calendar": _calendar,
    "letters": _letters,
    "passes": _passes,
    "recipients": _recipients,
    "nights": _nights,
    "rounds": _rounds,
    "skipped": _skipped,
}
