"""Every programme that comes along can be shown: a small region made for it, and what it specially has."""

import csv
from datetime import UTC, datetime

import pytest

from casework.cases.board import board, latest_cycle
from cli.demo import look_back
from cli.demo_home import clear, settings_of
from cli.demo_performance import Occasion, perform
from cli.demo_programme import Showing
from cli.demo_screen import Screen
from cli.door import Door
from cli.printing import Printer
from cli.region_programme import SCHOOLS, invent, region_words, write_files
from opora.database import connect
from programmes.folders import shipped
from programmes.reading import read_programme

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
DAYS = 9


@pytest.mark.slow
@pytest.mark.parametrize("key", shipped())
def test_the_main_job_of_a_programme_is_shown_on_a_region_made_for_it(key, tmp_path, capsys):
    home = tmp_path / "demo"
    clear(home)
    screen = Screen(Printer("ru"))
    evening = Occasion(home=home, now=NOW, flows="direct", every=4, programme=key, days=DAYS)
    perform(evening, screen, Showing)
    settings = settings_of(home)
    engine = connect(settings.database_url)
    door = Door(settings=settings, engine=engine, out=screen.out, email=None, moment=None)
    assert look_back(door, screen)
    with door.look() as (session, acting):
        seen = board(session, acting, latest_cycle(session), on=acting.at.date())
    engine.dispose()
    told = capsys.readouterr().out
    assert 0 < seen.cases < SCHOOLS / 2
    assert "Отказано" not in told
    assert "verify: ok" in told
    assert (home / "report.html").is_file()
    assert len(list((home / "documents").iterdir())) >= 5
    assert [one.suffix for one in (home / "public").glob("*.html")] == [".html"]
    assert "решено человеком" in told
    assert list(settings.mailbox.iterdir())


@pytest.mark.parametrize("key", shipped())
def test_its_files_are_the_same_each_time_and_say_that_they_are_invented(key, tmp_path):
    programme = read_programme(shipped()[key])
    first = write_files(invent(programme, year=2026), tmp_path / "first")
    again = write_files(invent(programme, year=2026), tmp_path / "again")
    assert list(first) == list(again)
    assert all(path.read_bytes() == again[name].read_bytes() for name, path in first.items())
    for path in first.values():
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
        words = region_words(programme.languages[0])
        assert {row[words["note"]] for row in rows} == {words["mark"]}


def test_a_programme_that_does_not_come_along_is_refused_by_name(terminal):
    refused = terminal("demo", "--programme", "atlantis", "--home", terminal.folder / "demo")
    assert refused.status == 2
    assert "yugra" in refused.err
    assert not (terminal.folder / "demo").exists()
