"""Which source says that a customer churned: the one that is used, and how far the others contradict it.

A label is used for judging scores only by its dated rows: a flag without a date does not say whether the customer
left before or after the signals were measured.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

CHURNED = "churned"


def used_label(outcomes: pa.Table, label: str | None) -> str | None:
    """The label whose churn counts.

    Args:
        outcomes: canonical OUTCOMES table.
        label: the policy's choice; None: the label with the most dated churn rows, the first by name among equals.

    Returns:
        None when all churn bears one label or none: then every dated row counts.
    """
    churn = _churn(outcomes)
    if label is not None:
        return label
    if churn["label"].nunique() < 2:
        return None
    dated = churn.groupby("label")["is_dated"].sum()
    return str(dated.index[dated == dated.max()][0])


def contradictions(outcomes: pa.Table, facts: pd.DataFrame, *, label: str | None = None) -> tuple[str, ...]:
    """One sentence for each source of churn that does not name the same customers as the one that is used.

    Args:
        outcomes: canonical OUTCOMES table.
        facts: CUSTOMER_FACTS frame; its customers are those on which sources can agree or not.
        label: the policy's choice, see `used_label`.
    """
    used = used_label(outcomes, label)
    if used is None:
        return ()
    book = set(facts["customer_id"])
    churn = _churn(outcomes)
    named = {str(name): set(rows) & book for name, rows in churn.groupby("label")["customer_id"]}
    if used not in named:
        return ()
    chosen = named.pop(used)
    is_dated = bool(churn.loc[churn["label"] == used, "is_dated"].any())
    end = f" {_capital(_said(used))} is used." if is_dated else ""
    return tuple(
        f"{_contradiction(name, named[name], used, chosen, len(book))}{end}"
        for name in sorted(named)
        if named[name] != chosen
    )


def _contradiction(name: str, theirs: set[str], used: str, chosen: set[str], customers: int) -> str:
    agreed = customers - len(theirs ^ chosen)
    # neither 0 % nor 100 % by rounding alone
    share = min(max(round(100 * agreed / customers), 1 if agreed else 0), 99)
    return (
        f"Two sources of churn contradict each other: {_said(name)} names {_customers(len(theirs))}, "
        f"{_said(used)} {len(chosen):,}; they agree on {agreed:,} of {customers:,} ({share} %)."
    )


def has_dated_churn(outcomes: pa.Table) -> bool:
    return bool(_churn(outcomes)["is_dated"].any())


def undated(outcomes: pa.Table, *, label: str | None = None) -> tuple[str, ...]:
    """One sentence for each source whose churn has no date, and one when the policy's label is borne by no row."""
    by_label = _churn(outcomes).groupby("label")["is_dated"].agg(["size", "sum"])
    found = []
    if label is not None and len(by_label) and label not in by_label.index:
        there = ", ".join(_said(str(name)) for name in by_label.index)
        found.append(f"The policy counts churn by the label {_said(label)}, which no outcome bears; there is {there}.")
    for name, rows, dated in by_label.itertuples():
        if dated < rows:
            found.append(_undated(str(name), int(rows), int(dated)))
    return tuple(found)


def _undated(name: str, rows: int, dated: int) -> str:
    missing = rows - dated
    source = f"{_capital(_said(name))}: " if name else ""
    whole = "the one churn row" if rows == 1 else f"all {_rows(rows)}"
    what = f"{missing:,} of {_rows(rows)}" if dated else whole
    have, they = ("has", "it") if missing == 1 else ("have", "they")
    return f"{_capital(f'{source}{what}')} {have} no date, so {they} can never be used as a label."


def _churn(outcomes: pa.Table) -> pd.DataFrame:
    """Rows that say "churned": customer_id, label (empty when none) and whether they are dated."""
    rows = outcomes.select(["customer_id", "kind", "label", "happened_on"]).to_pandas()
    churn = rows.loc[rows["kind"] == CHURNED]
    return pd.DataFrame({
        "customer_id": churn["customer_id"].astype(object),
        "label": churn["label"].fillna("").astype(object),
        "is_dated": churn["happened_on"].notna(),
    })  # fmt: skip


def _said(label: str) -> str:
    return f"'{label.replace('_', ' ')}'" if label else "the source without a label"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _customers(count: int) -> str:
    return f"{count:,} customer" if count == 1 else f"{count:,} customers"


def _rows(count: int) -> str:
    return f"{count:,} churn row" if count == 1 else f"{count:,} churn rows"
