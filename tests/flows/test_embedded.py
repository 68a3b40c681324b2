"""The embedded clock: silence by policy, two clocks at once, runners that die, verification."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier, Event, Thread
from zoneinfo import ZoneInfo

import pytest

from casework import passes
from casework.passes import StaleRunner
from casework.work import WORK
from flows.embedded import LATE, EmbeddedClock
from flows.running import run_pass
from flows.serving import serve
from flows.workplace import Workplace, on_whose_behalf
from models.pass_run import PassState
from opora import clock
from opora.database import transaction
from opora.words import Sentence
from schedules.timetable import TIMETABLE
from tests.flows.regions import begun_opening, counted, pass_row, periods, skipped
from tests.worlds import OPENED

YUGRA = ZoneInfo("Asia/Yekaterinburg")
MONTH_LATER = OPENED + timedelta(days=30)


@dataclass(frozen=True)
class Whole:
    lines: int = 7
    broken: "tuple[OneBroken, ...]" = ()


@dataclass(frozen=True)
class OneBroken:
    subject: str = "case:1"
    seq: int = 3
    what: Sentence = field(default_factory=lambda: Sentence("a line is missing"))


def found_whole(_engine):
    return Whole()


@pytest.fixture
def opened(engine, settings):
    run_pass(settings, engine, begun_opening(engine, schools=3), at=OPENED)
    return engine


def test_the_clock_has_a_doer_for_every_entry_of_the_timetable(engine, settings):
    assert {entry.flow for entry in TIMETABLE} == EmbeddedClock(settings, engine)._doers.keys()


def test_after_a_month_of_silence_the_latest_round_stands_for_all(opened, settings):
    ticked = EmbeddedClock(settings, opened).tick(at=MONTH_LATER)
    assert ticked.failed == {}
    assert [progress.is_done for progress in ticked.rounds] == [True]
    assert periods(opened, "daily_round") == ["1:2026-10-07"]
    passed_over = skipped(opened, "daily_round")
    assert len(passed_over) == 30
    assert (passed_over[0].period, passed_over[0].policy) == ("1:2026-09-07", "once")
    assert counted(opened, "reminder") > 0


def test_after_a_month_of_silence_the_history_is_checked_once(opened, settings):
    clock_ = EmbeddedClock(settings, opened, verify=lambda _: Whole())
    assert clock_.tick(at=OPENED).verified is not None
    ticked = clock_.tick(at=MONTH_LATER)
    assert ticked.verified is not None
    assert ticked.verified.counts == {"lines": 7, "broken": 0}
    assert periods(opened, "nightly_verification") == ["2026-09-07", "2026-10-07"]
    assert len(skipped(opened, "nightly_verification")) == 29


def test_delivery_has_nothing_to_catch_up_with_but_the_letters(opened, settings):
    ticked = EmbeddedClock(settings, opened).tick(at=MONTH_LATER)
    assert ticked.delivered is not None
    assert ticked.delivered.sent > 0
    assert skipped(opened, "delivery") == []
    again = EmbeddedClock(settings, opened).tick(at=MONTH_LATER)
    assert again.delivered is not None
    assert again.delivered.sent == 0


def test_within_a_period_the_second_tick_does_nothing(opened, settings):
    clock_ = EmbeddedClock(settings, opened)
    at = datetime(2026, 9, 8, 7, tzinfo=YUGRA)
    assert len(clock_.tick(at=at).rounds) == 1
    second = clock_.tick(at=at + timedelta(seconds=30))
    assert (second.rounds, second.delivered, second.resumed) == ([], None, [])


def test_before_its_hour_the_round_is_not_begun(opened, settings):
    clock_ = EmbeddedClock(settings, opened)
    clock_.tick(at=datetime(2026, 9, 8, 7, tzinfo=YUGRA))
    assert clock_.tick(at=datetime(2026, 9, 9, 5, 59, tzinfo=YUGRA)).rounds == []
    assert len(clock_.tick(at=datetime(2026, 9, 9, 6, tzinfo=YUGRA)).rounds) == 1


def test_a_clock_set_back_begins_nothing(opened, settings):
    clock_ = EmbeddedClock(settings, opened)
    clock_.tick(at=MONTH_LATER)
    assert clock_.tick(at=MONTH_LATER - timedelta(days=3)).rounds == []


def test_two_clocks_at_once_do_the_work_of_one(opened, settings):
    meet = Barrier(2)
    days = [OPENED + timedelta(days=day, hours=1) for day in range(0, 60, 12)]

    def run(_):
        one = EmbeddedClock(settings, opened, verify=lambda _: Whole())
        failures = []
        for day in days:
            meet.wait(60)
            failures.append(one.tick(at=day).failed)
        return failures

    with ThreadPoolExecutor(2) as pool:
        failed = [*pool.map(run, range(2))]
    assert not any(reason for one in failed for reason in one)
    assert len(periods(opened, "daily_round")) == len(days)
    assert len(periods(opened, "nightly_verification")) == len(days)
    assert counted(opened, "letter") == counted(opened, "(SELECT DISTINCT key FROM letter) k")
    lines = counted(opened, "history_line WHERE deed = 'daily_round'")
    assert lines == len(days)


@pytest.fixture
def two_a_chunk(monkeypatch):
    monkeypatch.setattr("casework.cycles.opening.CHUNK", 2)


@pytest.mark.usefixtures("two_a_chunk")
def test_what_a_killed_runner_left_is_taken_up_when_its_lease_has_run_out(engine, settings):
    pass_id = begun_opening(engine, schools=3)
    now = clock.now()
    fence, work, acting = taken(engine, settings, pass_id, now - timedelta(minutes=5))
    passes.step(engine, pass_id, fence, work, acting, real_now=now - timedelta(minutes=5))
    assert counted(engine, "support_case") == 2  # and here it was killed

    ticked = EmbeddedClock(settings, engine).tick(at=now)
    assert [(one.pass_id, one.is_done) for one in ticked.resumed] == [(pass_id, True)]
    assert counted(engine, "support_case") == 3


@pytest.mark.usefixtures("two_a_chunk")
def test_a_runner_that_lost_its_lease_writes_nothing(engine, settings):
    pass_id = begun_opening(engine, schools=3)
    long_ago = clock.now() - timedelta(minutes=5)
    fence, work, acting = taken(engine, settings, pass_id, long_ago)
    passes.step(engine, pass_id, fence, work, acting, real_now=long_ago)
    assert passes.take(engine, pass_id, real_now=clock.now()) == fence + 1
    with pytest.raises(StaleRunner):
        passes.step(engine, pass_id, fence, work, acting, real_now=clock.now())
    assert counted(engine, "support_case") == 2
    assert pass_row(engine, pass_id).state is PassState.RUNNING


def test_what_another_runner_holds_is_left_to_it(engine, settings):
    pass_id = begun_opening(engine, schools=3)
    taken(engine, settings, pass_id, clock.now())
    left = run_pass(settings, engine, pass_id)
    assert not left.is_done
    assert left.waiting_for is not None
    assert EmbeddedClock(settings, engine).tick(at=clock.now()).resumed == []


def test_a_lease_that_is_laid_down_need_not_be_waited_for(engine, settings):
    pass_id = begun_opening(engine, schools=3)
    fence, _, _ = taken(engine, settings, pass_id, clock.now())
    passes.lay_down(engine, pass_id, fence)
    assert run_pass(settings, engine, pass_id).is_done


def test_a_broken_line_is_kept_as_a_refusal_of_the_nights_verification(opened, settings):
    found = Whole(lines=9, broken=(OneBroken(),))
    ticked = EmbeddedClock(settings, opened, verify=lambda _: found).tick(at=MONTH_LATER)
    assert ticked.verified is not None
    assert (ticked.verified.is_done, ticked.verified.refused) == (True, 1)


def test_one_part_that_fails_does_not_stop_the_others(opened, settings):
    def fail(_):
        raise OSError("the disk is gone")

    ticked = EmbeddedClock(settings, opened, verify=fail).tick(at=MONTH_LATER)
    assert list(ticked.failed) == ["nightly_verification"]
    assert ticked.delivered is not None
    assert len(ticked.rounds) == 1


def test_a_verification_that_failed_is_tried_again_when_its_lease_has_run_out(opened, settings):
    def fail(_):
        raise OSError("the disk is gone")

    EmbeddedClock(settings, opened, verify=fail).tick(at=MONTH_LATER)
    with transaction(opened) as session:
        [night] = passes.unfinished(session)
        night.lease_until = MONTH_LATER - timedelta(seconds=1)
        session.add(night)
    ticked = EmbeddedClock(settings, opened, verify=lambda _: Whole()).tick(at=MONTH_LATER)
    assert ticked.verified is not None
    assert ticked.verified.is_done


# --- what wakes it up: real time, so only on one database -----------------------------------------


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_clock_ticks_at_once_and_stops_in_order(opened, settings):
    ticked = Event()

    def verify(_):
        ticked.set()
        return Whole()

    one = EmbeddedClock(settings, opened, verify=verify)
    assert not one.health().is_well
    with one:
        assert ticked.wait(10)
        assert one.health().is_well
    one._sign = time.monotonic() - LATE - 1
    assert not one.health().is_well


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_serving_ends_when_it_is_told_to(opened, settings):
    ticked, stop = Event(), Event()

    def verify(_):
        ticked.set()
        return Whole()

    serving = Thread(target=serve, args=(settings, opened), kwargs={"verify": verify, "stop": stop})
    serving.start()
    assert ticked.wait(10)
    stop.set()
    serving.join(10)
    assert not serving.is_alive()


def taken(engine, settings, pass_id, now):
    """The pass in the hands of a runner: its fence, its work, and who acts."""
    fence = passes.take(engine, pass_id, real_now=now)
    run, acting = on_whose_behalf(Workplace(settings, engine), pass_id, at=OPENED)
    return fence, WORK[run.kind], acting
