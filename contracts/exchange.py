"""What leaves a run and what comes back: artifacts, manifests, messages, receipts, the workbook's token."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from contracts.ids import canonical_json, key_digest, sha256
from contracts.words import ArtifactKind, MessageKind


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file as rendered, before it is published. `path` is relative to the audience's folder."""

    audience_id: str
    path: str
    kind: ArtifactKind
    content: bytes
    customer_id: str | None = None

    @property
    def sha256(self) -> str:
        return sha256(self.content)


@dataclass(frozen=True, slots=True)
class Published:
    """A file as published: where, how long, and its hash."""

    audience_id: str
    path: str
    kind: ArtifactKind
    sha256: str
    size: int
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one release holds and what it was made from; sorted, hashed, readable by anyone."""

    week: str
    revision: int
    run_name: str
    as_of: str
    inputs_digest: str
    policy_digest: str
    code_version: str
    audiences: dict[str, dict[str, str | int]]
    files: tuple[Published, ...]

    @property
    def digest(self) -> str:
        return sha256(self.to_json())

    def to_json(self) -> bytes:
        body = asdict(self)
        body["files"] = sorted(body["files"], key=lambda f: (f["audience_id"], f["path"]))
        return canonical_json(body)

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        body = json.loads(content)
        files = tuple(Published(**{**f, "kind": ArtifactKind(f["kind"])}) for f in body.pop("files"))
        return cls(files=files, **body)


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG shown in the mail by cid, with the sentence it says."""

    cid: str
    content: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person. The key names the fact, never the address or the content."""

    kind: MessageKind
    subject_key: str
    person_id: str
    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    pictures: tuple[Picture, ...] = ()
    channel: str = "mail"
    revision: int = 0
    not_before: datetime | None = None
    audience_id: str | None = None
    customer_ids: tuple[str, ...] = field(default=())
    corrects: bool = True
    """Whether a revision above 0 replaces something that this person already has; else it is no correction."""
    joins: str | None = None
    """Messages of one person with the same word here may leave as one mail, once the first is due."""
    disclosure: str | None = None
    """Digest of what its reader was permitted to see when it was made."""

    @property
    def key(self) -> str:
        return f"{self.kind.value}|{self.subject_key}|{self.person_id}|{self.channel}"

    @property
    def message_id_local(self) -> str:
        """The part of Message-ID before the @: the same for every attempt of the same key and revision."""
        return hashlib.sha256(f"{self.key}|{self.revision}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Parcel:
    """An outbox row as the dispatcher sees it: frozen bytes and the envelope."""

    outbox_id: int
    key: str
    message_id: str
    sender: str
    recipient: str
    eml: bytes
    attempts: int

    @property
    def kind(self) -> MessageKind:
        return MessageKind(self.key.partition("|")[0])

    @property
    def channel(self) -> str:
        return self.key.rpartition("|")[2]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one attempt to send. `is_permanent` refusals are not retried."""

    outbox_id: int
    is_sent: bool
    at: datetime
    host: str
    step: str
    code: int
    text: str
    is_permanent: bool = False
    is_in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class PulledExport:
    """An export as delivered, copied once into var/raw."""

    source: str
    path: Path
    name: str
    sha256: str
    size: int
    data_at: datetime


class TokenRefused(ValueError):
    """The workbook's token is absent, unreadable, or not signed by this workspace."""


@dataclass(frozen=True, slots=True)
class WorkbookToken:
    """Who got which workbook for which week; signed, so that a returned file proves where it came from.

    `case_id`: a workbook of that case alone; its reader need not read any pack.
    """

    audience_id: str
    person_id: str
    week: str
    revision: int
    case_id: str | None = None

    def signed(self, key: bytes) -> str:
        body = urlsafe_b64encode(canonical_json(asdict(self))).decode().rstrip("=")
        return f"{body}.{_seal(body, key)}"

    @classmethod
    def read(cls, text: str | None, key: bytes) -> WorkbookToken:
        body, _, seal = (text or "").strip().partition(".")
        if not body or not seal:
            raise TokenRefused("the token is missing; hand back the workbook itself, not a copy of its cells")
        if not hmac.compare_digest(seal, _seal(body, key)):
            raise TokenRefused("the token was changed; ask for a fresh workbook")
        return cls(**json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def _seal(body: str, key: bytes) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()[:32]


def reply_seal(subject: str, version: int, person_id: str, key: bytes) -> str:
    """The keyed checksum in an address that a reader's reply goes to: this reader, about this case or alert."""
    return _seal(f"reply|{subject}|{version}|{person_id}", key)[:20]


def episode_of(customer_id: str, zone: str, previous_episode_id: str | None) -> str:
    """The id of the stay in `zone` that follows the previous one: both clocks derive the same id."""
    return key_digest("episode", customer_id, zone, previous_episode_id or "first", length=20)


def event_of(customer_id: str, rule_id: str, table: str, row_key: str) -> str:
    """The id of an event: its source row, so that a second outage in a week is a second event."""
    return key_digest("event", customer_id, rule_id, table, row_key, length=20)


def case_of(customer_id: str, template_id: str, reason_key: str) -> str:
    return f"CL-{key_digest('case', customer_id, template_id, reason_key, length=8).upper()}"
