"""A literal view model of one account, small enough to read and complete enough to render."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from reporting.account.models import (
    AccountView,
    Asset,
    Band,
    Deal,
    Dot,
    EventLine,
    Feedback,
    Problem,
    SignalLine,
    Step,
    Timeline,
    Waterfall,
    Worth,
)
from reporting.models.pack import Change, Point, Verbatim
from tests.factories.views import AS_OF, FOOTER, C, S, V, a_case, an_action, eur


def a_waterfall(**changes: object) -> Waterfall:
    changes_of = (
        ("severity_1", "Severity-1 faults: 3 in 14 days", -6.0),
        ("csat", "Survey 17 Nov: 2 of 5 (was 4)", -4.0),
        ("reopened", "Tickets re-opened: 4 of 11", -3.0),
        ("quote", "Renewal quote open 24 days", -2.0),
        ("support_end", "2 arrays reach end of support", -1.0),
        ("sponsor", "Sponsor meeting held 11 Nov", 2.0),
        ("firmware", "Firmware upgraded at 1 of 3 sites", 1.0),
    )
    steps, at = [], 51.0
    for signal, label, change in changes_of:
        text = f"{'+' if change > 0 else '−'}{abs(change):.0f}"
        steps.append(Step(signal, label, change, text, at, at + change, "better" if change > 0 else "worse"))
        at += change
    base = Waterfall(
        axis="loyalty",
        axis_label="Loyalty",
        title="Why 38, last week 51",
        subtitle="Effect of each signal on the loyalty score; sum −13.",
        start_label="Last week",
        end_label="This week",
        start=51.0,
        end=38.0,
        start_text="51",
        end_text="38",
        line=45.0,
        line_label="loyalty line 45",
        steps=tuple(steps),
        mark=C,
        is_change=True,
        finding="Loyalty fell from 51 to 38.",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def an_account_view(**changes: object) -> AccountView:
    base = AccountView(
        audience_id="manager-support-0123456789",
        disclosure="d" * 32,
        audience_title="Account team and support engineers",
        language="en",
        week="2026-W47",
        week_days="16–22 Nov 2026",
        as_of=AS_OF,
        as_of_text="Mon 23 Nov 2026, 00:00 CET",
        organization="Borealis Storage",
        currency="EUR",
        customer_id="C-1",
        name="Halden Maritime Logistics",
        identity="Customer C-1 · Bremen, Germany · Marine logistics · EUR 340 k a year · customer since 2019",
        status="active",
        mark=C,
        before=S,
        is_borderline=False,
        zone_sentence="Critical since this week, from Somewhat Loyal.",
        summary=("Three severity-1 faults explain almost half of the fall.",),
        loyalty=38.0,
        retention=41.0,
        loyalty_change=Change(51.0, -13.0, "▼ 13", "worse"),
        retention_change=Change(55.0, -14.0, "▼ 14", "worse"),
        loyalty_interval="34 to 42",
        retention_interval="36 to 46",
        revenue=eur(340_000.0, "EUR 340 k"),
        renewal_text="31 Jan 2027",
        owners=(("Sales", "M. Lindgren"), ("Customer Support", "T. Okafor")),
        waterfalls=(a_waterfall(),),
        waterfall_note="",
        signals=(
            SignalLine(
                "severity_1",
                "Severity-1 faults",
                "loyalty",
                "technical",
                "3",
                "0",
                12.0,
                "12",
                "20 %",
                "−6",
                "worse",
                True,
            ),
        ),
        coverage_text="Coverage 86 %",
        missing_signals=(),
        trail=(
            Point("C-1", "2026-W35", 70.0, 59.0, None, S),
            Point("C-1", "2026-W46", 51.0, 55.0, None, S),
            Point("C-1", "2026-W47", 38.0, 41.0, None, C),
        ),
        loyalty_line=45.0,
        retention_line=60.0,
        critical_is_low_left=True,
        trail_finding="From Somewhat Loyal to Critical in 13 weeks.",
        timeline=Timeline(
            title="Two years: the slide began in July 2026, before the faults",
            first_week="2024-W48",
            last_week="2026-W47",
            weeks=104,
            quarters=((5.0, "Q1 2025"), (18.0, "Q2"), (31.0, "Q3"), (44.0, "Q4"), (57.0, "Q1 2026")),
            bands=(Band(S, 0, 38), Band(V, 38, 86), Band(S, 86, 103), Band(C, 103, 104)),
            tickets=(*((index * 7) % 5 for index in range(102)), 11, 11),
            severe=(12.0, 101.5, 103.1),
            severe_note="3 in 14 days",
            surveys=(Dot(10.0, "4", "csat"), Dot(103.0, "2", "csat", "worse")),
            survey_label="Survey, 1–5",
            deals=(Dot(20.0, "won EUR 210 k", "won"),),
            installs=(Dot(22.0, "2 arrays, Bremen", "install"),),
            finding="Two years of position, tickets, surveys, deals and installs.",
        ),
        problems=(Problem(date(2026, 11, 20), "20 Nov", 1, "Sev 1", "Bremen array", "Fixed in 9 h", False, "T-1"),),
        problems_note="",
        assets=(Asset("NS-5200", "Bremen", "1", date(2026, 12, 31), "31 Dec 2026", "soon"),),
        assets_note="",
        deals=(
            Deal(
                "Support renewal",
                "renewal",
                "Quote open 24 days",
                eur(340_000.0, "EUR 340 k"),
                date(2027, 1, 31),
                "31 Jan",
                True,
                True,
            ),
        ),
        deals_note="",
        projects=(),
        projects_note="No running project.",
        verbatims=(
            Verbatim(
                "C-1",
                "Halden Maritime Logistics",
                date(2026, 11, 17),
                "17 Nov",
                "The same failure twice in a week. Nobody could tell us why.",
                "csat",
                "2 of 5",
                "worse",
                "en",
            ),
        ),
        verbatims_note="",
        feedback=(
            Feedback(
                date(2026, 11, 19),
                "19 Nov",
                "M. Lindgren",
                "Open to staying if the fault is explained.",
                "3 of 5 (was 4)",
            ),
        ),
        feedback_note="",
        events=(
            EventLine(date(2026, 11, 20), "20 Nov", "Severity-1 fault at Bremen", "The same failure twice in a week."),
        ),
        actions=(
            an_action(),
            an_action(
                action_id="A-2",
                rank=2,
                action="Book controller replacement in Bremen and Hamburg",
                owner="Field service",
            ),
        ),
        actions_note="",
        cases=(a_case(),),
        cases_note="",
        trust_sentence="Fully scored.",
        page="accounts/c-1-aaaaaaaa.html",
        footer=FOOTER,
        worth=Worth("Lifetime value", "EUR 680 k", "EUR 510 k to EUR 850 k", "Over 60 months, discounted margin."),
        foretold="",
        family="",
        said=(),
        said_note="No comment on record.",
        calls_sentence="",
    )
    return replace(base, **changes)  # type: ignore[arg-type]
