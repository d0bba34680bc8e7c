"""What Outlook for Windows, Gmail and Apple Mail do not support is exactly what docs/mail-clients.md gives a fallback for."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.factories.repository import ROOT

PAGE = ROOT / "docs" / "mail-clients.md"
CLIENTS = ("outlook.windows", "gmail.*", "apple-mail.*")
# Asked from the folder of the judges, where the package is found by its name.
_ASK = """
import { readFileSync } from "node:fs";
import { doIUseEmail } from "doiuse-email";
const { clients, files } = JSON.parse(readFileSync(0, "utf8"));
const found = files.map((file) => doIUseEmail(readFileSync(file, "utf8"), { emailClients: clients }));
console.log(JSON.stringify(found.flatMap((each) => [...(each.errors ?? []), ...each.warnings])));
"""
_VERDICT = re.compile(r"`(?P<what>.+)` is (?P<how>not supported|only partially supported) by `(?P<client>[\w.-]+)`")
_ROW = re.compile(r"^\| `(?P<what>[^|]+)` \| (?P<clients>[^|]+) \| (?P<instead>[^|]{20,}) \|$", re.MULTILINE)


def verdicts(judges: Path, paths: list[Path]) -> dict[str, dict[str, set[str]]]:
    """How (not supported, only partially supported) -> what -> by whom."""
    asked = json.dumps({"clients": CLIENTS, "files": [str(path) for path in paths]})
    command = ["node", "--input-type=module", "--eval", _ASK]
    done = subprocess.run(command, cwd=judges, input=asked, capture_output=True, text=True, timeout=300, check=True)
    found: dict[str, dict[str, set[str]]] = {"not supported": {}, "only partially supported": {}}
    for line in json.loads(done.stdout):
        said = _VERDICT.fullmatch(line)
        assert said, line
        found[said["how"]].setdefault(said["what"], set()).add(said["client"])
    return found


@pytest.mark.parametrize(
    ("how", "heading"), [("not supported", "Not supported"), ("only partially supported", "Supported in part")]
)
def test_every_gap_has_its_fallback_in_the_page(judges: Path, published, how: str, heading: str) -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    told = {row["what"]: set(row["clients"].split(", ")) for row in _ROW.finditer(rest.partition("\n## ")[0])}
    found = verdicts(judges, published.mails)[how]
    assert {what: sorted(clients) for what, clients in found.items()} == {w: sorted(c) for w, c in told.items()}
