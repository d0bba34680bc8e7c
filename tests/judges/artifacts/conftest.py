"""What the judges look at: every distinct file that a finished demo published or mailed. Run by .ci/check-40-judges."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.factories.browser import write_mail
from tests.factories.mails import every_kind
from tests.factories.repository import ROOT

JUDGES = ROOT / ".judges"


@dataclass(frozen=True)
class Published:
    """Files by kind, each content once; `mails` are the HTML parts of mails, one folder for all."""

    pages: list[Path]
    documents: list[Path]
    workbooks: list[Path]
    mails: list[Path]


_BODY = "body.html"


@pytest.fixture(scope="session")
def judges() -> Path:
    """Where the judges are installed."""
    assert (JUDGES / "node_modules").is_dir(), "no judges here: .ci/check-40-judges installs them"
    return JUDGES


@pytest.fixture(scope="session")
def demo() -> Path:
    """The workspace of a demo that was told to its end; CEM_JUDGED_DEMO names another than the check's own."""
    folder = Path(os.environ.get("CEM_JUDGED_DEMO", JUDGES / "demo"))
    marker = folder / "var" / "demo.json"
    assert marker.is_file(), f"no demo in {folder}: .ci/check-40-judges tells it"
    assert json.loads(marker.read_text())["stamp"], f"the demo in {folder} was not told to its end"
    return folder


@pytest.fixture(scope="session")
def published(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """All that the demo published, attached and mailed, and one mail of each kind that its story does not need."""
    made = sorted(path for path in (demo / "output").rglob("*") if path.is_file() and not path.is_symlink())
    posted = _opened(demo / "var" / "mail", tmp_path_factory.mktemp("posted"))
    bodies = [path for path in posted if path.name.endswith(_BODY)]
    kinds = tmp_path_factory.mktemp("kinds")
    mails = [write_mail(kinds / f"{name}.html", mail) for name, mail in every_kind().items()]
    found = Published(
        pages=_each_once([path for path in (*made, *posted) if path.suffix == ".html" and path not in bodies]),
        documents=_each_once([path for path in (*made, *posted) if path.suffix == ".pdf"]),
        workbooks=_each_once([path for path in (*made, *posted) if path.suffix == ".xlsx"]),
        mails=_each_once([*mails, *bodies]),
    )
    assert len(found.pages) > 500
    assert len(found.documents) > 60
    assert len(found.workbooks) > 60
    assert len(found.mails) > 60
    return found


def _each_once(paths: list[Path]) -> list[Path]:
    """Files are linked between audiences and weeks; a judge needs to see a content once."""
    return list({hashlib.sha256(path.read_bytes()).digest(): path for path in reversed(paths)}.values())[::-1]


def _opened(mailboxes: Path, folder: Path) -> list[Path]:
    """The HTML part of every mail, and what is attached to it, as files."""
    written = []
    for number, path in enumerate(sorted(mailboxes.rglob("*.eml"))):
        mail = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
        parts = [(_BODY, mail.get_body(("html",)))]
        parts += [(str(part.get_filename()), part) for part in mail.iter_attachments()]
        for at, (name, part) in enumerate(parts):
            if part is not None:
                target = folder / f"{number:04}-{at}-{_BODY if name == _BODY else Path(name).suffix}"
                content = part.get_content()
                target.write_bytes(content.encode() if isinstance(content, str) else content)
                written.append(target)
    return written
