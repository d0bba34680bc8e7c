"""Packs: a task renders a handful of audiences or accounts, checks and scans what it made, and leaves files on disk.

Account pages are rendered once per customer and set of field groups, whatever the number of their readers.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from json import loads
from pathlib import Path
from typing import TypeAlias

from contracts.book import FAMILY_FRAMES, Book
from contracts.exchange import Artifact, Picture, WorkbookToken
from contracts.ids import canonical_json, sha256
from contracts.rules import Audiences
from contracts.scope import Audience, scoped
from contracts.words import ArtifactKind, FieldGroup, Level
from delivery.leakscan import Tokens, allowed_of, allowing, scan, scan_bytes
from flows.books import load_book
from flows.packs.audience_frames import Frozen, for_accounts, for_audience, members_below
from flows.sending.screening import Known, few_tokens, ordinary_words, week_tokens
from reporting.account.words import readers_title
from reporting.languages import tongue
from reporting.mails.house import MailBody


@dataclass(frozen=True, slots=True)
class RenderTask:
    """Render these audiences of a book into `into`. The key that signs workbooks is read from its file."""

    book: Path
    frozen: Frozen
    audiences: tuple[Audience, ...]
    rules: Audiences
    output: Path
    key_file: Path
    into: Path
    revision: int


@dataclass(frozen=True, slots=True)
class AccountTask:
    """Render the pages and briefs of these accounts for all who may see `fields` and read `language`.

    `frozen`: for pages, which split a score's change into what is due to what; a brief alone does without.
    `with_families`: the readers hold the whole families of these parent accounts, and see their roll-up.
    `known`: what identifies customers, where the book at hand holds only some of them.
    """

    book: Path
    fields: frozenset[FieldGroup]
    levels: tuple[Level, ...]
    language: str
    page_ids: tuple[str, ...]
    brief_ids: tuple[str, ...]
    into: Path
    frozen: Frozen | None = None
    with_families: bool = False
    known: Known | None = None


SharedBy: TypeAlias = tuple[frozenset[FieldGroup], str]
"""Whose account files are the same bytes: those who may see the same field groups and read the same language."""


def shared_by(audience: Audience) -> SharedBy:
    """A language without a catalogue is read as English: it shares the English files."""
    return audience.fields, tongue(audience.language).code


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A rendered file on disk, its hash, and what failed its check."""

    path: str
    kind: ArtifactKind
    sha256: str
    size: int
    customer_id: str | None
    stored: Path
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedPack:
    """What one audience's pack became. A pack with faults is neither published nor mailed.

    `family_ids`: the parent accounts whose whole family this audience may see.
    """

    audience: Audience
    files: tuple[RenderedFile, ...]
    mail: Path | None
    faults: tuple[str, ...]
    page_ids: tuple[str, ...] = ()
    brief_ids: tuple[str, ...] = ()
    family_ids: frozenset[str] = frozenset()

    def with_accounts(self, shared: dict[tuple[ArtifactKind, str], RenderedFile]) -> RenderedPack:
        """The pack with the account files that belong to it; a faulty or missing one holds the pack back."""
        wanted = [(ArtifactKind.PAGE, c) for c in self.page_ids]
        wanted += [(ArtifactKind.ACCOUNT_BRIEF, c) for c in self.brief_ids]
        lacking = tuple(
            f"{kind} of {customer} was not rendered" for kind, customer in wanted if (kind, customer) not in shared
        )
        files = tuple(shared[key] for key in wanted if key in shared)
        faults = tuple(f"{file.path}: {fault}" for file in files for fault in file.faults)
        return replace(self, files=(*self.files, *files), faults=(*self.faults, *lacking, *faults))


def link_of(rules: Audiences, audience: Audience, week: str, output: Path) -> str | None:
    """Where this audience opens its pack, or None when its level has no link base."""
    base = link_base(rules, audience, output)
    return f"{base}/{week}/{audience.audience_id}/index.html" if base else None


def link_base(rules: Audiences, audience: Audience, output: Path) -> str | None:
    """What the links of this audience's level begin with; None when it has none."""
    base = rules.links.get(audience.level)
    return base.replace("{output}", output.as_uri()).rstrip("/") if base else None


def render_packs(task: RenderTask) -> list[RenderedPack]:
    """Render each audience of the task. A pack that fails is reported with its cause; the others go on."""
    rendered = []
    for audience in task.audiences:
        try:
            rendered.append(_render(task, audience))
        except Exception as exc:  # noqa: BLE001 - one pack's fault must not stop the others; it is reported
            rendered.append(RenderedPack(audience, (), None, (f"{type(exc).__name__}: {exc}",)))
    return rendered


