"""Exports into var/raw: each copied once, under its own SHA-256, before anything reads it.

Nothing is followed that could lead out of the inbox: only regular files with one name are taken.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import fsspec

from config.sources import Source
from contracts.exchange import PulledExport
from contracts.words import Reason
from extract.errors import FileRefused

_CHUNK = 1 << 20
_UNSETTLED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp")
_DATE_PARTS = {
    "%Y": r"\d{4}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%H": r"\d{2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%j": r"\d{3}",
}


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was found but not copied."""

    name: str
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one source delivered: copies in var/raw in a fixed order, and files that were refused."""

    exports: tuple[PulledExport, ...] = ()
    refused: tuple[RefusedFile, ...] = ()


def pull(source: Source, *, inbox: Path, raw: Path, as_of: datetime, zone: ZoneInfo) -> Pulled:
    """Copies what a source delivers.

    Files that are dated in their name on or after `as_of` are left alone: they belong to a later run.
    A full source that is not declared to come in parts gives its newest file only.

    Args:
        source: where to look.
        inbox: folder that globs are relative to.
        raw: var/raw of the workspace.
        as_of: exclusive end of the run's week.
        zone: the workspace's, for dates in file names without a zone.
    """
    if source.sql is not None:
        from extract.queries import pull_query

        return pull_query(source, inbox=inbox, raw=raw, as_of=as_of)
    location = source.location or ""
    found = _remote(source) if "://" in location else _local(source, inbox)
    exports: list[PulledExport] = []
    refused: list[RefusedFile] = []
    for candidate in found:
        if isinstance(candidate, RefusedFile):
            refused.append(candidate)
            continue
        name, changed_at, opened = candidate
        dated = _date_in(name, source, zone)
        if dated is not None and dated >= as_of:
            continue
        try:
            with opened() as stream:
                path, digest, size = keep_copy(stream, raw / source.name, source)
        except FileRefused as exc:
            refused.append(RefusedFile(name, exc.reason, str(exc)))
            continue
        except OSError as exc:
            reason = Reason.FILE_NOT_REGULAR if exc.errno in {40, 6} else Reason.FILE_UNREADABLE
            refused.append(RefusedFile(name, reason, f"cannot be opened: {exc.strerror or exc}"))
            continue
        data_at = dated or min(changed_at, as_of)
        exports.append(PulledExport(source.name, path, name, digest, size, data_at))
    exports.sort(key=lambda export: (export.data_at, export.name))
    return Pulled(tuple(exports if source.takes_all_files else exports[-1:]), tuple(refused))


def _local(source: Source, inbox: Path) -> Iterator[Any]:
    location = source.location or ""
    pattern = Path(location)
    root, parts = (
        (Path(pattern.anchor), pattern.relative_to(pattern.anchor)) if pattern.is_absolute() else (inbox, pattern)
    )
    for path in sorted(root.glob(str(parts))):
        name = path.name
        if name.startswith("."):
            continue
        if name.endswith(_UNSETTLED) or path.with_name(f"{name}.part").exists():
            yield RefusedFile(name, Reason.FILE_NOT_SETTLED, "still being written; it is taken by the next run")
            continue
        kind = path.lstat()
        if not stat.S_ISREG(kind.st_mode) or kind.st_nlink != 1:
            text = "not a plain file with one name (a link, folder, pipe or device); deliver a copy"
            yield RefusedFile(name, Reason.FILE_NOT_REGULAR, text)
            continue
        yield name, datetime.fromtimestamp(kind.st_mtime, UTC), lambda path=path: _open_plain(path)


def _open_plain(path: Path) -> IO[bytes]:
    """Opens without following a link; what changed between look and opening is refused by the kernel or the check."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    kind = os.fstat(descriptor)
    if not stat.S_ISREG(kind.st_mode) or kind.st_nlink != 1:
        os.close(descriptor)
        raise FileRefused(Reason.FILE_NOT_REGULAR, "not a plain file with one name; deliver a copy")
    return os.fdopen(descriptor, "rb")


def _shape(stream: IO[bytes]) -> tuple[int, int] | None:
    """Size and time of the last change of the file behind a stream; None where it cannot be asked, as on a server."""
    try:
        kind = os.fstat(stream.fileno())
    except (AttributeError, OSError):
        return None
    return kind.st_size, kind.st_mtime_ns


def _remote(source: Source) -> Iterator[Any]:
    system, pattern = fsspec.core.url_to_fs(source.location)
    try:
        paths = sorted(system.glob(pattern)) if any(mark in pattern for mark in "*?[") else [pattern]
        for path in paths:
            facts = system.info(path)
            if facts.get("type") == "file":
                yield path.rsplit("/", 1)[-1], _changed_at(facts), lambda path=path: system.open(path, "rb")
    except (OSError, ValueError) as exc:
        yield RefusedFile(source.location or "", Reason.FILE_UNREADABLE, f"cannot be listed: {exc}")


def _changed_at(facts: dict[str, Any]) -> datetime:
    """When a remote file changed, under whichever name its file system tells it; the epoch if it tells nothing."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "modified", "created"):
        value = facts.get(name)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                continue
    return datetime.fromtimestamp(0, UTC)


def _date_in(name: str, source: Source, zone: ZoneInfo) -> datetime | None:
    """The instant written in the file name, by the declared format: its last occurrence counts."""
    form = source.data_date.file_name if source.data_date else None
    if form is None:
        return None
    pattern = "".join(_DATE_PARTS.get(part, re.escape(part)) for part in re.split(r"(%[A-Za-z])", form))
    for text in reversed(re.findall(pattern, name)):
        try:
            own = ZoneInfo(source.time_zone) if source.time_zone else zone
            return datetime.strptime(text, form).replace(tzinfo=own).astimezone(UTC)
        except ValueError:
            continue
    return None


def keep_copy(stream: IO[bytes], folder: Path, source: Source) -> tuple[Path, str, int]:
    """The bytes under their own hash, 0600, written whole or not at all.

    Raises: FileRefused if it is too large, or changes meanwhile.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    limit = source.max_megabytes * 1_000_000
    part = folder / f".stage-{os.getpid()}-{id(stream):x}"
    digest, size, before = hashlib.sha256(), 0, _shape(stream)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise FileRefused(Reason.FILE_TOO_LARGE, f"larger than {source.max_megabytes} MB (`max_megabytes`)")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if _shape(stream) != before:
            raise FileRefused(Reason.FILE_NOT_SETTLED, "changed while it was copied; it is taken by the next run")
        path = folder / digest.hexdigest()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path, digest.hexdigest(), size
