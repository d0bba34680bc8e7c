"""The written truth: what was planted, so that tests can hold the system against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from contracts.words import Zone
from extract.demo.blemishes import expected_quarantine, near_misses
from extract.demo.casting import STORIES, Part
from extract.demo.constituency import ENGAGEMENT_PER_MOOD
from extract.demo.latent import BASE_HAZARD, DRIVERS, HAZARD_SLOPE
from extract.demo.playbooks import PLANTED
from extract.demo.stories import SILENT_DAYS
from extract.demo.tickets import HANDOFF_EFFECT, QUIET_WEEKS, RESOLVE_EFFECT
from extract.demo.timeline import NEVER
from extract.demo.voice import ANSWERS

if TYPE_CHECKING:
    from extract.demo.company import DemoCompany

# part -> (weeks before the last: first and last in which it may be found; zone then; alert; the story in a sentence)
_EXPECTED: dict[Part, tuple[tuple[int, int], Zone | None, str | None, str]] = {
    Part.SLIDING: ((0, 0), Zone.CRITICAL, "alert_critical", "slides for six weeks and enters Critical in the last one"),
    Part.OUTAGE: ((0, 0), None, "alert_event", "happy account, severity-1 outage on Wednesday of the last week"),
    Part.SILENT: ((0, 0), None, None, "no ticket, answer, call or feedback; silence is found by the daily pass"),
    Part.FLAPPING: ((0, 0), None, None, "hovers around the loyalty line inside the dead-band; must not alert"),
    Part.DEALS_DYING: ((0, 0), Zone.SOMEWHAT_LOYAL, None, "surveys fine while deals are lost and the renewal slips"),
    Part.RECOVERING: ((7, 0), Zone.SOMEWHAT_LOYAL, None, "leaves Critical in one of the last eight weeks"),
    Part.NOTICE: ((1, 1), None, "alert_event", "gives notice on the Tuesday of the week before the last"),
    Part.KEY_DETRACTOR: (
        (0, 0),
        None,
        "alert_event",
        "key contact of a key account answers 2 of 10 on Thursday of the last week",
    ),
}


def tell_truth(company: DemoCompany) -> dict[str, Any]:
    """Stories, steady accounts, drivers, churn, and how they were made. Plain values only, ready for JSON."""
    line = company.line
    ids = company.customers.customer_id.to_numpy()
    names = company.customers.name.to_numpy()
    stories = [
        {
            "kind": part.name.lower(),
            "customer_id": str(ids[i]),
            "name": str(names[i]),
            "first_week": str(line.last.shift(-_EXPECTED[part][0][0])),
            "week": str(line.last.shift(-_EXPECTED[part][0][1])),
            "zone": _zone_name(_EXPECTED[part][1]),
            "alert": _EXPECTED[part][2],
            "told": _EXPECTED[part][3],
        }
        for part in STORIES
        for i in np.flatnonzero(company.cast.parts == part)
    ]
    steady, churners = [], []
    for number in company.blocks:
        block = company.block(number)
        stays = block.latent.decided == NEVER
        steady += block.ids[(block.cast.parts == Part.ORDINARY) & stays].tolist()
        for row in np.flatnonzero(~stays).tolist():
            decided = np.datetime64(int(block.latent.decided[row]), "us")
            churners.append(
                {
                    "customer_id": str(block.ids[row]),
                    "decided_on": str(decided.astype("datetime64[D]")),
                    "gives_notice": bool(block.latent.gives_notice[row]),
                    "ended_on": str(np.datetime64(int(block.latent.ended[row]), "us").astype("datetime64[D]")),
                }
            )
    return {
        "seed": company.seed,
        "last_week": str(line.last),
        "weeks": line.count,
        "customers": len(ids),
        "people": len(company.people),
        "stories": stories,
        "steady": steady,
        "churners": churners,
        "churn": {"weekly_hazard": BASE_HAZARD, "log_slope_of_bond": -HAZARD_SLOPE},
        "drivers": [
            {"name": name, "strength": strength, "loading_on_mood": loading}
            for name, (strength, loading) in DRIVERS.items()
        ],
        "answers": {
            kind: {"at_mood_0": middle, "per_unit": spread, "noise_sd": noise}
            for kind, (middle, spread, noise) in ANSWERS.items()
        },
        "ticket_links": {"per_handoff": HANDOFF_EFFECT, "per_doubling_of_resolve_time": RESOLVE_EFFECT},
        "constituency": {"engagement_per_mood_of_the_queue": ENGAGEMENT_PER_MOOD},
        "quarantine": expected_quarantine(company.block(0)),
        "near_misses": near_misses(company.block(0)),
        "silent_days": SILENT_DAYS,
        "quiet_weeks": QUIET_WEEKS,
        "seasonality": {"period_weeks": 52.18, "ticket_amplitude_share": 0.2},
        "currency_without_rate": "TND",
        # of the simulated year beside the company, see extract.demo.playbooks
        "playbooks": {"effect_on_loyalty": PLANTED},
    }


def _zone_name(zone: Zone | None) -> str | None:
    return zone.value if zone else None
