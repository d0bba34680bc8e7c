"""One mail of each kind, from literal views."""

from __future__ import annotations

from datetime import datetime

from contracts.words import MessageKind
from reporting.mails.house import (
    ReceiptLine,
    alert_mail,
    case_mail,
    operator_mail,
    pack_mail,
    receipt_mail,
    withdrawal_mail,
)
from reporting.mails.parts import MailBody
from tests.factories.account_views import an_account_view
from tests.factories.views import ROME, a_case, a_pack_view

DUE = datetime(2026, 11, 24, 12, 0, tzinfo=ROME)
LINK = "https://reports.borealis.example/2026-W47/manager/accounts/c-1.html"


def every_kind() -> dict[str, MailBody]:
    """Name of the kind -> the mail."""
    account, case = an_account_view(), a_case()
    lines = [ReceiptLine("Cases!I6", "CL-2291AB00: status open → closed")]
    about = {"why_you": "account team", "due": DUE, "link": LINK}
    return {
        "pack": pack_mail(a_pack_view(), ("brief", "workbook"), LINK),
        "alert": alert_mail(account, kind=MessageKind.ALERT_CRITICAL, events=(), case=case, **about),
        "event": alert_mail(account, kind=MessageKind.ALERT_EVENT, events=account.events, case=None, **about),
        "withdrawal": withdrawal_mail(account, why_you="account team", link=LINK),
        "case": case_mail(account, kind=MessageKind.CASE_OPENED, case=case, why_you="case owner", link=LINK),
        "receipt": receipt_mail(
            file_name="plan.xlsx", week="2026-W47", organization="Borealis Storage", applied=lines, refused=lines,
            conflicting=lines,
        ),
        "operator": operator_mail(
            title="The week is held", problems=["tickets shrank by 90 %"], advice="Approve or replace the export.",
            run_name="2026-W47-r0", organization="Borealis Storage",
        ),
    }  # fmt: skip
