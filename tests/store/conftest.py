"""Every test of the store runs twice: on SQLite in a file, and on a real PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from store.session import Store, open_store
from tests.factories.store import postgres_server

_TEMPLATE = "cem_template"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The server's URL, with a migrated database to clone: a clone takes a tenth of a migration."""
    with postgres_server() as url:
        with psycopg.connect(url, autocommit=True) as admin:
            # nothing here survives the test run: durability only costs time
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    name = f"{_TEMPLATE}_{uuid.uuid4().hex[:8]}"
    _make_database(postgres, name)
    store = open_store(_database(postgres, name))
    store.migrate()
    store.close()
    return name


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on."""
    return str(request.param)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    name = f"empty_{uuid.uuid4().hex}"
    _make_database(server, name)
    yield _database(server, name)
    _drop_database(server, name)


@pytest.fixture
def url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database of this test's own."""
    if database == "sqlite":
        address = f"sqlite:///{tmp_path / 'cem.sqlite'}"
        store = open_store(address)
        store.migrate()
        store.close()
        yield address
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex}"
    _make_database(server, name, template=request.getfixturevalue("postgres_template"))
    yield _database(server, name)
    _drop_database(server, name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def _make_database(server: str, name: str, *, template: str = "template0") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(statement)


def _drop_database(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _database(server: str, name: str) -> str:
    # postgresql://postgres:@/postgres?host=/folder: the name stands between the slash and the query
    head, _, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"
