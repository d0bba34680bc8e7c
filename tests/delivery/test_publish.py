from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.exchange import Manifest
from delivery.errors import NotEnoughSpace, PublishRefused
from delivery.publish import MANIFEST, Release, publish, sweep_stages, verify_release
from tests.factories.delivery import artifact, manifest_fields

ROOT = Path(__file__).resolve().parents[2]
PACKS = {
    "director-sales-a": [
        artifact("director-sales-a", "index.html", "all"),
        artifact("director-sales-a", "accounts/c1.html", "c1"),
    ],
    "manager-sales-b": [artifact("manager-sales-b", "accounts/c1.html", "c1", "C1")],
}
FEEDS = [artifact("feeds", "crm-scores.csv", "source_key")]
STEPS = (
    "stage", "files", "manifest", "sync", "rename", "sync releases", "link 2026-W47", "swap 2026-W47",
    "sync 2026-W47", "link latest", "swap latest", "sync latest",
)  # fmt: skip


def published(output: Path, **changes: object) -> Release:
    return publish(output, manifest_fields(**changes), PACKS, FEEDS, reserve_bytes=0)


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_release_holds_every_file_and_says_so(tmp_path: Path) -> None:
    release = published(tmp_path)
    assert release.is_new
    assert release.path.parent == tmp_path / "releases"
    assert release.path.name == f"2026-W47-r0-{release.digest[:12]}"
    assert tree(release.path) == {
        "manifest.json",
        "director-sales-a/index.html",
        "director-sales-a/accounts/c1.html",
        "manager-sales-b/accounts/c1.html",
        "feeds/crm-scores.csv",
    }
    manifest = Manifest.from_json((release.path / MANIFEST).read_bytes())
    assert manifest.digest == release.digest
    assert [file.customer_id for file in manifest.files if file.customer_id] == ["C1"]
    assert verify_release(tmp_path / "latest") == []
    assert (tmp_path / "2026-W47").resolve() == (tmp_path / "latest").resolve() == release.path.resolve()
    assert not (tmp_path / "latest").readlink().is_absolute()
    assert not list(tmp_path.rglob(".stage-*")) + list(tmp_path.rglob(".link-*"))


def test_equal_pages_are_one_file_on_disk(tmp_path: Path) -> None:
    release = published(tmp_path)
    first, second = (release.path / f"{a}/accounts/c1.html" for a in PACKS)
    assert first.samefile(second)
    assert first.stat().st_nlink == 2


def test_the_same_release_again_changes_nothing(tmp_path: Path) -> None:
    first = published(tmp_path)
    before = (tmp_path / "latest").lstat().st_mtime_ns
    second = published(tmp_path)
    assert not second.is_new
    assert second.path == first.path
    assert (tmp_path / "latest").lstat().st_mtime_ns == before


def test_a_revision_is_a_release_of_its_own_and_the_first_stays(tmp_path: Path) -> None:
    first, second = published(tmp_path), published(tmp_path, revision=1)
    assert (tmp_path / "2026-W47").resolve() == second.path.resolve()
    assert verify_release(first.path) == verify_release(second.path) == []


def test_latest_never_goes_back_to_an_earlier_week(tmp_path: Path) -> None:
    newest = published(tmp_path, week="2027-W01")
    earlier = published(tmp_path, week="2026-W47")
    assert (tmp_path / "latest").resolve() == newest.path.resolve()
    assert (tmp_path / "2026-W47").resolve() == earlier.path.resolve()


def test_unlinked_releases_touch_no_link(tmp_path: Path) -> None:
    weekly = published(tmp_path)
    alert = publish(tmp_path, manifest_fields(revision=7), PACKS, is_linked=False, reserve_bytes=0)
    assert verify_release(alert.path) == []
    assert (tmp_path / "2026-W47").resolve() == weekly.path.resolve()


@pytest.mark.parametrize(("mode", "folder", "file"), [("private", 0o700, 0o600), ("group", 0o750, 0o640)])
def test_permissions_do_not_depend_on_the_umask(tmp_path: Path, mode: str, folder: int, file: int) -> None:
    before = os.umask(0o077 if mode == "group" else 0)
    try:
        release = publish(
            tmp_path, manifest_fields(), PACKS, share_mode="group" if mode == "group" else "private", reserve_bytes=0
        )
    finally:
        os.umask(before)
    for path in [release.path, *release.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (folder if path.is_dir() else file), path


@pytest.mark.parametrize(
    "path", ["../x.html", "/etc/x", "a//b", "a/./b", "a\\b", "", "x" * 256, "a\x00b", "a/../../b", "manifest.json/"]
)
def test_no_file_leaves_its_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(PublishRefused):
        publish(tmp_path, manifest_fields(), {"a": [artifact("a", path, "x")]}, reserve_bytes=0)
    assert tree(tmp_path) == set()


@pytest.mark.parametrize(
    "shared",
    [
        [artifact("", "manifest.json", "x")],
        [artifact("", "a.html", "x"), artifact("", "A.HTML", "y")],
    ],
)
def test_two_files_cannot_have_one_path(tmp_path: Path, shared: list[object]) -> None:
    with pytest.raises(PublishRefused, match="two files"):
        publish(tmp_path, manifest_fields(), {}, shared, reserve_bytes=0)  # type: ignore[arg-type]


def test_a_file_of_another_audience_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishRefused, match="made for 'b', handed in for 'a'"):
        publish(tmp_path, manifest_fields(), {"a": [artifact("b", "x.html", "x")]}, reserve_bytes=0)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughSpace, match="MB are free"):
        publish(tmp_path, manifest_fields(), PACKS, reserve_bytes=10**18)
    assert tree(tmp_path) == set()


