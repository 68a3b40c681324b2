"""Opening a cycle for 10,000 cases with three tasks each, against the same rows by hand-written SQL.

By hand means: every row lies ready, nothing is worked out, and all is one transaction, where ours
commits every five hundred cases so that a kill costs little.
"""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

from bench.worlds import (
    Rows,
    Taken,
    World,
    against,
    copied,
    insertion,
    measured,
    open_region,
    raw,
    world,
)

TABLES = ("cycle", "support_case", "history_line", "task", "deadline_step", "letter")
ROUNDS = 5


def measure(scale: float) -> Iterator[str]:
    for cases in (int(1_000 * scale), int(10_000 * scale)):
        ours, theirs, rows = [], [], {}
        with world(cases) as region:
            with copied(region) as first:
                open_region(first)  # statements are prepared once a process
            for _ in range(ROUNDS):
                with copied(region) as one:
                    ours.append(measured(partial(open_region, one)))
                    rows = _written(one, region)
                with copied(region) as one:
                    theirs.append(_by_hand(one, rows))
        counts = {table: len(found) for table, (_, found) in rows.items()}
        fastest, by_hand = (min(one.seconds for one in side) for side in (ours, theirs))
        yield (
            f"{cases:>6} cases: {fastest:.2f} s, by hand {by_hand:.2f} s: {against(ours, theirs)}; "
            f"{sum(counts.values())} rows {counts}"
        )


def _written(opened: World, before: World) -> Rows:
    """Every row that the opening added, to be written again by hand."""
    found: Rows = {}
    with closing(raw(opened.path)) as new, closing(raw(before.path)) as old:
        for table in TABLES:
            head = old.execute(f"select coalesce(max(rowid), 0) from {table}").fetchone()[0]
            cursor = new.execute(f"select * from {table} where rowid > ? order by rowid", (head,))
            found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    return found


def _by_hand(region: World, rows: Rows) -> Taken:
    with closing(raw(region.path)) as connection:

        def write() -> None:
            connection.execute("begin immediate")
            for table, (columns, found) in rows.items():
                connection.executemany(insertion(table, columns), found)
            connection.execute("commit")

        return measured(write)
