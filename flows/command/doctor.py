"""Checks a workspace part by part and says how to mend what is wrong. Stops at nothing."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from config.errors import ConfigRefused
from config.policy import read_draft
from config.settings import Settings, read_settings
from config.sources import read_sources
from contracts.words import ExitCode
from flows.errors import told
from flows.run import Outcome

_FREE_BYTES = 500_000_000
_SECOND = 5.0


def doctor(root: Path) -> Outcome:
    """One line per part: `ok` with what was found, or `MEND` with what to do. Code 2 if anything needs mending."""
    lines: list[str] = []
    is_well = True

    def look(part: str, check: Callable[[], str]) -> None:
        nonlocal is_well
        try:
            lines.append(f"ok    {part}: {check()}")
        except Exception as exc:  # noqa: BLE001 - the doctor reports every fault and goes on
            is_well = False
            sentence, _ = told(exc)
            where = f"{Path(exc.file).name}: " if isinstance(exc, ConfigRefused) else ""
            problems = exc.problems if isinstance(exc, ConfigRefused) else [sentence or f"{type(exc).__name__}: {exc}"]
            lines.extend(f"MEND  {part}: {where}{problem}" for problem in problems)

    look("settings", lambda: _settings(root))
    look("policy", lambda: _policy(root))
    look("sources", lambda: _sources(root))
    look("readers", lambda: _readers(root))
    look("database", lambda: _database(read_settings(root)))
    look("mail", lambda: _mail(read_settings(root)))
    look("fonts", _fonts)
    look("disk", lambda: _disk(root))
    headline = "Everything is well" if is_well else "Something needs mending"
    return Outcome(ExitCode.DONE if is_well else ExitCode.USAGE, headline, tuple(lines))


def _settings(root: Path) -> str:
    settings = read_settings(root)
    file = settings.file
    return f"{file.organization}, weeks begin in {file.time_zone}, delivery mode {file.mail.mode}"


def _policy(root: Path) -> str:
    policy = read_draft(root / "config")
    weighted = sum(rule.weight > 0 for rule in policy.signals)
    return f"draft {policy.digest[:12]}: {weighted} signals with weight, {len(policy.playbooks)} playbooks"


def _sources(root: Path) -> str:
    sources = read_sources(root / "config")
    inbox = root / "inbox"
    missing = [
        source
        for source in sources
        if source.location and "://" not in source.location and not any(inbox.glob(source.location))
    ]
    needed = [source for source in missing if source.required or source.master]
    if needed:
        faults = [
            f"{s.name}: no file matches '{s.location}' in {inbox}; put the export there or correct it" for s in needed
        ]
        raise ConfigRefused(root / "config" / "sources.toml", faults)
    if not missing:
        return f"{len(sources)} sources, every file found"
    names = ", ".join(source.name for source in missing)
    return f"{len(sources)} sources; no file yet of {names}: scores do without them, remove those you will never have"


def _readers(root: Path) -> str:
    """Somebody must read: people with levels come from a source, else audiences are named."""
    named = read_draft(root / "config").audiences.audience
    staff = [s.name for s in read_sources(root / "config") if any(target.table == "people" for target in s.map)]
    if not named and not staff:
        fault = "nobody reads: add a source of people to sources.toml, or name readers as [[audience]]"
        raise ConfigRefused(root / "config" / "audiences.toml", [fault])
    return f"by the people of {', '.join(staff)}" if staff else f"{len(named)} named audiences, each the whole book"


def _database(settings: Settings) -> str:
    from store.session import open_store

    settings.workspace.var.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url)
    try:
        store.migrate()
        state = store.schema_state()
        return f"{store.place}, schema {state.found} ({state.verdict})"
    finally:
        store.close()


def _mail(settings: Settings) -> str:
    mail = settings.file.mail
    if mail.transport == "maildir":
        return f"mails go to files under {settings.workspace.mail}"
    if mail.smtp_user and settings.smtp_password is None:
        raise ConfigRefused(
            "CEM_SMTP_PASSWORD", ["smtp_user is set but the password is not in the environment; set it"]
        )
    try:
        with socket.create_connection((mail.smtp_host, mail.smtp_port), timeout=_SECOND):
            return f"{mail.smtp_host}:{mail.smtp_port} answers; TLS is verified at every send"
    except OSError as exc:
        problem = f"smtp_host {mail.smtp_host}:{mail.smtp_port} cannot be reached ({exc}); correct it or open the way"
        raise ConfigRefused(settings.workspace.config / "workspace.toml", [problem]) from exc


def _fonts() -> str:
    from reporting.pdf.engine import render_pdf
    from reporting.verify import verify_pdf

    del render_pdf, verify_pdf
    folder = Path(__file__).resolve().parents[2] / "report_templates" / "fonts"
    found = sorted(path.name for path in folder.glob("*.woff2"))
    if not found:
        raise ConfigRefused(folder, ["the bundled fonts are gone; reinstall the package"])
    return f"{len(found)} bundled fonts, Pango loads"


def _disk(root: Path) -> str:
    free = shutil.disk_usage(root).free
    if free < _FREE_BYTES:
        raise ConfigRefused(root, [f"only {free / 1e6:.0f} MB free; a run needs {_FREE_BYTES / 1e6:.0f} MB"])
    if not os.access(root, os.W_OK):
        raise ConfigRefused(root, ["this folder is not writable for you; change its owner"])
    return f"{free / 1e9:.0f} GB free"
