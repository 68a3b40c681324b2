"""Several machines: real workers on PostgreSQL, one of which loses its power in the middle."""

import pytest

from audit.verification import verify
from casework.passes import LEASE
from cli.main import run
from flows.deployments import deploy
from flows.running import run_pass
from flows.worker import worker_environment
from models.schema import upgrade
from opora.database import connect
from tests.databases import sqlite_urls
from tests.flows.machines import (
    is_begun,
    is_done,
    machines,
    opened_rows,
    order_run,
    pass_now,
    wait_until,
)
from tests.flows.regions import begun_opening, counted, free_port, settings_for

pytestmark = pytest.mark.xdist_group("prefect")
SCHOOLS = 3000
TWO_MINUTES = 120


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["postgres"], indirect=True)
def test_what_a_machine_without_power_left_behind_another_ends_within_two_minutes(
    engine, database, prefect, tmp_path
):
    settings = prefect.model_copy(update={"database": database.app})
    pass_id = begun_opening(engine, schools=SCHOOLS)
    names = deploy(settings, engine, check="audit.verification:verify")
    with machines(settings, tmp_path, "first", "second") as both:
        order_run(settings, names["opora-open-cycle/opora"], pass_id=pass_id)
        wait_until(lambda: is_begun(engine, pass_id), 180)
        holder = pass_now(engine, pass_id).flow_run
        [machine] = [one for one in both if holder in one.runs().values()]
        machine.lose_power()
        assert not is_done(engine, pass_id)
        assert [one.is_on() for one in both].count(True) == 1
        wait_until(lambda: pass_now(engine, pass_id).fence == 2, TWO_MINUTES, pause=0.5)
        wait_until(lambda: is_done(engine, pass_id), TWO_MINUTES, pause=0.5)
    ended = pass_now(engine, pass_id)
    assert (ended.counts["cases"], ended.fence) == (SCHOOLS, 2)
    assert opened_rows(engine) == by_one_process(tmp_path)
    checked = verify(engine)
    assert checked.ok, checked.broken[:3]


def by_one_process(tmp_path):
    urls = sqlite_urls(tmp_path / "twin.db")
    upgrade(urls.owner, urls.app)
    twin = connect(urls.app)
    pass_id = begun_opening(twin, schools=SCHOOLS)
    assert run_pass(settings_for(urls.app, tmp_path), twin, pass_id).is_done
    assert counted(twin, "support_case") == SCHOOLS
    rows = opened_rows(twin)
    twin.dispose()
    return rows


def test_a_dead_holder_is_followed_within_two_minutes_by_a_reconciler_every_minute():
    assert LEASE.total_seconds() + 60 < TWO_MINUTES


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_worker_finds_its_settings_whatever_folder_its_runs_start_in(
    database, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPORA_DATABASE_OWNER", "postgresql+psycopg://owner@127.0.0.1/opora")
    told = worker_environment(settings_for("", tmp_path / "home", smtp_url="smtp://127.0.0.1:2525"))
    assert told["OPORA_HOME"] == str(tmp_path / "home")
    assert told["OPORA_DATABASE"] == f"sqlite:///{tmp_path}/home/opora.db"
    assert told["OPORA_SMTP_URL"] == "smtp://127.0.0.1:2525"
    assert told["PREFECT_API_URL"].startswith("http://127.0.0.1:")
    assert "OPORA_DATABASE_OWNER" not in told


def test_a_worker_without_a_server_says_what_to_start(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPORA_PREFECT_PORT", str(free_port()))
    assert run(["init", "--name", "Оператор", "--as", "operator@example.org"]) == 0
    capsys.readouterr()
    assert run(["worker"]) == 1
    assert "opora serve" in capsys.readouterr().err
