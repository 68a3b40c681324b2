"""Plainly or through a real Prefect server: the same rows, and Prefect shows what happened."""

import asyncio
import inspect
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from casework import passes
from casework.acting import Acting
from casework.passes import Progress
from casework.reminders.reminding import begin_rounds
from flows.prefect_api import ask, is_ready, prefect_home
from flows.prefect_server import PrefectAway, PrefectServer, prepare, run_shown
from flows.running import run_pass
from flows.workplace import _of_this_process
from models.pass_run import PassRefusal
from opora.database import connect, transaction
from opora.settings import Settings
from opora.words import Sentence
from tests.databases import copy_sqlite, sqlite_urls
from tests.flows.regions import (
    begun_opening,
    counted,
    deeds,
    everything,
    free_port,
    pass_row,
    settings_for,
)
from tests.worlds import OPENED

pytestmark = pytest.mark.xdist_group("prefect")  # one server for all
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
SCHOOLS = 300
MINUTE = 60
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shown(prefect):
    """The settings of this test's database, with the folder's Prefect server."""
    return lambda url: prefect.model_copy(update={"database": url})


@on_sqlite
@pytest.mark.prefect
def test_prefect_and_plain_runs_leave_equal_rows_and_prefect_shows_the_batches(
    engine, database, shown, tmp_path, monkeypatch
):
    monkeypatch.setattr("casework.cycles.opening.CHUNK", 50)
    pass_id = begun_opening(engine, schools=SCHOOLS)
    copy_sqlite(Path(engine.url.database), tmp_path / "twin.db")
    twin_url = sqlite_urls(tmp_path / "twin.db").app
    twin = connect(twin_url)
    chunks: list[Progress] = []

    by_prefect = run_pass(
        shown(database.app), engine, pass_id, at=OPENED, on_chunk=chunks.append, on_notice=refuse
    )
    plainly = run_pass(settings_for(twin_url, tmp_path), twin, pass_id, at=OPENED)

    assert by_prefect == plainly
    assert [chunk.counts["cases"] for chunk in chunks[:6]] == [50, 100, 150, 200, 250, 300]
    assert counted(engine, "support_case") == SCHOOLS
    assert everything(engine) == everything(twin)
    assert deeds(engine) == deeds(twin)
    twin.dispose()

    run = eventually(
        lambda: run_shown(shown(database.app), str(pass_row(engine, pass_id).flow_run)),
        lambda run: len(run.batches) == 2 and run.state == "COMPLETED",
    )
    assert run.name == "open_cycle:1"
    assert run.batches == (("batch 1", "COMPLETED"), ("batch 2", "COMPLETED"))
    assert run.progress == 100
    assert run.result[-1]["cases"] == SCHOOLS
    assert any("300" in line for line in run.logged)


@on_sqlite
@pytest.mark.prefect
def test_a_round_is_a_flow_run_too(engine, database, shown):
    run_pass(
        settings_for(database.app, Path()), engine, begun_opening(engine, schools=3), at=OPENED
    )
    with transaction(engine) as session:
        [begun] = begin_rounds(session, Acting(at=OPENED, recorded_at=OPENED))
        round_id = begun.id or 0
    assert run_pass(shown(database.app), engine, round_id, on_notice=refuse).is_done
    run = run_shown(shown(database.app), str(pass_row(engine, round_id).flow_run))
    assert (run.name, run.state) == ("daily_round:1:2026-09-07", "COMPLETED")


@on_sqlite
@pytest.mark.prefect
def test_a_run_that_refused_a_case_ends_as_failed_and_the_rest_is_done(engine, database, shown):
    pass_id = begun_opening(engine, schools=3)
    with transaction(engine) as session:
        session.add(PassRefusal(pass_id=pass_id, subject="school:9", reason="no", at=OPENED))
    done = run_pass(shown(database.app), engine, pass_id, at=OPENED, on_notice=refuse)
    assert (done.is_done, done.refused, done.counts["cases"]) == (True, 1, 3)
    run = run_shown(shown(database.app), str(pass_row(engine, pass_id).flow_run))
    assert run.state == "FAILED"
    assert "refused 1" in str(run.message)


@on_sqlite
@pytest.mark.prefect
def test_the_run_of_a_dead_holder_is_called_crashed_by_the_one_that_goes_on(
    engine, database, shown
):
    settings = shown(database.app)
    dead = running_flow_run(settings)
    pass_id = begun_opening(engine, schools=3)
    fence = passes.take(engine, pass_id, real_now=OPENED) or 0
    passes.name_flow_run(engine, pass_id, fence, dead)
    assert run_pass(settings, engine, pass_id, at=OPENED, on_notice=refuse).is_done
    assert pass_row(engine, pass_id).flow_run != dead
    assert run_shown(settings, dead).state == "CRASHED"


