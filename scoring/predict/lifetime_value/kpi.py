"""What a step of a KPI is worth in lifetime value: technical, operational, strategic, retention, value.

    d(log-odds of staying) = step x slope_1 x ... x slope_k
    p1 = logit^-1(logit p0 + d),   worth = sum of values at p1 - sum of values at p0

Each factor is taken from the same bootstrap draw of customers, and the value from a draw of retention's parameters.
Proven: the interval lies above zero, and after correction for the number of KPIs tried (Benjamini and Hochberg, JRSS B
57, 1995) so does every link. A step that leaves what was observed is refused. An association is no proven cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import erfc
from scipy.stats import false_discovery_control

from contracts.frames import conform
from contracts.ids import seed_of
from contracts.results import KPI_LINKS, KPI_VALUES
from contracts.rules import KpiLink, LifetimeValueRules, SignalRule, Targets
from scoring.arrays import Numbers
from scoring.predict.lifetime_value.estimates import customers, interval
from scoring.predict.lifetime_value.kpi_words import Words
from scoring.predict.lifetime_value.links import RETENTION, Observed, Slope, can_be_measured, slopes
from scoring.predict.lifetime_value.valuation import Valuation

PROVEN, NOT_PROVEN, TOO_FEW = "proven", "not proven", "not enough observations"

_RANGE = (0.05, 0.95)
_SMALLEST_SUM = 5


@dataclass(frozen=True)
class Evidence:
    """`signals`: SIGNALS frame of the week, for links between signals. `past_signals`: SIGNALS as of an earlier day,
    and `past_outcomes` (customer_id, is_churned): what became of those customers since, for the link to retention.
    """

    signals: pd.DataFrame
    past_signals: pd.DataFrame | None = None
    past_outcomes: pd.DataFrame | None = None


@dataclass(frozen=True)
class _Chain:
    link: KpiLink
    names: tuple[str, ...]
    observed: list[Observed]
    why_not: str | None = None


def value_kpis(
    valuation: Valuation | None,
    evidence: Evidence,
    rules: LifetimeValueRules,
    targets: Targets,
    signal_rules: Sequence[SignalRule],
    *,
    week: str,
    currency: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """KPI_VALUES and KPI_LINKS frames, one row per KPI with a chain or a goal.

    Args:
        valuation: of `value_customers`; None, or one without retention: no KPI has a value.
        evidence: what was observed.
        rules: the chains and the least evidence.
        targets: goals, and whose KPI it is.
        signal_rules: names and units.
        week: names the seed of the draws.
        currency: of the workspace.
    """
    words = Words({rule.id: rule for rule in signal_rules}, currency)
    people = _people(evidence)
    grid_now = _Grid.of(evidence.signals, people)
    grid_past = _Grid.of(evidence.past_signals, people)
    stayed = _stayed(evidence.past_outcomes, people)
    chains = [_chain(link, grid_now, grid_past, stayed, rules, words) for link in rules.link]
    usable = [chain for chain in chains if chain.why_not is None]
    rng = np.random.default_rng(seed_of(week, "links from KPIs to value"))
    found = slopes([o for c in usable for o in c.observed], people=len(people), draws=rules.draws, rng=rng)
    by_signal: dict[str, list[Slope]] = {}
    for chain in usable:
        by_signal[chain.link.signal], found = found[: len(chain.observed)], found[len(chain.observed) :]
    proven = _surviving(by_signal, rules.false_discovery_share)
    priced = _Priced.of(valuation)
    rows = [
        _row(chain, by_signal.get(chain.link.signal), priced, words, grid_now, is_real=chain.link.signal in proven)
        for chain in chains
    ]
    goals = {target.signal: target for target in targets.kpi}
    named = {str(row["signal_id"]) for row in rows}
    rows += [_without_chain(signal, words) for signal in goals if signal not in named]
    for row in rows:
        target = goals.get(str(row["signal_id"]))
        row["goal"] = target.goal if target else None
        row["business_unit"] = target.business_unit.value if target and target.business_unit else None
    values = pd.DataFrame(rows, columns=KPI_VALUES.names) if rows else KPI_VALUES.empty()
    return conform(values, KPI_VALUES), conform(_link_rows(chains, by_signal), KPI_LINKS)


@dataclass(frozen=True)
class _Grid:
    """Customers by signals, NaN where nothing was observed."""

    columns: dict[str, Numbers]
    size: int

    @classmethod
    def of(cls, signals: pd.DataFrame | None, people: pd.Index[str]) -> _Grid:
        if signals is None:
            return cls({}, len(people))
        columns = {}
        for signal, part in signals.loc[signals["is_observed"].astype(bool)].groupby("signal_id"):
            column = np.full(len(people), np.nan)
            column[people.get_indexer(pd.Index(part["customer_id"]))] = part["value"].to_numpy(float)
            columns[str(signal)] = column
        return cls(columns, len(people))

    def column(self, signal: str) -> Numbers:
        return self.columns.get(signal, np.full(self.size, np.nan))


def _people(evidence: Evidence) -> pd.Index[str]:
    ids = [frame["customer_id"] for frame in (evidence.signals, evidence.past_signals) if frame is not None]
    people: pd.Index[str] = pd.Index(pd.concat(ids).unique(), dtype=object).sort_values()
    return people


def _stayed(outcomes: pd.DataFrame | None, people: pd.Index[str]) -> Numbers:
    stayed = np.full(len(people), np.nan)
    if outcomes is not None:
        place = people.get_indexer(pd.Index(outcomes["customer_id"]))
        known = place >= 0
        stayed[place[known]] = 1.0 - outcomes["is_churned"].to_numpy(float)[known]
    return stayed


def _chain(link: KpiLink, now: _Grid, past: _Grid, stayed: Numbers, rules: LifetimeValueRules, words: Words) -> _Chain:
    names = (link.signal, *link.through, RETENTION)
    observed = []
    for place in range(len(names) - 1):
        is_last = names[place + 1] == RETENTION
        grid = past if is_last else now
        causes = np.column_stack([grid.column(name) for name in (names[place], *names[:place])])
        effect = stayed if is_last else grid.column(names[place + 1])
        known = np.flatnonzero(~np.isnan(causes).any(axis=1) & ~np.isnan(effect))
        observed.append(Observed(known, causes[known], effect[known], is_retention=is_last))
    return _Chain(link, names, observed, _why_not(names, observed, rules, words))


def _why_not(names: tuple[str, ...], observed: list[Observed], rules: LifetimeValueRules, words: Words) -> str | None:
    for place, link in enumerate(observed):
        pair = f"{words.name(names[place])} and {words.name(names[place + 1])}"
        if link.effect.size < rules.minimum_customers:
            return f"{pair} are both known of {link.effect.size:,} customers, {rules.minimum_customers} are needed"
        for outcome, word in ((0, "left"), (1, "stayed")) if link.is_retention else ():
            count = int((link.effect == outcome).sum())
            if count < rules.minimum_link_events:
                return f"{customers(count)} {word}, {rules.minimum_link_events} are needed"
        if not can_be_measured(link):
            return f"{pair} do not vary"
    return None


def _surviving(by_signal: dict[str, list[Slope]], share: float) -> frozenset[str]:
    """KPIs whose weakest link holds after correction for the number of KPIs."""
    if not by_signal:
        return frozenset()
    chances = [
        max(float(erfc(abs(s.value) / max(s.error, 1e-300) / np.sqrt(2))) for s in found)
        for found in by_signal.values()
    ]
    adjusted = false_discovery_control(chances)
    return frozenset(name for name, chance in zip(by_signal, adjusted, strict=True) if chance <= share)


@dataclass(frozen=True)
class _Priced:
    """The customers whose value is summed: those of the commoner basis."""

    valuation: Valuation
    basis: str
    members: Numbers
    before: Numbers

    @classmethod
    def of(cls, valuation: Valuation | None) -> _Priced | None:
        if valuation is None or not valuation.has_retention:
            return None
        basis = str(valuation.rows["basis"].value_counts().sort_index().idxmax())
        members = np.asarray(valuation.rows["basis"] == basis, dtype=np.float64)[None, :]
        if members.sum() < _SMALLEST_SUM:
            return None
        return cls(valuation, basis, members, valuation.sums(members)[0])

    def gain(self, shift: Numbers) -> Numbers:
        gained: Numbers = self.valuation.sums(self.members, shift)[0] - self.before
        return gained

    @property
    def sensitivity(self) -> float:
        return float(self.members[0] @ self.valuation.sensitivity())


def _row(
    chain: _Chain, found: list[Slope] | None, priced: _Priced | None, words: Words, now: _Grid, *, is_real: bool
) -> dict[str, object]:
    link = chain.link
    row: dict[str, object] = {"signal_id": link.signal, "unit": words.unit(link.signal), "step": link.step}
    if found is None:
        return row | {"verdict": TOO_FEW, "sentence": words.too_few(link, chain.why_not or "")}
    if priced is None:
        return row | {"verdict": TOO_FEW, "sentence": words.too_few(link, "no lifetime value is known")}
    beyond = _beyond(chain, found, now)
    if beyond is not None:
        return row | {"verdict": NOT_PROVEN, "sentence": words.beyond(link, beyond)}
    gain = priced.gain(link.step * np.prod([slope.draws for slope in found], axis=0))
    low, high = (float(end) for end in interval(gain[1:]))
    is_proven = is_real and low > 0
    count = int(priced.members.sum())
    row |= {
        "value_amount": round(float(gain[0]), 2),
        "low": round(low, 2),
        "high": round(high, 2),
        "basis": priced.basis,
        "customers": count,
        "sensitivity_amount": round(priced.sensitivity, 2),
        "verdict": PROVEN if is_proven else NOT_PROVEN,
    }
    if is_proven:
        return row | {"sentence": words.proven(link, float(gain[0]), low, high, basis=priced.basis, customers=count)}
    return row | {"sentence": words.not_proven(link, low, high, is_contrary=is_real and high < 0)}


def _beyond(chain: _Chain, found: list[Slope], now: _Grid) -> str | None:
    """The first member of the chain that the step would carry out of the middle 90 % of what customers show."""
    step = chain.link.step
    for place, slope in enumerate(found):
        name = chain.names[place]
        current = now.column(name)
        known = current[~np.isnan(current)]
        centre = float(known.mean()) if known.size else float(chain.observed[place].causes[:, 0].mean())
        low, high = np.quantile(chain.observed[place].causes[:, 0], _RANGE)
        target = centre + step
        if (step > 0 and target > high) or (step < 0 and target < low):
            return name
        step *= slope.value
    return None


def _without_chain(signal: str, words: Words) -> dict[str, object]:
    return {"signal_id": signal, "unit": words.unit(signal), "verdict": TOO_FEW, "sentence": words.no_chain(signal)}


def _link_rows(chains: list[_Chain], by_signal: dict[str, list[Slope]]) -> pd.DataFrame:
    rows = []
    for chain in chains:
        found: Sequence[Slope | None] = by_signal.get(chain.link.signal) or [None] * len(chain.observed)
        for place, (link, slope) in enumerate(zip(chain.observed, found, strict=True)):
            low, high = slope.ends if slope else (None, None)
            rows.append({
                "signal_id": chain.link.signal,
                "position": place + 1,
                "from_id": chain.names[place],
                "to_id": chain.names[place + 1],
                "slope": slope.value if slope else None,
                "low": low,
                "high": high,
                "customers": link.effect.size,
                "events": link.events,
            })  # fmt: skip
    return pd.DataFrame(rows, columns=KPI_LINKS.names)
