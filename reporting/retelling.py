"""Sentences that were made in English from a known pattern, found again with the values that were filled in.

A stored headline such as `Agreement AG-7 ends on 2027-01-08` was filled from `Agreement {agreement_id} ends on
{end_on}`. Whoever knows the pattern and its translation can say it in another language; anything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_HOLE = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Whole texts by what they say, and patterns with holes, the most telling first."""

    whole: Mapping[str, str] = field(default_factory=dict)
    filled: tuple[tuple[re.Pattern[str], str], ...] = ()

    def find(self, text: str) -> tuple[str, dict[str, str]] | None:
        """The translation with the values that belong into its holes; None for a text of no known pattern."""
        told = self.whole.get(text)
        if told is not None:
            return told, {}
        for pattern, said in self.filled:
            match = pattern.fullmatch(text)
            if match:
                return said, match.groupdict()
        return None


def patterns_of(messages: Mapping[str, str]) -> Patterns:
    """`messages`: what is said in English, with named holes, and its translation."""
    whole = {text: said for text, said in messages.items() if not _HOLE.search(text)}
    holed = sorted((text for text in messages if text not in whole), key=lambda text: (-_fixed(text), text))
    return Patterns(whole, tuple((_expression(text), messages[text]) for text in holed))


def _fixed(text: str) -> int:
    return len(_HOLE.sub("", text))


def _expression(text: str) -> re.Pattern[str]:
    parts = _HOLE.split(text)
    seen: set[str] = set()
    found = ""
    for at, part in enumerate(parts):
        if at % 2 == 0:
            found += re.escape(part)
        elif part in seen:
            found += f"(?P={part})"
        else:
            seen.add(part)
            found += f"(?P<{part}>.+?)"
    return re.compile(found, re.DOTALL)
