"""Key drivers: which of the things we do go with the answers customers give, and which three to five stand out.

Each answer is paired with the level of every driver in the weeks before it. Shares are LMG; intervals resample whole
accounts, because answers of one account are alike; the noise floor is what LMG reports when the answers are dealt out
to other accounts. Nothing here says that a driver causes an answer. Source: docs/methods/drivers.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import conform
from contracts.ids import seed_of
from contracts.results import DRIVERS
from contracts.rules import DriverRules, LinkageRules, Measure
from scoring.arrays import Numbers, Places
from scoring.explain.driver_words import driver_sentence
from scoring.explain.resampled import Answers, Importance, complete, importance
from scoring.explain.weekly import fetch, weekly


def drivers(
    rules: LinkageRules, tables: Mapping[str, pa.Table], facts: pd.DataFrame, *, as_of: datetime, purpose: str
) -> pd.DataFrame:
    """The DRIVERS frame, strongest first; empty when no drivers are declared.

    Args:
        rules: measures, and which of them may drive which answers.
        tables: canonical tables as of the instant.
        facts: CUSTOMER_FACTS frame.
        as_of: aware instant, exclusive.
        purpose: from which the random draws are derived (the week).

    Raises:
        RuleRefused: if a measure asks for something its table cannot give.
    """
    wanted = rules.drivers
    if wanted.outcome is None or not wanted.measures:
        return DRIVERS.empty()
    measures = [rules.measured(name) for name in wanted.measures]
    outcome = rules.measured(wanted.outcome)
    answers, performance = _levels_before(measures, outcome, tables, facts, as_of)
    coverage = (~np.isnan(answers.levels)).mean(axis=0) if len(answers.answer) else np.zeros(len(measures))
    used = np.flatnonzero(coverage >= wanted.minimum_coverage)
    whole = complete(answers, used)
    accounts = len(np.unique(whole.account))
    names, groups = _names(measures, wanted, used)
    found: Importance | None = None
    if accounts >= max(wanted.minimum_accounts, wanted.answers_per_driver * 3) and len(names) >= 2:
        found = importance(
            whole, resamples=wanted.resamples, permutations=wanted.permutations,
            seed=seed_of(purpose, "drivers"), groups=groups,
        )  # fmt: skip
    rows = _rows(names, groups, measures, used, found, performance, coverage, wanted, accounts, len(whole.answer))
    left = [k for k in range(len(measures)) if k not in set(used.tolist())]
    blank = [_blank(measures[k].id, measures[k].name, coverage[k], accounts, len(whole.answer)) for k in left]
    for row in (everyone := rows + blank):
        row |= {"outcome": outcome.name}
        row |= {
            "sentence": driver_sentence(row, outcome, next((m for m in measures if m.id == row["driver_id"]), None))
        }
    return conform(pd.DataFrame(everyone, columns=DRIVERS.names), DRIVERS)


def _levels_before(
    measures: Sequence[Measure],
    outcome: Measure,
    tables: Mapping[str, pa.Table],
    facts: pd.DataFrame,
    as_of: datetime,
) -> tuple[Answers, Numbers]:
    """Every answer with each driver's level in the weeks before its own, and each driver's performance now."""
    everyone = pd.Index(facts["customer_id"]).sort_values()
    given = fetch(tables, outcome, as_of=as_of, also=("customer_id",))
    place = np.asarray(everyone.get_indexer(pd.Index(given["customer_id"])), dtype=np.intp)
    known = place >= 0
    place, age = place[known], given["age"].to_numpy(np.intp)[known]
    levels, performance = [], []
    for measure in measures:
        rows = fetch(tables, measure, as_of=as_of, also=("customer_id",))
        by_week = weekly(rows, measure, everyone, rows["customer_id"])
        levels.append(by_week.window(place, age + 1, measure.weeks))
        now = by_week.window(np.arange(len(everyone)), np.zeros(len(everyone), np.intp), measure.weeks)
        performance.append(_performance(now, measure))
    table = np.column_stack(levels) if len(age) else np.empty((0, len(measures)))
    return Answers(place, table, given["value"].to_numpy(float)[known]), np.array(performance)


def _performance(values: Numbers, measure: Measure) -> float:
    assert measure.bad is not None
    assert measure.good is not None
    known = values[~np.isnan(values)]
    known = 2.0**known if measure.scale == "log2" else known
    scores = np.clip((known - measure.bad) / (measure.good - measure.bad), 0.0, 1.0)
    return 100.0 * float(scores.mean()) if len(known) else math.nan


def _names(
    measures: Sequence[Measure], wanted: DriverRules, used: Places
) -> tuple[list[tuple[str, str]], list[list[int]] | None]:
    """(id, name) of what is ranked, and which of the used measures each holds; single measures when few enough."""
    if len(measures) <= wanted.most_alone:
        return [(measures[k].id, measures[k].name) for k in used.tolist()], None
    position = {measures[k].id: place for place, k in enumerate(used.tolist())}
    themes = {name: [position[i] for i in ids if i in position] for name, ids in wanted.themes.items()}
    filled = {name: places for name, places in themes.items() if places}
    return [(name, name) for name in filled], list(filled.values())


def _rows(
    names: Sequence[tuple[str, str]],
    groups: Sequence[Sequence[int]] | None,
    measures: Sequence[Measure],
    used: Places,
    found: Importance | None,
    performance: Numbers,
    coverage: Numbers,
    wanted: DriverRules,
    accounts: int,
    answers: int,
) -> list[dict[str, Any]]:
    within = groups if groups is not None else [[place] for place in range(len(names))]
    rows = []
    for place, ((driver_id, name), members) in enumerate(zip(names, within, strict=True)):
        mine = used[list(members)]
        row = _blank(driver_id, name, float(coverage[mine].min()), accounts, answers)
        if found is not None:
            row |= _figures(
                found, place, [measures[k] for k in mine.tolist()], float(np.nanmean(performance[mine])), wanted
            )
        rows.append(row)
    if found is None:
        return rows
    rows.sort(key=lambda row: (-row["share"], row["driver_id"]))
    _let_stand_out(rows, wanted, accounts)
    return rows


def _blank(driver_id: str, name: str, coverage: float, accounts: int, answers: int) -> dict[str, Any]:
    return dict.fromkeys(DRIVERS.names) | {
        "driver_id": driver_id,
        "name": name,
        "verdict": "not_enough",
        "n": accounts,
        "n_answers": answers,
        "coverage": coverage,
    }


def _figures(
    found: Importance, place: int, members: Sequence[Measure], performance: float, wanted: DriverRules
) -> dict[str, Any]:
    is_important = found.share[place] >= wanted.importance_line
    is_good = performance >= wanted.performance_line
    quadrant = {
        (True, False): "improve_first",
        (True, True): "keep_up",
        (False, False): "watch",
        (False, True): "no_hurry",
    }
    step = members[0].step if len(members) == 1 else 1.0
    return {
        "share": found.share[place],
        "low": found.low[place],
        "high": found.high[place],
        "explained": found.explained,
        "noise_floor": min(1.0, float(found.floor[place])),
        "p_top3": found.p_top3[place],
        "slope": found.slope[place] * step,
        "slope_low": found.slope_low[place] * step,
        "slope_high": found.slope_high[place] * step,
        "johnson_share": found.johnson[place],
        "first": found.first[place],
        "last": found.last[place],
        "performance": performance,
        "quadrant": None if math.isnan(performance) else quadrant[bool(is_important), is_good],
        "verdict": "counts" if _is_proven(found, place, members) else "not_proven",
    }


def _is_proven(found: Importance, place: int, members: Sequence[Measure]) -> bool:
    """The share lies above the noise, and the driver has a slope of its own, toward its good end, beside the others.

    The second half is needed because LMG shares out what drivers have in common: something without any effect that
    merely moves with the others gets a share too.
    """
    if not found.low[place] > found.floor[place]:
        return False
    if len(members) > 1:
        return True
    measure = members[0]
    assert measure.bad is not None
    assert measure.good is not None
    return bool(found.slope_low[place] > 0 if measure.good > measure.bad else found.slope_high[place] < 0)


def _let_stand_out(rows: list[dict[str, Any]], wanted: DriverRules, accounts: int) -> None:
    """The three to five: proven ones in order, until they explain enough; never more than the accounts allow."""
    told = 0.0
    left = min(wanted.most, accounts // wanted.answers_per_driver)
    for row in rows:
        if row["verdict"] == "counts" and left > 0 and told < wanted.cumulative_share:
            row["verdict"] = "stands_out"
            left -= 1
        told += row["share"]
