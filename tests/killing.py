"""Processes that are killed at random moments until the work is done, and what that must not break."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, func, select

from audit.verification import verify
from models.letter import Letter, LetterState
from models.pass_run import PassRun, PassState
from models.task import Reminder, Task
from opora.database import reading
from tests.victim import live as live_here

MOST_LIVES = 40
HERD = multiprocessing.get_context("forkserver")
HERD.set_forkserver_preload(["tests.victim"])  # a life begins with the work, not with imports


def lives(target: Callable[..., None], patience: float, *arguments: object) -> bool:
    """One life of `target`; True when it came to its end by itself."""
    here, there = HERD.Pipe()
    victim = HERD.Process(target=target, args=(*arguments, there))
    victim.start()
    assert here.recv() == "ready"
    victim.join(patience)
    if victim.is_alive():
        victim.kill()
        victim.join()
        return False
    assert victim.exitcode == 0
    return True


def live_until_done(
    work: str,
    url: str,
    folder: Path,
    at: datetime,
    kills: int,
    *,
    shortest: float,
    longest: float,
    seed: str = "",
) -> int:
    """Kill it `kills` times at random moments, then let it live; gives the number of real kills."""
    chance = random.Random(work + seed)
    for killed in range(MOST_LIVES):
        patience = chance.uniform(shortest, longest) if killed < kills else 120
        if lives(live_here, patience, work, url, folder, at, killed + 1):
            return killed
    message = f"{work} never came to its end"
    raise AssertionError(message)


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
