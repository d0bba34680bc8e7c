"""SVG written by hand: a thousand account pages want charts at a millisecond each.

Colour, size and font stand as attributes, because print engines do not apply page CSS inside SVG; beside each
colour stands a class (`f-ink`, `s-rule`), by which a screen's dark style sheet overrides it.
"""

from __future__ import annotations

import unicodedata
from html import escape

from markupsafe import Markup

from reporting.theme import theme

FONT = (
    "Inter, 'Inter Extended', 'IBM Plex Sans Arabic', 'Noto Sans Arabic', 'Droid Sans Fallback', "
    "'Segoe UI', Arial, sans-serif"
)


_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_ISOLATE, _END = "\u2068", "\u2069"
_INVISIBLE = frozenset("\u200e\u200f\u2066\u2067\u2068\u2069")


def _set_apart(words: str) -> str:
    """Right-to-left words keep their own order inside a picture, which is read left to right on any page."""
    if not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in words):
        return words
    return f"{_ISOLATE}{words}{_END}"


def num(value: float) -> str:
    """A coordinate with at most one decimal: `12`, `12.5`."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def paint(fill: str | None = None, stroke: str | None = None) -> str:
    """Fill and stroke by token name, as class and attribute; a missing fill is `none` where a stroke is given."""
    classes = [f"f-{fill}"] if fill else []
    attributes = f' fill="{theme()[fill]}"' if fill else ' fill="none"' if stroke else ""
    if stroke:
        classes.append(f"s-{stroke}")
        attributes += f' stroke="{theme()[stroke]}"'
    return f' class="{" ".join(classes)}"{attributes}'


def rect(x: float, y: float, width: float, height: float, look: str, extra: str = "") -> str:
    return f'<rect x="{num(x)}" y="{num(y)}" width="{num(width)}" height="{num(height)}"{look}{extra}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, *, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}"{paint(stroke=stroke)}'
        f' stroke-width="{num(width)}"{dashed}/>'
    )


def circle(x: float, y: float, radius: float, look: str, extra: str = "") -> str:
    return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"{look}{extra}/>'


def path(shape: str, look: str, extra: str = "") -> str:
    return f'<path d="{shape}"{look}{extra}/>'


def text(
    x: float,
    y: float,
    words: str,
    fill: str = "ink-2",
    *,
    size: float = 11,
    weight: int = 400,
    anchor: str = "start",
    halo: bool = False,
) -> str:
    """Words at a point; `halo` first draws them thick in paper, so that they stay readable over marks."""
    words = _set_apart(words)
    place = f'x="{num(x)}" y="{num(y)}" font-size="{num(size)}" font-weight="{weight}" text-anchor="{anchor}"'
    safe = escape(words, quote=False)
    behind = ""
    if halo:
        behind = f'<text {place}{paint("paper", "paper")} stroke-width="3" stroke-linejoin="round">{safe}</text>'
    return f"{behind}<text {place}{paint(fill)}>{safe}</text>"


def drawing(width: float, height: float, parts: list[str], *, label: str, extra: str = "") -> Markup:
    """The whole picture with the sentence it says. Text inside is read left to right on any page."""
    size = f'width="{num(width)}" height="{num(height)}" viewBox="0 0 {num(width)} {num(height)}"'
    name = f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
    body = "".join(parts)
    return Markup(  # noqa: S704 - every word in `parts` went through escape
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}{name}{extra} font-family="{escape(FONT)}" '
        f'font-size="11">{body}</svg>'
    )


def text_width(words: str, size: float) -> float:
    """About how wide words are in Inter: enough to keep labels apart, no font needed."""
    units = 0.0
    for letter in words:
        if unicodedata.east_asian_width(letter) in "WF":
            units += 1.05
        elif unicodedata.combining(letter) or letter in _INVISIBLE:
            continue
        elif letter in "iljtfrI.,:;'|!()[] ":
            units += 0.34
        elif letter in "mwMW@%&":
            units += 0.86
        elif letter.isupper():
            units += 0.7
        else:
            units += 0.57
    return units * size
