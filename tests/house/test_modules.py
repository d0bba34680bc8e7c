"""Rules for modules and names: docs/development.md says why."""

from __future__ import annotations

import sys

import pytest

from tests.factories.repository import PACKAGES, ROOT, defined_names, files, modules, words_of

LONGEST = 400
FORBIDDEN = {
    "util",
    "utils",
    "help",
    "helper",
    "helpers",
    "common",
    "misc",
    "manager",
    "handler",
    "processor",
    "data",
    "info",
}
FORBIDDEN_STARTS = ("do_", "process_", "handle_")
CASE_MANAGER = "CaseManager"  # the one manager: a person
DATA_OWNER = "data_owner"  # a person too: who answers for a source
# Names that a base class of a library dictates.
DICTATED = {
    "handle_starttag",
    "handle_endtag",
    "handle_startendtag",
    "handle_data",
    "handle_DATA",
    "handle_comment",
    "handle_decl",
    "handle_pi",
    "process_bind_param",
    "process_result_value",
}
OURS = ["bootstrap.py", "bootstrap_uv.py", *PACKAGES, "benchmarks"]


def test_no_module_is_longer_than_400_lines():
    sizes = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in modules(*OURS, "tests")}
    assert {name: lines for name, lines in sizes.items() if lines >= LONGEST} == {}, (
        "split by what it does; aim at 60-200"
    )


def is_forbidden(name: str) -> bool:
    if name in DICTATED or name.strip("_") == CASE_MANAGER:
        return False
    return name.lstrip("_").startswith(FORBIDDEN_STARTS) or bool(
        FORBIDDEN & set(words_of(name.replace(DATA_OWNER, "owner")))
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("read_data", True),
        ("CustomerInfo", True),
        ("_do_it", True),
        ("utils", True),
        ("MailHandler", True),
        ("metadata", False),
        ("CaseManager", False),
        ("data_owners", False),
        ("in_process", False),
        ("handle_starttag", False),
    ],
)
def test_forbidden_words_are_whole_words(name, expected):
    assert is_forbidden(name) is expected


def test_no_name_says_nothing():
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in modules(*OURS)
        for name, line in defined_names(path)
        if is_forbidden(name)
    ]
    assert found == [], "say what it is in the words of the glossary (docs/development.md)"


def test_no_module_bears_the_name_of_another():
    taken = set(sys.stdlib_module_names) | {*PACKAGES, "report_templates", "output", "tests", "benchmarks"}
    # Prefect, and `python flows/x.py`, put the module's own folder first on the path: it would hide the other one.
    assert [str(p.relative_to(ROOT)) for p in modules() if p.stem in taken and p.stem != "__init__"] == []


def test_templates_hold_no_code():
    assert [str(p) for p in files("report_templates") if p.suffix == ".py"] == []


def test_every_package_is_one():
    assert [name for name in PACKAGES if not (ROOT / name / "__init__.py").is_file()] == []
