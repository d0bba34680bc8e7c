"""The shipped configuration: every key known, every signal explained, every file read by somebody."""

from __future__ import annotations

import re
import tomllib

import pytest

from config.policy import _PARTS, read_draft
from config.settings import read_settings
from config.sources import read_sources, read_sources_file
from contracts.rules import Audiences
from tests.factories.repository import ROOT, files

CONFIG = ROOT / "config"
AUDIENCES = CONFIG / "presets" / "start.audiences.toml"
PRESETS = [path for path in files("config/presets") if path.suffix == ".toml" and path != AUDIENCES]


def test_the_models_know_every_key():
    # Every model refuses unknown keys, so reading without refusal is the proof.
    assert read_draft(CONFIG).signals
    assert read_settings(ROOT).file.organization
    assert read_sources(CONFIG)


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_the_models_know_every_key_of_a_preset(path):
    assert read_sources_file(path)


def test_a_new_workspace_starts_with_readers_of_nobody_else():
    text = AUDIENCES.read_text(encoding="utf-8")
    start = Audiences.model_validate(tomllib.loads(text))
    assert (start.links, start.audience, start.scope, start.feeds, start.allowed_domains) == ({}, [], [], [], [])
    # What is commented out must work once somebody takes the number signs away.
    commented = "\n".join(line.removeprefix("# ") for line in text[text.index("# [[audience]]") :].splitlines())
    example = re.split(r"\n\s*\n", commented)[0]
    assert Audiences.model_validate(tomllib.loads(text + example)).audience[0].email == "ann@example.com"


def test_every_file_is_read():
    known = {name for name, *_ in _PARTS} | {"workspace.toml", "sources.toml"}
    assert {path.name for path in files("config") if path.suffix == ".toml" and path.parent == CONFIG} == known


def test_every_signal_is_explained():
    silent = {
        rule.id: [field for field in ("name", "unit", "about", "sentence") if not getattr(rule, field).strip()]
        for rule in read_draft(CONFIG).signals
    }
    assert {signal: fields for signal, fields in silent.items() if fields} == {}
