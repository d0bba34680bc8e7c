"""The lifetime value of every customer of the book, by contracts or by purchases, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Kind, conform, to_frame
from contracts.ids import seed_of
from contracts.results import LIFETIME_VALUES
from contracts.rules import LifetimeValueRules, Money
from scoring.measure.asof import limit_of
from scoring.measure.facts import rates_at
from scoring.predict.lifetime_value import non_contractual, sbg
from scoring.predict.lifetime_value.contractual import standing, value_contracts
from scoring.predict.lifetime_value.estimates import customers
from scoring.predict.lifetime_value.groups import Shift, group_shifts
from scoring.predict.lifetime_value.hazard import value_curves
from scoring.predict.lifetime_value.money import MARGIN, REVENUE, invoices, margin_shares, yearly_amounts
from scoring.predict.lifetime_value.present_value import period_discount
from scoring.predict.lifetime_value.spells import spells
from scoring.predict.lifetime_value.valuation import Valuation

_CENTS = 2

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class SurvivalCurves:
    """What an adopted retention model foretells: frame customer_id, month (1, 2, ... from now), survival (0-1), and
    how many churned customers the model was fitted on.
    """

    frame: pd.DataFrame
    events: int


@dataclass(frozen=True)
class ValuedBook:
    """`frame`: LIFETIME_VALUES of every customer; `valuation`: for sums with intervals, null when nobody has a value;
    `notes`: how it was reckoned, in sentences.
    """

    frame: pd.DataFrame
    valuation: Valuation | None
    notes: tuple[str, ...]


def value_customers(
    facts: pd.DataFrame,
    tables: Tables,
    rules: LifetimeValueRules,
    money: Money,
    *,
    as_of: datetime,
    week: str,
    curves: SurvivalCurves | None = None,
) -> ValuedBook:
    """Lifetime values.

    Args:
        facts: CUSTOMER_FACTS frame.
        tables: as-of view of `customers`, `agreements`, `invoices`, `deals`, `exchange_rates`, and `tickets` if they
            cost anything; absent ones count as empty.
        rules: mode, horizon, discount, least evidence.
        money: reporting currency and rates.
        as_of: aware instant, exclusive, in the workspace's zone.
        week: names the seed of the draws.
        curves: survival by an adopted retention model; None: survival by tenure.
    """
    facts = facts.sort_values("customer_id", ignore_index=True)
    today = pd.Timestamp(limit_of(Kind.DAY, as_of))
    rates = rates_at(tables.get("exchange_rates"), money, as_of)
    amounts = yearly_amounts(facts, tables, rates, today, cost_per_ticket=rules.cost_per_ticket)
    rng = np.random.default_rng(seed_of(week, "lifetime value"))
    contracts = tables["agreements"].num_rows if "agreements" in tables else 0
    paid = _paid(tables, rates)
    mode = rules.mode
    if mode == "auto":
        mode = "non_contractual" if not contracts and not paid.empty else "contractual"
    if mode == "non_contractual" and contracts:
        return _without(
            amounts,
            rules,
            f"Purchases are foretold only where there are no contracts, and there are {contracts:,} agreements: "
            "set mode = 'contractual' in lifetime_value.toml.",
        )
    if mode == "non_contractual":
        return _by_purchases(facts, tables, amounts, paid, rates, today, rules, rng)
    if curves is not None:
        return _by_curves(amounts, curves, rules, rng)
    return _by_tenure(facts, amounts, today, rules, rng)


def _by_tenure(
    facts: pd.DataFrame, amounts: pd.DataFrame, today: pd.Timestamp, rules: LifetimeValueRules, rng: np.random.Generator
) -> ValuedBook:
    names = facts[rules.group].fillna("").astype(str) if rules.group else pd.Series("", index=facts.index)
    histories = spells(facts, today, renewal_months=rules.renewal_months, groups=list(names))
    whole = histories.pop("")
    prior = None if rules.assumed_retention is None else sbg.Prior(rules.assumed_retention, rules.prior_renewals)
    if whole.events < rules.minimum_events and prior is None:
        return _without(
            amounts,
            rules,
            f"Retention is not known: {customers(whole.events)} known to have left, at least "
            f"{rules.minimum_events} are needed, or assumed_retention in lifetime_value.toml.",
        )
    model = sbg.fit(whole, prior)
    shifts = {"": Shift(0.0, 0.0)} | group_shifts(model, histories)
    order = sorted(shifts)
    known = names.where(names.isin(order), "")
    stands = standing(
        facts, today, rules, np.asarray(known.map({name: i for i, name in enumerate(order)}), dtype=np.float64)
    )
    has_value = amounts["why_missing"].isna().to_numpy()
    valuation = value_contracts(
        amounts.loc[has_value].reset_index(drop=True),
        stands.of(has_value),
        model,
        [shifts[name] for name in order],
        rules,
        rng,
    )
    return _valued(amounts, valuation, rules, _tenure_notes(model, whole, rules))


def _by_curves(
    amounts: pd.DataFrame, curves: SurvivalCurves, rules: LifetimeValueRules, rng: np.random.Generator
) -> ValuedBook:
    last = curves.frame["month"].max()
    complete = curves.frame.loc[curves.frame["month"] >= 1].groupby("customer_id")["survival"].count()
    is_known = amounts["customer_id"].isin(complete.index[complete == last])
    why = amounts["why_missing"].where(is_known | amounts["why_missing"].notna(), "No survival curve is known.")
    amounts = amounts.assign(why_missing=why)
    if amounts["why_missing"].notna().all():
        return _without(amounts, rules, "No survival curve is known.")
    chosen = amounts.loc[amounts["why_missing"].isna()].reset_index(drop=True)
    valuation = value_curves(chosen, curves.frame, rules, events=curves.events, rng=rng)
    note = f"Survival is foretold by the retention model, fitted on {customers(curves.events)} who left."
    return _valued(amounts, valuation, rules, (note, *_basis_notes(rules)))


def _by_purchases(
    facts: pd.DataFrame,
    tables: Tables,
    amounts: pd.DataFrame,
    paid: pd.DataFrame,
    rates: Mapping[str, float],
    today: pd.Timestamp,
    rules: LifetimeValueRules,
    rng: np.random.Generator,
) -> ValuedBook:
    histories = non_contractual.purchase_histories(paid, today)
    buyers = int((histories["repeats"] > 0).sum())
    if buyers < rules.minimum_events:
        return _without(
            amounts,
            rules,
            f"Buying is not known: {customers(buyers)} bought again, at least {rules.minimum_events} are needed.",
        )
    buying, spending = non_contractual.fit(histories)
    ids = facts["customer_id"]
    share = margin_shares(ids, tables, invoices(tables, rates)).to_numpy(float)
    here = pd.DataFrame({
        "customer_id": ids,
        "share": np.where(np.isnan(share), 1.0, share),
        "basis": np.where(np.isnan(share), REVENUE, MARGIN),
    }).merge(histories, on="customer_id", how="inner").sort_values("customer_id", ignore_index=True)  # fmt: skip
    gone = set(amounts.loc[facts["status"].isin(["left", "prospect"]).to_numpy(), "customer_id"])
    here = here.loc[~here["customer_id"].isin(gone)].reset_index(drop=True)
    bought = amounts["customer_id"].isin(here["customer_id"])
    why = amounts["why_missing"].where(amounts["customer_id"].isin(gone), "No purchase is known.").mask(bought, None)
    valuation = non_contractual.value_purchases(here, buying, spending, rules, rng)
    notes = [f"Purchases are foretold from {len(histories):,} histories, {buyers:,} of which bought again (BG/NBD)."]
    if abs(spending.correlation) > 0.3:
        notes.append(
            f"Amount and frequency go together (correlation {spending.correlation:.2f}): extreme values are off."
        )
    return _valued(amounts.assign(why_missing=why), valuation, rules, (*notes, *_basis_notes(rules)))


def _paid(tables: Tables, rates: Mapping[str, float]) -> pd.DataFrame:
    """What customers paid for: invoices, or won deals where there is no invoice. customer_id, day, amount."""
    billed = invoices(tables, rates)[["customer_id", "day", "amount"]].dropna()
    if not billed.empty or "deals" not in tables:
        return billed
    deals = to_frame(tables["deals"].select(["customer_id", "status", "closed_at", "amount", "currency"]))
    won = deals.loc[(deals["status"] == "won") & deals["closed_at"].notna()]
    rate = won["currency"].map(dict(rates)).astype(float)
    return pd.DataFrame({
        "customer_id": won["customer_id"],
        "day": won["closed_at"].dt.tz_convert("UTC").dt.tz_localize(None).dt.normalize(),
        "amount": won["amount"].astype("Float64").astype(float) * rate,
    }).dropna()  # fmt: skip


def _valued(
    amounts: pd.DataFrame, valuation: Valuation, rules: LifetimeValueRules, notes: tuple[str, ...]
) -> ValuedBook:
    found = valuation.rows.assign(value_amount=valuation.values(), sensitivity_amount=valuation.sensitivity())
    money = ["value_amount", "low", "high", "sensitivity_amount"]
    found[money] = found[money].round(_CENTS)
    whole = amounts[["customer_id", "why_missing"]].merge(found, on="customer_id", how="left")
    frame = conform(whole.assign(horizon_months=rules.horizon_months), LIFETIME_VALUES)
    return ValuedBook(frame, valuation if len(valuation.rows) else None, notes)


def _without(amounts: pd.DataFrame, rules: LifetimeValueRules, reason: str) -> ValuedBook:
    why = amounts["why_missing"].fillna(reason)
    frame = amounts[["customer_id"]].assign(why_missing=why, horizon_months=rules.horizon_months)
    return ValuedBook(conform(frame, LIFETIME_VALUES), None, (reason,))


def _tenure_notes(model: sbg.ShiftedBetaGeometric, whole: sbg.Spells, rules: LifetimeValueRules) -> tuple[str, ...]:
    first, fifth = sbg.retention(np.array(model.a), np.array(model.b), np.array([1.0, 5.0]))
    endless = sbg.expected_residual_lifetime(
        model.a, model.b, made=0, discount=period_discount(rules.annual_discount, rules.renewal_months)
    )
    years = endless * rules.renewal_months / 12
    seen = (
        f"Retention is estimated from {whole.renewals:,.0f} renewals, {whole.events:,} of them not made: "
        f"{first:.0%} at the first renewal, {fifth:.0%} at the fifth."
    )
    beyond = f"Without a horizon, {years:.1f} discounted years would follow a new customer's first renewal date."
    return (seen, beyond, *_basis_notes(rules))


def _basis_notes(rules: LifetimeValueRules) -> tuple[str, ...]:
    first = "today" if rules.convention == "receipt_now" else "a period from now"
    notes = [
        f"Lifetime value: {rules.horizon_months} months, {rules.annual_discount:.0%} a year, first receipt {first}.",
        "Intervals tell how well retention is known, not what a single customer will do.",
    ]
    if not rules.cost_per_ticket:
        notes.append("No cost to serve is taken off beside what the margin bears.")
    return tuple(notes)
