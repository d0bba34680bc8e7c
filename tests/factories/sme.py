"""What the experts' report is composed of, for a made-up company of eight weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from config.policy import read_draft
from contracts.book import WeekFacts
from contracts.frames import conform
from contracts.results import NUDGED_SIGNALS, RANK_STABILITY, ZONE_STABILITY
from contracts.rules import Lines, Playbook
from reporting.sme.material import Material
from scoring.act.playbook_use import playbook_use
from scoring.place.sensitivity import back_test, owners_of, propose_lines, sweep, tracks
from scoring.place.sensitivity.trials import try_lines, usual_trials
from tests.factories.reporting import frame
from tests.factories.scoring import assignments, people
from tests.factories.sensitivity import history_of, placed_weeks, random_weeks

ROOT = Path(__file__).resolve().parents[2]
OWNERS = ("P1", "P2", "P3")


def a_material(
    *, customers: int = 150, outcomes: bool = False, losses: int = 0, seed: int = 5, minimum_events: int = 30,
    review_by: date = date(2030, 1, 1), notes: tuple[str, ...] = (),
) -> Material:  # fmt: skip
    """Scores that wander about both lines. `losses`: so many of those who stood lowest then left since."""
    draft = read_draft(ROOT / "config")
    outcome = draft.thresholds.outcome.model_copy(update={"minimum_events": minimum_events})
    lines = draft.thresholds.model_copy(
        update={"lines": Lines(loyalty=55, retention=56), "tier": {}, "outcome": outcome}
    )
    rules = draft.sensitivity.model_copy(
        update={"resamples": 200, "steps": 21, "step": 1.0, "grid_steps": 5, "cuts": ["tier"]}
    )
    playbooks = [_playbook("rescue", review_by), _playbook("idle", date(2030, 1, 1))]
    policy = draft.model_copy(update={"thresholds": lines, "sensitivity": rules, "playbooks": playbooks})
    weeks = random_weeks(seed, customers=customers, weeks=8)
    placed = placed_weeks(weeks, lines, None)
    facts = weeks.facts[-1].assign(name=lambda f: "Firm " + f["customer_id"])
    book = tracks(history_of(placed), facts, lines)
    staff = people(*({"person_id": one, "name": f"Owner {one}"} for one in OWNERS))
    chart = assignments(*((c, OWNERS[n % 3], "owner") for n, c in enumerate(sorted(facts["customer_id"]))))
    swept = sweep(book, placed[-1], facts, rules, assignments=chart, people=staff)
    tested = None
    if outcomes:
        tested = back_test(book, _lost(placed[-1], losses), rules, seed=3)
    owners = int(owners_of(chart, staff, rules.capacity.unit).nunique())
    proposed = propose_lines(placed[-1], lines, rules, owners=owners, tested=tested, minimum_lost=minimum_events)
    tried = try_lines(
        book, usual_trials(lines, rules, proposed), facts, rules, assignments=chart, people=staff, bands=(0.0, 2.0, 4.0)
    )
    use = playbook_use(
        playbooks, actions=frame("actions"), cases=frame("cases"), status=frame("action_status"),
        stays=pd.DataFrame(columns=["customer_id", "episode_id"]), today=date(2026, 9, 20),
    )  # fmt: skip
    frames = {
        "customer_facts": facts, "people": staff, "swept_zones": swept.zones, "swept_lines": swept.lines,
        "swept_flips": swept.flips, "swept_grid": swept.grid, "proposed_lines": proposed,
        "tried_lines": tried.lines, "tried_zones": tried.zones, "tried_flips": tried.flips, "tried_load": tried.load,
        "tried_bands": tried.bands, "playbook_use": use.playbooks, "playbook_steps": use.steps,
        **_signals(policy.signals[0].id, facts["customer_id"].tolist()),
    }  # fmt: skip
    if tested is not None:
        frames["swept_outcomes"] = tested.outcomes
    return Material(_facts(str(weeks.weeks[-1]), notes), policy, frames, tested="2026-W30" if outcomes else None)


def _playbook(name: str, review_by: date) -> Playbook:
    steps = [{"action": "Call about {topics}", "unit": "sales", "due_days": 2}]
    return Playbook.model_validate(
        {"id": name, "name": name.capitalize(), "zones": ["critical"], "steps": steps, "chance_to_help": 0.3,
         "owner": "Head of CX", "review_by": review_by}
    )  # fmt: skip


def _lost(placements: pd.DataFrame, losses: int) -> pd.DataFrame:
    mine = placements[placements["state"] == "placed"]
    lowest = mine.assign(sum=mine["loyalty"] + mine["retention"]).sort_values("sum")["customer_id"].tolist()[:losses]
    gone = mine["customer_id"].isin(lowest)
    return pd.DataFrame({"customer_id": mine["customer_id"], "is_churned": gone, "days": np.where(gone, 90.0, np.nan)})


def _signals(signal: str, customers: list[str]) -> dict[str, pd.DataFrame]:
    kinds = ("weight_down", "weight_up", "bad_down", "bad_up", "good_down", "good_up")
    nudged = [
        {"axis": "loyalty", "signal_id": signal, "what": what, "customers": len(customers), "mean_change": 0.1 * n,
         "largest_change": 0.4, "flips": int(n == 5), "flip_revenue_amount": 5000.0 * (n == 5)}
        for n, what in enumerate(kinds)
    ]  # fmt: skip
    ranks = [
        {"axis": axis, "draws": 200, "concentration": 100.0, "customers": len(customers), "tau": 0.9, "tau_low": 0.85,
         "tau_high": 0.93, "stay_share": 0.97}
        for axis in ("loyalty", "retention")
    ]  # fmt: skip
    stays = [
        {"customer_id": c, "zone": "neutral", "stay_share": 0.6 if n == 0 else 1.0} for n, c in enumerate(customers)
    ]
    return {
        "nudged_signals": conform(pd.DataFrame(nudged), NUDGED_SIGNALS),
        "rank_stability": conform(pd.DataFrame(ranks), RANK_STABILITY),
        "zone_stability": conform(pd.DataFrame(stays), ZONE_STABILITY),
    }


def _facts(week: str, notes: tuple[str, ...]) -> WeekFacts:
    return WeekFacts(
        week=week, as_of=datetime(2026, 9, 21, tzinfo=UTC), time_zone="Europe/Rome", organization="Northwind & Söhne",
        currency="EUR", run_name=f"{week}-r0", policy_label="v3", previous_week=None, is_baseline=False,
        is_reconstructed=False, dead_band=2.0, loyalty_line=55, retention_line=56, expert_notes=notes,
    )  # fmt: skip
