"""What is said: survey invitations and answers, and what our own account teams think."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block, labels
from extract.demo.casting import Part
from extract.demo.commerce import week_index
from extract.demo.latent import satisfaction
from extract.demo.phrases import LANGUAGES, POOL, comment_pool
from extract.demo.tickets import QUIET_WEEKS
from extract.demo.timeline import DAY, HOUR, NEVER, Indexes, Instants, Numbers, only

_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_QUESTIONS = {
    "nps": "How likely are you to recommend Borealis Storage to a colleague?",
    "csat": "How satisfied are you with the way we handled this?",
    "ces": "Borealis Storage made it easy to get my problem solved.",
}
# kind -> answer at mood 0, points per unit of mood, noise of one answer
ANSWERS: dict[str, tuple[float, float, float]] = {
    "nps": (6.9, 1.9, 0.9),
    "csat": (3.95, 0.72, 0.5),
    "ces": (5.1, 1.2, 0.7),
}
_GOOD_FROM = {"nps": 8, "csat": 4, "ces": 5}
_WAVE_WEEKS = 13


def build_surveys(block: Block, tickets: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """SURVEYS: a quarterly relationship survey to two contacts, and questions after tickets and projects."""
    rng = block.rng("surveys")
    asked = pd.concat([_waves(block, rng), _after_tickets(rng, tickets), _after_projects(projects)], ignore_index=True)
    asked = asked[asked.sent_at.to_numpy() < np.minimum(block.line.end, block.latent.decided[asked.i.to_numpy()])]
    asked = asked.sort_values(["sent_at", "i", "kind", "contact_id", "ticket_id"], kind="stable", ignore_index=True)
    rows, kind = asked.i.to_numpy(), asked.kind.to_numpy(dtype=object)
    size = len(asked)
    willing = rng.beta(6, 5, block.size)
    mood = block.latent.mood[rows, week_index(block, asked.sent_at.to_numpy())]
    answers = rng.random(size) < willing[rows] * (0.85 + 0.15 * mood)
    wait = (np.exp(rng.normal(0.4, 0.8, size)) * DAY).astype(np.int64) // 60_000_000 * 60_000_000 + HOUR
    answered = np.where(answers, asked.sent_at.to_numpy() + wait, NEVER)
    score = _scores(block, rng, rows, kind, np.minimum(answered, block.line.end - 1))
    answered = np.where(_spared(block, rows, kind, score, answered), NEVER, answered)
    language, comment = _comments(block, rng, rows, kind, score)
    asked.insert(1, "customer_id", block.ids[rows])
    asked.insert(2, "response_id", labels("R-", block.numbers(size)))
    answers_of: pd.DataFrame = asked.assign(
        question=pd.Series(kind).map(_QUESTIONS).to_numpy(),
        answered_at=answered,
        score=score,
        scale_min=pd.Series(kind).map({k: v[0] for k, v in _SCALES.items()}).to_numpy(),
        scale_max=pd.Series(kind).map({k: v[1] for k, v in _SCALES.items()}).to_numpy(),
        comment=comment,
        language=language,
    )
    return answers_of


def _waves(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    line = block.line
    phase = rng.integers(0, _WAVE_WEEKS, block.size)
    due = ((np.arange(line.count)[None, :] - phase[:, None]) % _WAVE_WEEKS == 0) & block.latent.active(line)
    rows, weeks = np.nonzero(due)
    contacts = np.asarray(block.contacts.contact_id, dtype=object)
    start = block.contact_start[rows]
    parts = [
        pd.DataFrame(
            {
                "i": rows,
                "kind": "nps",
                "touchpoint": "relationship",
                "sent_at": line.starts[weeks] + DAY + 8 * HOUR,
                "contact_id": contacts[start + turn],
                "ticket_id": None,
            }
        )
        for turn in (0, 1)
    ]
    return pd.concat(parts, ignore_index=True)


def _after_tickets(rng: np.random.Generator, tickets: pd.DataFrame) -> pd.DataFrame:
    draw = rng.random(len(tickets))
    chosen = tickets[draw < 0.16]
    return pd.DataFrame(
        {
            "i": chosen.i.to_numpy(),
            "kind": np.where(draw[draw < 0.16] < 0.09, "csat", "ces"),
            "touchpoint": "support",
            "sent_at": chosen.resolved_at.to_numpy() + 4 * HOUR,
            "contact_id": chosen.contact_id.to_numpy(),
            "ticket_id": chosen.ticket_id.to_numpy(),
        }
    )


def _after_projects(projects: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "i": projects.i.to_numpy(),
            "kind": "csat",
            "touchpoint": "project",
            "sent_at": projects.actual_end_on.to_numpy() + DAY + 9 * HOUR,
            "contact_id": None,
            "ticket_id": None,
        }
    )


def _scores(block: Block, rng: np.random.Generator, rows: Indexes, kind: np.ndarray, at: Instants) -> Numbers:
    weeks = week_index(block, at)
    noise = rng.standard_normal(len(rows))
    score = np.zeros(len(rows))
    for name, (middle, spread, error) in ANSWERS.items():
        here = np.flatnonzero(kind == name)
        feeling = satisfaction(block.latent, rows[here], weeks[here], middle=middle, spread=spread)
        score[here] = np.rint(feeling + error * noise[here]).clip(*_SCALES[name])
    return score


def _spared(block: Block, rows: Indexes, kind: np.ndarray, score: Numbers, answered: Instants) -> np.ndarray:
    """Ordinary customers whose unhappy answers of the last weeks never came: a detractor there would be news."""
    ordinary = ~np.isin(block.cast.parts[rows], (Part.DRIFTING, Part.SLIDING, Part.KEY_DETRACTOR, Part.NOTICE))
    late = answered >= block.line.starts[max(block.line.count - QUIET_WEEKS, 0)]
    return np.asarray(ordinary & late & (kind == "nps") & (score <= 6))


def _comments(
    block: Block, rng: np.random.Generator, rows: Indexes, kind: np.ndarray, score: Numbers
) -> tuple[np.ndarray, np.ndarray]:
    size = len(rows)
    tongue = np.where(rng.random(size) < 0.8, block.languages()[rows], 0)
    good = score >= pd.Series(kind).map(_GOOD_FROM).to_numpy()
    good ^= rng.random(size) < 0.04
    pick, speaks = rng.integers(0, POOL, size), rng.random(size) < 0.5
    comment = np.full(size, None, dtype=object)
    for code, language in enumerate(LANGUAGES):
        for is_good in (True, False):
            here = np.flatnonzero((tongue == code) & (good == is_good) & speaks)
            comment[here] = comment_pool(language, is_good=is_good)[pick[here]]
    return np.array(LANGUAGES, dtype=object)[tongue], comment


def build_account_feedback(block: Block) -> pd.DataFrame:
    """ACCOUNT_FEEDBACK: every eight weeks or so the owner in Sales or Support grades the account, with a word."""
    rng = block.rng("feedback")
    line, latent = block.line, block.latent
    rows, weeks = np.nonzero((rng.random((block.size, line.count)) < 1 / 8) & latent.active(line))
    size = len(rows)
    feeling = (0.65 * latent.mood[rows, weeks] + 0.35 * latent.bond[rows, weeks]).astype(np.float64)
    score = np.rint(3.3 + 1.0 * feeling + rng.normal(0, 0.4, size)).clip(1, 5)
    seller = rng.random(size) < 0.5
    owners = np.where(
        seller, block.owners.sales.to_numpy(dtype=object)[rows], block.owners.support.to_numpy(dtype=object)[rows]
    )
    pick = rng.integers(0, POOL, size)
    good, bad = (comment_pool("en", is_good=is_good)[pick] for is_good in (True, False))
    frame = pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "author_id": owners,
            "given_at": line.starts[weeks]
            + 3 * DAY
            + (rng.random(size) * 8 * HOUR).astype(np.int64) // 1_000_000 * 1_000_000
            + 8 * HOUR,
            "perceived_quality_score": score,
            "comment": np.where(score >= 4, good, bad),
            "competitor": only((score <= 2) & (rng.random(size) < 0.3), "Zephyr Data"),
        }
    )
    frame = frame.sort_values(["given_at", "customer_id"], kind="stable", ignore_index=True)
    frame.insert(2, "feedback_id", labels("F-", block.numbers(size)))
    return frame
