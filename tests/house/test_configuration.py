"""The shipped configuration: every key known, every signal explained, every file read by somebody."""

from __future__ import annotations

import pytest

from config.policy import _PARTS, read_draft
from config.settings import read_settings
from config.sources import read_sources, read_sources_file
from tests.factories.repository import ROOT, files

CONFIG = ROOT / "config"
PRESETS = [path for path in files("config/presets") if path.suffix == ".toml"]


def test_the_models_know_every_key():
    # Every model refuses unknown keys, so reading without refusal is the proof.
    assert read_draft(CONFIG).signals
    assert read_settings(ROOT).file.organization
    assert read_sources(CONFIG)


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_the_models_know_every_key_of_a_preset(path):
    assert read_sources_file(path)


def test_every_file_is_read():
    known = {name for name, *_ in _PARTS} | {"workspace.toml", "sources.toml"}
    assert {path.name for path in files("config") if path.suffix == ".toml" and path.parent == CONFIG} == known


def test_every_signal_is_explained():
    silent = {
        rule.id: [field for field in ("name", "unit", "about", "sentence") if not getattr(rule, field).strip()]
        for rule in read_draft(CONFIG).signals
    }
    assert {signal: fields for signal, fields in silent.items() if fields} == {}