def test_a_failed_write_leaves_the_old_release_and_no_stage(tmp_path: Path) -> None:
    first = published(tmp_path)

    def fail(step: str) -> None:
        if step == "sync":
            raise OSError(28, "No space left on device", "stage")

    with pytest.raises(PublishRefused, match="No space left on device"):
        publish(tmp_path, manifest_fields(revision=1), PACKS, reserve_bytes=0, at_step=fail)
    assert (tmp_path / "latest").resolve() == first.path.resolve()
    assert not list(tmp_path.rglob(".stage-*"))


def test_what_was_changed_after_publishing_is_named_and_never_overwritten(tmp_path: Path) -> None:
    release = published(tmp_path)
    (release.path / "feeds/crm-scores.csv").write_text("changed")
    (release.path / "director-sales-a/index.html").unlink()
    (release.path / "extra.html").write_text("x")
    assert verify_release(release.path) == [
        "director-sales-a/index.html is missing",
        "extra.html does not belong here",
        "feeds/crm-scores.csv is not what was published",
    ]
    with pytest.raises(PublishRefused, match="was changed after it was published"):
        published(tmp_path)


def test_a_release_without_or_with_another_manifest_is_not_whole(tmp_path: Path) -> None:
    release, other = published(tmp_path), published(tmp_path, revision=1)
    (release.path / MANIFEST).write_bytes((other.path / MANIFEST).read_bytes())
    assert verify_release(release.path) == ["manifest.json is not that of this release"]
    (release.path / MANIFEST).write_text("{")
    assert verify_release(release.path)[0].startswith("manifest.json cannot be read")


def test_a_real_folder_in_the_links_place_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "2026-W47").mkdir()
    with pytest.raises(PublishRefused, match="move it away"):
        published(tmp_path)


def test_sweeping_removes_only_what_is_old(tmp_path: Path) -> None:
    release = published(tmp_path)
    old, young = tmp_path / "releases/.stage-old", tmp_path / "releases/.stage-young"
    for stage in (old, young):
        (stage / "a").mkdir(parents=True)
        (stage / "a/x.html").write_text("x")
    link = tmp_path / ".link-latest-1"
    link.symlink_to("nowhere")
    now = datetime.now(UTC)
    two_days_ago = (now - timedelta(days=2)).timestamp()
    os.utime(old, (two_days_ago, two_days_ago))
    os.utime(link, (two_days_ago, two_days_ago), follow_symlinks=False)
    assert sweep_stages(tmp_path, now=now) == [link, old]
    assert young.exists()
    assert not old.exists()
    assert verify_release(release.path) == []


_CHILD = """
import json, os, signal, sys
from pathlib import Path
from contracts.exchange import Artifact
from contracts.words import ArtifactKind
from delivery.publish import publish
output, step, fields = sys.argv[1:]
packs = {"a": [Artifact("a", f"p{n}.html", ArtifactKind.PAGE, b"second %d" % n) for n in range(20)]}
die = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None
publish(Path(output), json.loads(fields), packs, reserve_bytes=0, at_step=die)
"""


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_latest_is_whole_and_the_next_run_finishes(tmp_path: Path, step: str) -> None:
    first = published(tmp_path)

    fields = manifest_fields(revision=1)
    command = [sys.executable, "-c", _CHILD, str(tmp_path), step, json.dumps(fields)]
    assert subprocess.run(command, check=False, cwd=ROOT).returncode == -signal.SIGKILL
    for link in ("latest", "2026-W47"):
        assert verify_release(tmp_path / link) == []
    assert verify_release(first.path) == []
    packs = {"a": [artifact("a", f"p{n}.html", f"second {n}") for n in range(20)]}
    publish(tmp_path, fields, packs, reserve_bytes=0)
    assert (tmp_path / "latest").resolve().name.startswith("2026-W47-r1-")
    assert (tmp_path / "2026-W47").resolve() == (tmp_path / "latest").resolve()
    later = datetime.now(UTC) + timedelta(days=2)
    sweep_stages(tmp_path, now=later)
    assert {path.name[:3] for path in (tmp_path / "releases").iterdir()} == {"202"}
    assert verify_release(tmp_path / "latest") == []
