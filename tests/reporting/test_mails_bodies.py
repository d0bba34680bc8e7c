from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from reporting.mails.parts import MailBody, header_safe
from reporting.values import Change
from tests.factories.account_views import an_account_view
from tests.factories.views import HOSTILE_NAME, ROME, V, a_case, a_pack_view, eur

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
DUE = datetime(2026, 11, 24, 12, 0, tzinfo=ROME)
LINK = "https://reports.borealis.example/2026-W47/manager/accounts/c-1.html?a=1&b=2"


def an_alert(account=None, *, kind=MessageKind.ALERT_CRITICAL, events=(), due=DUE, case=None, link=None) -> MailBody:
    return alert_mail(
        account or an_account_view(), kind=kind, why_you="account team", events=events, due=due, case=case, link=link
    )


def every_mail(link: str | None = None) -> list[MailBody]:
    account = an_account_view()
    lines = [
        ReceiptLine("Cases!I6", "CL-2291AB00: status open → closed"),
        ReceiptLine("Cases!J7", "owner Bob", "nobody has this id"),
    ]
    return [
        pack_mail(a_pack_view(), ("brief", "workbook", "account_briefs"), link),
        an_alert(case=a_case(), link=link),
        an_alert(kind=MessageKind.ALERT_EVENT, events=account.events, link=link),
        withdrawal_mail(replace(account, mark=V), why_you="account team", link=link),
        case_mail(account, kind=MessageKind.CASE_OPENED, case=a_case(), why_you="case manager", link=link),
        case_mail(account, kind=MessageKind.CASE_ESCALATED, case=a_case(is_overdue=True, due_text="Overdue 3 days"), why_you="next level", link=link),
        receipt_mail(file_name="plan.xlsx", week="2026-W47", organization="Borealis Storage", applied=lines, refused=lines, conflicting=()),
        operator_mail(title="The week is held", problems=["tickets shrank by 90 %"], advice="Approve or replace the export.", run_name="2026-W47-r0", organization="Borealis Storage"),
    ]  # fmt: skip


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.styles: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag, attrs):
        given_attrs = dict(attrs)
        self.tags.append(tag)
        self.styles.append(given_attrs.get("style") or "")
        self.links += [given_attrs["href"]] if given_attrs.get("href") else []
        self._silent += tag == "title"

    def handle_endtag(self, tag):
        self._silent -= tag == "title"

    def handle_data(self, data):
        if not self._silent:
            self.words.append(data)


def read(mail: MailBody) -> _Markup:
    page = _Markup()
    page.feed(mail.html)
    return page


def test_the_alert_reads_as_the_golden_text() -> None:
    mail = an_alert(case=a_case(), link=LINK)
    assert f"Subject: {mail.subject}\n\n{mail.text}" == (GOLDEN / "alert.txt").read_text(encoding="utf-8")


def test_the_subject_says_zone_account_money_and_deadline() -> None:
    assert an_alert().subject == "Critical: Halden Maritime… (EUR 340 k) – call by Tue 24 Nov"
    assert an_alert(due=None).subject == "Critical: Halden Maritime Logistics (EUR 340 k)"
    hidden = replace(an_account_view(), revenue=eur(None, "not shown to this audience"))
    assert an_alert(hidden, due=None).subject == "Critical: Halden Maritime Logistics"


@pytest.mark.parametrize("mail", every_mail(LINK), ids=lambda mail: mail.subject[:20])
def test_every_mail_is_drawn_by_every_mail_program(mail: MailBody) -> None:
    page = read(mail)
    assert not set(page.tags) & {"svg", "script", "link", "style", "form", "video", "div/flex"}
    assert not re.search(r"display:\s*(flex|grid)|overflow|white-space|url\(", " ".join(page.styles))
    assert len(mail.html.encode()) < 102_000
    assert "<img" not in mail.html


@pytest.mark.parametrize("mail", every_mail(LINK), ids=lambda mail: mail.subject[:20])
def test_the_text_part_holds_every_figure_of_the_page(mail: MailBody) -> None:
    """Figures in the same order as drawn; the row numbers of steps are in both."""
    shown = re.findall(r"\d+", " ".join(read(mail).words).split(mail.html.split("<table")[0][-40:])[0])
    told = re.findall(r"\d+", mail.text)
    assert set(shown) <= set(told)


@pytest.mark.parametrize("mail", every_mail(None), ids=lambda mail: mail.subject[:20])
def test_without_a_link_base_nothing_is_linked(mail: MailBody) -> None:
    assert read(mail).links == []
    assert "http" not in mail.text
    assert "Open the" not in mail.text


@pytest.mark.parametrize("mail", every_mail(LINK)[:6], ids=lambda mail: mail.subject[:20])
def test_with_a_link_base_both_parts_hold_it(mail: MailBody) -> None:
    assert read(mail).links == [LINK]
    assert LINK in mail.text


