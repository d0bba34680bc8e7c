"""What each threshold line would change if it moved, as tables for the subject-matter experts."""

from __future__ import annotations

from contracts.words import ExitCode, RunKind
from delivery.feeds import csv_bytes
from flows.books import load_book
from flows.lease import leased
from flows.measure import policy_of
from flows.readers import last_week
from flows.run import Outcome, Run
from scoring.place.sensitivity import sweep


def sme_review(run: Run) -> Outcome:
    """Sweep both lines over the last published week; CSV tables under output/expert/<week>/."""
    with leased(run, RunKind.SME_REVIEW, "sme-review"):
        inputs, folder = last_week(run)
        policy = policy_of(run.workspace.root / inputs.policy)
        book = load_book(folder)
        placements, facts = book.frame("placements"), book.frame("customer_facts")
        result = sweep(placements, facts, policy.thresholds)
        flips = result.flips.merge(facts[["customer_id", "name"]], on="customer_id", how="left")
        place = run.workspace.output / "expert" / inputs.week
        place.mkdir(parents=True, exist_ok=True)
        (place / "counts.csv").write_bytes(
            csv_bytes(list(result.counts.columns), result.counts.itertuples(index=False))
        )
        (place / "flips.csv").write_bytes(csv_bytes(list(flips.columns), flips.itertuples(index=False)))
    band = policy.thresholds.dead_band
    near = flips[flips["shift"].abs() <= band]
    fence = ", ".join(f"{axis} {share:.0%}" for axis, share in result.fence_share.items())
    return Outcome(
        ExitCode.DONE,
        f"Threshold sensitivity of {inputs.week} is in {place}",
        (
            f"{near['customer_id'].nunique()} customers would change zone within {band:g} points",
            f"on the fence (score within 1.96 standard errors of its line): {fence}",
        ),
        {"flips": len(flips)},
    )
