"""What one customer says, with the feeling of each text and of each aspect in it; and how the calls went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

from contracts.words import FieldGroup
from reporting import formats
from reporting.account.follow import score_in
from reporting.account.models import AspectMark, Said
from reporting.ground import Ground
from reporting.languages import Tongue, later
from reporting.reading import local_day
from reporting.sections.experience import score_text
from reporting.sections.voice import feeling_of

Rows = Sequence[SimpleNamespace]
SHOWN = 8
_RECENT_DAYS = 182
_TEAM = "account_feedback"
_LEAVING = "leaving"
_REAL = 0.15  # of the scale from -1 to 1: smaller steps of feeling are not told
_SOURCES = {"tickets": later("Ticket"), "transcripts": later("Call")}
_SURVEY = later("Survey")
_KINDS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
_FEELINGS = {"negative": later("negative"), "positive": later("positive"), "neutral": later("neutral")}
_UNREAD = later("not read")


def said(ground: Ground, parts: Mapping[str, Rows]) -> tuple[tuple[Said, ...], str]:
    """The newest texts of the customer from surveys, tickets and calls; a grey sentence when there are none."""
    speech = ground.speech
    if not ground.audience.sees(FieldGroup.VERBATIMS):
        return (), speech.say("Customer comments are not shown to this audience.")
    texts = [row for row in parts["comments"] if row.table != _TEAM and row.text]
    texts.sort(key=lambda row: (-row.said_at.timestamp(), row.table, row.row_key))
    answers = {row.response_id: row for row in parts["surveys"]}
    aspects: dict[tuple[str, str], list[SimpleNamespace]] = {}
    for row in parts["comment_aspects"]:
        aspects.setdefault((row.table, row.row_key), []).append(row)
    found = []
    for row in texts[:SHOWN]:
        answer = answers.get(row.row_key) if row.table == "surveys" else None
        source = _KINDS.get(answer.kind, _SURVEY) if answer is not None else _SOURCES.get(row.table, _SURVEY)
        marks = sorted(aspects.get((row.table, row.row_key), ()), key=lambda each: each.aspect)
        found.append(
            Said(
                speech.day_near(local_day(row.said_at, ground.zone), ground.today), speech.say(source),
                score_in(score_text(answer), speech) if answer is not None else "", str(row.text).strip(),
                row.language if row.language != "unknown" else "", _feeling(row.sentiment, speech),
                feeling_of(row.sentiment),
                tuple(
                    AspectMark(
                        speech.retell(mark.aspect), _feeling(mark.sentiment, speech), feeling_of(mark.sentiment)
                    )
                    for mark in marks
                ),
            )
        )  # fmt: skip
    return tuple(found), "" if found else speech.say("No comment on record.")


def _feeling(sentiment: str | None, speech: Tongue) -> str:
    return speech.say(_FEELINGS.get(sentiment or "", sentiment or _UNREAD))


def voice_sentence(ground: Ground, given: Rows) -> str:
    """Which aspects are spoken of badly and well, in half a year; empty when none is."""
    tones: dict[str, list[int]] = {}
    for row in given:
        recent = (ground.book.facts.as_of - row.said_at).days < _RECENT_DAYS
        if row.table != _TEAM and recent and row.sentiment in ("negative", "positive"):
            tones.setdefault(row.aspect, []).append(-1 if row.sentiment == "negative" else 1)
    bad = sorted((sum(each), aspect) for aspect, each in tones.items() if sum(each) < 0)
    good = sorted((-sum(each), aspect) for aspect, each in tones.items() if sum(each) > 0)
    told, speech = [], ground.speech
    if _LEAVING in {aspect for _, aspect in bad}:
        told.append(speech.say("speaks of leaving"))
    complaints = [speech.retell(aspect) for _, aspect in bad if aspect != _LEAVING][:3]
    if complaints:
        told.append(speech.say("complains of {aspects}", aspects=speech.listed(complaints)))
    if good:
        praised = [speech.retell(aspect) for _, aspect in good[:3]]
        told.append(speech.say("praises {aspects}", aspects=speech.listed(praised)))
    return speech.say("In half a year the customer {told}.", told=speech.listed(told)) if told else ""


def calls_sentence(ground: Ground, given: Rows) -> str:
    """How the newest call went, when calls are on record."""
    if not given:
        return ""
    speech = ground.speech
    last = max(given, key=lambda row: (row.started_at, row.transcript_id))
    on = speech.day_near(local_day(last.started_at, ground.zone), ground.today)
    text = speech.count(
        "{count} call on record, the last on {day}", "{count} calls on record, the last on {day}", len(given), day=on
    )
    if last.talk_share is not None:
        text += speech.say(": the customer spoke {share} of the time", share=speech.percent(last.talk_share))
    if last.sentiment_score is not None and last.ending_score is not None:
        step = last.ending_score - last.sentiment_score
        if step > _REAL:
            text += speech.say(", and it ended better than it went")
        elif step < -_REAL:
            text += speech.say(", and it ended worse than it went")
        else:
            text += speech.say(", and it ended as it went")
    return f"{formats.capital(text)}."
