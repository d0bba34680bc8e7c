"""The retention axis held against outcomes, from a snapshot on disk: what is measured, and what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from config.policy import read_draft
from contracts.rules import OutcomeRules, Policy
from contracts.tables import TABLES
from contracts.weeks import Week
from extract.snapshot import read_manifest, write_manifest, write_tables
from flows.fan_out import InOrder
from flows.inputs import Inputs
from flows.week.models import by_line, kept_model, models_of
from flows.week.outcome import check_outcome
from scoring.measure.asof import as_of_view
from scoring.measure.signals import measure
from scoring.predict.axis import stay_line
from scoring.predict.hazard import survival
from scoring.predict.outcome import NO_DATES, NO_OUTCOMES
from tests.factories.repository import ROOT
from tests.factories.scoring import AS_OF, WEEK, ago, facts, table

CUSTOMERS = [f"c{number:03d}" for number in range(240)]


class CountingFanOut(InOrder):
    """Remembers which instants were measured."""

    def __init__(self) -> None:
        self.measured: list[object] = []

    def map(self, function, items):
        tasks = list(items)
        self.measured += sorted({task.as_of for task in tasks})
        return super().map(function, tasks)


def frozen(root: Path, outcomes: list[dict]) -> Inputs:
    """A snapshot of 240 customers; those with an odd number stopped paying invoices in time to be seen."""
    snapshots = root / "var" / "snapshots"
    tables = {
        "customers": table("customers", [{"customer_id": c, "name": c, "since_on": ago(900)} for c in CUSTOMERS]),
        "invoices": table("invoices", [
            {"customer_id": c, "invoice_id": f"{c}-{age}", "issued_on": ago(age), "amount": 100}
            for number, c in enumerate(CUSTOMERS)
            for age in range(200, 800, 30)
            if number % 2 == 0 or not (190 < age < 360 or 370 < age < 540)
        ]),
        "outcomes": table("outcomes", outcomes),
    }  # fmt: skip
    stored = write_tables(snapshots, tables, 2)
    files = {
        name: {b: {"sha256": f.sha256, "rows": f.rows} for b, f in parts.items()} for name, parts in stored.items()
    }
    body = {
        "week": WEEK,
        "as_of": AS_OF.isoformat(),
        "buckets": 2,
        "tables": files,
        "waiting": {},
        "sources": {},
        "exports": [],
    }
    manifest = write_manifest(snapshots, Week.parse(WEEK), body)
    return Inputs(
        week=WEEK, revision=0, as_of=AS_OF.isoformat(), manifest=str(manifest.path.relative_to(root)),
        snapshot_digest=manifest.digest, policy=str(ROOT / "config"), policy_digest="", policy_sequence=1, previous=None,
        history=(), cause="baseline", is_baseline=True, is_reconstructed=False, organization="Test", time_zone="UTC",
        currency="EUR", fresh=("invoices",), case_event=0, code_version="", fonts_digest="",
    )  # fmt: skip


def checked(root: Path, outcomes: list[dict], rules: OutcomeRules | None = None):
    policy: Policy = read_draft(ROOT / "config")
    if rules:
        policy = policy.model_copy(update={"thresholds": policy.thresholds.model_copy(update={"outcome": rules})})
    fan_out = CountingFanOut()
    book = facts(*({"customer_id": customer} for customer in CUSTOMERS))
    notes = check_outcome(frozen(root, outcomes), root, policy, facts=book, fan_out=fan_out, into=root / "work")
    assert not (root / "work").exists()
    return notes, fan_out.measured


def leaving(customers: list[str], *ages: int, **more) -> list[dict]:
    return [
        {
            "customer_id": c,
            "outcome_id": f"{c}-{age}-{more.get('label')}",
            "kind": "churned",
            "happened_on": ago(age),
            **more,
        }
        for age in ages
        for c in customers
    ]


def test_without_outcomes_nothing_is_measured(tmp_path: Path) -> None:
    notes, measured = checked(tmp_path, [])
    assert (notes.axis, notes.trust, measured) == ((NO_OUTCOMES,), (), [])


def test_without_dates_nothing_is_measured(tmp_path: Path) -> None:
    notes, measured = checked(tmp_path, [{"customer_id": "c001", "kind": "churned"}])
    assert (notes.axis, measured) == ((NO_DATES,), [])
    assert notes.trust == ("The one churn row has no date, so it can never be used as a label.",)


def test_too_few_events_in_one_window_are_not_worth_measuring(tmp_path: Path) -> None:
    notes, measured = checked(tmp_path, leaving(CUSTOMERS[:40], 250) + leaving(CUSTOMERS[:12], 30))
    assert notes.axis[0].startswith("Fewer than 30 churn events (12): the retention axis")
    assert measured == []


def test_two_snapshots_of_the_past_are_measured_and_a_planted_cause_is_found(tmp_path: Path) -> None:
    # three of four who stopped being invoiced leave, and one of eight of the others
    odd, even = CUSTOMERS[1::2], CUSTOMERS[::2]
    gone = [c for number, c in enumerate(odd) if number % 4] + even[::8]
    notes, measured = checked(tmp_path, leaving(gone, 250, 30))
    assert measured == [AS_OF - timedelta(days=364), AS_OF - timedelta(days=182)]
    assert notes.axis[0].startswith("A model of churn is better than chance: one trained on 182 days of churn")
    assert "(240 customers, 105 churned)" in notes.axis[0]
    assert notes.trust == ()


@pytest.mark.parametrize("label", [None, "event"])
def test_the_label_of_the_policy_counts(tmp_path: Path, label: str | None) -> None:
    flagged = leaving(CUSTOMERS[:100], 250, 30, label="flag") + leaving(CUSTOMERS[:3], 250, 30, label="event")
    notes, _ = checked(tmp_path, flagged, OutcomeRules(label=label))
    used = label or "flag"
    assert notes.trust[0].endswith(f"'{used}' is used.")
    assert notes.axis[0].startswith("Fewer than 30 churn events (3)") == (label == "event")


def test_the_digest_of_a_policy_without_the_section_is_as_before() -> None:
    policy = read_draft(ROOT / "config")
    assert policy.thresholds.outcome == OutcomeRules(label=None, horizon_days=182, minimum_events=30)
    without = policy.model_dump(mode="json", exclude={"sequence"}, exclude_defaults=True)
    assert "outcome" not in without["thresholds"]
    assert Policy.model_validate(without).digest == policy.digest
    other = policy.thresholds.model_copy(update={"outcome": OutcomeRules(horizon_days=91)})
    assert policy.model_copy(update={"thresholds": other}).digest != policy.digest


# --- the model ----------------------------------------------------------------------------------


def planted() -> list[dict]:
    odd, even = CUSTOMERS[1::2], CUSTOMERS[::2]
    return leaving([c for number, c in enumerate(odd) if number % 4] + even[::8], 250, 30)


def judged(root: Path, **retention: object):
    """The notes of a planted book whose policy says this of retention, with today's signals at hand."""
    policy = read_draft(ROOT / "config")
    rules = policy.retention.model_validate(policy.retention.model_dump() | retention)
    inputs = frozen(root, planted())
    chosen = models_of(root, rules, inputs.iso_week.monday)
    inputs = replace(inputs, retention_model=chosen.in_force, shadow_model=chosen.shadow)
    if chosen.in_force:
        policy = by_line(policy, stay_line(kept_model(root, chosen.in_force), None, rules.line))
    today = AS_OF - timedelta(days=1)
    signals = measure(
        as_of_view({name: read_manifest(root / inputs.manifest).whole(name) for name in TABLES}, today),
        policy.signals,
        as_of=today,
        fresh=frozenset({"invoices"}),
    )
    return check_outcome(
        inputs,
        root,
        policy.model_copy(update={"retention": rules}),
        facts=facts(*({"customer_id": customer} for customer in CUSTOMERS)),
        fan_out=InOrder(),
        into=root / "work",
        signals=signals,
    )


