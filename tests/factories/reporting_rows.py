"""The rows behind `a_book`: people, placements with contributions, and what happened at each customer."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from contracts.exchange import case_of, episode_of
from contracts.weeks import Week

LINES = (45.0, 60.0)
HARD_NAMES = (
    "Rahbar & Sons <script>alert('x')</script>",
    "شركة الأفق للتخزين المحدودة",
    "Blue 🐳 Whale Logistics",
    "Allgemeine Nordwestdeutsche Lagerhaus- und Speditionsgesellschaft für Kühlgüter mit beschränkter Haftung Zweigstelle K",
    'O\'Neill "Quoted" & Co, $100_000 \\alpha$',
    "Ørsted-Łódź Ελλάδα Привет",
)
_FIRST = ("Halden", "Castellan", "Orrin", "Pellworm", "Grange", "Lindqvist", "Meridian", "Cresta", "Tamarind",
          "Brightwater", "Kestrel", "Norden", "Novara", "Ferrant")  # fmt: skip
_SECOND = ("Maritime", "Insurance", "Hospitals", "Textiles", "Telecom", "Bank", "Water", "Utilities", "Foods",
           "Energy", "Aerospace")  # fmt: skip
_PLACES = (("Germany", "DACH"), ("Italy", "South"), ("Egypt", "MEA"), ("Norway", "Nordics"))
_PEOPLE = ("Amir Karim", "Lucia Serra", "Paolo Conti", "Nadia Haddad", "Erik Dahl", "Sofia Greco", "Omar Fathy",
           "Tola Okafor", "Rina Menon", "Jonas Brandt", "Ingrid Falk", "Marta Lindgren", "Karim Aziz")  # fmt: skip
SIGNALS = (
    ("severity_1_count", "Severity-1 faults in 90 days", "count", "loyalty", "technical", 6, 0, 0.3),
    ("csat_mean", "Ticket satisfaction", "of 5", "loyalty", "operational", 2, 5, 0.3),
    ("nps_latest", "Willingness to recommend", "of 10", "loyalty", "strategic", 0, 10, 0.2),
    ("reopened_pct", "Tickets re-opened", "%", "loyalty", "operational", 40, 0, 0.2),
    ("quote_days", "Renewal quote open", "days", "retention", "operational", 60, 0, 0.3),
    ("usage_trend_pct", "Usage against last quarter", "%", "retention", "technical", -30, 20, 0.4),
    ("late_project_days", "Projects late", "days", "retention", "operational", 45, 0, 0.3),
)  # fmt: skip
_COMMENTS = (
    ("en", "The same failure twice in a week. Nobody could tell us why.", 2),
    ("it", "L'assistenza risponde presto, ma il guasto torna ogni mese.", 3),
    ("ar", "الدعم سريع والفريق محترف، شكرا لكم", 5),
    ("en", "Upgrade went smoothly. <b>Well done</b>", 5),
    ("en", "We still need dates for the old arrays & a named engineer.", 2),
)
Records = list[dict[str, Any]]


def people() -> Records:
    """One executive; per unit one director, one manager, two who own accounts."""
    made: Records = [{"person_id": "P-00", "name": _PEOPLE[0], "level": "executive"}]
    for step, unit in enumerate(("sales", "support", "gps")):
        ids = [f"P-{unit[:2].upper()}{number}" for number in range(4)]
        levels = ("director", "manager", "individual", "individual")
        bosses = ("P-00", ids[0], ids[1], ids[1])
        for person, level, boss, name in zip(ids, levels, bosses, _PEOPLE[1 + 4 * step :], strict=False):
            made.append({"person_id": person, "name": name, "level": level, "business_unit": unit, "manager_id": boss})
    return made


def names(ids: list[str], *, hard: bool, dice: random.Random) -> dict[str, str]:
    """A name per customer; the first ones are hard to print."""
    found = {}
    for step, customer in enumerate(ids):
        if hard and step < 2 * len(HARD_NAMES) and step % 2 == 0:
            found[customer] = HARD_NAMES[step // 2]
        else:
            found[customer] = f"{_FIRST[step % len(_FIRST)]} {_SECOND[(step * 7) % len(_SECOND)]}" + (
                f" {step // len(_FIRST) + 1}" if step >= len(_FIRST) * 3 else ""
            )
    dice.shuffle(ids)
    return found


def zone_of(loyalty: float, retention: float) -> str:
    high = (loyalty >= LINES[0], retention >= LINES[1])
    return {(True, True): "very_loyal", (True, False): "somewhat_loyal", (False, True): "neutral"}.get(high, "critical")


def scores(ids: list[str], dice: random.Random) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    """customer -> (signal scores now, signal scores last week); one in ten moved much."""
    found = {}
    for customer in ids:
        level = {"loyalty": dice.gauss(58, 17), "retention": dice.gauss(70, 15)}
        shift = dice.choice((-34, -26, -22, 20, 24)) if dice.random() < 0.12 else 0.0
        now, before = {}, {}
        for signal, _, _, axis, *_ in SIGNALS:
            score = min(98.0, max(2.0, level[axis] + dice.gauss(0, 9)))
            moved = shift * dice.uniform(0.2, 1.6) + dice.gauss(0, 1.2)
            now[signal], before[signal] = score, min(99.0, max(1.0, score - moved))
        found[customer] = (now, before)
    return found


def contributions(made: dict[str, dict[str, float]]) -> Records:
    """CONTRIBUTIONS rows: weights of each axis sum to 1, the reference is 60."""
    rows: Records = []
    for customer, each in made.items():
        for signal, _, _, axis, _, bad, good, weight in SIGNALS:
            if signal not in each:
                continue
            whole = sum(s[7] for s in SIGNALS if s[3] == axis and s[0] in each)
            share = weight / whole
            rows.append({
                "customer_id": customer, "axis": axis, "signal_id": signal,
                "value": round(bad + (good - bad) * each[signal] / 100, 1), "n": 4.0, "signal_score": each[signal],
                "weight_share": share, "reference_score": 60.0, "contribution": share * (each[signal] - 60.0),
            })  # fmt: skip
    return rows


def axis_score(each: dict[str, float], axis: str) -> float:
    parts = [(s[7], each[s[0]]) for s in SIGNALS if s[3] == axis and s[0] in each]
    return round(sum(weight * score for weight, score in parts) / sum(weight for weight, _ in parts), 6)


def placements(made: dict[str, dict[str, float]], week: str, lacking: set[str], since: dict[str, str]) -> Records:
    """PLACEMENTS rows; customers in `lacking` have insufficient evidence."""
    rows: Records = []
    for customer, each in made.items():
        loyalty, retention = axis_score(each, "loyalty"), axis_score(each, "retention")
        placed = customer not in lacking
        zone = zone_of(loyalty, retention) if placed else None
        near = placed and min(abs(loyalty - LINES[0]), abs(retention - LINES[1])) < 2
        rows.append({
            "customer_id": customer, "week": week, "state": "placed" if placed else "insufficient",
            "status": "active", "zone": zone, "raw_zone": zone, "loyalty": loyalty if placed else None,
            "retention": retention if placed else None, "loyalty_se": 3.0, "retention_se": 4.0,
            "loyalty_coverage": 0.86 if placed else 0.2, "retention_coverage": 0.75 if placed else 0.1,
            "is_borderline": near, "pending_weeks": 0, "loyalty_line": LINES[0], "retention_line": LINES[1],
            "episode_id": episode_of(customer, zone, None) if zone else None,
            "episode_since": since.get(customer, "2026-W30") if zone else None,
            "why_insufficient": None if placed else "coverage 20 % is below the floor of 40 %",
        })  # fmt: skip
    return rows


def facts(ids: list[str], known: dict[str, str], as_of: datetime, dice: random.Random) -> Records:
    """CUSTOMER_FACTS rows; one customer has revenue in a currency without a rate."""
    rows: Records = []
    for step, customer in enumerate(sorted(ids)):
        country, region = _PLACES[step % len(_PLACES)]
        amount = round(min(2_400_000.0, dice.lognormvariate(12.0, 0.9)), 2)
        foreign = step == 20
        rows.append({
            "customer_id": customer, "name": known[customer], "tier": dice.choice(("A", "B", "C")), "region": region,
            "country": country, "industry": dice.choice(("Energy", "Banking", "Logistics")),
            "product_line": dice.choice(("NS-5200", "NS-7400")), "support_queue": f"queue-{region.lower()}",
            "is_key_account": amount > 400_000, "status": "active", "since_on": as_of.replace(tzinfo=None, hour=0) - timedelta(days=2000),
            "revenue_amount": None if foreign else amount, "original_amount": amount,
            "original_currency": "XAU" if foreign else "EUR",
            "renewal_on": as_of.replace(tzinfo=None, hour=0) + timedelta(days=dice.randrange(5, 360)),
            "renewal_amount": None if foreign else amount,
        })  # fmt: skip
    return rows


def happenings(ids: list[str], as_of: datetime, dice: random.Random) -> dict[str, Records]:
    """Tickets, surveys, deals, projects, install base, feedback, contacts of two years."""
    found: dict[str, Records] = {
        name: [] for name in ("tickets", "surveys", "deals", "projects", "install_base", "account_feedback", "contacts")
    }
    day0 = as_of.replace(tzinfo=None, hour=0)
    for customer in sorted(ids):
        for number in range(dice.randrange(2, 26)):
            opened = as_of - timedelta(hours=dice.randrange(2, 24 * 720))
            fixed = opened + timedelta(hours=dice.randrange(2, 240))
            done = fixed < as_of
            found["tickets"].append({
                "customer_id": customer, "ticket_id": f"T-{customer}-{number}", "opened_at": opened,
                "resolved_at": fixed if done else None, "closed_at": fixed if done else None,
                "severity": dice.choice((1, 2, 2, 3, 3, 3)), "product": "NS-5200", "is_escalated": dice.random() < 0.1,
                "csat_score": dice.choice((2, 4, 4, 5)) if done and dice.random() < 0.4 else None,
                "resolve_hours": (fixed - opened).total_seconds() / 3600 if done else None,
                "subject": f"Array at site {number} lost a controller <i>twice</i>",
            })  # fmt: skip
        for number in range(dice.randrange(1, 7)):
            sent = as_of - timedelta(days=dice.randrange(1, 700))
            language, words, score = dice.choice(_COMMENTS)
            kind = dice.choice(("nps", "csat"))
            answered = sent + timedelta(days=1) if dice.random() < 0.6 else None
            found["surveys"].append({
                "customer_id": customer, "response_id": f"R-{customer}-{number}", "kind": kind, "sent_at": sent,
                "answered_at": answered if answered and answered < as_of else None, "language": language,
                "score": (score * 2.0 if kind == "nps" else float(score)) if answered and answered < as_of else None,
                "scale_min": 0.0 if kind == "nps" else 1.0, "scale_max": 10.0 if kind == "nps" else 5.0,
                "comment": words if answered and answered < as_of and dice.random() < 0.7 else None,
            })  # fmt: skip
        for number in range(dice.randrange(0, 4)):
            status = dice.choice(("open", "open", "won", "lost"))
            created = as_of - timedelta(days=dice.randrange(10, 600))
            found["deals"].append({
                "customer_id": customer, "deal_id": f"D-{customer}-{number}", "name": dice.choice(("Support renewal", "Refresh of 2 arrays")),
                "kind": "renewal", "stage": "Quote", "status": status, "amount": dice.randrange(20, 600) * 1000.0,
                "currency": "EUR", "created_at": created, "expected_close_on": day0 + timedelta(days=dice.randrange(-40, 120)),
                "closed_at": None if status == "open" else created + timedelta(days=9), "probability_share": 0.5,
            })  # fmt: skip
        if dice.random() < 0.3:
            found["projects"].append({
                "customer_id": customer, "project_id": f"J-{customer}", "name": "Migration to NS-7400",
                "started_on": day0 - timedelta(days=200), "planned_end_on": day0 + timedelta(days=dice.randrange(-60, 90)),
                "status": "running", "progress_share": dice.random(), "budget_amount": 90_000.0, "currency": "EUR",
            })  # fmt: skip
        for number in range(dice.randrange(1, 4)):
            found["install_base"].append({
                "customer_id": customer, "asset_id": f"A-{customer}-{number}", "product": dice.choice(("NS-5200", "NS-7400")),
                "site": dice.choice(("Bremen", "Gdańsk", "Cairo")), "quantity": float(number + 1),
                "installed_on": day0 - timedelta(days=dice.randrange(20, 1400)),
                "end_of_support_on": day0 + timedelta(days=dice.randrange(-90, 1200)),
            })  # fmt: skip
        if dice.random() < 0.5:
            found["account_feedback"].append({
                "customer_id": customer, "feedback_id": f"F-{customer}", "author_id": "P-SA2",
                "given_at": as_of - timedelta(days=dice.randrange(1, 90)), "perceived_quality_score": 3.0,
                "comment": "Operations director is open to staying if the fault is explained. A rival quoted in October.",
            })  # fmt: skip
        found["contacts"].append({
            "customer_id": customer, "contact_id": f"K-{customer}", "name": "Ms Brandvold", "role": "Head of operations", "is_key": True,
        })  # fmt: skip
    return found


def follow_up(
    placed: Records, before: dict[str, str | None], as_of: datetime, dice: random.Random
) -> tuple[Records, Records]:
    """(cases, actions) of Critical customers and of those who fell."""
    cases: Records = []
    actions: Records = []
    owners = ("P-SU2", "P-SU3", "P-SA2")
    for step, row in enumerate(placed):
        customer, zone = row["customer_id"], row["zone"]
        fell = zone is not None and before.get(customer) not in (None, zone)
        if zone != "critical" and not fell and dice.random() > 0.04:
            continue
        opened = as_of - timedelta(days=dice.randrange(1, 40))
        is_open = dice.random() < 0.8
        cases.append({
            "case_id": case_of(customer, "turned_critical", str(step)), "customer_id": customer,
            "template_id": "turned_critical", "reason_key": str(step), "title": "Account turned Critical",
            "category": "loyalty", "severity": "high", "status": "open" if is_open else "closed", "is_open": is_open,
            "owner_id": dice.choice(owners), "opened_at": opened, "due_at": opened + timedelta(days=14, hours=9),
            "closed_at": None if is_open else min(opened + timedelta(days=6), as_of - timedelta(hours=3)),
            "outcome": None if is_open else "saved", "escalation_step": 0, "row_version": 1,
        })  # fmt: skip
        for number, (unit, what) in enumerate((
            ("support", "Send a field engineer and replace two controllers"),
            ("sales", "Issue the quote with a price hold to 31 Dec"),
            ("gps", "Re-plan the migration with weekly milestones"),
        ), start=1):  # fmt: skip
            actions.append({
                "action_id": f"X-{customer}-{number}", "customer_id": customer, "playbook_id": "turned-critical",
                "playbook_version": "3", "step": number, "action": what,
                "reason": "Three severity-1 faults in 14 days, all on arrays that leave support on 31 Dec",
                "owner_id": f"P-{unit[:2].upper()}2", "business_unit": unit,
                "due_on": as_of.replace(tzinfo=None, hour=0) + timedelta(days=number), "status": "todo",
                "priority_amount": float(dice.randrange(10_000, 400_000)),
            })  # fmt: skip
    return cases, actions


def sources(as_of: datetime) -> Records:
    """Six sources, one stale."""
    named = (
        ("crm", "customers"),
        ("crm", "deals"),
        ("desk", "tickets"),
        ("survey", "surveys"),
        ("psa", "projects"),
        ("hr", "people"),
    )
    return [
        {
            "source": f"{source} {table}", "table": table, "state": "stale" if table == "deals" else "fresh",
            "rows_in": 8_000, "admitted": 7_960, "quarantined": 40, "unmatched": 9 if table == "tickets" else 0,
            "data_at": as_of, "age_days": 9.0 if table == "deals" else 0.4, "limit_days": 7.0,
        }
        for source, table in named
    ]  # fmt: skip


def signal_words() -> Records:
    return [
        {"signal_id": s, "name": name, "unit": unit, "axis": axis, "tier": tier, "bad": float(bad), "good": float(good)}
        for s, name, unit, axis, tier, bad, good, _ in SIGNALS
    ]


def history(now: Records, weeks: int, week: str, dice: random.Random) -> Records:
    """A wandering past that ends where last week's placements stood."""
    rows: Records = []
    for row in now:
        if row["loyalty"] is None:
            continue
        x, y = row["loyalty"], row["retention"]
        for back in range(1, weeks + 1):
            rows.append({
                "customer_id": row["customer_id"], "week": str(Week.parse(week).shift(-back)), "state": "placed",
                "zone": zone_of(x, y), "loyalty": x, "retention": y, "is_reconstructed": back > 20,
            })  # fmt: skip
            x = min(100.0, max(0.0, x + dice.gauss(0, 1.5)))
            y = min(100.0, max(0.0, y + dice.gauss(0, 1.5)))
    return rows
