"""Can these numbers be trusted: sources, rows set aside, coverage, and what the run wants said."""

from __future__ import annotations

from types import SimpleNamespace

from contracts.words import PlacementState
from reporting import formats
from reporting.ground import Ground
from reporting.models.pack import SourceLine, Trust
from reporting.reading import equal, rows

_STATES = {
    "stale": "older than its limit",
    "carried": "carried forward",
    "absent": "absent",
    "refused": "refused",
    "held": "held",
}


def trust(ground: Ground) -> Trust:
    """One line per source, bad ones first, and the three sentences about them."""
    lines = sorted(
        (_source(row) for row in rows(ground.frame("sources"))),
        key=lambda line: (line.is_good, line.source, line.table),
    )
    bad = [line for line in lines if not line.is_good]
    short, sentence = _sources(lines, bad)
    came, aside = sum(line.rows_in for line in lines), sum(line.set_aside for line in lines)
    rows_sentence = f"{formats.number(aside)} of {formats.figures(came, 'row')} set aside"
    if came:
        share = aside / came
        rows_sentence += (
            f" ({'less than 0.1' + formats.NBSP + '%' if 0 < share < 0.001 else formats.percent(share, 1)})"
        )
    unmatched = sum(line.unmatched for line in lines)
    if unmatched:
        rows_sentence += f", {formats.number(unmatched)} of them without a known customer"
    return Trust(
        short, not bad, tuple(lines), sentence, f"{rows_sentence}.", coverage_sentence(ground), notes(ground)
    )  # fmt: skip


def _source(row: SimpleNamespace) -> SourceLine:
    age = ""
    if row.age_days is not None:
        age = f"{formats.trimmed(row.age_days)} {'day' if formats.trimmed(row.age_days) == '1' else 'days'} old"
        if row.limit_days is not None and row.state != "fresh":
            age += f" (limit {formats.trimmed(row.limit_days)})"
    return SourceLine(
        row.source, row.table, row.state, row.state == "fresh", age, int(row.rows_in), int(row.admitted),
        int(row.quarantined), int(row.unmatched), row.message or "",
    )  # fmt: skip


def _sources(lines: list[SourceLine], bad: list[SourceLine]) -> tuple[str, str]:
    count = len(lines)
    if not lines:
        return "no source declared", "No source is declared."
    if not bad:
        word = "source is" if count == 1 else "sources are"
        return f"{formats.figures(count, 'source')} fresh", f"All {formats.number(count)} {word} fresh."
    first = bad[0]
    named = f"{first.source}, {_STATES.get(first.state, first.state)}"
    if first.age_text:
        named += f", {first.age_text}"
    more = f", and {formats.number(len(bad) - 1)} more" if len(bad) > 1 else ""
    of_all = f"of {formats.figures(count, 'source')}"
    return (
        f"{formats.number(len(bad))} {of_all} not fresh: {first.source}{more}",
        f"{formats.number(count - len(bad))} {of_all} fresh; not {named}{more}.",
    )


def coverage_sentence(ground: Ground) -> str:
    """How many accounts have a zone, and on how much of the wanted evidence it rests."""
    accounts = ground.accounts
    if not len(accounts):
        return "No account is in this view."
    placed = accounts.loc[equal(accounts["state"], PlacementState.PLACED)]
    text = f"{formats.number(len(placed))} of {formats.figures(len(accounts), 'account')} placed"
    if len(placed):
        mean = float(placed[["loyalty_coverage", "retention_coverage"]].to_numpy().mean())
        text += f", on {formats.percent(mean)} of the wanted evidence"
    lacking = len(accounts) - len(placed)
    return f"{text}; {formats.number(lacking)} with insufficient evidence." if lacking else f"{text}."


def notes(ground: Ground) -> tuple[str, ...]:
    """What must stand beside the numbers of this week."""
    facts = ground.book.facts
    found = []
    if facts.is_baseline:
        found.append("First report: zones are a baseline; nobody is alerted and no change is shown.")
    if facts.is_reconstructed:
        found.append("Reconstructed: this week was scored later, from data as it was known by then.")
    unpriced = ground.accounts["revenue_amount"].isna() & ground.accounts["original_currency"].notna()
    if ground.shows_money and unpriced.any():
        count = int(unpriced.sum())
        found.append(
            f"{formats.figures(count, 'account')} with revenue in a currency without a rate: listed, not summed."
        )
    borderline = int(ground.accounts["is_borderline"].fillna(value=False).astype(bool).sum())
    if borderline:
        verb = "stands" if borderline == 1 else "stand"
        found.append(
            f"{formats.figures(borderline, 'account')} {verb} within ±{formats.trimmed(facts.dead_band)} of a line: "
            "borderline, the next week may tell."
        )
    return (*found, *facts.axis_notes, *facts.trust_notes)
