"""Where a workspace runs: folders, clock zone, database, mail. Secrets come from the environment only."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import ConfigRefused
from contracts.words import DeliveryMode, MessageKind


class Workspace:
    """The folders of one workspace. Every path of a run derives from here, never from the working directory."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def returns(self) -> Path:
        return self.root / "returns"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def raw(self) -> Path:
        return self.var / "raw"

    @property
    def snapshots(self) -> Path:
        return self.var / "snapshots"

    @property
    def history(self) -> Path:
        return self.var / "history"

    @property
    def runs(self) -> Path:
        return self.var / "runs"

    @property
    def mail(self) -> Path:
        return self.var / "mail"

    @property
    def preview(self) -> Path:
        return self.var / "preview"

    @property
    def policies(self) -> Path:
        return self.config / "policy"

    def __repr__(self) -> str:
        return f"Workspace({str(self.root)!r})"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MailSettings(_Section):
    """`maildir` writes .eml files under var/mail; `smtp` sends with verified TLS."""

    transport: Literal["maildir", "smtp"] = "maildir"
    mode: DeliveryMode = DeliveryMode.PREVIEW
    sender_name: str
    sender_address: str
    operator_address: str
    redirect_to: str | None = None
    domain: str
    smtp_host: str = "localhost"
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls"] = "starttls"
    smtp_user: str | None = None
    ca_file: str | None = None
    bounce_address: str | None = None
    """Envelope sender: where relays return what they cannot deliver; the sender's address if not given."""
    acceptor: str = "none"
    """Who is asked whether a mail in doubt was taken: none | maildir:PATH | imap:HOST/MAILBOX | postfix-log:PATH"""
    bounces: str = "none"
    """The mailbox of bounce_address: none | maildir:PATH | imap:HOST/MAILBOX"""
    replies: str = "none"
    """The mailbox of reply_address: none | maildir:PATH | imap:HOST/MAILBOX"""
    reply_address: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,12}@[^@\s]+$")
    """Where readers reply to mails about cases and alerts; "+" and a seal is added before the @. None: no replies."""
    imap_user: str | None = None
    resend_in_doubt: list[MessageKind] = [
        MessageKind.ALERT_CRITICAL,
        MessageKind.ALERT_EVENT,
        MessageKind.WITHDRAWAL,
        MessageKind.OPERATOR,
    ]
    """Kinds that are sent again when nobody can say whether they left; the others wait for the operator."""
    join_alerts_minutes: int = Field(default=30, ge=0, le=240)
    max_megabytes: float = Field(default=8.0, gt=0, le=100)
    """Larger mails leave as a notice with the link instead of their files."""

    @field_validator("acceptor", "bounces", "replies")
    @classmethod
    def _is_place(cls, text: str, validation: ValidationInfo) -> str:
        ways = ["maildir", "imap", *(["postfix-log"] if validation.field_name == "acceptor" else [])]
        if text != "none" and not re.fullmatch(rf"({'|'.join(ways)}):\S.*", text):
            raise ValueError(f"must be none or one of {', '.join(f'{way}:...' for way in ways)}")
        return text


class ChatRoom(_Section):
    """A chat room that hears the alerts of one reader, and no more than that reader may see. Its URL is a secret:
    a line "room URL" of CEM_CHAT_URLS.
    """

    room: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    reader: str
    """Person id."""


class WatchdogSettings(_Section):
    """When silence is a fault; checked by `cem watchdog`."""

    published_within_hours: float = Field(default=12.0, gt=0)
    """After the end of a week in which its packs must stand."""
    alerts_silent_minutes: float = Field(default=60.0, gt=0)
    outbox_stuck_minutes: float = Field(default=60.0, gt=0)
    alert_unsent_minutes: float = Field(default=15.0, gt=0)


class WorkspaceFile(_Section):
    """config/workspace.toml."""

    organization: str
    time_zone: str
    language: str = "en"
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """ISO 3166: whose national telephone numbers comments hold; without it only international ones are masked."""
    database_url: str | None = None
    workers: int = Field(default=2, ge=1, le=64)
    settle_seconds: int = Field(default=30, ge=0, le=3600)
    """How long an export must lie unchanged before alerts read it; 0 where exports come by rename or with .done."""
    mail: MailSettings
    chat: list[ChatRoom] = []
    watchdog: WatchdogSettings = WatchdogSettings()

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError(f"'{name}' is not a time zone; write an IANA name such as Europe/Rome") from exc
        return name


