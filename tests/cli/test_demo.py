"""The demonstration: a fresh region lives through a quarter, whatever day it is, and disturbs nothing."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from casework.cases.board import board, latest_cycle
from casework.letters.letter_views import letters
from cli.demo import look_back
from cli.demo_home import MARKER, clear, settings_of
from cli.demo_performance import Occasion, perform
from cli.demo_quarter import LENGTH, quarter_until
from cli.demo_screen import WIDTH, Screen
from cli.demo_story import story
from cli.door import Door, WrongUsage
from cli.printing import Printer
from notifications.outbox import LetterKind
from opora.database import connect
from programmes.folders import shipped
from programmes.reading import read_programme
from states.stage import Outcome, Stage

YUGRA = read_programme(shipped()["yugra"])
DAYS = [date(2026, 1, 1) + timedelta(days=9 * n) for n in range(70)]


@pytest.fixture(params=["2026-02-16", "2026-07-05"])
def today(request) -> datetime:
    """A working Monday in winter, and a Sunday in the holidays."""
    return datetime.fromisoformat(f"{request.param}T10:00").replace(tzinfo=UTC)


# --- the quarter ----------------------------------------------------------------------------------


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_any_day_has_a_quarter_whose_cycle_the_calendar_reaches(today):
    quarter = quarter_until(today, YUGRA)
    first, last = quarter.days[0], quarter.days[-1]
    assert all(map(YUGRA.working_calendar.is_working, quarter.days))
    assert LENGTH - timedelta(days=15) < last - first <= LENGTH
    starts, ends = YUGRA.cycle.days(quarter.year)
    assert first < ends <= YUGRA.calendar.horizon
    assert starts - first <= timedelta(days=100)
    assert quarter.is_today is (today - last < timedelta(days=15))


def test_a_day_far_beyond_the_calendar_takes_the_same_season_of_an_earlier_year():
    quarter = quarter_until(date(2031, 10, 1), YUGRA)
    assert not quarter.is_today
    assert quarter.days[-1] <= YUGRA.calendar.horizon
    assert abs(quarter.days[-1].month - 10) <= 1


# --- its folder -----------------------------------------------------------------------------------


def test_a_folder_that_holds_something_else_is_never_emptied(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(WrongUsage, match="something else"):
        clear(tmp_path)
    assert (tmp_path / "thesis.docx").exists()


def test_a_link_to_somebodys_folder_is_never_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(WrongUsage):
        clear(tmp_path / "link")


def test_its_own_folder_is_made_anew(tmp_path):
    clear(tmp_path / "demo")
    (tmp_path / "demo" / "opora.db").write_text("old")
    clear(tmp_path / "demo")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [MARKER]


def test_the_installation_that_is_set_up_here_stays_untouched(tmp_path, monkeypatch):
    monkeypatch.setenv("OPORA_DATABASE", "postgresql+psycopg://somebody@db.example.org/live")
    monkeypatch.setenv("OPORA_SMTP_URL", "smtp://mail.example.org")
    settings = settings_of(tmp_path)
    assert settings.database_url == settings.owner_url == f"sqlite:///{tmp_path / 'opora.db'}"
    assert settings.smtp_url is None
    assert settings.virtual_time


# --- the performance ------------------------------------------------------------------------------


def told_by(tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]) -> tuple[Door, str]:
    """The demonstration without Prefect and with a round a month; the door, and what was printed."""
    home = tmp_path / "demo"
    clear(home)
    screen = Screen(Printer("ru"))
    perform(Occasion(home=home, now=now, flows="direct", every=20), screen)
    settings = settings_of(home)
    engine = connect(settings.database_url)
    door = Door(settings=settings, engine=engine, out=screen.out, email=None, moment=None)
    assert look_back(door, screen)
    return door, capsys.readouterr().out


@pytest.mark.slow
def test_a_quarter_brings_cases_to_every_stage_and_leaves_a_sound_history(tmp_path, capsys, today):
    door, told = told_by(tmp_path, today, capsys)
    with door.look() as (session, acting):
        seen = board(session, acting, latest_cycle(session), on=today.date())
        kinds = {one.kind for one in letters(session, acting)}
    door.engine.dispose()
    assert seen.cases == 22
    assert seen.outcomes == {Outcome.WITHDRAWN: 1}
    assert [stage for stage in Stage if not seen.stages[stage]] == []
    assert seen.late
    assert kinds == set(LetterKind) - {
        LetterKind.DEADLINE_CHANGED,
        LetterKind.ADDRESS_REFUSED,
        LetterKind.OBJECTION_MADE,
        LetterKind.OBJECTION_DECIDED,
        LetterKind.RECORD_INVITATION,
        LetterKind.RECORD_NOTICE,
        LetterKind.ANALYTICS,
    }
    assert seen.letters.get("dead", 0) == 0
    assert "22 из 290 = 1 + 4 + 4 + 13" in told
    assert "verify: ok" in told
    assert max(map(len, _own(told).splitlines())) <= WIDTH
    assert not re.search(r"^ *[A-Z][a-z]+ [a-z]+ [a-z]+", _own(told), re.MULTILINE)


def _own(told: str) -> str:
    """What the demonstration itself says: commands are never broken, so that they can be copied."""
    return "\n".join(line for line in told.splitlines() if not re.match(r" *[$│]", line))


def test_the_story_has_a_walk_for_every_listed_school():
    walks = [story().walk_of(place) for place in range(40)]
    assert walks[-1] is story().walks[-1]
    assert len({id(walk) for walk in walks}) == len(story().walks)
