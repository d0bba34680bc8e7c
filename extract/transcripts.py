"""WebVTT call transcripts: one row per cue, with who spoke when.

Source: W3C, WebVTT: The Web Video Text Tracks Format, sections 4 (syntax) and 6 (parsing). Read here:
voice tags, NOTE, STYLE and REGION blocks, hours or none in times, cue identifiers and settings, overlapping cues.

Columns a map can name: file_name, transcript_id (the file name without suffixes), turn_number, speaker,
speaker_role, begin_seconds, end_seconds, text, and `note.<key>` for every line `key: value` in a NOTE block.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from config.sources import Source
from contracts.words import Reason
from extract.errors import FileRefused
from extract.sheet import RefusedRow, Sheet

_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMES = re.compile(rf"^{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z0-9:.][^>]*>")
_NOTE = re.compile(r"^([A-Za-z][\w .-]{0,40}):\s*(.+)$")
_OWN_COLUMNS = (
    "file_name", "transcript_id", "turn_number", "speaker", "speaker_role", "begin_seconds", "end_seconds", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person says in one go; times in seconds from the start."""

    line: int
    speaker: str | None
    begin: float
    end: float
    text: str
    role: str | None = None


def read_transcript(content: bytes, name: str, source: Source, notes: Counter[str]) -> Sheet:
    """One WebVTT file as rows of turns.

    Raises: FileRefused if it does not begin with WEBVTT or lacks a note that the map reads.
    """
    lines = content.decode("utf-8", "surrogatepass").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.match(r"^WEBVTT(?:[ \t]|$)", lines[0]):
        raise FileRefused(Reason.FILE_FORMAT, "a WebVTT file begins with the line WEBVTT", row=1)
    turns: list[Turn] = []
    refused: list[RefusedRow] = []
    facts: dict[str, str] = {}
    for start, block in _blocks(lines):
        if re.match(r"^(NOTE|STYLE|REGION|WEBVTT)(?:[ \t]|$)", block[0]):
            facts.update(_facts(block))
            continue
        cue = _turns(start, block)
        if isinstance(cue, RefusedRow):
            refused.append(cue)
        else:
            turns.extend(cue)
    return call_sheet(turns, facts, name, source, refused=refused, notes=notes, write_fact="'NOTE customer: A-17'")


def call_sheet(
    turns: list[Turn],
    facts: Mapping[str, str],
    name: str,
    source: Source,
    *,
    refused: Sequence[RefusedRow],
    notes: Counter[str],
    write_fact: str,
) -> Sheet:
    """The turns of one call in order of time, with the columns that the map reads; `facts` are its `note.` columns.

    Raises: FileRefused if a fact is missing that the map reads; `write_fact` says how one is written in this format.
    """
    turns = sorted(turns, key=lambda turn: (turn.begin, turn.line))
    _count_overlaps(turns, notes)
    absent = sorted(source.reads - set(_OWN_COLUMNS) - set(facts))
    if absent:
        said = ", ".join(f"'{key}'" for key in absent)
        raise FileRefused(Reason.FILE_HEADER, f"nothing gives {said}; write for example {write_fact}", row=1)
    columns = {key: pa.array([facts[key]] * len(turns), pa.string()) for key in sorted(source.reads & set(facts))}
    columns |= {key: values for key, values in _own(turns, name, source).items() if key in source.reads}
    rows = pa.array(np.array([turn.line for turn in turns], dtype="int64"))
    return Sheet(pa.table(columns), rows, refused=tuple(refused), notes=notes)


def _own(turns: list[Turn], name: str, source: Source) -> dict[str, pa.Array]:
    ours = {agent.casefold() for agent in source.agents}
    values = {
        "file_name": [name for _ in turns],
        "transcript_id": [name.split(".", maxsplit=1)[0] for _ in turns],
        "turn_number": [str(number) for number, _ in enumerate(turns, start=1)],
        "speaker": [turn.speaker for turn in turns],
        "speaker_role": [turn.role or _role(turn.speaker, ours) for turn in turns],
        "begin_seconds": [f"{turn.begin:.3f}" for turn in turns],
        "end_seconds": [f"{turn.end:.3f}" for turn in turns],
        "text": [turn.text for turn in turns],
    }
    return {key: pa.array(column, pa.string()) for key, column in values.items()}


def _role(speaker: str | None, ours: set[str]) -> str:
    """`agent` for a name in the source's list or a name that says so (`Agent`, `Agent: Ann`), else `customer`."""
    if speaker is None:
        return "unknown"
    word = speaker.casefold()
    return "agent" if word in ours or re.match(r"^(agent|support|advisor)\b", word) else "customer"


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    block: list[str] = []
    start = 1
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            start = start if block else number
            block.append(line)
        elif block:
            yield start, block
            block = []


def _facts(block: list[str]) -> dict[str, str]:
    found = {}
    for line in [re.sub(r"^NOTE[ \t]*", "", block[0]), *block[1:]] if block[0].startswith("NOTE") else []:
        match = _NOTE.match(line.strip())
        if match:
            found[f"note.{match[1].strip().casefold()}"] = match[2].strip()
    return found


def _turns(start: int, block: list[str]) -> list[Turn] | RefusedRow:
    """The turns of one cue: a cue with several voice tags holds several turns at the same time."""
    place = 0 if "-->" in block[0] else 1
    if place >= len(block) or "-->" not in block[place]:
        return RefusedRow(start, Reason.FIELD_COUNT, "neither a cue nor a NOTE: no line with -->", value=block[0][:80])
    match = _TIMES.match(block[place].strip())
    if not match:
        text = "cue times must look like 00:01.500 --> 00:04.000"
        return RefusedRow(start + place, Reason.NOT_A_DATE, text, value=block[place][:80])
    begin, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    if end < begin:
        return RefusedRow(start + place, Reason.OUT_OF_RANGE, "the cue ends before it begins", value=block[place][:80])
    body = " ".join(line.strip() for line in block[place + 1 :])
    voices = list(_VOICE.finditer(body))
    if not voices:
        plain = re.match(r"^([^\s:<>][^:<>]{0,40}):\s+(.+)$", body)
        speaker, said = (plain[1], plain[2]) if plain else (None, body)
        return [Turn(start + place, speaker, begin, end, _plain(said))]
    ends = [voice.start() for voice in voices[1:]] + [len(body)]
    return [
        Turn(start + place, html.unescape(voice[1]).strip(), begin, end, _plain(body[voice.end() : stop]))
        for voice, stop in zip(voices, ends, strict=True)
    ]


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _count_overlaps(turns: list[Turn], notes: Counter[str]) -> None:
    overlaps = sum(later.begin < earlier.end for earlier, later in pairwise(turns))
    if overlaps:
        notes["overlapping cues"] += overlaps
