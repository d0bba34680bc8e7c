"""Call transcripts as JSON, one call per file: an object of facts and a list of turns, whoever wrote it.

Vendors agree on little, so several names are known for each thing: the turns stand under `turns`, `segments`,
`utterances`, `entries` or `monologues`; a turn has a text, a speaker, a role, a begin and an end (or a duration).
A time whose name ends in `ms` is in milliseconds. Plain values beside the turns are `note.<name>`, as in WebVTT.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from config.sources import Source
from contracts.words import Reason
from extract.errors import FileRefused
from extract.sheet import RefusedRow, Sheet
from extract.transcripts import Turn, call_sheet

_TURNS = ("turns", "segments", "utterances", "entries", "monologues")
_TEXT = ("text", "transcript", "content", "body")
_SPEAKER = ("speaker", "speaker_name", "participant", "name")
_ROLE = ("role", "speaker_role", "participant_role", "party")
_BEGIN = ("begin", "start", "start_time", "begin_seconds", "offset", "start_ms", "begin_ms", "offset_ms")
_END = ("end", "end_time", "end_seconds", "end_ms")
_LENGTH = ("duration", "duration_seconds", "duration_ms")
_CUSTOMER = frozenset({"customer", "client", "caller", "external", "user", "end-user", "contact"})
_AGENT = frozenset({"agent", "advisor", "support", "internal", "employee", "representative", "host"})
_PLAIN = (str, int, float)


def read_json_call(content: bytes, name: str, source: Source, notes: Counter[str]) -> Sheet:
    """One JSON file as rows of turns; the row number of a turn is its place in the list.

    Raises: FileRefused if it is no object with a list of turns, or lacks a fact that the map reads.
    """
    try:
        call = json.loads(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as exc:
        raise FileRefused(Reason.FILE_FORMAT, f"not one JSON document: {exc}"[:200], row=1) from exc
    listed = next((call[key] for key in _TURNS if isinstance(call.get(key), list)), None) if _is_object(call) else None
    if listed is None:
        text = f"a call is one JSON object with a list of turns under {', '.join(_TURNS)}"
        raise FileRefused(Reason.FILE_FORMAT, text, row=1)
    turns: list[Turn] = []
    refused: list[RefusedRow] = []
    for number, given in enumerate(listed, start=1):
        turn = _turn(number, given)
        if isinstance(turn, RefusedRow):
            refused.append(turn)
        else:
            turns.append(turn)
    facts = {
        f"note.{key.casefold()}": str(value)
        for key, value in call.items()
        if isinstance(value, _PLAIN) and not isinstance(value, bool)
    }
    return call_sheet(turns, facts, name, source, refused=refused, notes=notes, write_fact='"customer": "A-17"')


def _turn(number: int, given: Any) -> Turn | RefusedRow:
    shown = json.dumps(given, ensure_ascii=False)[:80]
    if not _is_object(given) or not isinstance(_first(given, _TEXT)[1], str):
        message = f"a turn is an object with its words under {', '.join(_TEXT)}"
        return RefusedRow(number, Reason.FIELD_COUNT, message, value=shown)
    begin, end, length = (_seconds(*_first(given, keys)) for keys in (_BEGIN, _END, _LENGTH))
    if begin is not None and end is None and length is not None:
        end = begin + length
    if begin is None or end is None:
        message = "a turn needs numbers for begin and end, or begin and duration, in seconds (or ..._ms)"
        return RefusedRow(number, Reason.NOT_A_NUMBER, message, value=shown)
    if not 0 <= begin <= end < float("inf"):
        return RefusedRow(number, Reason.OUT_OF_RANGE, "the turn ends before it begins", value=shown)
    speaker, role = _first(given, _SPEAKER)[1], str(_first(given, _ROLE)[1] or "").casefold()
    known = "customer" if role in _CUSTOMER else "agent" if role in _AGENT else None
    text = " ".join(str(_first(given, _TEXT)[1]).split())
    return Turn(number, str(speaker) if isinstance(speaker, _PLAIN) else None, begin, end, text, known)


def _first(given: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, Any]:
    """The first of the keys that is there, with its value."""
    return next(((key, given[key]) for key in keys if given.get(key) is not None), ("", None))


def _seconds(key: str, value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number / 1000 if key.endswith("ms") else number


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
