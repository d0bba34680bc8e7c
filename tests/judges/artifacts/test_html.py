"""The Nu HTML checker of the W3C finds no error in any page, nor in the HTML of any mail."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

# The one property that keeps the preview line out of Outlook's reading pane; no standard knows it.
OUTLOOKS_OWN = "CSS: “mso-hide”: Property “mso-hide” doesn't exist."


def errors(judges: Path, paths: Sequence[Path]) -> list[str]:
    """What the checker calls an error; one process for all files, for its start costs more than a page."""
    jar = judges / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = [
        "java",
        "-Xmx1g",
        "-jar",
        str(jar),
        "--stdout",
        "--errors-only",
        "--exit-zero-always",
        "--format",
        "json",
    ]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, timeout=600, check=True)
    said = json.loads(done.stdout)["messages"]
    return [f"{line.get('url', '')[-60:]}: {line['message']}" for line in said]


def test_the_checker_sees_a_wrong_page(judges: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.html").write_text("<!doctype html><html lang=en><title>x</title><p><table><li>y")
    assert errors(judges, [tmp_path / "wrong.html"]) != []


def test_pages(judges: Path, published) -> None:
    assert errors(judges, published.pages) == []


def test_mails(judges: Path, published) -> None:
    assert [line for line in errors(judges, published.mails) if not line.endswith(OUTLOOKS_OWN)] == []
