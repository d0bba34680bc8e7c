"""Steps, cases and quotations of one account in the reader's language; in English they are what all views show."""

from __future__ import annotations

from dataclasses import replace

from reporting.ground import Ground
from reporting.languages import Tongue
from reporting.models.pack import ActionLine, CaseLine, Footer, Verbatim
from reporting.reading import local_day


def step_in(line: ActionLine, ground: Ground) -> ActionLine:
    """What to do, why, by when and who: steps and reasons of the shipped playbooks are translated."""
    speech = ground.speech
    if speech.is_english:
        return line
    return replace(
        line,
        action=speech.retell(line.action),
        why=speech.retell(line.why),
        unit=speech.say(line.unit),
        due_text=speech.day(line.due_on),
    )


def case_in(line: CaseLine, ground: Ground) -> CaseLine:
    """A case with its title, state and dates."""
    speech = ground.speech
    if speech.is_english:
        return line
    return replace(
        line,
        title=speech.retell(line.title),
        category=speech.retell(line.category),
        status=speech.retell(line.status),
        outcome=speech.retell(line.outcome),
        opened_text=speech.day_near(local_day(line.opened_at, ground.zone), ground.today),
        due_text=_due(line, ground),
    )


def _due(line: CaseLine, ground: Ground) -> str:
    speech = ground.speech
    if not line.is_open:
        closed = local_day(line.closed_at, ground.zone)
        return speech.say("Closed {day}", day=speech.day(closed)) if closed else speech.say("Closed")
    if line.is_overdue:
        return speech.figures("Overdue {count} day", "Overdue {count} days", line.overdue_days)
    due = local_day(line.due_at, ground.zone)
    return speech.say("Due {day}", day=speech.day(due)) if due else speech.say("No due date")


def quotation_in(line: Verbatim, ground: Ground) -> Verbatim:
    """The customer's words stay; what stands beside them is translated."""
    speech = ground.speech
    score = score_in(line.score_text, speech)
    return replace(line, date_text=speech.day_near(line.said_on, ground.today), score_text=score)


def score_in(text: str, speech: Tongue) -> str:
    """`2 of 5` in this language; empty stays empty."""
    score, of, top = text.partition(" of ")
    if not of or speech.is_english:
        return text
    return speech.say("{score} of {top}", score=speech.trimmed(float(score)), top=top)


def footer_in(found: Footer, ground: Ground, as_of_text: str) -> Footer:
    """For whom and by which rule; the figures of the lines as this language writes them."""
    facts, speech = ground.book.facts, ground.speech
    figures = (speech.trimmed(each) for each in (facts.loyalty_line, facts.retention_line, facts.dead_band))
    loyalty, retention, band = figures
    return replace(
        found,
        audience=speech.retell(found.audience),
        rule=speech.retell(found.rule),
        as_of_text=as_of_text,
        lines_text=f"{loyalty} / {retention} / ±{band}",
    )
