"""Several machines: real workers on PostgreSQL, one of which loses its power in the middle."""

import pytest
from sqlmodel import col, select

from audit.verification import verify
from casework.passes import LEASE
from casework.work import PORTION
from cli.main import run
from flows.deployments import deploy
from flows.prefect_server import run_shown
from flows.running import run_pass
from flows.worker import worker_environment
from models.pass_run import PassRun, PassState
from models.schema import upgrade
from opora.database import connect, transaction
from tests.databases import sqlite_urls
from tests.flows.machines import (
    Gate,
    is_done,
    machines,
    opened_rows,
    order_run,
    pass_now,
    portions,
    timetable_paused,
    wait_until,
)
from tests.flows.regions import free_port, settings_for
from tests.many_schools import begun_year

pytestmark = pytest.mark.xdist_group("prefect")
SCHOOLS = 3000
TWO_MINUTES = 120


@pytest.fixture
def gate(database):
    gate = Gate(database.owner)
    gate.shut()
    yield gate
    gate.close()


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["postgres"], indirect=True)
def test_two_machines_share_an_opening_and_one_ends_what_the_other_left_without_power(
    engine, database, prefect, gate, tmp_path
):
    settings = prefect.model_copy(update={"database": database.app})
    pass_id = begun_year(engine, SCHOOLS)[2].id or 0
    names = deploy(settings, engine, check="audit.verification:verify")
    with (
        timetable_paused(settings, names.values()),
        machines(settings, tmp_path, "first", "second") as both,
    ):
        order_run(settings, names["opora-open-cycle/opora"], pass_id=pass_id)
        wanted = by_one_process(tmp_path)
        wait_until(lambda: all(hands_of(one, engine, pass_id) for one in both), 400)
        runs = {name: set(one.runs().values()) for name, one in zip("ab", both, strict=True)}
        gate.open()
        wait_until(lambda: all(has_ended_one(engine, pass_id, of) for of in runs.values()), 200)
        gate.shut()
        holder = pass_now(engine, pass_id).flow_run
        [machine] = [one for one in both if holder in one.runs().values()]
        dead = set(machine.runs().values())
        machine.lose_power()
        gate.open()
        assert not is_done(engine, pass_id)
        assert [one.is_on() for one in both].count(True) == 1
        let_leases_run_out(engine, pass_id, dead)
        order_run(settings, names["opora-reconcile/opora"])
        wait_until(lambda: is_done(engine, pass_id), 2 * TWO_MINUTES, pause=0.2)
    ended = pass_now(engine, pass_id)
    assert (ended.counts["cases"], ended.fence) == (SCHOOLS, 2)
    assert len(portions(engine, pass_id)) == SCHOOLS / PORTION
    assert sum(one.counts["cases"] for one in portions(engine, pass_id)) == SCHOOLS
    assert run_shown(settings, str(holder)).state == "CRASHED"
    assert opened_rows(engine) == wanted
    checked = verify(engine)
    assert checked.ok, checked.broken[:3]


def hands_of(machine, engine, pass_id):
    """The portions that the machine has in hand."""
    runs = set(machine.runs().values())
    return [one for one in portions(engine, pass_id) if one.flow_run in runs]


def has_ended_one(engine, pass_id, runs):
    ended = [one for one in portions(engine, pass_id) if one.state is PassState.DONE]
    return any(one.flow_run in runs for one in ended)


def let_leases_run_out(engine, pass_id, dead):
    """Forty-five seconds at once, for what the dead machine held."""
    with transaction(engine) as session:
        mine = (PassRun.id == pass_id) | (PassRun.parent_id == pass_id)
        for run in session.exec(select(PassRun).where(mine, col(PassRun.flow_run).in_(dead))):
            if run.lease_until is not None:
                run.lease_until -= LEASE
                session.add(run)


def by_one_process(tmp_path):
    urls = sqlite_urls(tmp_path / "twin.db")
    upgrade(urls.owner, urls.app)
    twin = connect(urls.app)
    pass_id = begun_year(twin, SCHOOLS)[2].id or 0
    assert run_pass(settings_for(urls.app, tmp_path), twin, pass_id).is_done
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
