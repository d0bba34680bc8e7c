"""What lies in the inbox, source by source: which exports are settled and new since the last look at alerts.

An export counts as settled when `<name>.done` stands beside it, or when neither its content nor its name changed for
`settle_seconds`. What is still being written is looked at by the next run, and forgotten by this one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from config.sources import Source, read_sources
from contracts.ids import canonical_json, sha256
from extract.intake import Intake
from flows.run import Run

_FILE = "alerts-seen"
_DONE = ".done"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Seen:
    """The last look: on which week it stood, the snapshot it left, and per source a digest of its files' names,
    sizes and times. `mapping`: how exports were read (sources.toml, crosswalk.csv).
    """

    week: str = ""
    manifest: str = ""
    as_of: str = ""
    mapping: str = ""
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Landed:
    """What a look finds. `unsettled`: files that are still being written."""

    sources: dict[str, str]
    mapping: str
    unsettled: tuple[str, ...]

    def changed(self, last: Seen) -> frozenset[str]:
        """Sources whose files are not those of the last look."""
        return frozenset(name for name, digest in self.sources.items() if last.sources.get(name) != digest)


def last_seen(run: Run) -> Seen:
    """The last look, or none: an unreadable note only costs one full look."""
    try:
        return Seen(**json.loads((run.workspace.var / _FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return Seen()


def remember(run: Run, seen: Seen) -> None:
    path = run.workspace.var / _FILE
    part = path.with_name(f".{_FILE}.part")
    part.write_bytes(canonical_json(asdict(seen)))
    part.replace(path)


def landed(run: Run, last: Seen, *, now: Callable[[], float] = time.time) -> Landed:
    """The settled files of every source; the time is the file system's, not the run's.

    A source with a file that is not settled keeps the digest of the last look, so that it counts as unchanged.
    """
    config = run.workspace.config
    inbox, wait = run.inbox or run.workspace.inbox, run.settings.file.settle_seconds
    found: dict[str, str] = {}
    unsettled: list[str] = []
    for source in read_sources(config):
        files = _files(source, inbox)
        moving = [path.name for path in files if not _is_settled(path, now() - wait)]
        unsettled += moving
        stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        found[source.name] = last.sources.get(source.name, "") if moving else sha256(canonical_json(stats))
    kept = [config / "sources.toml", config / "crosswalk.csv"]
    mapping = sha256(b"\0".join(path.read_bytes() for path in kept if path.exists()))
    return Landed(found, mapping, tuple(unsettled))


def after_week(found: Landed, intake: Intake, *, week: str, manifest: str, as_of: datetime) -> Seen:
    """What a weekly run saw counts as a look: the first one after it need not read everything again.

    `found` is from before the run read anything. A source whose export tells of time after the week's end is read
    again: the week left that out.
    """
    late = {export.source for export in intake.exports if export.data_at > as_of}
    kept = {name: digest for name, digest in found.sources.items() if digest and name not in late}
    return Seen(week, manifest, as_of.isoformat(), found.mapping, kept)


def is_asked_each_time(source: Source) -> bool:
    """Whether no file tells that the source changed: a database server, a remote folder."""
    if source.sql is not None:
        return not (source.sql.url or "").startswith(_SQLITE)
    return source.location is None or "://" in source.location


def _files(source: Source, inbox: Path) -> list[Path]:
    if is_asked_each_time(source):
        return []
    url = source.sql.url if source.sql is not None else None
    pattern = Path(url.removeprefix(_SQLITE).replace("{inbox}/", "") if url else source.location or "")
    root, parts = (
        (Path(pattern.anchor), pattern.relative_to(pattern.anchor)) if pattern.is_absolute() else (inbox, pattern)
    )
    return sorted(path for path in root.glob(str(parts)) if path.is_file() and path.suffix != _DONE)


def _is_settled(path: Path, before: float) -> bool:
    if path.with_name(path.name + _DONE).exists():
        return True
    facts = path.stat()
    # a copy may keep the time of its content; when the file itself was last written nothing can set back
    return max(facts.st_mtime, facts.st_ctime) <= before
