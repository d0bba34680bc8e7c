"""What must not stand in the repository: artifacts, machines, package hosts, and the examples' names in code."""

from __future__ import annotations

import re

import pytest

from tests.factories.repository import PACKAGES, ROOT, files, texts

# Written in two halves, so that this file does not break its own rule.
HOSTS = [
    "py" + "pi.org",
    "pythonhosted" + ".org",
    "npm" + "js.org",
    "deb.debian" + ".org",
    "crates" + ".io",
    "ana" + "conda.org",
]
MACHINE_PATHS = re.compile(
    r"(?<![\w.}/-])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + r"me/\w+", "Us" + r"ers/\w+"]) + r")/"
)
NUMBERED_TASKS = re.compile(r"\bissues?\s+#?\d|\(#\d+\)|\bsession \d", re.IGNORECASE)
EXAMPLES = re.compile("raven" + "stack|incident_" + "event_log|incident_" + r"log\b", re.IGNORECASE)


def offences(pattern: re.Pattern[str], *under: str) -> list[str]:
    return [
        f"{name}:{number} {line.strip()[:90]}"
        for name, text in texts(*under)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_output_keeps_only_its_readme():
    assert [str(p.relative_to(ROOT)) for p in files("output", "var", "inbox", "returns")] == ["output/README.md"]


def test_no_package_host_is_named():
    assert offences(re.compile("|".join(map(re.escape, HOSTS)))) == [], "pip's settings say where packages come from"


def test_no_path_of_somebodys_machine():
    assert offences(MACHINE_PATHS) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [("see /wo" + "rk/main", True), ("../shared/wo" + "rk/x", False), ("https://x/ro" + "ot/", False)],
)
def test_a_machine_path_is_an_absolute_one(line, expected):
    assert bool(MACHINE_PATHS.search(line)) is expected


def test_no_number_of_a_task():
    assert offences(NUMBERED_TASKS, *PACKAGES, "tests", "docs", "report_templates", "README.md", "CHANGELOG.md") == []


def test_the_packages_do_not_know_the_examples():
    assert offences(EXAMPLES, *PACKAGES, "report_templates") == [], "examples are mapped by configuration alone"
    preset = re.compile("service" + "now", re.IGNORECASE)
    found = [hit for hit in offences(preset, *PACKAGES, "report_templates") if not hit.startswith("config/presets/")]
    assert found == [], "a vendor is known to its preset only"


def test_no_lock_with_hosts():
    assert not (ROOT / "uv.lock").exists()
    assert [name for name, text in texts("requirements") if "://" in text] == []
