"""requirements/*.txt hold what pyproject.toml asks for, with hashes. `make lock-check` asks the index as well."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bootstrap_uv import pin_of
from tests.factories.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = PROJECT["project"]["dependencies"]
DEV = PROJECT["project"]["optional-dependencies"]["dev"]


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*])?==([^\s;\\]+)", lock(name), re.MULTILINE))


@pytest.mark.parametrize(("name", "wanted"), [("run", RUN), ("dev", RUN + DEV)])
def test_every_direct_dependency_is_pinned_as_asked(name, wanted):
    pinned = pins(name)
    asked = [Requirement(line) for line in wanted]
    absent = [r.name for r in asked if canonicalize_name(r.name) not in pinned]
    assert absent == [], "make lock"
    outside = [str(r) for r in asked if not r.specifier.contains(pinned[canonicalize_name(r.name)], prereleases=True)]
    assert outside == [], "make lock"


@pytest.mark.parametrize("name", ["run", "dev", "tools"])
def test_nothing_is_pinned_without_its_hashes(name):
    assert [package for package in pins(name) if not pin_of(lock(name), package)[1]] == []


def test_no_package_is_locked_that_nobody_asked_for():
    direct = set(re.findall(r"^([a-z0-9][\w.-]*)==[^#]*# via cem \(pyproject.toml\)", lock("run"), re.MULTILINE))
    assert direct <= {canonicalize_name(Requirement(line).name) for line in RUN}, "make lock"


def test_development_runs_what_is_run():
    different = {name: version for name, version in pins("run").items() if pins("dev").get(name) != version}
    assert different == {}, "make lock"


def test_the_build_tool_is_the_locked_one():
    assert PROJECT["build-system"]["requires"] == [f"hatchling=={pins('tools')['hatchling']}"]
    asked = (ROOT / "requirements/tools.in").read_text(encoding="utf-8").splitlines()
    assert {line for line in asked if not line.startswith("#")} == {
        f"{n}=={pins('tools')[n]}" for n in ("uv", "hatchling")
    }