@on_sqlite
@pytest.mark.prefect
def test_the_pinned_set_creates_a_scheduled_run(engine, database, shown):
    from flows.deployments import deploy

    settings = shown(database.app)
    run_pass(
        settings_for(database.app, Path()), engine, begun_opening(engine, schools=1), at=OPENED
    )
    names = deploy(settings, engine, check="opora.clock:now")
    assert set(names) == {
        "opora-open-cycle/opora",
        "opora-help/opora",
        "opora-daily-round/opora",
        "opora-delivery/opora",
        "opora-reconcile/opora",
        "opora-nightly-verification/opora",
        "opora-returned-letters/opora",
        "opora-nightly-backup/opora",
    }
    assert deploy(settings, engine, check="opora.clock:now") == names
    wanted = {"deployments": {"id": {"any_": [names["opora-daily-round/opora"]]}}}
    runs = eventually(lambda: ask(settings, "POST", "/flow_runs/filter", wanted)[1], bool)
    assert "SCHEDULED" in {run["state_type"] for run in runs}
    _, deployed = ask(settings, "GET", f"/deployments/{names['opora-daily-round/opora']}")
    assert deployed["entrypoint"] == "flows.daily_round.daily_round"
    [schedule] = deployed["schedules"]
    assert schedule["schedule"]["cron"] == "0 6 * * *"
    assert schedule["schedule"]["timezone"] == "Asia/Yekaterinburg"


