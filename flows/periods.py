"""Which periods of the timetable are due, claimed as rows: once, whatever number of clocks ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.passes import begin
from casework.quarantine import quarantined_since
from casework.reminders.reminding import KIND as DAILY_ROUND, begin_round
from models.cycle import Cycle
from models.pass_run import PassRun, SkippedPeriod
from opora.clock import day_of
from opora.database import insert_or_ignore, reading, transaction
from schedules.timetable import Due, Entry, entry, periods_due

VERIFICATION = "nightly_verification"
BACKUP = "nightly_backup"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class _DueRounds:
    cycle: Cycle
    due: Due


def begin_rounds_due(engine: Engine, *, at: datetime, recorded_at: datetime) -> list[int]:
    """Begin each open cycle's rounds that are due by its own zone; gives their passes, oldest first.

    What the policy passes over is recorded.
    """
    with reading(engine) as session:
        found = [] if quarantined_since(session) else _rounds_due(session, at)
        session.expunge_all()
    if not found:
        return []
    acting = Acting(at=at, recorded_at=recorded_at, pass_name=DAILY_ROUND)
    with transaction(engine) as session:
        runs = []
        for one in found:
            prefix = f"{one.cycle.id}:"
            _record_skipped(session, entry(DAILY_ROUND), one.due, prefix, at)
            runs += [
                begin_round(session, one.cycle, date.fromisoformat(period), acting)
                for period in one.due.run
            ]
        session.flush()
        return [run.id for run in runs if run.id is not None]


def begin_night_due(engine: Engine, kind: str, *, at: datetime) -> int | None:
    """The pass of a night's work, if it is due and nobody has begun it."""
    with reading(engine) as session:
        zone = next(iter(zones(session)), UTC)
        last = _last(session, kind, "")
    due = periods_due(entry(kind), last=last, at=at, zone=zone)
    if due == Due():
        return None
    with transaction(engine) as session:
        _record_skipped(session, entry(kind), due, "", at)
        runs = [begin(session, kind, p, arguments={}, at=at) for p in due.run]
        return runs[-1].id if runs else None


def zones(session: Session) -> list[ZoneInfo]:
    """The zones that open cycles live in, those of the oldest cycle first."""
    found = {}
    for cycle in _open_cycles(session):
        zone = programme_of(session, cycle).zone
        found[zone.key] = zone
    return list(found.values())


def _open_cycles(session: Session) -> Sequence[Cycle]:
    return session.exec(select(Cycle).where(Cycle.is_open).order_by(col(Cycle.id))).all()


def _rounds_due(session: Session, at: datetime) -> list[_DueRounds]:
    work, found = entry(DAILY_ROUND), []
    for cycle in _open_cycles(session):
        zone = programme_of(session, cycle).zone
        # A cycle without rounds owes them from its first day on, not only the latest.
        before_it = (day_of(cycle.opened_at, zone) - timedelta(days=1)).isoformat()
        last = _last(session, DAILY_ROUND, f"{cycle.id}:") or before_it
        due = periods_due(work, last=last, at=at, zone=zone)
        if due != Due():
            found.append(_DueRounds(cycle, due))
    return found


def _last(session: Session, kind: str, prefix: str) -> str | None:
    """The latest period begun or passed over: dates in ISO's form sort as texts."""
    latest = [
        session.exec(
            select(func.max(table.period)).where(
                table.kind == kind, col(table.period).startswith(prefix, autoescape=True), *whole
            )
        ).one()
        for table, whole in ((PassRun, [col(PassRun.parent_id).is_(None)]), (SkippedPeriod, []))
    ]
    known = [period.removeprefix(prefix) for period in latest if period]
    return max(known, default=None)


def _record_skipped(session: Session, work: Entry, due: Due, prefix: str, at: datetime) -> None:
    rows = [
        {
            "kind": work.flow,
            "period": f"{prefix}{period}",
            "policy": work.misfire.value,
            "noticed_at": at,
        }
        for period in due.skipped
    ]
    insert_or_ignore(session, SkippedPeriod, rows)
