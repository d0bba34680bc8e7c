"""The four questions of a linkage report, each answered by its strongest link or by an honest "not proven"."""

from __future__ import annotations

from typing import Any

import pandas as pd

from contracts.frames import conform
from contracts.results import LINKAGE_ANSWERS

QUESTIONS = {
    "attitude_behaviour": "Are the attitudes we measure related to what customers really do?",
    "operational_goals": "Which operational goals go with the highest satisfaction?",
    "financial_performance": "Do operations and attitudes foretell financial performance?",
    "loyalty_spend": "Do more loyal customers spend more?",
}
"""The named questions, in the order of the report."""


def linkage_answers(links: pd.DataFrame) -> pd.DataFrame:
    """One row per named question.

    Args:
        links: LINKS frame.

    Returns:
        LINKAGE_ANSWERS frame in the order of `QUESTIONS`. Proven if any of its links is; not enough if none of them
        could be tested.
    """
    return conform(
        pd.DataFrame([_answer(question, links[links["question"] == question]) for question in QUESTIONS]),
        LINKAGE_ANSWERS,
    )


def _answer(question: str, links: pd.DataFrame) -> dict[str, Any]:
    best = links[links["is_best_lag"].astype(bool)]
    proven = best[best["verdict"] == "proven"]
    tested = best[best["slope"].notna()]
    row: dict[str, Any] = dict.fromkeys(LINKAGE_ANSWERS.names) | {
        "question": question,
        "words": QUESTIONS[question],
        "verdict": "not_enough",
        "proven_links": len(proven),
        "tested_links": len(tested),
        "sentence": "Not enough observations: no link is declared for this question."
        if best.empty
        else "Not enough observations: no declared link could be tested.",
    }
    if tested.empty:
        return row
    strongest = (tested if proven.empty else proven).sort_values(["q_value", "p_value", "link_id"]).iloc[0]
    verdict = "not_proven" if proven.empty else "proven"
    if proven.empty and not (tested["verdict"] == "not_proven").any():
        verdict = "not_enough"
    start = ""
    if len(best) > 1:
        said = f"{len(proven)} of {len(best)} declared links {'is' if len(proven) == 1 else 'are'} proven."
        start = f"{said} The strongest: " if len(proven) else f"None of {len(best)} declared links is proven. Nearest: "
    return row | {
        "verdict": verdict,
        "link_id": strongest["link_id"],
        "lag_weeks": strongest["lag_weeks"],
        "n_units": strongest["n_units"],
        "n_rows": strongest["n_rows"],
        "slope": strongest["slope"],
        "slope_low": strongest["slope_low"],
        "slope_high": strongest["slope_high"],
        "knot": strongest["knot"],
        "goal": strongest["goal"],
        "sentence": start + strongest["sentence"],
    }
