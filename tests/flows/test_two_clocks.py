"""Two clocks started by mistake on one database: every period once, every letter once."""

import multiprocessing
from collections import Counter
from datetime import timedelta
from email import message_from_bytes

from sqlmodel import select

from audit.verification import verify
from flows.running import run_pass
from models.letter import Letter, LetterState
from models.task import Reminder
from opora.database import reading
from tests.flows.regions import begun_opening, periods
from tests.flows.second_clock import tick_together
from tests.worlds import OPENED

HERD = multiprocessing.get_context("forkserver")
HERD.set_forkserver_preload(["tests.flows.second_clock"])
CLOCKS = 2
WEEKS = 4


def test_two_clocks_by_mistake_do_no_harm(engine, settings):
    run_pass(settings, engine, begun_opening(engine, schools=12), at=OPENED)
    mornings = [OPENED + timedelta(weeks=week, hours=4) for week in range(1, WEEKS + 1)]
    start = HERD.Barrier(CLOCKS)
    url = engine.url.render_as_string(hide_password=False)
    clocks = [
        HERD.Process(target=tick_together, args=(url, settings.home, mornings, start))
        for _ in range(CLOCKS)
    ]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join(120)
    assert [clock.exitcode for clock in clocks] == [0] * CLOCKS

    assert len(periods(engine, "daily_round")) == WEEKS
    with reading(engine) as session:
        claims = Counter(
            (one.task_id, one.due_on, one.rung, one.recipient_id)
            for one in session.exec(select(Reminder))
        )
        sent = session.exec(select(Letter.message_id).where(Letter.state == LetterState.SENT)).all()
        answers = Counter(session.exec(select(Letter.attempt)).all())
    assert claims
    assert set(claims.values()) == {1}
    arrived = [
        message_from_bytes(path.read_bytes())["Message-ID"]
        for path in settings.mailbox.glob("*.eml")
    ]
    assert sorted(arrived) == sorted(sent)
    assert set(answers) <= {0, 1}  # nobody took a letter that the other had in hand
    checked = verify(engine)
    assert checked.ok, checked.broken[:3]