@pytest.mark.parametrize("mail", every_mail(LINK), ids=lambda mail: mail.subject[:20])
def test_every_mail_says_why_one_gets_it(mail: MailBody) -> None:
    assert "You get this" in mail.text
    assert "You get this" in mail.html


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=300))
def test_a_subject_is_one_safe_line(name: str) -> None:
    account = replace(an_account_view(), name=name)
    for subject in (an_alert(account).subject, header_safe(name)):
        assert len(subject) < 60
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]", subject)
        subject.encode("utf-8")


def test_a_hostile_name_changes_neither_header_nor_markup() -> None:
    mail = an_alert(replace(an_account_view(), name=HOSTILE_NAME), case=a_case(name=HOSTILE_NAME))
    assert "\n" not in mail.subject
    assert "\u202e" not in mail.subject + mail.text + mail.html
    assert "&lt;b&gt;" in mail.html
    assert mail.subject.endswith("(EUR 340 k) – call by Tue 24 Nov")


def test_an_event_alert_leads_with_the_event() -> None:
    account = an_account_view()
    mail = an_alert(account, kind=MessageKind.ALERT_EVENT, events=account.events, due=None)
    assert mail.subject == "Alert: Halden Maritime Logistics (EUR 340 k)"
    assert "Halden Maritime Logistics: Severity-1 fault at Bremen" in mail.text
    assert "“The same failure twice in a week.”" in mail.text
    with pytest.raises(ValueError, match="needs the event"):
        an_alert(kind=MessageKind.ALERT_EVENT)
    with pytest.raises(ValueError, match="alert_critical and alert_event"):
        an_alert(kind=MessageKind.PACK)


def test_an_account_without_scores_reasons_or_plan_gets_plain_sentences() -> None:
    unknown = Change(None, None, "", "unknown")
    bare = an_account_view(
        loyalty=None, retention=None, loyalty_change=unknown, retention_change=unknown, before=None,
        waterfalls=(), waterfall_note="No earlier week to compare with.", actions=(), actions_note="", verbatims=(),
    )  # fmt: skip
    mail = an_alert(bare, due=None)
    assert "Loyalty:" not in mail.text
    assert "No earlier week to compare with." in mail.text
    assert "No playbook fits this account" in mail.text


def test_reasons_add_up_to_the_change_that_is_told() -> None:
    text = an_alert().text
    assert "three reasons explain 13 of the 16 loyalty points lost" in text
    assert "−3 from two smaller reasons; +3 from what went better. Net change −13." in text


def test_a_pack_mail_names_only_what_is_attached() -> None:
    assert (
        "Attached: the brief (PDF) and the action plan (Excel)."
        in pack_mail(a_pack_view(), ("brief", "workbook", "link"), None).text
    )
    assert "Attached" not in pack_mail(a_pack_view(), ("link",), LINK).text


@pytest.mark.parametrize(
    ("headline", "subject"),
    [
        ("Two of 172 accounts turned Critical this week; EUR 2.7 M sits there", "Two of 172 accounts turned Critical"),
        (
            "Two of your 94 accounts turned Critical this week, and one case is overdue",
            "Two of your 94 accounts turned Critical",
        ),
    ],
)
def test_the_subject_of_a_pack_says_its_news_whole(headline: str, subject: str) -> None:
    view = a_pack_view(headline=headline)
    assert pack_mail(view, (), None).subject == f"{subject} · {view.week}"


def test_a_first_pack_and_a_quiet_one_say_so() -> None:
    view = a_pack_view(since=(), actions=(), headline="No account changed zone this week")
    text = pack_mail(view, (), None).text
    assert "No account changed zone this week" in text
    assert "No suggested action this week." in text


def test_a_receipt_lists_every_edit_under_its_outcome() -> None:
    applied = [ReceiptLine(f"Cases!I{row}", "status open → closed") for row in range(6, 80)]
    refused = [ReceiptLine("Cases!J7", "owner Bob", "Nobody has this id.")]
    mail = receipt_mail(
        file_name="a\r\nb.xlsx", week="2026-W47", organization="Borealis Storage", applied=applied, refused=refused, conflicting=[], note="A fresh workbook is attached."
    )  # fmt: skip
    assert mail.subject == "Workbook 2026-W47: 74 applied, 1 refused, 0 conflicting"
    assert "And 14 more edits of this kind." in mail.text
    assert "Nobody has this id." in mail.text
    assert "A fresh workbook is attached." in mail.text
    unchanged = receipt_mail(file_name="x", week="2026-W47", organization="B", applied=[], refused=[], conflicting=[])
    assert "Nothing was done" in unchanged.text


def test_an_operator_is_told_what_to_do_and_not_flooded() -> None:
    mail = operator_mail(
        title="Three sources were refused", problems=[f"source {n}" for n in range(30)], advice="Replace the files.", run_name="r", organization="B"
    )  # fmt: skip
    assert mail.subject == "Operator: Three sources were refused"
    assert "And 18 more problems" in mail.text
    assert "Replace the files." in mail.text
