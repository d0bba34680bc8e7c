"""A few recorded calls per week, as speaker turns; the telephone system writes them as WebVTT."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block
from extract.demo.casting import Part
from extract.demo.phrases import LANGUAGES, POOL, comment_pool
from extract.demo.timeline import DAY, HOUR

_CALLS = 24
"""Of the first block only: transcripts are an extra, not a mass fact."""
_AGENT = {
    "en": (
        "Thank you for calling Borealis support, how can I help?",
        "I am sorry about that. Let me open the case.",
        "I will call you back today.",
    ),
    "it": (
        "Grazie per aver chiamato Borealis, come posso aiutarla?",
        "Mi dispiace, apro subito il caso.",
        "La richiamo in giornata.",
    ),
    "ar": ("شكرًا لاتصالكم بدعم بورياليس، كيف أساعدكم؟", "نأسف لذلك، سأفتح الحالة الآن.", "سأعاود الاتصال بكم اليوم."),
}


def build_transcripts(block: Block) -> pd.DataFrame:
    """TRANSCRIPTS: one row per turn; customer turns in the customer's language and mood."""
    rng = block.rng("calls")
    line, latent = block.line, block.latent
    columns = (
        "i",
        "customer_id",
        "transcript_id",
        "turn_number",
        "started_at",
        "speaker",
        "speaker_role",
        "begin_seconds",
        "end_seconds",
        "text",
    )
    if block.number:
        return pd.DataFrame({name: [] for name in columns})
    talkative = block.rows_of(Part.SLIDING, Part.DEALS_DYING, Part.RECOVERING, Part.KEY_DETRACTOR)
    ordinary = rng.choice(block.rows_of(Part.ORDINARY), size=min(_CALLS, block.size // 4), replace=False)
    records = []
    for row in np.concatenate([np.repeat(talkative, 2), ordinary]).tolist():
        week = int(rng.integers(max(0, line.count - 26), line.count))
        if not latent.active(line)[row, week]:
            continue
        started = (
            int(line.starts[week]) + int(rng.integers(0, 5)) * DAY + int(rng.integers(8 * 60, 16 * 60)) * 60_000_000
        )
        records += _turns(block, rng, row, started, is_good=bool(latent.mood[row, week] > 0))
    frame = pd.DataFrame(records, columns=list(columns))
    frame = frame.drop_duplicates(["transcript_id", "turn_number"])
    return frame.sort_values(["started_at", "customer_id", "turn_number"], kind="stable", ignore_index=True)


def _turns(
    block: Block, rng: np.random.Generator, row: int, started: int, *, is_good: bool
) -> list[tuple[object, ...]]:
    language = LANGUAGES[int(block.languages()[row])]
    agent = block.staff_names[block.owners.support.iloc[row]]
    caller = block.contacts.name.iloc[block.contact_start[row]]
    said = comment_pool(language, is_good=is_good)[rng.integers(0, POOL, 2)]
    lines = (
        (agent, "agent", _AGENT[language][0]),
        (caller, "customer", said[0]),
        (agent, "agent", _AGENT[language][1]),
        (caller, "customer", said[1]),
        (agent, "agent", _AGENT[language][2]),
    )
    call = (
        f"{block.customers.erp_account.iloc[row]}_{np.datetime64(started // HOUR * HOUR, 'us').astype('datetime64[D]')}"
    )
    second = 0.0
    turns: list[tuple[object, ...]] = []
    for number, (speaker, role, text) in enumerate(lines, 1):
        length = round(2.0 + len(text) / 14, 1)
        turns.append((row, block.ids[row], call, number, started, speaker, role, second, second + length, text))
        second = round(second + length + 0.8, 1)
    return turns
