"""Publishes a release: stage, manifest, one rename, one symlink swap. Published files never change.

    output/releases/<week>-r<revision>-<digest12>/<audience_id>/...   the files, and manifest.json
    output/<week>, output/latest                                       symlinks, swapped atomically

At every moment `latest` is whole: either the release before or the new one. A death before the rename
leaves only a `.stage-*` folder, which `sweep_stages` removes; one after it leaves a complete release, to
which the next run with the same inputs only has to point.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypedDict

from contracts.exchange import Artifact, Manifest, Published
from contracts.ids import sha256
from delivery.errors import NotEnoughSpace, PublishRefused
from delivery.signing import SIGNATURE, signed

MANIFEST = "manifest.json"
LATEST = "latest"
ShareMode = Literal["private", "group"]
# folder and file modes; "group" lets the group of the output folder read, nobody else
_MODES: dict[ShareMode, tuple[int, int]] = {"private": (0o700, 0o600), "group": (0o750, 0o640)}
_RESERVE_BYTES = 200_000_000
_WEEK = re.compile(r"\d{4}-W\d{2}")
_STAGE, _LINK = ".stage-", ".link-"
_BESIDE = {MANIFEST, SIGNATURE}


def _unobserved(step: str) -> None:
    """Nobody watches the steps."""


class ManifestFields(TypedDict):
    """What the manifest says besides the files."""

    week: str
    revision: int
    run_name: str
    as_of: str
    inputs_digest: str
    policy_digest: str
    code_version: str
    audiences: dict[str, dict[str, str | int]]


@dataclass(frozen=True, slots=True)
class Release:
    """A published release. `is_new` is False when the same release was already there."""

    path: Path
    manifest: Manifest
    is_new: bool

    @property
    def digest(self) -> str:
        return self.manifest.digest


def publish(
    output: Path,
    manifest_fields: ManifestFields,
    artifacts: Mapping[str, Iterable[Artifact]],
    shared: Iterable[Artifact] = (),
    *,
    share_mode: ShareMode = "private",
    is_linked: bool = True,
    reserve_bytes: int = _RESERVE_BYTES,
    signing_key: str | None = None,
    at_step: Callable[[str], None] = _unobserved,
) -> Release:
    """Publishes all files of a run at once.

    Args:
        output: the workspace's output folder.
        manifest_fields: the manifest without its files.
        artifacts: by audience id; each artifact's own audience_id must agree.
        shared: files outside the audiences; their audience_id names the folder (such as `feeds`), "" the root.
        share_mode: who may read besides the owner.
        is_linked: whether output/<week> and output/latest come to point here. `latest` never goes back to an
            earlier week.
        reserve_bytes: what must stay free on the disk beyond the files.
        signing_key: ed25519 private key (PEM): `manifest.sig` then stands beside the manifest.
        at_step: called with the name of each step before it is taken.

    Returns: the release; publishing the same files under the same manifest again changes nothing.

    Raises: NotEnoughSpace before anything is written; PublishRefused for a path that would leave its folder or
        is used twice, for an already published release that was changed on disk, and for a failed write (the
        stage is removed, what was published stays).
    """
    files = _gather(artifacts, shared)
    manifest = Manifest(**manifest_fields, files=tuple(_published(artifact) for artifact in files.values()))
    target = output / "releases" / f"{manifest.week}-r{manifest.revision}-{manifest.digest[:12]}"
    is_new = not target.exists()
    try:
        if is_new:
            require_space(output, sum({a.sha256: len(a.content) for a in files.values()}.values()) + reserve_bytes)
            seal = signed(manifest.to_json(), signing_key) if signing_key else None
            _write_release(target, files, manifest, _MODES[share_mode], at_step, seal=seal)
        elif faults := verify_release(target):
            raise PublishRefused(f"{target} was changed after it was published: {'; '.join(faults[:3])}")
        if is_linked:
            _point(output, manifest.week, target, at_step)
    except OSError as exc:
        raise PublishRefused(f"{exc.filename or target}: {exc.strerror}; what was published before stays") from exc
    return Release(target, manifest, is_new)


def verify_release(path: Path) -> list[str]:
    """Re-hashes a release against its manifest; one sentence per fault, empty when it is as published."""
    try:
        manifest = Manifest.from_json((path / MANIFEST).read_bytes())
    except (OSError, ValueError, TypeError, KeyError) as exc:
        return [f"{MANIFEST} cannot be read: {exc}"]
    faults = [] if path.resolve().name.endswith(manifest.digest[:12]) else [f"{MANIFEST} is not that of this release"]
    expected = {_relative(entry.audience_id, entry.path): entry for entry in manifest.files}
    present = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if not file.is_dir()}
    faults += [f"{name} is missing" for name in sorted(expected.keys() - present.keys())]
    faults += [f"{name} does not belong here" for name in sorted(present.keys() - expected.keys() - _BESIDE)]
    for name in sorted(expected.keys() & present.keys()):
        if present[name].is_symlink() or sha256(present[name].read_bytes()) != expected[name].sha256:
            faults.append(f"{name} is not what was published")
    return faults


def sweep_stages(output: Path, *, now: datetime, older_than: timedelta = timedelta(hours=24)) -> list[Path]:
    """Removes stages and half-made links of runs that died; returns what was removed."""
    limit = (now - older_than).timestamp()
    left = [p for parent in (output, output / "releases") for p in _left_over(parent) if p.lstat().st_mtime < limit]
    for path in left:
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
    return left


def require_space(folder: Path, needed_bytes: int) -> None:
    """Raises: NotEnoughSpace with both figures when the disk of `folder` has less free than needed."""
    folder.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise NotEnoughSpace(folder, needed_bytes=needed_bytes, free_bytes=free_bytes)


def _gather(artifacts: Mapping[str, Iterable[Artifact]], shared: Iterable[Artifact]) -> dict[str, Artifact]:
    """All artifacts by their path inside the release, each checked to stay inside its own folder."""
    files: dict[str, Artifact] = {}
    taken = set(_BESIDE)
    for artifact in _each(artifacts, shared):
        name = _relative(artifact.audience_id, artifact.path)
        # Compared without case: on some disks two such names are one file.
        if name.casefold() in taken:
            raise PublishRefused(f"{name}: two files have this path")
        taken.add(name.casefold())
        files[name] = artifact
    return dict(sorted(files.items()))


def _each(artifacts: Mapping[str, Iterable[Artifact]], shared: Iterable[Artifact]) -> Iterator[Artifact]:
    for audience_id, own in artifacts.items():
        for artifact in own:
            if artifact.audience_id != audience_id:
                raise PublishRefused(
                    f"{artifact.path}: made for '{artifact.audience_id}', handed in for '{audience_id}'"
                )
            yield artifact
    yield from shared


def _relative(audience_id: str, path: str) -> str:
    name = f"{audience_id}/{path}" if audience_id else path
    parts = name.split("/")
    if any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts) or re.search(r"[\\\x00-\x1f]", name):
        raise PublishRefused(f"'{name}' is no path inside a release")
    return name


def _published(artifact: Artifact) -> Published:
    return Published(
        audience_id=artifact.audience_id,
        path=artifact.path,
        kind=artifact.kind,
        sha256=artifact.sha256,
        size=len(artifact.content),
        customer_id=artifact.customer_id,
    )


def _write_release(
    target: Path,
    files: Mapping[str, Artifact],
    manifest: Manifest,
    modes: tuple[int, int],
    at_step: Callable[[str], None],
    *,
    seal: bytes | None,
) -> None:
    folder_mode, file_mode = modes
    _make_folder(target.parent, folder_mode)
    at_step("stage")
    stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=target.parent))
    try:
        at_step("files")
        _write_files(stage, files, modes)
        at_step("manifest")
        _write(stage / MANIFEST, manifest.to_json(), file_mode)
        if seal is not None:
            _write(stage / SIGNATURE, seal, file_mode)
        at_step("sync")
        for folder, _, names in os.walk(stage, topdown=False):
            for name in names:
                _sync(Path(folder, name))
            _sync(Path(folder))
        stage.chmod(folder_mode)
        at_step("rename")
        stage.rename(target)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    at_step("sync releases")
    _sync(target.parent)


def _write_files(stage: Path, files: Mapping[str, Artifact], modes: tuple[int, int]) -> None:
    """Equal contents are one file on disk: the account pages of a manager and of his director, for example."""
    first: dict[str, Path] = {}
    for name, artifact in files.items():
        path = stage / name
        _make_folder(path.parent, modes[0], top=stage)
        twin = first.setdefault(artifact.sha256, path)
        if twin is not path:
            try:
                path.hardlink_to(twin)
                continue
            except OSError:
                first[artifact.sha256] = path  # the file has all the links its disk allows: begin a new one
        _write(path, artifact.content, modes[1])


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)  # the umask may have taken the group's right away
        file.write(content)


def _make_folder(path: Path, mode: int, *, top: Path | None = None) -> None:
    if path == top or path.is_dir():
        return
    _make_folder(path.parent, mode, top=top)
    path.mkdir()
    path.chmod(mode)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _point(output: Path, week: str, target: Path, at_step: Callable[[str], None]) -> None:
    _swap(output / week, target, at_step)
    newest = _WEEK.match(Path(_target(output / LATEST)).name)
    if newest is None or newest[0] <= week:
        _swap(output / LATEST, target, at_step)


def _swap(link: Path, target: Path, at_step: Callable[[str], None]) -> None:
    """`ln -sfn` has a moment without the link; a rename over it has none."""
    wanted = os.path.relpath(target, link.parent)
    if _target(link) == wanted:
        return
    if link.exists() and not link.is_symlink():
        raise PublishRefused(f"{link} is not a link made by publishing; move it away")
    at_step(f"link {link.name}")
    temporary = link.with_name(f"{_LINK}{link.name}-{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(wanted)
    at_step(f"swap {link.name}")
    temporary.replace(link)
    at_step(f"sync {link.name}")
    _sync(link.parent)


def _target(link: Path) -> str:
    return str(link.readlink()) if link.is_symlink() else ""


def _left_over(folder: Path) -> list[Path]:
    return [path for prefix in (_STAGE, _LINK) for path in sorted(folder.glob(f"{prefix}*"))]