@on_sqlite
@pytest.mark.prefect
def test_a_worker_does_by_the_environment_what_the_clock_does_by_hand(
    engine, database, shown, tmp_path, monkeypatch
):
    from flows.batches import all_told
    from flows.daily_round import daily_round
    from flows.upkeep import deliver, reconcile, verify

    monkeypatch.setenv("OPORA_DATABASE", database.app)
    monkeypatch.setenv("OPORA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    _of_this_process.cache_clear()
    pass_id = begun_opening(engine, schools=3)
    with prepare(shown(database.app)), all_told():
        resumed = asyncio.run(reconcile())
        rounds = asyncio.run(daily_round())
        sent = asyncio.run(deliver())
        checked = asyncio.run(verify("tests.flows.test_embedded:found_whole"))
        nothing_left = asyncio.run(verify("tests.flows.test_embedded:found_whole"))
        assert asyncio.run(daily_round()) == {"rounds": []}
    _of_this_process.cache_clear()
    assert [one["counts"]["cases"] for one in resumed["resumed"]] == [3]
    assert [one["done"] for one in rounds["rounds"]] == [True]
    assert sent["sent"] > 0
    assert (checked, nothing_left) == ({"lines": 7, "broken": 0}, {})
    assert pass_row(engine, pass_id).flow_run is not None


@pytest.mark.prefect
def test_a_server_with_another_key_is_not_ours(prefect, tmp_path):
    stranger = settings_for("", tmp_path, flows="prefect", prefect_port=prefect.prefect_port)
    assert is_ready(prefect)
    assert not is_ready(stranger)


@on_sqlite
@pytest.mark.prefect
@pytest.mark.slow
def test_a_process_whose_server_dies_does_all_its_work_and_ends_by_itself(
    engine, database, prefect, tmp_path
):
    pass_id = begun_opening(engine, schools=7)
    settings = settings_for(database.app, tmp_path, flows="prefect", prefect_port=free_port())
    prefect_home(settings).mkdir()
    copy_sqlite(prefect_home(prefect) / "prefect.db", prefect_home(settings) / "prefect.db")
    server = PrefectServer(settings)
    server.ensure()
    told = {
        "OPORA_DATABASE": database.app,
        "OPORA_HOME": str(settings.home),
        "OPORA_FLOWS": "prefect",
        "OPORA_PREFECT_PORT": str(settings.prefect_port),
        "PYTHONPATH": str(ROOT),
    }
    words = [sys.executable, "-m", "tests.flows.lonely", str(pass_id)]
    with subprocess.Popen(
        words, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True
    ) as lonely:
        assert lonely.stdout is not None
        said = [lonely.stdout.readline()]
        assert server._child is not None
        server._child.kill()
        server.stop()
        while said[-1] and not said[-1].startswith("done"):
            said.append(lonely.stdout.readline())
        began = time.monotonic()
        assert lonely.wait(MINUTE) == 0
    assert time.monotonic() - began < MINUTE
    assert said[0] == "chunk 2\n"
    assert [line for line in said if line.startswith("notice")] != []
    assert said[-1] == "done True 7\n"
    assert counted(engine, "support_case") == 7


@pytest.mark.prefect
def test_the_server_does_not_outlive_a_parent_that_is_killed(tmp_path):
    port = free_port()
    program = (
        "import pathlib, sys, time\n"
        "from flows.prefect_server import PrefectServer\n"
        "from opora.settings import Settings\n"
        f"server = PrefectServer(Settings(home=pathlib.Path({str(tmp_path)!r}), prefect_port={port}))\n"
        "server.log.parent.mkdir(parents=True)\n"
        "server._start()\n"
        "print(server._child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: is_gone(child), bool)


# --- without a server -----------------------------------------------------------------------------


@on_sqlite
def test_without_prefect_the_pass_is_done_plainly_and_the_reason_is_said(
    engine, database, tmp_path, monkeypatch
):
    pass_id = begun_opening(engine, schools=3)
    settings = settings_for(database.app, tmp_path, flows="prefect", prefect_port=free_port())
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setattr(sys, "executable", "/bin/false")  # no server comes up
    notices: list[Sentence] = []
    done = run_pass(settings, engine, pass_id, at=OPENED, on_notice=notices.append)
    assert (done.is_done, done.counts["cases"]) == (True, 3)
    assert "its server ended at once" in str(notices[0])


def test_a_missing_prefect_is_a_reason_and_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "prefect", None)
    with pytest.raises(PrefectAway, match="prefect"), prepare(settings_for("", tmp_path)):
        pass


@on_sqlite
def test_a_pass_that_is_done_asks_nobody(engine, settings):
    pass_id = begun_opening(engine, schools=1)
    done = run_pass(settings, engine, pass_id, at=OPENED)
    wants_prefect = settings.model_copy(update={"flows": "prefect", "prefect_port": free_port()})
    assert run_pass(wants_prefect, engine, pass_id, on_notice=refuse) == done


@on_sqlite
def test_nothing_is_told_to_anybody_outside(settings):
    from flows.prefect_server import environment

    told = environment(settings)
    assert told["DO_NOT_TRACK"] == "1"
    assert told["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert told["PREFECT_API_URL"].startswith("http://127.0.0.1:")
    assert Path(told["PREFECT_HOME"]).parent == settings.home.resolve()
    key = Path(told["PREFECT_HOME"]) / "api-key"
    assert key.stat().st_mode & 0o077 == 0
    assert told["PREFECT_API_AUTH_STRING"] == key.read_text(encoding="ascii")


@pytest.mark.prefect
def test_every_flow_is_asynchronous_and_found_by_its_module_path():
    from prefect.flows import load_flow_from_entrypoint

    for entrypoint, name in {
        "flows.annual_cycle.open_cycle": "opora-open-cycle",
        "flows.helping.help_pass": "opora-help",
        "flows.daily_round.daily_round": "opora-daily-round",
        "flows.upkeep.deliver": "opora-delivery",
        "flows.upkeep.reconcile": "opora-reconcile",
        "flows.upkeep.verify": "opora-nightly-verification",
        "flows.upkeep.returned_letters": "opora-returned-letters",
        "flows.upkeep.back_up": "opora-nightly-backup",
    }.items():
        flow: Any = load_flow_from_entrypoint(entrypoint)
        assert flow.name == name
        assert inspect.iscoroutinefunction(flow.fn)
        assert import_module(entrypoint.rpartition(".")[0]).__name__ in sys.modules


def test_running_a_pass_plainly_never_imports_prefect():
    question = "import sys, flows.running, flows.serving; print('prefect' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


# --- what the tests ask ---------------------------------------------------------------------------


def refuse(said):
    raise AssertionError(str(said))


def eventually(ask_again, is_enough, seconds=30):
    until = time.monotonic() + seconds
    while not is_enough(found := ask_again()) and time.monotonic() < until:
        time.sleep(0.3)
    assert is_enough(found), found
    return found


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] == "Z"
    except FileNotFoundError:
        return True


def running_flow_run(settings: Settings) -> str:
    """A run that says of itself that it runs, though nobody does."""
    _, flow = ask(settings, "POST", "/flows/", {"name": "left-behind"})
    content = {"flow_id": flow["id"], "name": "left", "state": {"type": "RUNNING"}}
    return str(ask(settings, "POST", "/flow_runs/", content)[1]["id"])
