from __future__ import annotations

import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from store import outbox, schema
from store.errors import SchemaRefused
from store.session import Store, open_store
from store.tables import Model
from tests.factories.store import put


def engine_of(store: Store):
    return store._engine


def test_migrations_from_nothing_build_what_the_models_say(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    # no alembic.ini is looked for in the working directory
    monkeypatch.chdir(tmp_path)
    store = open_store(empty_url)
    assert store.schema_state().verdict == "empty"
    state = store.migrate()
    assert (state.verdict, state.found) == ("current", state.expected)
    with engine_of(store).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Model.metadata) == []
    store.close()


def test_migrations_build_the_same_constraints_as_the_models(empty_url: str) -> None:
    def shape(engine) -> dict[str, object]:
        look = inspect(engine)
        return {
            table: (
                sorted(check["name"] or "" for check in look.get_check_constraints(table)),
                sorted(index["name"] or "" for index in look.get_indexes(table)),
                sorted(unique["name"] or "" for unique in look.get_unique_constraints(table)),
                sorted(str(key["constrained_columns"]) for key in look.get_foreign_keys(table)),
                look.get_pk_constraint(table)["constrained_columns"],
            )
            for table in look.get_table_names()
            if table != "alembic_version"
        }

    store = open_store(empty_url)
    store.migrate()
    migrated = shape(engine_of(store))
    with engine_of(store).execution_options(is_writer=True).begin() as connection:
        Model.metadata.drop_all(connection)
    with engine_of(store).execution_options(is_writer=True).begin() as connection:
        Model.metadata.create_all(connection)
    assert shape(engine_of(store)) == migrated
    store.close()


def test_migrating_again_changes_nothing(store: Store) -> None:
    with store.write() as session:
        put(session)
    assert store.migrate().verdict == "current"
    with store.read() as session:
        assert len(outbox.rows(session)) == 1


def test_the_way_down_leaves_nothing(empty_url: str) -> None:
    store = open_store(empty_url)
    store.migrate()
    with engine_of(store).execution_options(is_writer=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", "store:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine_of(store)).get_table_names() == ["alembic_version"]
    store.close()


@pytest.mark.parametrize(
    ("found", "said"),
    [(None, "run `cem migrate`"), ("9999", "`cem doctor` shows both")],
    ids=["no tables", "newer"],
)
def test_another_schema_is_refused_with_the_command_that_mends_it(url: str, found: str | None, said: str) -> None:
    store = open_store(url)
    with engine_of(store).execution_options(is_writer=True).begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if found is not None:
            connection.execute(text("INSERT INTO alembic_version VALUES (:found)"), {"found": found})
    with pytest.raises(SchemaRefused, match=said), store.read():
        pass
    with pytest.raises(SchemaRefused, match=said), store.write():
        pass
    if found is not None:
        with pytest.raises(SchemaRefused, match=said):
            store.migrate()
    store.close()


def test_an_older_schema_is_told_to_migrate() -> None:
    with pytest.raises(SchemaRefused, match=r"has schema 0001.*make a backup, then run `cem migrate`"):
        schema.SchemaState("0001", "0002", "older").require_current("sqlite:///x")


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    verdicts: list[str] = []

    def go() -> None:
        mine = open_store(empty_url)
        verdicts.append(mine.migrate().verdict)
        mine.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == ["current", "current"]


def test_sqlite_keys_are_enforced_again_after_a_migration(tmp_path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.sqlite'}")
    store.migrate()
    with store.write() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    store.close()
    create_engine("sqlite://").dispose()
