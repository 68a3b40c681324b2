"""A daily round over 100,000 open tasks with one in a hundred due, against hand-written SQL."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bench.worlds import World, open_region, ratio, raw, timed, world
from casework.acting import Acting
from casework.passes import advance
from casework.reminding import begin_rounds
from casework.work import WORK
from opora.database import transaction

ROUNDS = 3
DAY = date(2026, 2, 10)


def measure(scale: float) -> Iterator[str]:
    for cases, share in (
        (int(3_300 * scale), 100),
        (int(33_300 * scale), 1000),
        (int(33_300 * scale), 100),
    ):
        with world(cases) as region:
            open_region(region)
            due = _make_due(region, share)
            ours, theirs = [], []
            for number in range(ROUNDS):
                day = DAY + timedelta(days=7 * number)
                _make_due(region, share, day)
                before = _heads(region.path)
                ours.append(timed(lambda day=day: _round(region, day)))
                theirs.append(_by_hand(region.path, before, day))
            empty = min(
                timed(lambda n=n: _round(region, DAY + timedelta(days=1 + 7 * n))) for n in range(2)
            )
            yield (
                f"{3 * cases:>7} open tasks, {due} due: {min(ours) * 1000:.0f} ms, "
                f"{min(ours) / due * 1e6:.0f} µs a task: {ratio(ours, theirs)}; "
                f"a round with nothing due {empty * 1000:.1f} ms"
            )


def _make_due(region: World, share: int, day: date = DAY) -> int:
    """One task in `share` has a rung on `day`, the others later."""
    with transaction(region.engine) as session:
        session.execute(text("update task set next_remind_on = '2027-01-01'"))
        session.execute(
            text("update task set next_remind_on = :day, due_on = :due where id % :share = 0"),
            {"day": day, "due": day + timedelta(days=3), "share": share},
        )
        return session.scalar(
            text("select count(*) from task where id % :share = 0"), {"share": share}
        )


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


def _heads(path: Path) -> tuple[int, int]:
    connection = raw(path)
    found = tuple(
        connection.execute(f"select coalesce(max(id), 0) from {table}").fetchone()[0]
        for table in ("reminder", "letter")
    )
    connection.close()
    return found  # type: ignore[return-value]


def _by_hand(path: Path, before: tuple[int, int], day: date) -> float:
    """The same claims and letters into twin tables, the same tasks updated."""
    connection = raw(path)
    claims = connection.execute("select * from reminder where id > ?", (before[0],)).fetchall()
    letters = connection.execute("select * from letter where id > ?", (before[1],)).fetchall()
    tasks = [
        (task,)
        for (task,) in connection.execute(
            "select distinct task_id from reminder where id > ?", (before[0],)
        )
    ]
    for table in ("reminder", "letter"):
        connection.execute(f"drop table if exists twin_{table}")
        (made,) = connection.execute(
            "select sql from sqlite_master where type = 'table' and name = ?", (table,)
        ).fetchone()
        connection.execute(made.replace(f"TABLE {table}", f"TABLE twin_{table}", 1))

    def write() -> None:
        connection.execute("begin immediate")
        due = connection.execute(
            "select id from task where next_remind_on <= ? and state in ('open', 'returned')",
            (str(day),),
        ).fetchall()
        _ = due
        for table, rows in (("twin_letter", letters), ("twin_reminder", claims)):
            if rows:
                connection.executemany(
                    f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows
                )
        connection.executemany(
            "update task set next_remind_on = next_remind_on where id = ?", tasks
        )
        connection.execute("commit")

    try:
        return timed(write)
    except sqlite3.Error as fault:
        message = f"the hand-written rows do not fit: {fault}"
        raise RuntimeError(message) from fault
    finally:
        connection.close()
