"""Shared by all tests: reproducible hypothesis, no telemetry, and a browser for those marked `browser`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from bootstrap import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ.setdefault("DO_NOT_TRACK", "1")
# The same examples on every machine; no deadline, because two workers share two cores.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or the browser that CEM_CHROMIUM names; `make test` installs it where it can."""
    from playwright.sync_api import sync_playwright

    path = find_chromium(os.environ)
    if path is None:
        pytest.fail("no Chromium or Chrome here: `python3 bootstrap.py dev` installs it or says how", pytrace=False)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(path), args=sandbox)
        yield chromium
        chromium.close()
