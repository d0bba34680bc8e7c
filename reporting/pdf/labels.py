"""Right-to-left words of a drawing, set by the text engine instead of the drawing engine.

WeasyPrint places the letters of an SVG text one by one from left to right: Arabic would stand unjoined and backwards.
So such words leave the drawing and stand over it, at the same place, as ordinary text that is shaped and can be read
back out of the file.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

_TEXT = re.compile(
    r'<text x="(?P<x>[-\d.]+)" y="(?P<y>[-\d.]+)" font-size="(?P<size>[\d.]+)" font-weight="(?P<weight>\d+)" '
    r'text-anchor="(?P<anchor>\w+)"(?P<look>[^>]*)>(?P<words>[^<]*)</text>'
)
_WIDTH = re.compile(r'^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')
_FILL = re.compile(r'fill="(#[0-9A-Fa-f]{6})"')
_HALO = 'stroke-width="3"'
# Where the baseline lies in a line of height 1, for Inter, the first font of every line.
_BASELINE = 0.864
_REACH = 400


def shaped(drawing: Markup) -> Markup:
    """The drawing as it was, or with its right-to-left words over it."""
    size = _WIDTH.match(str(drawing))
    taken: list[str] = []

    def lift(found: re.Match[str]) -> str:
        if not _is_right_to_left(found["words"]):
            return found[0]
        if _HALO not in found["look"]:
            taken.append(_label(found, float(size[1]) if size else 0.0))
        return ""

    rest = _TEXT.sub(lift, str(drawing))
    if not taken or not size:
        return drawing
    box = f"position:relative;direction:ltr;width:{size[1]}px;height:{size[2]}px"
    return Markup(f'<div style="{box}">{rest}{"".join(taken)}</div>')  # noqa: S704 - its words are escaped already


def _is_right_to_left(words: str) -> bool:
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in words)


def _label(found: re.Match[str], width: float) -> str:
    x, size = float(found["x"]), float(found["size"])
    place = {
        "start": f"left:{x:.1f}px;text-align:left",
        "end": f"right:{width - x:.1f}px;text-align:right",
        "middle": f"left:{x - _REACH / 2:.1f}px;width:{_REACH}px;text-align:center",
    }[found["anchor"]]
    colour, top = _FILL.search(found["look"]), float(found["y"]) - size * _BASELINE
    return (
        f'<span style="position:absolute;white-space:nowrap;line-height:1;top:{top:.1f}px;'
        f"{place};font-size:{size:g}px;font-weight:{found['weight']};color:{colour[1] if colour else 'inherit'}"
        f'">{found["words"]}</span>'
    )
