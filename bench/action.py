"""One user action, a task handed in, against the same writes by hand-written SQL; flat in the data's size."""

import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.worlds import AT, World, open_region, raw, world
from casework.acting import Acting
from casework.evidence import Kept
from casework.tasking import HandedIn, submit_task
from models.people import Person
from opora.database import reading, transaction

ACTIONS = 300
KEPT = Kept(sha256="0" * 64, size=10, media_type="application/pdf", name="анализ.pdf")


def measure(scale: float) -> Iterator[str]:
    for cases in (int(300 * scale), int(10_000 * scale)):
        with world(cases) as region:
            open_region(region)
            ours = _actions(region)
            theirs = _by_hand(region.path, len(ours))
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


def _by_hand(path: Path, actions: int) -> list[float]:
    """The rows that our actions wrote, written again into twin tables, one transaction an action."""
    connection = raw(path)
    tables = ("submission", "evidence", "history_line", "history_words", "letter")
    rows = {}
    for table in tables:
        connection.execute(f"drop table if exists twin_{table}")
        (made,) = connection.execute(
            "select sql from sqlite_master where type = 'table' and name = ?", (table,)
        ).fetchone()
        connection.execute(made.replace(f"TABLE {table}", f"TABLE twin_{table}", 1))
        rows[table] = connection.execute(
            f"select * from {table} order by id desc limit {actions}"
        ).fetchall()
    tasks = [row[1] for row in rows["submission"]]
    statements = {
        table: f"insert into twin_{table} values ({','.join('?' * len(found[0]))})"
        for table, found in rows.items()
        if found
    }
    taken = []
    for number, task in enumerate(tasks):
        start = time.perf_counter()
        connection.execute("begin immediate")
        connection.execute("select * from task where id = ?", (task,)).fetchone()
        connection.execute(
            "update task set state = 'submitted', version = version + 1 where id = ?", (task,)
        )
        for table, statement in statements.items():
            if number < len(rows[table]):
                connection.execute(statement, rows[table][number])
        connection.execute("commit")
        taken.append(time.perf_counter() - start)
    connection.close()
    os.sync()
    return taken
