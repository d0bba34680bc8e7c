"""docs/methods/properties.md: what it names exists, and every function says something to every property."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache

import pytest

from tests.factories.repository import ROOT

PAGE = ROOT / "docs" / "methods" / "properties.md"
PROPERTIES = ("additivity", "monotonicity", "permutation", "scale", "coverage")
ROW = re.compile(r"^\| `(?P<function>[\w.]+)` \| (?P<property>\w+) \| (?P<shown>.+) \|$")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def table() -> list[re.Match[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return [match for line in lines if (match := ROW.match(line))]


def test_every_row_is_written_alike() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [line for line in lines if not ROW.match(line)] == [], "| `function` | property | shown by |"


def test_every_function_says_something_to_every_property_once() -> None:
    said: dict[str, list[str]] = {}
    for row in table():
        said.setdefault(row["function"], []).append(row["property"])
    assert {function: found for function, found in said.items() if sorted(found) != sorted(PROPERTIES)} == {}


@pytest.mark.parametrize("name", sorted({row["function"] for row in table()}))
def test_every_function_exists(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_property_is_tested_or_says_why_not() -> None:
    faults = []
    for row in table():
        named = TEST.findall(row["shown"])
        if not named and not row["shown"].startswith("not applicable because "):
            faults.append(f"{row['function']}, {row['property']}: neither a test nor 'not applicable because ...'")
        for path, test in named:
            if not (ROOT / path).is_file() or test not in names_in(path):
                faults.append(f"{row['function']}, {row['property']}: no {path}::{test}")
    assert faults == []
