"""A newcomer's first hour: an empty workspace, two exports, a first week. Everything through the command."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.exchange import Manifest
from contracts.weeks import Week
from contracts.words import ArtifactKind, ExitCode
from flows.command.doctor import doctor
from flows.run import opened
from flows.weekly import weekly
from flows.workspace import make_workspace

SOURCES = """
[[source]]
name = "customers"
location = "customers*.csv"
format = "csv"
dates = ["%Y-%m-%d"]
master = true
required = true

[[source.map]]
table = "customers"
[source.map.columns]
customer_id = "id"
name = "name"

[[source]]
name = "tickets"
location = "tickets*.csv"
format = "csv"
dates = ["%Y-%m-%d %H:%M"]

[[source.map]]
table = "tickets"
[source.map.columns]
customer_id = "customer"
ticket_id = "number"
opened_at = "opened"
resolved_at = "resolved"
severity = "severity"
subject = "subject"
"""
CUSTOMERS = 12


def cem(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CEM_")}
    command = [sys.executable, "-m", "flows.command.app", *words]
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300)


def put_exports(inbox: Path) -> None:
    with (inbox / "customers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "name"), *((f"C{n}", f"Customer {n}") for n in range(CUSTOMERS))])
    rows = [("number", "customer", "opened", "resolved", "severity", "subject")]
    for n in range(CUSTOMERS):
        for number in range(n + 2):
            opened = datetime(2026, 9, 1, 9) + timedelta(days=5 * number + n)
            resolved = opened + timedelta(hours=2 + 3 * n)
            told = [f"{moment:%Y-%m-%d %H:%M}" for moment in (opened, resolved)]
            rows.append((f"T{n}-{number}", f"C{n}", *told, str(1 + number % 4), "Slow volume"))
    with (inbox / "tickets.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "loyalty"
    made = make_workspace(root, organization='The "First" Company', time_zone="Africa/Cairo")
    assert made.code is ExitCode.DONE
    return root


def name_a_reader(config: Path) -> None:
    """Takes the number signs of the first example away, as the file says."""
    text = (config / "audiences.toml").read_text()
    example = text[text.index("# [[audience]]") :].split("\n\n")[0]
    active = "\n".join(line.removeprefix("# ") for line in example.splitlines())
    (config / "audiences.toml").write_text(text.replace(example, active))


def faults(root: Path) -> list[str]:
    return [line for line in doctor(root).lines if not line.startswith("ok ")]


def test_a_new_workspace_says_what_it_lacks(workspace: Path) -> None:
    missing = (
        f"customers: no file matches 'customers*.csv' in {workspace / 'inbox'}; put the export there or correct it"
    )
    assert faults(workspace) == [f"MEND  sources: sources.toml: {missing}"]
    assert 'The "First" Company, weeks begin in Africa/Cairo, delivery mode preview' in doctor(workspace).lines[0]
    assert 'time_zone = "Africa/Cairo"' in (workspace / "config" / "audiences.toml").read_text()


def test_sources_that_have_not_come_yet_are_named_and_no_fault(workspace: Path) -> None:
    (workspace / "inbox" / "customers.csv").write_text("customer_id,name\nC1,Acme\n")
    assert faults(workspace) == []
    assert "no file yet of people, assignments, tickets" in " ".join(doctor(workspace).lines)


def test_a_workspace_without_readers_says_so(workspace: Path) -> None:
    (workspace / "config" / "sources.toml").write_text(SOURCES)
    put_exports(workspace / "inbox")
    [fault] = faults(workspace)
    assert fault.startswith("MEND  readers: audiences.toml: nobody reads")
    with opened(workspace) as run:
        outcome = weekly(run, Week(2026, 47))
    assert outcome.code is ExitCode.DATA_PROBLEMS
    assert "nobody reads" in " ".join(outcome.lines)


def test_an_unknown_time_zone_makes_no_workspace(tmp_path: Path) -> None:
    refused = make_workspace(tmp_path / "new", organization="Acme", time_zone="Rome")
    assert (refused.code, (tmp_path / "new").exists()) == (ExitCode.USAGE, False)
    assert "Europe/Rome" in refused.headline


def test_two_exports_make_a_first_week(tmp_path: Path) -> None:
    root = tmp_path / "loyalty"
    assert cem(tmp_path, "init", str(root)).returncode == ExitCode.DONE
    (root / "config" / "sources.toml").write_text(SOURCES)
    name_a_reader(root / "config")
    put_exports(root / "inbox")
    assert faults(root) == []

    first = cem(root, "run", "--as-of", "2026-11-23")
    # A pack may wait for the reader's next working hour.
    assert first.returncode in {ExitCode.DONE, ExitCode.MAIL_PENDING}, first.stdout + first.stderr
    assert f"{CUSTOMERS} customers" in first.stdout
    assert "0 alerts" in first.stdout
    manifest = Manifest.from_json((root / "output" / "2026-W47" / "manifest.json").read_bytes())
    [audience] = manifest.audiences.values()
    assert (audience["level"], int(audience["customers"])) == ("manager", CUSTOMERS)
    assert {ArtifactKind.PAGE, ArtifactKind.BRIEF, ArtifactKind.WORKBOOK} <= {file.kind for file in manifest.files}

    again = cem(root, "run", "--as-of", "2026-11-23")
    assert "nothing changed" in again.stdout
