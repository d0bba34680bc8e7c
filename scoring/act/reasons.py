"""Why a customer stands where it does, in sentences: strongest negative contributions, events, stays in zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from contracts.words import Zone

STRONGEST = 3
"""How many of a customer's strongest negative contributions count as its main reasons."""

_COUNTED = "{value} of {n}"
_MANY = 100
_WHOLE = 0.005


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its signal, the signal's name, and the sentence with this customer's value."""

    signal_id: str
    name: str
    sentence: str


def said(sentence: str, *, value: float, n: float, unit: str) -> str:
    """A signal's sentence with its value: shares as counts or percent, other numbers with at most one decimal.

    "37% of 4 deals" is no number of deals: where older rows weigh less, the sentence says so.
    """
    shown = f"{value:.0%}" if unit == "share" else f"{value:,.1f}".removesuffix(".0")
    if unit == "share" and _COUNTED in sentence and n < _MANY:
        hits = value * n
        if abs(hits - round(hits)) < _WHOLE:
            shown = f"{round(hits)}"
        else:
            sentence = f"{sentence.removesuffix('.')} (recent ones count most)."
    return sentence.replace("{value}", shown).replace("{n}", f"{n:,.0f}")


def reasons_of(contributions: pd.DataFrame, signal_words: pd.DataFrame) -> dict[str, list[Reason]]:
    """Per customer its strongest negative contributions, worst first.

    Args:
        contributions: CONTRIBUTIONS frame.
        signal_words: SIGNAL_WORDS frame; a signal without words is no reason to tell.
    """
    words = signal_words.set_index("signal_id")[["name", "sentence", "unit"]].to_dict("index")
    # a model may count what it does not know; that is no fact about the customer to tell
    worst = contributions.loc[(contributions["contribution"] < 0) & contributions["value"].notna()]
    worst = worst.sort_values(["customer_id", "contribution", "signal_id"]).groupby("customer_id").head(STRONGEST)
    found: dict[str, list[Reason]] = {}
    columns = worst[["customer_id", "signal_id", "value", "n"]]
    for customer, signal, value, n in columns.itertuples(index=False, name=None):
        if signal not in words:
            continue
        name, sentence = str(words[signal]["name"]), words[signal]["sentence"]
        worded = sentence if isinstance(sentence, str) and sentence else name
        text = said(worded, value=value, n=n, unit=str(words[signal]["unit"]))
        mine = found.setdefault(str(customer), [])
        # a signal may weigh on both axes; it is one reason
        if all(reason.signal_id != signal for reason in mine):
            mine.append(Reason(str(signal), name, text))
    return found


def events_of(events: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Per customer the headline of its newest event of each kind."""
    found: dict[str, dict[str, str]] = {}
    for row in events.sort_values(["happened_at", "event_id"]).to_dict("records"):
        found.setdefault(str(row["customer_id"]), {})[str(row["kind"])] = str(row["headline"])
    return found


def stays_of(history: pd.DataFrame | None) -> dict[str, tuple[int, Zone | None]]:
    """Per customer the weeks of its present stay in a zone, and the zone before it; from a HISTORY frame."""
    if history is None or history.empty:
        return {}
    known = history.loc[history["zone"].notna(), ["customer_id", "week", "zone"]]
    known = known.sort_values(["customer_id", "week"], ascending=[True, False])
    latest = known.groupby("customer_id")["zone"].transform("first")
    changes = (known["zone"] != latest).groupby(known["customer_id"]).cumsum()
    weeks = (changes == 0).groupby(known["customer_id"]).sum()
    before = known.loc[changes == 1].groupby("customer_id")["zone"].first()
    zones = {str(customer): Zone(str(zone)) for customer, zone in before.items()}
    return {str(customer): (int(count), zones.get(str(customer))) for customer, count in weeks.items()}


def topics(reasons: Sequence[Reason]) -> str:
    """The names of the reasons as they stand in a sentence: "hand-offs, reopened tickets and late projects"."""
    names = [_within_a_sentence(reason.name) for reason in reasons]
    if len(names) < 2:
        return names[0] if names else "what the customer names"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _within_a_sentence(name: str) -> str:
    """A signal's name with a small first letter, unless it is a proper name or an abbreviation."""
    first, _, rest = name.partition(" ")
    is_proper = rest[:1].isupper() or first[1:2].isupper()
    return name if is_proper else name[:1].lower() + name[1:]
