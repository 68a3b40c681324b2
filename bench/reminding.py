"""A daily round over 100,000 open tasks with one in a hundred due, against hand-written SQL."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import text

from bench.worlds import (
    Rows,
    Taken,
    World,
    against,
    copied,
    heads,
    insertion,
    measured,
    open_region,
    raw,
    world,
    written_since,
)
from casework.acting import Acting
from casework.passes import advance
from casework.reminders.reminding import begin_rounds
from casework.work import WORK
from opora.database import transaction

ROUNDS = 5
DAY = date(2026, 2, 10)
TABLES = ("letter", "reminder", "history_line", "pass_run")


def measure(scale: float) -> Iterator[str]:
    for cases, share in (
        (int(3_300 * scale), 100),
        (int(33_300 * scale), 1000),
        (int(33_300 * scale), 100),
    ):
        with world(cases) as region:
            open_region(region)
            _make_due(region, share, DAY)
            _round(region, DAY)  # statements are prepared once a process
            ours, theirs, due = [], [], 0
            for number in range(1, ROUNDS + 1):
                day = DAY + timedelta(days=7 * number)
                due = _make_due(region, share, day)
                with copied(region) as twin:
                    before = heads(region.path, TABLES)
                    ours.append(measured(partial(_round, region, day)))
                    theirs.append(_by_hand(twin, written_since(region.path, before), region, day))
            empty = []
            for number in range(ROUNDS):
                day = _quiet(region, number)
                empty.append(measured(partial(_round, region, day)))
            fastest = min(one.seconds for one in ours)
            yield (
                f"{3 * cases:>7} open tasks, {due} due: {fastest * 1000:.0f} ms, "
                f"{fastest / due * 1e6:.0f} µs a task: {against(ours, theirs)}; nothing due: "
                f"{min(one.seconds for one in empty) * 1000:.1f} ms, "
                f"processor {min(one.cpu for one in empty) * 1000:.1f} ms"
            )


def _make_due(region: World, share: int, day: date) -> int:
    """One task in `share` has a rung on `day`, the others later."""
    with transaction(region.engine) as session:
        session.execute(text("update task set next_remind_on = '2027-01-01'"))
        session.execute(
            text("update task set next_remind_on = :day, due_on = :due where id % :share = 0"),
            {"day": day, "due": day + timedelta(days=3), "share": share},
        )
        number: int = session.execute(
            text("select count(*) from task where id % :share = 0"), {"share": share}
        ).scalar_one()
    return number


def _quiet(region: World, number: int) -> date:
    with transaction(region.engine) as session:
        session.execute(
            text(
                "update task set next_remind_on = '2027-01-01' where next_remind_on < '2027-01-01'"
            )
        )
    return DAY + timedelta(days=100 + number)


def _round(region: World, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    acting = Acting(at=at, recorded_at=at, pass_name=f"daily_round:{day}")
    with transaction(region.engine) as session:
        runs = begin_rounds(session, acting)
    for run in runs:
        advance(
            region.engine,
            run.id or 0,
            WORK[run.kind],
            acting,
            real_now=lambda: datetime.now(UTC),  # noqa: TID251  leases keep real time
        )


def _by_hand(twin: World, rows: Rows, done: World, day: date) -> Taken:
    """The same claims, letters, lines and next days, each row ready, in one transaction of a copy."""
    columns, claims = rows["reminder"]
    told = {str(claim[columns.index("task_id")]) for claim in claims}
    with closing(raw(done.path)) as connection:
        next_days = [
            connection.execute(
                "select next_remind_on, id from task where id = ?", (task,)
            ).fetchone()
            for task in sorted(told)
        ]
    with closing(raw(twin.path)) as connection:

        def write() -> None:
            connection.execute("begin immediate")
            connection.execute(
                "select id, milestone, doer, assignee_id, approver, opened_on, due_on from task"
                " where cycle_id = 1 and next_remind_on <= ? and state in ('open', 'returned')",
                (str(day),),
            ).fetchall()
            for table, (names, found) in rows.items():
                connection.executemany(insertion(table, names), found)
            connection.executemany("update task set next_remind_on = ? where id = ?", next_days)
            connection.execute("commit")

        return measured(write)
