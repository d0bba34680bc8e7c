"""WebVTT: voices, notes, times, and what is no cue."""

from __future__ import annotations

import json
from pathlib import Path

from contracts.words import Reason
from tests.factories.extract import ACCOUNTS, GOOD, Desk, balanced, lines, rows_of, source_of

CALLS = """
[[source]]
name = "calls"
location = "calls/*.vtt"
format = "vtt"
agents = ["Dina"]
[[source.map]]
table = "transcripts"
[source.map.columns]
customer_id = "note.customer"
transcript_id = "transcript_id"
turn_number = "turn_number"
started_at = "note.started"
channel = { constant = "phone" }
speaker = "speaker"
speaker_role = "speaker_role"
begin_seconds = "begin_seconds"
end_seconds = "end_seconds"
text = "text"
"""
CALL = """WEBVTT - call 17

NOTE
customer: A1
started: 2026-11-16T10:00:00Z

STYLE
::cue { color: red }

1
00:01.000 --> 00:04.500 align:start
<v Dina>Good morning, <i>how</i> can I help?

2
00:00:04.000 --> 00:00:09.000
<v.loud Eve Example>The array is down &amp; nobody calls.
<v Dina>I see.

01:00:00.000 --> 01:00:01.000
Agent: we call back

00:10.000 --> later
lost

02:00:00.000 --> 02:00:02.000
no voice at all
"""


def test_a_call_becomes_turns(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ACCOUNTS.format(extra="") + CALLS)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("calls/call-17.en.vtt", CALL)
    intake = desk.take()
    turns = sorted(rows_of(intake, "transcripts"), key=lambda row: row["turn_number"])
    assert [(row["speaker"], row["speaker_role"], row["begin_seconds"]) for row in turns] == [
        ("Dina", "agent", 1), ("Eve Example", "customer", 4), ("Dina", "agent", 4), ("Agent", "agent", 3600), (None, "unknown", 7200),
    ]  # fmt: skip
    assert [row["text"] for row in turns][:2] == ["Good morning, how can I help?", "The array is down & nobody calls."]
    assert {row["transcript_id"] for row in turns} == {"call-17"}
    [refused] = intake.quarantine.to_dict("records")
    assert (refused["reason"], refused["row_number"]) == (Reason.NOT_A_DATE, 22)
    assert "overlapping cues" in source_of(intake, "calls")["message"]
    assert balanced(intake)


def test_what_is_no_transcript_or_names_nobody(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ACCOUNTS.format(extra="") + CALLS)
    desk.put("accounts.csv", lines(GOOD))
    desk.put("calls/a.vtt", "1\n00:01.000 --> 00:02.000\nhi\n")
    desk.put("calls/b.vtt", CALL.replace("customer: A1\n", ""))
    told = desk.take().quarantine
    assert list(told["reason"]) == [Reason.FILE_FORMAT, Reason.FILE_HEADER]
    assert "NOTE customer" in told["message"].iloc[1]


JSON_CALLS = CALLS.replace("*.vtt", "*.json").replace('"vtt"', '"json_call"')


def test_a_json_call_becomes_turns(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ACCOUNTS.format(extra="") + JSON_CALLS)
    desk.put("accounts.csv", lines(GOOD))
    call = {
        "customer": "A1", "started": "2026-11-16T10:00:00Z", "recorded": True, "tags": ["x"],
        "segments": [
            {"speaker": "Dina", "start_ms": 1000, "end_ms": 4500, "text": "Good  morning"},
            {"participant": "Eve", "role": "Caller", "start": 5, "duration": 2.5, "transcript": "It is down."},
            {"name": "Bot", "party": "internal", "begin": 4, "end": 4.5, "content": "Hold"},
            {"speaker": "Eve", "text": "when?"},
            {"speaker": "Eve", "text": "back", "begin": 9, "end": 8},
            "hello",
        ],
    }  # fmt: skip
    desk.put("calls/call-18.json", json.dumps(call))
    intake = desk.take()
    turns = sorted(rows_of(intake, "transcripts"), key=lambda row: row["turn_number"])
    assert [(row["speaker"], row["speaker_role"], row["begin_seconds"], row["end_seconds"], row["text"]) for row in turns] == [
        ("Dina", "agent", 1, 4.5, "Good morning"), ("Bot", "agent", 4, 4.5, "Hold"), ("Eve", "customer", 5, 7.5, "It is down."),
    ]  # fmt: skip
    assert {row["transcript_id"] for row in turns} == {"call-18"}
    refused = [(row["row_number"], row["reason"]) for row in intake.quarantine.to_dict("records")]
    assert refused == [(4, Reason.NOT_A_NUMBER), (5, Reason.OUT_OF_RANGE), (6, Reason.FIELD_COUNT)]
    assert balanced(intake)


def test_what_is_no_json_call(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ACCOUNTS.format(extra="") + JSON_CALLS)
    desk.put("accounts.csv", lines(GOOD))
    for name, content in (("a", "{"), ("b", "[]"), ("c", '{"turns": 3}'), ("d", '{"turns": []}')):
        desk.put(f"calls/{name}.json", content)
    told = desk.take().quarantine
    assert list(told["reason"]) == [Reason.FILE_FORMAT] * 3 + [Reason.FILE_HEADER]
    assert "list of turns under turns" in told["message"].iloc[1]
    assert '"customer": "A-17"' in told["message"].iloc[3]
