"""Questions to the Prefect server on loopback, asked without importing Prefect (which takes seconds)."""

import base64
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from opora.errors import NotFound
from opora.settings import Settings
from opora.words import Sentence

HOST = "127.0.0.1"


def api_url(settings: Settings) -> str:
    """Where the server answers."""
    return f"http://{HOST}:{settings.prefect_port}/api"


def prefect_home(settings: Settings) -> Path:
    """Prefect's own files: its database, its log, the key of its door."""
    return settings.home.resolve() / "prefect"


def key(settings: Settings) -> str:
    """The word that this installation and its server share; others on the machine do not know it."""
    path = prefect_home(settings) / "api-key"
    with suppress(FileExistsError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"opora:{secrets.token_urlsafe(24)}")
    return path.read_text(encoding="ascii")


def ask(
    settings: Settings, method: str, path: str, content: object = None, *, patience: float = 10
) -> tuple[int, Any]:
    """Status and JSON of the answer. Raises `OSError` or `HTTPException` when nobody answers."""
    connection = HTTPConnection(HOST, settings.prefect_port, timeout=patience)
    basic = base64.b64encode(key(settings).encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    try:
        connection.request(method, f"/api{path}", json.dumps(content).encode(), headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def is_ready(settings: Settings) -> bool:
    """Does the server of this very installation answer? A stranger's refuses our key."""
    try:
        status, _ = ask(settings, "GET", "/admin/version", patience=5)
    except (OSError, HTTPException, ValueError):
        return False
    return status == 200  # noqa: PLR2004  OK in HTTP's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class RunShown:
    """A flow run as Prefect knows it."""

    name: str
    flow_run: str
    state: str  # COMPLETED, FAILED, RUNNING, …
    message: str | None  # why it failed
    batches: tuple[tuple[str, str], ...]  # name and state of each task run, oldest first
    progress: float | None  # per cent
    result: tuple[dict[str, Any], ...]  # rows of the table that the flow leaves
    logged: tuple[str, ...]


def run_shown(settings: Settings, flow_run: str) -> RunShown:
    """Everything that Prefect shows of one run. Raises `NotFound`, `OSError` when it is away."""
    status, run = ask(settings, "GET", f"/flow_runs/{flow_run}")
    if status != 200:  # noqa: PLR2004  OK in HTTP's own words
        raise NotFound(what=Sentence("flow run"), key=flow_run)
    of_run = {"flow_runs": {"id": {"any_": [flow_run]}}}
    _, tasks = ask(
        settings, "POST", "/task_runs/filter", {**of_run, "sort": "EXPECTED_START_TIME_ASC"}
    )
    _, artifacts = ask(
        settings, "POST", "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [flow_run]}}}
    )
    by_flow_run = {"logs": {"flow_run_id": {"any_": [flow_run]}}, "sort": "TIMESTAMP_ASC"}
    _, logs = ask(settings, "POST", "/logs/filter", by_flow_run)
    data = {artifact["type"]: artifact["data"] for artifact in artifacts}
    table = data.get("table", [])
    return RunShown(
        name=run["name"],
        flow_run=flow_run,
        state=run["state_type"],
        message=(run["state"] or {}).get("message"),
        batches=tuple((task["name"], task["state_type"]) for task in tasks),
        progress=data.get("progress"),
        result=tuple(json.loads(table) if isinstance(table, str) else table),
        logged=tuple(line["message"] for line in logs),
    )
