"""Templates to HTML: autoescape on, an undefined name is an error, four filters, one script allowed by its hash.

A page stands alone: style and script are inside it, fonts lie beside it in `assets/`. The policy in its head allows
nothing else, so a page can neither load nor send anything.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporting import formats
from reporting.theme import TEMPLATES, theme
from reporting.values import Direction

_COLOUR = re.compile(r"^#[0-9A-Fa-f]{6}$")
_INDENT = re.compile(r"\n\s+")


def tone(direction: Direction) -> str:
    """The class of a change: red only for the worse, blue for the better, grey for the rest."""
    return {"worse": "bad", "better": "good", "same": "flat", "unknown": "flat"}[direction]


@cache
def environment() -> Environment:
    """The one Jinja environment. Filters: number, count, clip, tone; everything else is ready in the view."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters = {
        **{name: made.filters[name] for name in ("escape", "e")},
        "number": formats.number,
        "count": len,
        "clip": formats.clipped,
        "tone": tone,
    }
    return made


def render(template: str, **values: object) -> str:
    """One template with its values; indentation is dropped, because a thousand pages carry it."""
    return _INDENT.sub("\n", environment().get_template(template).render(**values))


@cache
def style(*sheets: str) -> Markup:
    """Style sheets of report_templates/ as one text for a <style> element; comments and indentation dropped."""
    css = "\n".join((TEMPLATES / sheet).read_text(encoding="utf-8") for sheet in sheets)
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return Markup(re.sub(r"\s*\n\s*", "\n", css).strip())  # noqa: S704 - our own files


@cache
def drawing_style() -> Markup:
    """Classes by which SVG follows the tokens on a screen (dark included): `.f-ink{fill:var(--ink)}`."""
    colours = [name for name, value in theme().tokens.items() if _COLOUR.match(value)]
    rules = [f".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name})}}" for name in colours]
    return Markup("".join(rules))  # noqa: S704 - names of our own tokens


@cache
def script(name: str) -> Markup:
    """A script of report_templates/ as it stands in the page."""
    return Markup(_INDENT.sub("\n", (TEMPLATES / name).read_text(encoding="utf-8").strip()))  # noqa: S704


def content_policy(code: str = "") -> str:
    """The Content-Security-Policy of a page whose only script is `code` (none when empty)."""
    allowed = "'none'"
    if code:
        allowed = f"'sha256-{b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "font-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
