"""What each threshold line would change if it moved, as tables for the subject-matter experts."""

from __future__ import annotations

from contracts.words import ExitCode, RunKind
from delivery.feeds import csv_bytes
from flows.books import load_book
from flows.lease import leased
from flows.policy.replay import as_placed
from flows.readers import last_week
from flows.run import Outcome, Run
from flows.sensitivity import move_lines
from flows.week.measure import policy_of


def sme_review(run: Run) -> Outcome:
    """Sweep both lines over the last published week; CSV tables under output/expert/<week>/."""
    with leased(run, RunKind.SME_REVIEW, "sme-review"):
        inputs, folder = last_week(run)
        book = load_book(folder)
        policy = as_placed(inputs, policy_of(run.workspace.root / inputs.policy), book.frame("placements"))
        moved = move_lines(inputs, run.workspace.root, policy, book.frames)
        names = book.frame("customer_facts")[["customer_id", "name"]]
        flips = moved.frames["swept_flips"].merge(names, on="customer_id", how="left")
        place = run.workspace.output / "expert" / inputs.week
        place.mkdir(parents=True, exist_ok=True)
        (place / "findings.txt").write_text("".join(f"{note}\n" for note in book.facts.expert_notes))
        for name, frame in {**moved.frames, "swept_flips": flips}.items():
            (place / f"{name}.csv").write_bytes(csv_bytes(list(frame.columns), frame.itertuples(index=False)))
    band = policy.thresholds.dead_band
    near = flips[flips["shift"].abs() <= band]
    today = moved.frames["swept_lines"].query("shift == 0")
    fence = ", ".join(f"{axis} {share:.0%}" for axis, share in zip(today["axis"], today["fence_share"], strict=True))
    return Outcome(
        ExitCode.DONE,
        f"Threshold sensitivity of {inputs.week} is in {place}",
        (
            f"{near['customer_id'].nunique()} customers would change zone within {band:g} points",
            f"on the fence (score within 1.96 standard errors of its line): {fence}",
            *moved.frames["proposed_lines"]["sentence"],
            *book.facts.expert_notes,
        ),
        {"flips": len(flips)},
    )
