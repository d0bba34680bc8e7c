"""The example workspaces through the command, as README.md says: packs for their readers, and honest statements.

Needs the data sets of the examples, like the tests beside this file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from lxml import html

from contracts.exchange import Manifest
from contracts.words import ArtifactKind, ExitCode
from delivery.publish import verify_release

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("CEM_SHARED_DATA", str(ROOT.parent / "shared" / "data")))
RUNS = {
    "ravenstack": ("ravenstack", "2024-07-01", "2024-W26", 348),
    "servicenow-incidents": ("incident_log", "2016-05-02", "2016-W17", 196),
}


def cem(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CEM_")}
    command = [sys.executable, "-m", "flows.command.app", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)


def told(page: Path) -> str:
    return " ".join(html.parse(page).getroot().text_content().split())


@pytest.fixture(scope="module", params=RUNS)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An example and its published week."""
    example = str(request.param)
    data_set, as_of, week, _ = RUNS[example]
    root = tmp_path_factory.mktemp("examples") / example
    shutil.copytree(ROOT / "examples" / example, root, ignore=shutil.ignore_patterns("var", "output"))
    done = cem("run", "--workspace", str(root), "--exports", str(FOLDER / data_set), "--as-of", as_of)
    # Rows without a customer are set aside in both data sets, which a run says with its code.
    assert done.returncode == ExitCode.DATA_PROBLEMS, done.stdout + done.stderr
    return example, root / "output" / week


def test_each_named_reader_has_every_kind_of_pack(published: tuple[str, Path]) -> None:
    example, output = published
    manifest = Manifest.from_json((output / "manifest.json").read_bytes())
    customers = RUNS[example][-1]
    assert {int(a["customers"]) for a in manifest.audiences.values()} == {customers}
    kinds = Counter(file.kind for file in manifest.files)
    assert kinds[ArtifactKind.BRIEF] == kinds[ArtifactKind.WORKBOOK] == len(manifest.audiences) == 3
    assert verify_release(output.resolve()) == []


def test_nothing_is_claimed_that_the_data_do_not_show(published: tuple[str, Path]) -> None:
    example, output = published
    pages = [told(page) for page in sorted(output.glob("*/index.html"))]
    if example == "ravenstack":
        assert all("No model beats chance" in page for page in pages)
        assert all("Two sources of churn contradict each other" in page for page in pages)
    assert all("baseline" in page for page in pages)
