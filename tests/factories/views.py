"""A literal view model of a pack, small enough to read and complete enough to render."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from contracts.words import BusinessUnit, Level, PlacementState, Zone
from reporting.models.pack import (
    AccountRow,
    Accounts,
    ActionLine,
    Amount,
    CaseLine,
    Cases,
    Cell,
    Change,
    Corner,
    Experience,
    Footer,
    Grid,
    Mark,
    Matrix,
    MatrixRow,
    Metric,
    Move,
    Opening,
    PackView,
    Point,
    Problems,
    Projects,
    Reconciliation,
    Renewals,
    SinceLine,
    SourceLine,
    Team,
    TeamLine,
    Tile,
    Trend,
    Trust,
    Verbatim,
    Windows,
    ZoneLine,
)

ROME = ZoneInfo("Europe/Rome")
AS_OF = datetime(2026, 11, 23, 0, 0, tzinfo=ROME)

V = Mark("v", "V", "Very Loyal", Zone.VERY_LOYAL)
S = Mark("s", "S", "Somewhat Loyal", Zone.SOMEWHAT_LOYAL)
N = Mark("n", "N", "Neutral", Zone.NEUTRAL)
C = Mark("c", "C", "Critical", Zone.CRITICAL)

FOOTER = Footer(
    audience="Team view · A. Karim",
    rule="Customers assigned to A. Karim's team.",
    week="2026-W47",
    as_of_text="Data as of Mon 23 Nov 2026, 00:00 CET",
    policy="Policy 1",
    lines_text="loyalty 45, retention 60, dead-band ±2",
    run_name="2026-W47-r0",
    organization="Borealis Storage",
    check_line="3 − 0 + 0 = 3 accounts",
)


def eur(value: float | None, text: str) -> Amount:
    return Amount(value, text)


def a_case(**changes: object) -> CaseLine:
    base = CaseLine(
        case_id="CL-2291AB00",
        row_version=3,
        customer_id="C-1",
        name="Halden Maritime Logistics",
        mark=C,
        title="Save a Critical account",
        category="retention",
        severity="urgent",
        status="open",
        is_open=True,
        owner_id="P-017",
        owner="T. Okafor",
        opened_at=datetime(2026, 11, 20, 8, 15, tzinfo=UTC),
        opened_text="20 Nov",
        age_days=3,
        due_at=datetime(2026, 11, 24, 11, 0, tzinfo=UTC),
        due_text="Due Tue 24 Nov",
        is_overdue=False,
        overdue_days=0,
        closed_at=None,
        escalation_step=0,
        outcome="",
        note="",
        page="accounts/c-1-aaaaaaaa.html",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def an_action(**changes: object) -> ActionLine:
    base = ActionLine(
        action_id="A-1",
        rank=1,
        customer_id="C-1",
        name="Halden Maritime Logistics",
        revenue=eur(340_000.0, "EUR 340 k"),
        before=S,
        mark=C,
        why="Three severity-1 faults in 14 days.",
        action="Call the operations director and explain both faults",
        owner_id="P-017",
        owner="T. Okafor",
        unit="Customer Support",
        due_on=date(2026, 11, 24),
        due_text="Tue 24 Nov",
        is_late=False,
        status="todo",
        priority=eur(102_000.0, "EUR 102 k"),
        playbook="save-critical",
        page="accounts/c-1-aaaaaaaa.html",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def a_row(**changes: object) -> AccountRow:
    base = AccountRow(
        rank=1,
        customer_id="C-1",
        name="Halden Maritime Logistics",
        subtitle="Bremen · Gold",
        tier="Gold",
        region="EMEA",
        country="DE",
        status="active",
        state=PlacementState.PLACED,
        mark=C,
        before=S,
        direction="worse",
        loyalty=38.2,
        retention=41.4,
        loyalty_change=Change(51.0, -12.8, "▼ 13", "worse"),
        retention_change=Change(55.0, -13.6, "▼ 14", "worse"),
        coverage_share=0.86,
        is_borderline=False,
        revenue=eur(340_000.0, "EUR 340 k"),
        revenue_share=0.2,
        renewal_on=date(2027, 1, 31),
        renewal_text="31 Jan 2027",
        owner_id="P-017",
        owner="T. Okafor",
        case_id="CL-2291AB00",
        case_text="open",
        case_state="open",
        next_action="Call the operations director",
        page="accounts/c-1-aaaaaaaa.html",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def a_move(**changes: object) -> Move:
    base = Move(
        customer_id="C-1",
        name="Halden Maritime Logistics",
        before=S,
        after=C,
        direction="worse",
        kind="moved",
        cause="customer",
        is_borderline=False,
        revenue=eur(340_000.0, "EUR 340 k"),
        loyalty=Change(51.0, -12.8, "▼ 13", "worse"),
        retention=Change(55.0, -13.6, "▼ 14", "worse"),
        why="Three severity-1 faults in 14 days.",
        page="accounts/c-1-aaaaaaaa.html",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


_TREND = Trend((1.7, 1.6, 1.8, 1.7, 2.3), 1.5, 1.9, "2026-W43", "2026-W47", True, True, "Outside normal noise.")
_SAME = Change(58.9, -0.3, "−0.3", "same", is_noise=True)


def a_pack_view(**changes: object) -> PackView:
    cases = (a_case(), a_case(case_id="CL-77770000", name="Lindqvist Bank", is_overdue=True, overdue_days=4))
    amount = eur(340_000.0, "EUR 340 k")
    stayed = Cell(2, amount, "stayed", "2")
    worse = Cell(1, amount, "worse", "1")
    none = Cell(0, eur(0.0, "EUR 0"), "other", "")
    total = Cell(3, amount, "total", "3")
    base = PackView(
        audience_id="manager-support-0123456789",
        disclosure="d" * 32,
        title="Team view · A. Karim",
        level=Level.MANAGER,
        unit=BusinessUnit.SUPPORT,
        language="en",
        week="2026-W47",
        week_days="16–22 Nov 2026",
        as_of=AS_OF,
        as_of_text="Mon 23 Nov 2026, 00:00 CET",
        currency="EUR",
        organization="Borealis Storage",
        previous_week="2026-W46",
        is_baseline=False,
        headline="One account turned Critical this week; EUR 340 k of yearly revenue is at risk",
        standfirst="Three severity-1 faults explain most of it.",
        since_title="Since your last pack, 2026-W46",
        since=(SinceLine(1, "account turned Critical", "EUR 340 k", "worse"), SinceLine(2, "cases opened", "", "same")),
        opening=Opening(
            changed=(SinceLine(1, "account turned Critical", "EUR 340 k", "worse"),),
            apart=(),
            costs=("EUR 2.3 M of yearly revenue in Critical, 1 account.",),
            first=(an_action(),),
        ),
        tiles=(
            Tile(
                "critical",
                "Revenue in Critical zone",
                "EUR 2.3 M",
                "",
                Change(1.7, 0.6, "▲ EUR 0.6 M", "worse"),
                "outside noise",
                _TREND,
                2.3,
            ),
            Tile("loyalty", "Loyalty score", "58.9", "of 100", _SAME, "no real change", None, 58.9),
        ),
        zones=(ZoneLine(C, 1, amount, "33 %", Change(0, 1, "▲ 1", "worse")), ZoneLine(V, 2, amount, "67 %", _SAME)),
        matrix=Matrix(
            columns=(V, S, N, C),
            rows=(
                MatrixRow(V, (stayed, none, none, none), stayed),
                MatrixRow(S, (none, none, none, worse), worse),
                MatrixRow(N, (none, none, none, none), none),
                MatrixRow(C, (none, none, none, none), none),
            ),
            totals=(stayed, none, none, worse),
            grand_total=total,
            finding="One of three accounts changed zone.",
        ),
        grid=Grid(
            title="One of three accounts changed zone",
            finding="Three accounts; one turned Critical.",
            loyalty_line=45.0,
            retention_line=60.0,
            dead_band=2.0,
            corners=(
                Corner(V, is_high_loyalty=True, is_high_retention=True, text="2 accounts · EUR 1.2 M"),
                Corner(S, is_high_loyalty=True, is_high_retention=False, text="0 accounts"),
                Corner(N, is_high_loyalty=False, is_high_retention=True, text="0 accounts"),
                Corner(C, is_high_loyalty=False, is_high_retention=False, text="1 account · EUR 340 k"),
            ),
            points=(
                Point(
                    "C-1",
                    "Halden Maritime Logistics",
                    38.2,
                    41.4,
                    340_000.0,
                    C,
                    51.0,
                    55.0,
                    "Halden Maritime",
                    "EUR 340 k · S→C",
                    1,
                ),
                Point("C-2", "Lindqvist Bank", 71.0, 78.0, 880_000.0, V),
                Point("C-3", "Novara Pharma", 66.0, 70.0, 320_000.0, V),
            ),
        ),
        moves=(a_move(),),
        other_moves=(),
        moves_sentences=("Into Critical: one account, EUR 340 k.",),
        actions=(an_action(),),
        plan=(an_action(), an_action(action_id="A-2", rank=2, action="Name one engineer for all tickets")),
        actions_title="Act first: one account holds EUR 340 k",
        accounts=Accounts(
            rows=(a_row(), a_row(rank=2, customer_id="C-2", name="Lindqvist Bank", mark=V, before=V, direction="same")),
            total_count=2,
            total_revenue=amount,
            rest_count=0,
            rest_revenue=eur(0.0, "EUR 0"),
            rest_sentence="",
            owners=("T. Okafor",),
        ),
        cases=Cases(
            open=cases,
            overdue=cases[1:],
            closed_this_week=(),
            opened_this_week_count=1,
            median_close_days=9.0,
            sentence="Two cases are open, one is overdue",
            owner_sentence="The overdue one sits with T. Okafor.",
        ),
        team=Team("Team", (TeamLine("P-017", "T. Okafor", "owner", 2, 1, amount, amount, 2, 1, 54.0),), ""),
        experience=Experience(
            metrics=(
                Metric(
                    key="nps",
                    label="NPS",
                    value=12.0,
                    text="12",
                    low=4.0,
                    high=20.0,
                    interval_text="±8, n = 38",
                    range_text="4 to 20",
                    n=38,
                    invited=90,
                    change=_SAME,
                ),
            ),
            sentences=("Ticket satisfaction fell to 4.1 of 5.",),
            verbatims=(
                Verbatim(
                    "C-1",
                    "Halden Maritime Logistics",
                    date(2026, 11, 17),
                    "17 Nov",
                    "The same failure twice in a week.",
                    "csat",
                    "2 of 5",
                    "worse",
                    "en",
                ),
            ),
            verbatims_note="",
        ),
        renewals=Renewals("No renewal is due within 90 days.", (), (), (), "No open deal.", 0),
        problems=Problems("No open ticket.", (), 0, 0, 0),
        projects=Projects("No running project.", (), 0, 0),
        contacts=(),
        windows=Windows((C,), ()),
        money=None,
        forecast=None,
        kpis=None,
        regions=None,
        drivers=None,
        answers=(),
        families=(),
        programme=None,
        trust=Trust(
            short="5 of 6 sources fresh; 212 of 48 310 rows set aside",
            is_good=False,
            sources=(SourceLine("crm", "deals", "stale", False, "9 days", 100, 98, 2, 0, "9 days old, limit 7"),),
            sources_sentence="5 of 6 sources are fresh. CRM deals are 9 days old (limit 7).",
            rows_sentence="212 of 48 310 rows were set aside (0.4 %).",
            coverage_sentence="2 of 2 accounts are fully scored.",
            notes=(),
        ),
        reconciliation=Reconciliation(2, 0, 0, 2, amount, amount, amount, amount, (), "2 − 0 + 0 = 2 accounts"),
        notes=(),
        main=("accounts", "cases", "actions", "team", "experience", "matrix"),
        aside=("grid", "overdue", "zones", "trust"),
        footer=FOOTER,
        shows_money=True,
        account_pages=("C-1", "C-2"),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


# A name as no form allows and every CRM holds: long, two scripts, an emoji, an override, a line break, markup.
HOSTILE_NAME = (
    "=Société Générale d’Électricité “Nord & Süd” <b>شركة الاتصالات</b> 😀\u202e "
    "株式会社 \r\nBcc: all@example.org Überlandwerk-Betriebsgesellschaft mit sehr langem Namen"
)
