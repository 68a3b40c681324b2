"""Processes that are killed at random points until the work is done, and what that must not break."""

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, func, select

from audit.verification import verify
from models.letter import Letter, LetterState
from models.pass_run import PassRun, PassState
from models.task import Reminder, Task
from opora.database import reading
from tests.victim import CALLED, End, live as live_here

FREE = (0, 0, 3, 12)
"""Points that a life goes on after its killer was called: at one exact point, or in between."""
WHILE_FREE = 0.004
"""Seconds within which it is killed then."""
HERD = multiprocessing.get_context("forkserver")
HERD.set_forkserver_preload(["tests.victim"])  # a life begins with the work, not with imports


def lives(target: Callable[..., None], *arguments: object, end: End | None = None) -> int | None:
    """One life of `target`: the points that it had, or None when it was killed at its `end`."""
    here, there = HERD.Pipe()
    victim = HERD.Process(target=target, args=(*arguments, end, there))
    victim.start()
    there.close()
    lived: int | None = None
    with here, suppress(EOFError):  # who fails says nothing: the exit code does
        lived = here.recv()
        if lived == CALLED:
            if end and end.free:
                time.sleep(random.uniform(0, WHILE_FREE))
            victim.kill()
    victim.join()
    assert victim.exitcode == (-signal.SIGKILL if lived == CALLED else 0), target.__name__
    return None if lived == CALLED else lived


def live_until_done(
    work: str, url: str, folder: Path, at: datetime, kills: int, *, points: int, seed: str = ""
) -> int:
    """Kill it `kills` times at random points, then let it live; gives the number of kills.

    `points`: so many the work has at least. All lives but the last are shorter together, so each of
    them leaves work for the next, however fast or slow the machine is. Where it has fewer, the work
    comes to its end before the last kill.
    """
    chance = random.Random(work + seed)
    cuts = [0, *sorted(chance.sample(range(1, points), kills))]
    for killed, (before, cut) in enumerate(pairwise(cuts)):
        at_most = cut - before
        end = End(at_most, free=min(chance.choice(FREE), at_most - 1))
        if lives(live_here, work, url, folder, at, killed + 1, end=end) is not None:
            return killed
    lives(live_here, work, url, folder, at, kills + 1)
    return kills


def breaches(engine: Engine, box: Path) -> list[str]:
    """What a kill must never leave behind."""
    with reading(engine) as session:
        running = session.exec(select(PassRun).where(PassRun.state != PassState.DONE)).all()
        claims = _numbers(
            session, Reminder.task_id, Reminder.due_on, Reminder.rung, Reminder.recipient_id
        )
        turns = _numbers(session, Task.cycle_id, Task.subject, Task.milestone, Task.turn)
        states = set(session.exec(select(Letter.state)).all())
        sent = set(session.exec(select(Letter.message_id).where(Letter.state == LetterState.SENT)))
    arrived = Counter(
        message_from_bytes(path.read_bytes())["Message-ID"] for path in box.glob("*.eml")
    )
    checked = verify(engine)
    wrong = {
        f"passes unfinished: {running}": bool(running),
        "a rung claimed twice": max(claims, default=1) > 1,
        "a task opened twice": max(turns, default=1) > 1,
        f"letters neither sent nor waiting: {states}": LetterState.DEAD in states,
        "a letter doubled": max(arrived.values(), default=1) > 1,  # again is the same file
        "a letter lost": set(arrived) != sent,
        f"history: {checked.broken[:1]}": not checked.ok,
    }
    return [what for what, is_so in wrong.items() if is_so]


def _numbers(session: Session, *columns: Any) -> list[int]:
    """How often each key occurs that must occur once."""
    return list(session.exec(select(func.count(columns[0])).group_by(*columns)).all())
