"""Where a workspace runs: folders, clock zone, database, mail. Secrets come from the environment only."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import ConfigRefused
from contracts.words import DeliveryMode


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


class WorkspaceFile(_Section):
    """config/workspace.toml."""

    organization: str
    time_zone: str
    language: str = "en"
    database_url: str | None = None
    workers: int = Field(default=2, ge=1, le=64)
    mail: MailSettings

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError(f"'{name}' is not a time zone; write an IANA name such as Europe/Rome") from exc
        return name


class Secrets(BaseSettings):
    """CEM_SMTP_PASSWORD, CEM_TOKEN_KEY, CEM_DATABASE_URL: environment or files named CEM_*_FILE, never TOML."""

    model_config = SettingsConfigDict(env_prefix="CEM_", extra="ignore")

    smtp_password: SecretStr | None = None
    token_key: SecretStr | None = None
    database_url: SecretStr | None = None


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
        return Settings(workspace, WorkspaceFile.model_validate(body), Secrets())
    except ValidationError as exc:
        raise ConfigRefused.from_validation(path, exc) from exc


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
