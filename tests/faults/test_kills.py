"""The short form of `make soak`: real processes killed while they send, on both databases.

Whole runs are killed by .ci/check-30-kills, which takes minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize(("database", "kills"), [("sqlite", 14), ("postgres", 8)])
def test_f34_killed_runs_lose_nothing_double_nothing_and_leave_nothing_half(database: str, kills: int) -> None:
    command = [sys.executable, "-m", "tests.faults.soak", "--json", "--kills", str(kills), "--database", database]
    done = subprocess.run([*command, "--act", "dispatch"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (tally,) = json.loads(done.stdout)
    assert (tally["lost"], tally["duplicated"], tally["half"]) == ([], [], [])
    assert tally["total"] >= kills // 2