class Secrets(BaseSettings):
    """CEM_SMTP_PASSWORD, CEM_IMAP_PASSWORD, CEM_TOKEN_KEY, CEM_DATABASE_URL, CEM_SIGNING_KEY, CEM_CHAT_URLS: from the
    environment, or from a file that only its owner reads and that CEM_..._FILE names; never from TOML.
    """

    model_config = SettingsConfigDict(env_prefix="CEM_", extra="ignore")

    smtp_password: SecretStr | None = None
    imap_password: SecretStr | None = None
    signing_key: SecretStr | None = None
    token_key: SecretStr | None = None
    database_url: SecretStr | None = None
    chat_urls: SecretStr | None = None


class Settings:
    """A workspace with its file and secrets, read once at the start of a command."""

    def __init__(self, workspace: Workspace, file: WorkspaceFile, secrets: Secrets) -> None:
        self.workspace = workspace
        self.file = file
        self._secrets = secrets

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.file.time_zone)

    @property
    def database_url(self) -> str:
        if self._secrets.database_url:
            return self._secrets.database_url.get_secret_value()
        return self.file.database_url or f"sqlite:///{self.workspace.var / 'cem.sqlite'}"

    @property
    def smtp_password(self) -> str | None:
        return self._secrets.smtp_password.get_secret_value() if self._secrets.smtp_password else None

    @property
    def imap_password(self) -> str | None:
        return self._secrets.imap_password.get_secret_value() if self._secrets.imap_password else None

    @property
    def chat_urls(self) -> dict[str, str]:
        """The webhook of each room, as apprise writes URLs."""
        text = self._secrets.chat_urls.get_secret_value() if self._secrets.chat_urls else ""
        pairs = (line.split(maxsplit=1) for line in text.splitlines())
        return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2}

    @property
    def signing_key(self) -> str | None:
        """The private key (PEM, ed25519) that signs manifests; None leaves them unsigned."""
        return self._secrets.signing_key.get_secret_value() if self._secrets.signing_key else None

    @property
    def token_key_file(self) -> Path:
        """The file (0600) with the key that signs workbooks: CEM_TOKEN_KEY if set, else made once."""
        path = self.workspace.var / "token.key"
        given = self._secrets.token_key
        key = given.get_secret_value().encode() if given else os.urandom(32).hex().encode()
        if given is not None and path.exists() and path.read_bytes() != key:
            path.unlink()
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
        return path

    @property
    def token_key(self) -> bytes:
        return self.token_key_file.read_bytes()


def read_settings(root: Path) -> Settings:
    """The settings of the workspace at `root`.

    Raises: ConfigRefused if config/workspace.toml is absent or wrong.
    """
    workspace = Workspace(root)
    path = workspace.config / "workspace.toml"
    body = read_toml(path)
    try:
        return Settings(workspace, WorkspaceFile.model_validate(body), _secrets())
    except ValidationError as exc:
        raise ConfigRefused.from_validation(path, exc) from exc


def _secrets() -> Secrets:
    """Raises: ConfigRefused for a file of a secret that is absent or that others may read."""
    given: dict[str, SecretStr] = {}
    for name in Secrets.model_fields:
        variable = f"CEM_{name.upper()}_FILE"
        if (place := os.environ.get(variable)) is None:
            continue
        path = Path(place)
        try:
            mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
        except OSError as exc:
            raise ConfigRefused(variable, [f"{path} cannot be read ({exc.strerror}); correct the path"]) from exc
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigRefused(variable, [f"others may read {path}; run `chmod 600 {path}`"])
        given[name] = SecretStr(text.strip())
    return Secrets().model_copy(update=given)


def read_toml(path: Path) -> dict[str, object]:
    """Raises: ConfigRefused naming the file when it is absent or is not TOML (with line and column)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigRefused(
            path, ["the file does not exist; `cem init DIR` makes a workspace with all of them"]
        ) from exc
    except UnicodeDecodeError as exc:
        raise ConfigRefused(path, [f"byte {exc.start} is not UTF-8; save the file as UTF-8"]) from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigRefused(path, [f"this is not TOML: {exc}"]) from exc
