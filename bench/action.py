"""One user action, a task handed in, against the same writes by hand-written SQL; flat in the data's size."""

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench.worlds import (
    AT,
    Rows,
    World,
    copied,
    heads,
    insertion,
    open_region,
    raw,
    world,
    written_since,
)
from casework.acting import Acting
from casework.tasks.evidence import Kept
from casework.tasks.tasking import HandedIn, submit_task
from models.people import Person
from opora.database import reading, transaction

ACTIONS = 300
KEPT = Kept(sha256="0" * 64, size=10, media_type="application/pdf", name="анализ.pdf")


TABLES = ("submission", "evidence", "history_line", "history_words", "letter")


def measure(scale: float) -> Iterator[str]:
    for cases in (int(300 * scale), int(10_000 * scale)):
        with world(cases) as region:
            open_region(region)
            with copied(region) as twin:
                before = heads(region.path, TABLES)
                ours = _actions(region)
                theirs = _by_hand(twin.path, written_since(region.path, before), len(ours))
            middle, late = statistics.median(ours), sorted(ours)[int(len(ours) * 0.95)]
            hand = statistics.median(theirs)
            yield (
                f"{cases:>6} cases: p50 {middle * 1000:.2f} ms, p95 {late * 1000:.2f} ms; "
                f"by hand p50 {hand * 1000:.2f} ms: {middle / hand:.1f} ×"
            )


def _actions(region: World) -> list[float]:
    connection = raw(region.path)
    tasks = connection.execute(
        "select id, assignee_id from task where milestone = 'self_analysis_done'"
    ).fetchall()
    connection.close()
    random.Random(7).shuffle(tasks)
    with reading(region.engine) as session:
        people = {person: session.get_one(Person, person) for _, person in tasks[:ACTIONS]}
    taken = []
    for task, person in tasks[:ACTIONS]:
        acting = Acting(at=AT, recorded_at=AT, person=people[person])
        start = time.perf_counter()
        with transaction(region.engine) as session:
            submit_task(session, task, HandedIn(files=[KEPT]), acting)
        taken.append(time.perf_counter() - start)
    return taken


def _by_hand(path: Path, rows: Rows, actions: int) -> list[float]:
    """The rows that our actions wrote, written again into a copy, one transaction an action."""
    columns, handed_in = rows["submission"]
    tasks = [row[columns.index("task_id")] for row in handed_in]
    statements = {table: insertion(table, names) for table, (names, _) in rows.items()}
    taken = []
    with closing(raw(path)) as connection:
        for number in range(actions):
            start = time.perf_counter()
            connection.execute("begin immediate")
            connection.execute("select * from task where id = ?", (tasks[number],)).fetchone()
            connection.execute(
                "update task set state = 'submitted', version = version + 1, next_remind_on = null"
                " where id = ?",
                (tasks[number],),
            )
            for table, (_, found) in rows.items():
                each = len(found) // actions
                connection.executemany(
                    statements[table], found[number * each : (number + 1) * each]
                )
            connection.execute("commit")
            taken.append(time.perf_counter() - start)
    return taken
