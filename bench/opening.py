"""Opening a cycle for 10,000 cases with three tasks each, against the same rows by hand-written SQL."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bench.worlds import open_region, ratio, raw, timed, world

TABLES = ("support_case", "history_line", "task", "deadline_step", "letter")
ROUNDS = 3


def measure(scale: float) -> Iterator[str]:
    for cases in (int(1_000 * scale), int(10_000 * scale)):
        ours, theirs, counts = [], [], {}
        for _ in range(ROUNDS):
            with world(cases) as region:
                ours.append(timed(lambda region=region: open_region(region)))
                rows = _written(region.path)
                counts = {table: len(found) for table, (_, found) in rows.items()}
            with world(cases) as empty:
                theirs.append(_by_hand(empty.path, rows))
        yield (
            f"{cases:>6} cases: {min(ours):.2f} s, by hand {min(theirs):.2f} s: {ratio(ours, theirs)}; "
            f"{sum(counts.values())} rows {counts}"
        )


def _written(path: Path) -> dict[str, tuple[list[str], list[tuple[object, ...]]]]:
    """Every row that the opening wrote, to be written again by hand."""
    connection = raw(path)
    found = {}
    for table in TABLES:
        cursor = connection.execute(f"select * from {table}")
        found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    lines = [row for row in found["history_line"][1] if str(row[1]).startswith("case:")]
    tasks = [row for row in found["task"][1] if str(row[2]).startswith("case:")]
    found["history_line"] = (found["history_line"][0], lines)
    found["task"] = (found["task"][0], tasks)
    kept = {row[0] for row in tasks}
    found["deadline_step"] = (
        found["deadline_step"][0],
        [row for row in found["deadline_step"][1] if row[0] in kept],
    )
    connection.close()
    return found


def _by_hand(path: Path, rows: dict[str, tuple[list[str], list[tuple[object, ...]]]]) -> float:
    connection = raw(path)
    connection.execute(
        "insert into cycle (id, register_key, programme_key, programme_sha256, listing_id, year,"
        " starts_on, ends_on, opened_at, is_open) select 1, 'yugra', 'yugra', programme_sha256, id,"
        " 2025, '2026-01-01', '2026-12-31', '2026-02-02 07:00:00.000000', 1 from listing"
    )

    def write() -> None:
        connection.execute("begin immediate")
        for table, (columns, found) in rows.items():
            marks = ",".join("?" * len(columns))
            connection.executemany(
                f"insert into {table} ({','.join(columns)}) values ({marks})", found
            )
        connection.execute("commit")

    try:
        return timed(write)
    except sqlite3.Error as fault:
        message = f"the hand-written rows do not fit: {fault}"
        raise RuntimeError(message) from fault
    finally:
        connection.close()
