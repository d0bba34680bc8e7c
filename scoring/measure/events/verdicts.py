"""One verdict per customer and counted rule: how surprising its newest weeks are against its own record."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from contracts.rules import CountedRules, DriftRule, SpikeRule
from contracts.rules.counted import WEEKS
from scoring.arrays import Flags, Numbers
from scoring.measure.events.charts import alarm_line, cusum, ewma, ewma_variance, reference
from scoring.measure.events.counting import N_COLUMNS, V_COLUMNS
from scoring.measure.events.surprise import rate_ratio, tail
from scoring.measure.events.usual import dispersion

COLUMNS = ["customer_id", "rule_id", "p", "is_enough", "count", "usual", "times", "weeks", "value"]


def verdicts(counts: pd.DataFrame, norms: pd.DataFrame, rules: CountedRules) -> pd.DataFrame:
    """Frame of customer_id, rule_id, p (one-sided, not yet corrected), is_enough (what the rule asks beside p), count,
    usual, times, weeks, value: what a headline says. Customers without enough record have p = 1.

    Args:
        counts: COUNTS frame.
        norms: COUNT_NORMS frame of the whole book.
        rules: windows and rules.
    """
    book = norms.set_index("rule_id")
    parts = []
    for rule in rules.rules:
        mine = counts.loc[counts["rule_id"] == rule.id]
        if mine.empty or rule.id not in book.index:
            continue
        judged = _judged(rule, mine, book.loc[[rule.id]].iloc[0], rules)
        parts.append(judged.assign(customer_id=mine["customer_id"].to_numpy(), rule_id=rule.id))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return whole[COLUMNS]


def _judged(rule: SpikeRule | DriftRule, mine: pd.DataFrame, norm: pd.Series, rules: CountedRules) -> pd.DataFrame:
    n, v = mine[N_COLUMNS].to_numpy(float), mine[V_COLUMNS].to_numpy(float)
    if isinstance(rule, DriftRule) and rule.method == "ewma":
        return _mean_drift(rule, v, float(norm["spread"]), rules)
    covered = np.array([sign == "1" for sign in str(norm["covered"])] + [False] * WEEKS)[:WEEKS]
    covered[0] = True  # a week in which nobody had a row yet is a week all the same
    exposure = v * covered
    n = n * (exposure > 0)
    excess = _excess(n, exposure, float(norm["dispersion"]), rules)
    if isinstance(rule, SpikeRule):
        return _spike(rule, n, exposure, float(norm["season"]), excess, rules)
    return _count_drift(rule, n, exposure, float(norm["season"]), excess, rules)


def _excess(n: Numbers, exposure: Numbers, pooled: float, rules: CountedRules) -> Numbers:
    """The c of variance = mean (1 + c): 0 unless the customer's own record or the book's is over-dispersed."""
    weeks = slice(1, 1 + rules.baseline_weeks)
    own = dispersion(n[:, weeks], exposure[:, weeks])
    larger = np.maximum(own, pooled)
    return np.where(larger > rules.overdispersion, larger - 1.0, 0.0)


def _spike(
    rule: SpikeRule, n: Numbers, exposure: Numbers, season: float, excess: Numbers, rules: CountedRules
) -> pd.DataFrame:
    weeks = slice(1, 1 + rules.baseline_weeks)
    x, y = n[:, 0], n[:, weeks].sum(axis=1)
    now, record = exposure[:, 0] * season, exposure[:, weeks].sum(axis=1)
    share = np.divide(now, now + record, out=np.zeros_like(now), where=now + record > 0)
    has_record = ((exposure[:, weeks] > 0).sum(axis=1) >= rules.least_weeks) & (now > 0)
    p = np.where(has_record, tail(x, x + y, share, excess), 1.0)
    usual = np.divide(y * now, record, out=np.zeros_like(now), where=record > 0)
    is_enough = x >= rule.minimum_count
    # a headline says at least how many times; only rows that may be told are worth the computation
    low = [rate_ratio(a, b, q).low if told else np.nan for a, b, q, told in _tellable(x, y, share, is_enough & (p < 1))]
    return _told(p, is_enough, x, usual, np.array(low), np.ones(len(x)), x)


def _tellable(x: Numbers, y: Numbers, share: Numbers, told: Flags) -> list[tuple[float, float, float, bool]]:
    return list(zip(x.tolist(), y.tolist(), share.tolist(), told.tolist(), strict=True))


def _count_drift(
    rule: DriftRule, n: Numbers, exposure: Numbers, season: float, excess: Numbers, rules: CountedRules
) -> pd.DataFrame:
    """CUSUM over the watched weeks, with a p that knows how short the record is.

    S >= s means that over some number of newest weeks j the count is at least s + (k of those weeks). Given the total
    of record and watched weeks each of these counts is (beta-)binomial, and p is at most the sum of their tails.
    """
    watched, every = rules.watched_weeks, rules.watched_weeks + rules.baseline_weeks
    # the season is the level of late; halfway to it over the watched weeks is near enough for a bound
    level = np.where(np.arange(every) < watched, (1.0 + season) / 2.0, 1.0)
    weighed = exposure[:, :every] * level
    total, whole = n[:, :every].sum(axis=1), weighed.sum(axis=1)
    rate = np.divide(total, whole, out=np.zeros_like(total), where=whole > 0)
    mean = rate[:, None] * weighed[:, :watched]
    k = reference(mean, rule.times)
    s, weeks = cusum(n[:, :watched][:, ::-1], k[:, ::-1])
    share = np.divide(weighed[:, :watched], whole[:, None], out=np.zeros_like(mean), where=whole[:, None] > 0)
    share, needed = share.cumsum(axis=1), np.ceil(s[:, None] + k.cumsum(axis=1) - 1e-9)
    p = np.minimum(1.0, tail(needed, total[:, None], np.minimum(share, 1.0), excess[:, None]).sum(axis=1))
    record = (exposure[:, watched:every] > 0).sum(axis=1)
    may = (weeks >= rule.least_weeks) & (record >= rules.least_weeks) & (s > 0)
    told = np.maximum(weeks, 1)
    at = np.arange(len(n)), told - 1
    count = n[:, :watched].cumsum(axis=1)[at]
    before = np.divide(
        n[:, watched:every].sum(axis=1), exposure[:, watched:every].sum(axis=1), out=np.zeros_like(s), where=record > 0
    )
    usual = before * exposure[:, :watched].cumsum(axis=1)[at]
    times = np.divide(count, usual, out=np.full_like(s, np.inf), where=usual > 0)
    lines = {
        float(m): alarm_line(float(m), rule.times, rules.quiet_years * 52.18)
        for m in _few(before, may & (p < rules.false_share))
    }
    above = np.array([s_now >= lines.get(float(m), 0.0) for s_now, m in zip(s, before, strict=True)], dtype=bool)
    return _told(np.where(may, p, 1.0), above, count, usual, times, told.astype(float), s)


def _few(mean: Numbers, wanted: Flags) -> list[float]:
    return sorted({float(m) for m in mean[wanted] if m > 0})


def _mean_drift(rule: DriftRule, v: Numbers, spread: float, rules: CountedRules) -> pd.DataFrame:
    """EWMA over the watched weeks against the mean of the baseline before them; p of a change beyond the tolerance."""
    watched, every = rules.watched_weeks, rules.watched_weeks + rules.baseline_weeks
    usual = v[:, watched:every]
    known = (~np.isnan(usual)).sum(axis=1)
    mean = np.divide(np.nansum(usual, axis=1), known, out=np.zeros(len(v)), where=known > 0)
    path, values = ewma(v[:, :watched][:, ::-1], mean, rule.smoothing)
    z = path[:, -1]
    sign = 1.0 if rule.direction == "up" else -1.0
    own = np.sqrt(np.nansum((usual - mean[:, None]) ** 2, axis=1) / np.maximum(known - 1, 1))
    sd = np.maximum(own, spread)
    error = sd * np.sqrt(ewma_variance(rule.smoothing, values.astype(float)) + 1.0 / np.maximum(known, 1))
    beyond = np.divide(sign * (z - mean) - rule.tolerance, error, out=np.full_like(z, -np.inf), where=error > 0)
    beyond = np.where((error == 0) & (sign * (z - mean) > rule.tolerance), np.inf, beyond)
    enough = (known >= rules.least_weeks) & (values >= rule.least_weeks)
    p = np.where(enough, student.sf(beyond, np.maximum(known - 1, 1)), 1.0)
    away = sign * (path - mean[:, None]) > 0
    run = np.where(away.all(axis=1), watched, np.argmin(away[:, ::-1], axis=1)).astype(float)
    return _told(p, np.isfinite(p), values.astype(float), mean, np.full(len(v), np.nan), run, z)


def _told(
    p: Numbers, is_enough: Flags, count: Numbers, usual: Numbers, times: Numbers, weeks: Numbers, value: Numbers
) -> pd.DataFrame:
    columns = {"p": p, "is_enough": is_enough, "count": count, "usual": usual}
    return pd.DataFrame({**columns, "times": times, "weeks": weeks, "value": value})
