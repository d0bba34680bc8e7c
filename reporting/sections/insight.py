"""Drivers and the named questions of linkage: figures of the whole book, with what is not proven left in and said."""

from __future__ import annotations

from types import SimpleNamespace

from reporting import formats
from reporting.ground import Ground
from reporting.models.insight import AnswerLine, DriverLine, Drivers
from reporting.reading import rows

_VERDICTS = {
    "stands_out": "proven, stands out",
    "counts": "proven",
    "proven": "proven",
    "not_proven": "not proven",
    "not_enough": "not enough observations",
}
_PROVEN = frozenset({"stands_out", "counts", "proven"})


def drivers(ground: Ground) -> Drivers:
    """Every declared driver, proven ones first, then by share of what all explain together."""
    found = rows(ground.frame("drivers"))
    if not found:
        return Drivers("No driver of satisfaction is computed yet", (), "")
    found.sort(key=lambda row: (row.verdict not in _PROVEN, -(row.share or 0.0), row.driver_id))
    proven = [row for row in found if row.verdict in _PROVEN]
    outcome = found[0].outcome.lower()
    title = f"No driver of the {outcome} is proven"
    if proven:
        named = formats.listed([row.name.lower() for row in proven[:3]])
        title = f"What goes with the {outcome}: {named}"
    explained = next((row.explained for row in found if row.explained is not None), None)
    note = f"Whole book, {formats.figures(found[0].n, 'account')}, {formats.figures(found[0].n_answers, 'answer')}."
    if explained is not None:
        note += f" Together they explain {formats.percent(explained)} of the differences; none is called a cause."
    return Drivers(title, tuple(_driver(row) for row in found), note)


def _driver(row: SimpleNamespace) -> DriverLine:
    span = f"{formats.percent(row.low)} to {formats.percent(row.high)}" if row.low is not None else "–"
    return DriverLine(
        row.name, row.share, row.low, row.high, formats.percent(row.share), span, _VERDICTS[row.verdict],
        row.verdict in _PROVEN, row.performance, formats.number(row.performance), row.sentence,
    )  # fmt: skip


def driver_sentence(found: Drivers) -> str:
    """The strongest proven driver in one sentence; else that none is proven."""
    strongest = next((line for line in found.lines if line.is_proven), None)
    return strongest.sentence if strongest else f"{found.title}."


def answers(ground: Ground) -> tuple[AnswerLine, ...]:
    """The named questions, proven ones first."""
    found = sorted(
        rows(ground.frame("linkage_answers")), key=lambda row: (row.verdict != "proven", row.verdict, row.question)
    )
    return tuple(
        AnswerLine(row.words, _VERDICTS[row.verdict], row.verdict in _PROVEN, _n(row), row.sentence, row.goal or "")
        for row in found
    )


def _n(row: SimpleNamespace) -> str:
    tested = f"{formats.number(row.proven_links)} of {formats.figures(row.tested_links, 'link')} proven"
    return f"{tested}, n{formats.NBSP}={formats.NBSP}{formats.number(row.n_rows)}" if row.n_rows else tested
