"""The design tokens as Python sees them: read once from report_templates/tokens.css, never written twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from contracts.words import Zone

TEMPLATES = Path(__file__).resolve().parent.parent / "report_templates"
FONTS = TEMPLATES / "fonts"

_TOKEN = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_LETTERS = {Zone.VERY_LOYAL: "V", Zone.SOMEWHAT_LOYAL: "S", Zone.NEUTRAL: "N", Zone.CRITICAL: "C"}


class TokenMissing(KeyError):
    """tokens.css does not define a token that a document needs."""


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """How a zone looks: mark for dots and bars, text for words on paper, tint for backgrounds, a letter."""

    mark: str
    text: str
    tint: str
    letter: str


@dataclass(frozen=True, slots=True)
class Theme:
    """All tokens by name (without the leading dashes); colours are `#RRGGBB`."""

    tokens: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        try:
            return self.tokens[name]
        except KeyError as exc:
            raise TokenMissing(f"tokens.css has no '--{name}'; it has {', '.join(sorted(self.tokens))}") from exc

    def zone(self, zone: Zone | None) -> ZoneStyle:
        """The style of a zone; None (no zone: insufficient evidence or left) is plain ink without a judgement."""
        if zone is None:
            return ZoneStyle(mark=self["ink-3"], text=self["ink-3"], tint=self["wash"], letter="–")
        name = f"zone-{zone.value.replace('_', '-')}"
        return ZoneStyle(self[name], self[f"{name}-text"], self[f"{name}-tint"], _LETTERS[zone])


def read_tokens(css: str) -> Theme:
    """The custom properties of a style sheet; comments do not count."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return Theme(MappingProxyType({name: value.strip() for name, value in _TOKEN.findall(plain)}))


@cache
def theme() -> Theme:
    return read_tokens((TEMPLATES / "tokens.css").read_text(encoding="utf-8"))