def test_a_model_that_may_be_adopted_is_kept_as_a_file_and_then_used(tmp_path: Path) -> None:
    first = judged(tmp_path)
    (kept,) = (tmp_path / "var" / "models").iterdir()
    card = first.card.set_index("item")
    assert kept.stem == card.loc["version tried", "words"]
    assert card.loc["retention axis", "words"] == "the experts' risk index"
    assert first.predictions.empty
    adopted = {"kind": "model", "model": kept.stem, "approver": "Head", "shadow_from": date(2026, 1, 5)}

    shadow = judged(tmp_path, **adopted, effective_from=date(2027, 1, 4))
    assert shadow.axis[0].startswith(f"Model {kept.stem} runs in shadow since 2026-01-05")
    assert len(shadow.predictions) == 240
    assert shadow.predictions["probability"].isna().all()

    used = judged(tmp_path, **adopted, effective_from=date(2026, 6, 1))
    assert used.axis[0].startswith(
        f"The retention axis is the probability to stay 26 weeks, 0 to 100, by model {kept.stem}"
    )
    assert used.axis[1].startswith("Its line stands at ")
    assert used.predictions["probability"].between(0, 1).all()
    assert used.predictions["why_up"].notna().any()
    assert kept.stem in used.card.set_index("item").loc["retention axis", "words"]
    assert not any("not a probability" in sentence for sentence in used.axis)
    assert (used.card["section"] == "drift").any()

    curves = survival(used.hazard, used.rows, months=12)
    assert curves["customer_id"].nunique() == 240


def test_a_lost_model_file_leaves_the_axis_the_index_and_says_so(tmp_path: Path) -> None:
    adopted = {
        "kind": "model",
        "model": "0123456789abcdef",
        "approver": "Head",
        "shadow_from": date(2026, 1, 5),
        "effective_from": date(2026, 6, 1),
    }
    notes = judged(tmp_path, **adopted)
    assert "var/models/0123456789abcdef.json cannot be used; put the file back" in notes.axis[0]
    assert notes.axis[1] == "Until then the retention axis is the experts' risk index, not a probability."
    assert notes.predictions.empty
