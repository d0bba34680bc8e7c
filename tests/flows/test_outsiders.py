"""Partners and customers: only where a template says so, only approved words, never more often than the cap."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from contracts.weeks import Week
from contracts.words import MessageKind, OutboxState
from flows.run import opened
from flows.weekly import weekly
from store import outbox
from tests.flows.test_upgrade_installation import EXAMPLE, RUN_AT

NOTE = """
tell_partners = [{ name = "Reseller", email = "desk@reseller.example" }]

[template.note]
is_on = true
subject = "Your answer"
text = "Dear {contact}, we read your answer. {caller} calls you by {day}."
approved_by = "Head of Customer Experience"
approved_on = 2026-05-04
"""
CONTACTS = """
[[source]]
name = "contacts"
location = "contacts.csv"
format = "csv"
kind = "full"
key = ["Contact"]
owner = "crm@arrayworks.example"

[[source.map]]
table = "contacts"
[source.map.columns]
customer_id = "Account"
contact_id = "Contact"
name = "Name"
email = "E-mail"
"""


def test_the_contact_who_answered_is_told_who_calls_and_when(tmp_path: Path) -> None:
    root, exports = tmp_path / "workspace", tmp_path / "exports"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("var", "output", "exports"))
    shutil.copytree(EXAMPLE / "exports", exports)
    alerts = (root / "config" / "alerts.toml").read_text()
    (root / "config" / "alerts.toml").write_text(
        alerts.replace('opens = "installation_help"\n', f'opens = "installation_help"\n{NOTE}')
    )
    sources = (root / "config" / "sources.toml").read_text()
    mapped = sources.replace('comment = "Comment"', 'comment = "Comment"\ncontact_id = { key_of = ["Account"] }')
    (root / "config" / "sources.toml").write_text(
        mapped + CONTACTS.replace('contact_id = "Contact"', 'contact_id = { key_of = ["Account"] }')
    )
    for week in ("2026-06-01", "2026-06-08"):
        (exports / week / "contacts.csv").write_text(
            "Contact,Account,Name,E-mail\nK-1,A-1,Ida Moor,ida@aldgate.example\n"
        )
    for weeks, day in ((1, "2026-06-01"), (0, "2026-06-08")):
        with opened(root, clock=lambda n=weeks: RUN_AT - timedelta(weeks=n), inbox=exports / day) as run:
            done = weekly(run, Week(2026, 23 - weeks))
    with opened(root, clock=lambda: RUN_AT) as run, run.store.read() as session:
        (note,) = outbox.rows(session, kinds=[MessageKind.CUSTOMER_NOTE])
        partner = [row for row in outbox.rows(session) if row.recipient == "desk@reseller.example"]
    assert note.recipient == "ida@aldgate.example"
    assert note.state is OutboxState.HELD, "the customer's domain is not among the allowed ones: an operator decides"
    assert len(partner) == 2, "one per answer"
    assert any("A-2: no note to the customer" in line for line in done.lines)
