"""Every artifact is the same bytes in another process, time zone and hash seed, and after other work."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

SCRIPT = """
import hashlib, json, sys
from contracts.words import Level, MessageKind
from reporting.account.page import compose_account
from reporting.briefs.render import render_account_brief, render_brief
from reporting.mails.house import alert_mail, pack_mail
from reporting.view import compose
from reporting.workbook.book import render_workbook
from tests.factories.reporting import a_scoped_book

book = a_scoped_book(40)
view = compose(book)
account = compose_account(book, view.accounts.rows[0].customer_id)
other = compose_account(book, view.accounts.rows[5].customer_id)
if "busy" in sys.argv:
    render_account_brief(other, "x")
alert = alert_mail(account, kind=MessageKind.ALERT_CRITICAL, why_you="account team", events=(), due=None, case=None, link=None)
pack = pack_mail(view, ("brief",), None)
made = {
    "brief": render_brief(view).content,
    "account": render_account_brief(account, "x").content,
    "workbook": render_workbook(view, token="a.b", key=b"k").content,
    "alert": (alert.subject + alert.text + alert.html).encode(),
    "pack": (pack.subject + pack.text + pack.html).encode(),
}
print(json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in made.items()}))
"""


def digests(*arguments: str, **environment: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_another_process_zone_and_hash_seed_make_the_same_bytes() -> None:
    one = digests(PYTHONHASHSEED="0", TZ="UTC")
    other = digests("busy", PYTHONHASHSEED="4711", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1", LC_ALL="C")
    assert one == other
    assert len(set(one.values())) == len(one)
    assert hashlib.sha256(b"").hexdigest() not in one.values()
