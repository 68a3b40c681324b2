"""Two hundred `kill -9` at random points of every pass and of delivery, within ten minutes."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

from sqlmodel import func, select

from audit.verification import verify
from bench.worlds import AT, World, timed, world
from casework.opening import open_cycle
from casework.passes import begin
from casework.work import OPEN_CYCLE
from models.case import Case
from models.letter import Letter, LetterState
from models.pass_run import PassRun, PassState
from models.task import Reminder
from opora.database import reading, transaction
from tests.test_kills import live_until_done

KILLS = 200
LONGEST = 600
"""Seconds after which no new year is begun."""
SCHOOLS = 300
WEEKS = 12


def measure(scale: float) -> Iterator[str]:
    wanted, began, years = max(int(KILLS * scale), 1), time.monotonic(), 0
    kills: Counter[str] = Counter()
    while kills.total() < wanted and time.monotonic() - began < LONGEST:
        years += 1
        with world(SCHOOLS) as region:
            seconds = timed(
                lambda region=region, seed=str(years): _year(region, kills, wanted, seed)
            )
            found = _breaches(region)
        yield f"year {years}: {dict(kills)} kills so far, {seconds:.0f} s, breaches: {found or 'none'}"
        if found:
            message = f"a kill left its mark: {found}"
            raise AssertionError(message)
    yield f"{kills.total()} kills of {wanted} wanted, {time.monotonic() - began:.0f} s"


def _year(region: World, kills: Counter[str], wanted: int, seed: str) -> None:
    url, box = f"sqlite:///{region.path}", region.path.parent / "mailbox"
    who = region.acting()
    with transaction(region.engine) as session:
        cycle = open_cycle(session, region.programme, region.listing, who)
        arguments = {"cycle": cycle.id, "person": region.operator.id}
        begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=AT)
    kills["opening"] += live_until_done(
        "passes", url, box, AT, 10, shortest=0.02, longest=0.3, seed=seed
    )
    for week in range(1, WEEKS):
        if kills.total() >= wanted:
            return
        at = AT + timedelta(weeks=week)
        kills["rounds"] += live_until_done(
            "rounds", url, box, at, 5, shortest=0.01, longest=0.3, seed=f"{seed}.{week}"
        )
        kills["letters"] += live_until_done(
            "letters", url, box, at + timedelta(hours=5), 5, shortest=0.01, longest=0.2, seed=seed
        )


def _breaches(region: World) -> list[str]:
    """What a kill must never leave behind."""
    with reading(region.engine) as session:
        cases = session.exec(select(func.count()).select_from(Case)).one()
        running = session.exec(select(PassRun).where(PassRun.state != PassState.DONE)).all()
        claims = Counter(
            session.exec(
                select(Reminder.task_id, Reminder.due_on, Reminder.rung, Reminder.recipient_id)
            ).all()
        )
        sent = set(session.exec(select(Letter.message_id).where(Letter.state == LetterState.SENT)))
    arrived = Counter(
        message_from_bytes(path.read_bytes())["Message-ID"]
        for path in Path(region.path.parent / "mailbox").glob("*.eml")
    )
    checked = verify(region.engine)
    wrong = {
        "cases missing": cases != SCHOOLS,
        "a pass unfinished": bool(running),
        "a rung claimed twice": any(number > 1 for number in claims.values()),
        "a letter doubled": any(number > 1 for number in arrived.values()),
        "a letter lost": set(arrived) != sent,
        f"history: {checked.broken[:1]}": not checked.ok,
    }
    return [what for what, is_so in wrong.items() if is_so]
