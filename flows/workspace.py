"""`cem init`: a new workspace with every file commented, in preview, with its first policy as draft."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from config.crosswalk import CROSSWALK_COLUMNS
from config.policy import POLICY_FILES
from config.source_map import known_zone
from contracts.words import ExitCode
from flows.run import Outcome

# Copied as they are; audiences and sources of a new workspace start empty of the demo's people.
_STARTED = {
    "sources.toml": "presets/start.sources.toml",
    "audiences.toml": "presets/start.audiences.toml",
    "voice.toml": "voice.toml",
}
_COPIED = tuple(name for name in POLICY_FILES if name not in _STARTED)

_INVENTED = re.compile(r"^is_text_invented = .*\n", re.MULTILINE)  # true of the demo's comments alone
_PRESET_ZONE = 'time_zone = "Europe/London"'

_WORKSPACE = """\
# Where this workspace runs. Secrets never stand here: CEM_SMTP_PASSWORD, CEM_DATABASE_URL and
# CEM_TOKEN_KEY come from the environment.
organization = "{organization}"
time_zone = "{time_zone}"        # weeks begin on Monday 00:00 here
language = "en"
# country = "IT"                  # masks national telephone numbers in comments; without it only +39 ... ones
workers = 2                       # worker processes
settle_seconds = 30               # alerts read an export once it lies unchanged for so long; 0 where it comes by rename
# database_url = "postgresql+psycopg://cem@db.example/cem"    # default: SQLite under var/

[mail]
transport = "maildir"             # "smtp" sends; "maildir" writes mails under var/mail
mode = "preview"                  # preview | redirect | approve | live
sender_name = "Customer loyalty"
sender_address = "loyalty@{domain}"
operator_address = "operator@{domain}"
domain = "{domain}"
# redirect_to = "me@{domain}"     # for mode = "redirect"
# smtp_host = "smtp.{domain}"
# smtp_port = 587
# smtp_security = "starttls"      # or "tls" on port 465; there is no third choice
# smtp_user = "loyalty"
"""


def make_workspace(folder: Path, *, organization: str, time_zone: str) -> Outcome:
    """Write a new workspace into `folder`; refuses a folder that already holds something."""
    root = folder.resolve()
    if root.exists() and any(root.iterdir()):
        return Outcome(
            ExitCode.USAGE,
            f"{root} is not empty; name a folder that does not exist yet, so that nothing is written over",
        )
    try:
        known_zone(time_zone)
    except ValueError as exc:
        return Outcome(ExitCode.USAGE, f"--time-zone '{time_zone}': {exc}")
    defaults = files("config")
    for name in ("config", "inbox", "returns"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        (root / "config" / name).write_bytes((defaults / name).read_bytes())
    for name, preset in _STARTED.items():
        started = (defaults / preset).read_text(encoding="utf-8").replace(_PRESET_ZONE, f'time_zone = "{time_zone}"')
        (root / "config" / name).write_text(_INVENTED.sub("", started), encoding="utf-8")
    presets = root / "config" / "presets"
    presets.mkdir()
    for entry in sorted((defaults / "presets").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml") and not entry.name.startswith("start."):
            (presets / entry.name).write_bytes(entry.read_bytes())
    (root / "config" / "crosswalk.csv").write_text(",".join(CROSSWALK_COLUMNS) + "\n")
    text = _WORKSPACE.format(organization=_quoted(organization), time_zone=time_zone, domain="example.com")
    (root / "config" / "workspace.toml").write_text(text, encoding="utf-8")
    return Outcome(
        ExitCode.DONE,
        f"A new workspace is in {root}",
        (
            "1. Put exports into inbox/ and describe them in config/sources.toml (presets/ has five vendors).",
            "2. `cem doctor` in that folder says what is still missing.",
            "3. `cem run` makes the first week: a baseline, in preview, nobody is mailed.",
        ),
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
