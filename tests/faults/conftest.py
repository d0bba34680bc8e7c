"""An authority and a certificate for the relays of these tests."""

from __future__ import annotations

import ssl

import pytest

from tests.factories.smtp import Authority, Inbox, make_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def context(authority: Authority) -> ssl.SSLContext:
    return authority.server_context()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()
