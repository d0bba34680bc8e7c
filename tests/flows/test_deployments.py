"""The deployments of prefect.yaml under a real server and a real worker: a scheduled weekly run publishes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from contracts.exchange import Manifest
from tests.factories.workspaces import LAST, Story, a_company, a_workspace

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child in its own group, ended with all its children: a worker ignores SIGTERM for a minute and more."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent, start_new_session=True
        )
        try:
            yield child
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_for(what: str, is_so: object, log: Path, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():  # type: ignore[operator]
            return
        time.sleep(1)
    pytest.fail(f"{what} did not happen in {seconds} s; {log.read_text(errors='replace')[-3000:]}")


def deployments_for(workspace: Path, folder: Path) -> Path:
    """Our prefect.yaml with this workspace, the weekly run due every minute, and nothing else scheduled."""
    body = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())
    for deployment in body["deployments"]:
        deployment["parameters"] = {"workspace": str(workspace)}
        deployment["schedules"] = []
        if deployment["name"] == "weekly":
            deployment["parameters"]["week"] = str(LAST.shift(-1))
            deployment["schedules"] = [{"cron": "* * * * *", "timezone": "Europe/Rome"}]
    path = folder / "prefect.yaml"
    path.write_text(yaml.safe_dump(body))
    return path


@pytest.mark.slow
def test_a_scheduled_weekly_run_publishes_its_packs(tmp_path: Path) -> None:
    company = a_company()
    workspace = a_workspace(tmp_path / "workspace", company)
    story = Story(workspace, company)
    with story.run() as run:
        story.until(run.as_of(LAST.shift(-1)))
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "DO_NOT_TRACK": "1",
    }
    prefect = [sys.executable, "-m", "prefect"]
    deployments_for(workspace, tmp_path)

    def answers() -> bool:
        try:
            return httpx.get(f"{api}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def completed() -> bool:
        body = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}, "flows": {"name": {"any_": ["weekly"]}}}
        runs = httpx.post(f"{api}/flow_runs/filter", json=body, timeout=10).json()
        return any(run["auto_scheduled"] for run in runs)

    server_log, worker_log = tmp_path / "server.log", tmp_path / "worker.log"
    server = [*prefect, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with process(server, environment, server_log):
        wait_for("the server's first answer", answers, server_log, 120)
        for command in (["work-pool", "create", "cem", "--type", "process"], ["--no-prompt", "deploy", "--all"]):
            subprocess.run([*prefect, *command], env=environment, cwd=tmp_path, check=True, capture_output=True)
        listed = httpx.post(f"{api}/deployments/filter", json={}, timeout=10).json()
        assert {d["name"] for d in listed} == {
            "weekly",
            "alerts",
            "daily",
            "returns",
            "sme-report",
            "linkage",
            "programme",
            "maintenance",
        }
        with process([*prefect, "worker", "start", "--pool", "cem"], environment, worker_log):
            wait_for("a completed scheduled run", completed, worker_log)

    release = workspace / "output" / str(LAST.shift(-1))
    manifest = Manifest.from_json((release / "manifest.json").read_bytes())
    assert manifest.week == str(LAST.shift(-1))
    assert len(manifest.files) > len(manifest.audiences) > 0
