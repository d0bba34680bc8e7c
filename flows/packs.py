"""Packs: one task renders a handful of audiences, checks and scans what it made, and leaves files on disk."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.book import Book
from contracts.exchange import Artifact, WorkbookToken
from contracts.ids import sha256
from contracts.rules import Audiences
from contracts.scope import Audience, scoped
from contracts.words import ArtifactKind
from delivery.leakscan import Tokens, allowed_of, scan, tokens_of
from flows.books import load_book


@dataclass(frozen=True, slots=True)
class RenderTask:
    """Render these audiences of a book into `into`; the key signs workbooks and is read from its file."""

    book: Path
    tokens: Path
    audiences: tuple[Audience, ...]
    rules: Audiences
    link_base: str
    key_file: Path
    into: Path
    revision: int


@dataclass(frozen=True, slots=True)
class RenderedFile:
    audience_id: str
    path: str
    kind: ArtifactKind
    sha256: str
    size: int
    customer_id: str | None
    stored: Path


@dataclass(frozen=True, slots=True)
class RenderedPack:
    """What one audience's pack became. A pack with faults is not published and not mailed."""

    audience: Audience
    files: tuple[RenderedFile, ...]
    mail: Path | None
    faults: tuple[str, ...]


def link_of(rules: Audiences, audience: Audience, week: str, output: Path) -> str | None:
    """Where this audience opens its pack, or None when its level has no link base."""
    base = rules.links.get(audience.level)
    if not base:
        return None
    return f"{base.replace('{output}', output.as_uri()).rstrip('/')}/{week}/{audience.audience_id}/index.html"


def render_packs(task: RenderTask) -> list[RenderedPack]:
    """Render each audience of the task. A pack that fails is reported with its cause; the others go on."""
    tokens: Tokens = pickle.loads(task.tokens.read_bytes())  # noqa: S301 - written by this run's parent
    rendered = []
    for audience in task.audiences:
        try:
            rendered.append(_render(task, audience, tokens))
        except Exception as exc:  # noqa: BLE001 - one pack's fault must not stop the others; it is reported
            rendered.append(RenderedPack(audience, (), None, (f"{type(exc).__name__}: {exc}",)))
    return rendered


def _render(task: RenderTask, audience: Audience, tokens: Tokens) -> RenderedPack:
    from reporting import render_pack
    from reporting.mails import pack_mail

    book = scoped(load_book(task.book, audience.customer_ids), audience)
    reader = audience.readers[0]
    token = WorkbookToken(audience.audience_id, reader, book.facts.week, task.revision)
    key = task.key_file.read_bytes()
    pack = render_pack(
        book,
        token=token.signed(key),
        key=key,
        account_pages=task.rules.own_account_pages if audience.level == "individual" else task.rules.account_pages,
    )
    faults = list(pack.faults)
    permitted = allowed_of(book, tokens)
    for artifact in pack.artifacts:
        faults += [str(hit) for hit in scan(artifact, permitted, tokens)]
    folder = task.into / audience.audience_id
    files = tuple(_store(artifact, folder) for artifact in pack.artifacts)
    output = task.link_base
    mail = pack_mail(pack.view, tuple(task.rules.mail.get(audience.level, ())), output or None)
    path = task.into / f"{audience.audience_id}.mail"
    path.write_bytes(pickle.dumps(mail))
    return RenderedPack(audience, files, path, tuple(faults))


def _store(artifact: Artifact, folder: Path) -> RenderedFile:
    path = folder / artifact.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(artifact.content)
    return RenderedFile(
        artifact.audience_id,
        artifact.path,
        artifact.kind,
        artifact.sha256,
        len(artifact.content),
        artifact.customer_id,
        path,
    )


def read_back(pack: RenderedPack) -> Iterator[Artifact]:
    """The artifacts of a pack, one at a time, checked against what was rendered."""
    for file in pack.files:
        content = file.stored.read_bytes()
        if sha256(content) != file.sha256:
            raise OSError(f"{file.stored} changed on disk after it was rendered; free space or replace the disk")
        yield Artifact(file.audience_id, file.path, file.kind, content, file.customer_id)


def save_tokens(path: Path, book: Book) -> None:
    path.write_bytes(pickle.dumps(tokens_of(book)))