def _render(task: RenderTask, audience: Audience) -> RenderedPack:
    from reporting.mails.house import pack_mail
    from reporting.pack import render_pack
    from reporting.reading import frame_of

    whole = load_book(task.book, audience.customer_ids)
    book = scoped(for_audience(whole, task.book, audience, task.frozen), audience)
    week = book.facts.week
    key = task.key_file.read_bytes()
    token = WorkbookToken(audience.audience_id, audience.readers[0], week, task.revision)
    is_own = audience.level is Level.INDIVIDUAL
    pages = task.rules.own_account_pages if is_own else task.rules.account_pages
    pack = render_pack(book, token=token.signed(key), key=key, pages=pages)
    link = link_of(task.rules, audience, week, task.output)
    body = pack_mail(pack.view, tuple(task.rules.mail.get(audience.level, ())), link)

    tokens = week_tokens(task.book, ordinary_words(task.frozen.policy))
    permitted = allowed_of(book, tokens)
    hits = [hit for artifact in pack.artifacts for hit in scan(artifact, permitted, tokens)]
    hits += scan_bytes(f"{body.subject}\n{body.text}\n{body.html}".encode(), "mail.html", permitted, tokens)
    files = tuple(_store(artifact, task.into / audience.audience_id) for artifact in pack.artifacts)
    mail = task.into / f"{audience.audience_id}.mail.json"
    save_mail(mail, body)
    faults = (*pack.faults, *(str(hit) for hit in hits))
    families = frozenset(frame_of(book, "rollups")["customer_id"]) & frozenset(pack.page_ids)
    return RenderedPack(audience, files, mail, faults, pack.page_ids, pack.brief_ids, families)


def render_account_files(task: AccountTask) -> list[RenderedFile]:
    """The account pages and briefs of a task, each scanned as if its reader saw that one customer and nobody else."""
    from reporting.pack import render_accounts

    customers = frozenset((*task.page_ids, *task.brief_ids))
    if task.with_families:
        customers |= members_below(load_book(task.book), customers)
    everyone = all_who_see(task.fields, task.levels, customers, task.language)
    book = load_book(task.book, customers)
    if task.frozen is not None:
        book = for_accounts(book, customers, task.frozen)
    if not task.with_families:
        # accounts of one task may be a whole family by chance; its readers need not hold them all
        book = Book(book.facts, {name: frame for name, frame in book.frames.items() if name not in FAMILY_FRAMES})
    rendered = render_accounts(scoped(book, everyone), task.page_ids, task.brief_ids)
    tokens = _tokens_of(task, [made.artifact for made in rendered], customers)
    customer_rows = book.frames["customers"]
    parent_of = dict(zip(customer_rows["customer_id"], customer_rows["parent_id"].fillna(""), strict=True))
    files = []
    for made in rendered:
        artifact = made.artifact
        alone, parent = frozenset({artifact.customer_id or ""}), parent_of.get(artifact.customer_id or "")
        hits = scan(
            artifact,
            allowing(alone, [parent] if parent else (), tokens, has_contacts=everyone.sees(FieldGroup.CONTACTS)),
            tokens,
        )
        files.append(_store(artifact, task.into, faults=(*made.faults, *(str(hit) for hit in hits))))
    return files


def all_who_see(
    fields: frozenset[FieldGroup], levels: tuple[Level, ...], customers: frozenset[str], language: str
) -> Audience:
    """The readers that share an account's files: whoever holds the account, may see these field groups and reads
    this language.
    """
    return Audience(
        level=levels[0],
        unit=None,
        root="accounts",
        title=readers_title(levels, tongue(language)),
        readers=(),
        customer_ids=customers,
        fields=fields,
        rule="Only readers whose scope holds this account.",
        language=language,
    )


def levels_that_see(audiences: Iterable[Audience], sharing: SharedBy) -> tuple[Level, ...]:
    seen = {audience.level for audience in audiences if shared_by(audience) == sharing}
    return tuple(level for level in Level if level in seen)


def _tokens_of(task: AccountTask, made: list[Artifact], customers: frozenset[str]) -> Tokens:
    if task.known is not None:
        return few_tokens(task.known, [(artifact.content, artifact.path) for artifact in made], customers)
    return week_tokens(task.book, ordinary_words(task.frozen.policy) if task.frozen else ())


def _store(artifact: Artifact, folder: Path, *, faults: tuple[str, ...] = ()) -> RenderedFile:
    path = folder / artifact.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(artifact.content)
    size = len(artifact.content)
    return RenderedFile(artifact.path, artifact.kind, artifact.sha256, size, artifact.customer_id, path, faults)


def save_mail(path: Path, mail: MailBody) -> None:
    body = asdict(mail)
    body["pictures"] = [{**p, "content": b64encode(p["content"]).decode()} for p in body["pictures"]]
    path.write_bytes(canonical_json(body))


def read_mail(path: Path) -> MailBody:
    body = loads(path.read_bytes())
    pictures = tuple(Picture(**{**p, "content": b64decode(p["content"])}) for p in body.pop("pictures"))
    return MailBody(**body, pictures=pictures)


def read_back(pack: RenderedPack) -> Iterator[Artifact]:
    """The artifacts of a pack, one at a time, checked against what was rendered.

    Raises: OSError when a file changed on disk after it was rendered.
    """
    for file in pack.files:
        content = file.stored.read_bytes()
        if sha256(content) != file.sha256:
            raise OSError(f"{file.stored} changed after it was rendered; check the disk, then run again")
        yield Artifact(pack.audience.audience_id, file.path, file.kind, content, file.customer_id)
