"""What a mail is made of: blocks in reading order, written twice (HTML and text) from the same values.

The text part is not a summary: both parts walk the same blocks, so they hold the same words, order and
figures. HTML is tables with fixed widths, inline style and `bgcolor` cells, because that is what every
mail program draws.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.exchange import Picture
from reporting.formats import NBSP, capital, clipped
from reporting.models.pack import Footer
from reporting.templates import render
from reporting.theme import theme

Tone = Literal["bad", "good", "plain"]

SUBJECT_LIMIT = 59
WIDTH = 72
_TRACK = 250

# Overrides and isolates can make a name read as something else; marks that only steer are dropped too.
# Our own right-to-left sentences set values apart by isolates, whose reach ends with their paragraph.
_ISOLATES = frozenset("\u2068\u2069")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class MailBody:
    """A mail without its envelope. `subject` is safe as a header and shorter than 60 characters."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One score as a bar 0-100: what is left, what was lost or won since `before`, and the rest of the track."""

    label: str
    value: float
    before: float | None
    figure: str
    aside: str
    tone: Tone

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The solid, the changed and the empty part of the track; widths add up to it, empty parts are left out."""
        now = _pixels(self.value)
        then = _pixels(self.before if self.before is not None else self.value)
        low, high = min(now, then), max(now, then)
        widths = ((low, f"bar_{self.tone}"), (high - low, f"moved_{self.tone}"), (_TRACK - high, "noise"))
        return tuple(Cell(width, shade) for width, shade in widths if width)


@dataclass(frozen=True, slots=True)
class Cell:
    width: int
    shade: str


def _pixels(score: float) -> int:
    return round(max(0.0, min(100.0, score)) / 100 * _TRACK)


@dataclass(frozen=True, slots=True)
class Bars:
    bars: tuple[Bar, ...]
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True, slots=True)
class Section:
    text: str
    kind: Literal["section"] = "section"


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    is_note: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Reason:
    """A figure, what it belongs to, and one line more."""

    figure: str
    head: str
    detail: str
    tone: Tone

    @property
    def is_long(self) -> bool:
        """A date or a cell's name, which is set smaller than a figure."""
        return len(self.figure) > len("−100")


@dataclass(frozen=True, slots=True)
class Reasons:
    reasons: tuple[Reason, ...]
    kind: Literal["reasons"] = "reasons"


@dataclass(frozen=True, slots=True)
class Step:
    """Who does what by when; `detail` stands under the action."""

    action: str
    owner: str
    due: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    steps: tuple[Step, ...]
    kind: Literal["steps"] = "steps"


@dataclass(frozen=True, slots=True)
class Button:
    """A link; a mail has one only where the reader's links have a base."""

    label: str
    url: str
    kind: Literal["button"] = "button"


Block = Bars | Section | Paragraph | Reasons | Steps | Button


@dataclass(frozen=True, slots=True)
class Mail:
    """Everything a mail says. `name` is set apart from the title, so that its script cannot turn the sentence."""

    subject: str
    preheader: str
    tone: Tone
    kicker: str
    aside: str
    name: str
    title: str
    lead: str
    blocks: tuple[Block, ...]
    footer: tuple[str, ...]
    language: str = "en"
    direction: str = "ltr"

    @property
    def end(self) -> str:
        """The side where a line ends, for mail programs that know no `end`."""
        return "left" if self.direction == "rtl" else "right"


def written(mail: Mail) -> MailBody:
    """The mail in both parts."""
    html = render("mail/mail.html", mail=mail, colours=_colours(mail.tone))
    kept = _ISOLATES if mail.direction == "rtl" else frozenset()
    return MailBody(header_safe(mail.subject), _plain(_text(mail), kept), _plain(html, kept))


def header_safe(text: str, limit: int = SUBJECT_LIMIT) -> str:
    """One line without control or direction characters, at most `limit` long, cut with an ellipsis."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} or c == NBSP else c for c in text)
    return clipped(_plain(kept), limit)


def subject_line(head: str, name: str, tail: str) -> str:
    """`head` + as much of the name as fits + `tail`: the facts around the name are never what is cut."""
    room = SUBJECT_LIMIT - len(head) - len(tail)
    return header_safe(f"{head}{clipped(header_safe(name, 200), max(room, 12))}{tail}")


def _plain(text: str, kept: frozenset[str] = frozenset()) -> str:
    return "".join(c for c in text if c not in _BIDI - kept and unicodedata.category(c) != "Cs")


def _colours(tone: Tone) -> dict[str, str]:
    tokens = theme()
    marks = {"bad": tokens["zone-critical"], "good": tokens["zone-very-loyal"], "plain": tokens["bar"]}
    names = ("ink", "ink-2", "ink-3", "rule", "noise", "paper", "link", "on-mark")
    return {
        **{name.replace("-", "_"): tokens[name] for name in names},
        **{f"bar_{name}": mark for name, mark in marks.items()},
        **{f"moved_{name}": _paled(mark) for name, mark in marks.items()},
        "accent": marks[tone],
        "backdrop": tokens["zone-neutral-tint"],
        "bad": tokens["zone-critical-text"],
        "good": tokens["zone-very-loyal-text"],
        "plain": tokens["ink"],
    }


def _paled(colour: str) -> str:
    """The colour at a third of its strength on white: mail programs know no opacity."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * 0.35):02X}" for part in parts)


def _text(mail: Mail) -> str:
    parts = [_line(mail.kicker, mail.aside), "", *_wrapped(f"{mail.name}{mail.title}"), ""]
    parts += [*_wrapped(mail.lead), ""] if mail.lead else []
    for block in mail.blocks:
        parts += [*_block_text(block), ""]
    parts += ["-" * WIDTH, *(line for text in mail.footer for line in _wrapped(text))]
    return "\n".join(parts).replace(NBSP, " ").strip() + "\n"


def _block_text(block: Block) -> list[str]:
    match block:
        case Bars(bars):
            return [f"{bar.label}: {bar.figure}{bar.aside}" for bar in bars]
        case Section(text):
            return [*_wrapped(text), "=" * min(len(text), WIDTH)]
        case Paragraph(text):
            return _wrapped(text)
        case Reasons(reasons):
            return [line for reason in reasons for line in _hanging(reason.figure, (reason.head, reason.detail))]
        case Steps(steps):
            return [
                line
                for number, step in enumerate(steps, 1)
                for line in _hanging(f"{number}.", (step.action, step.detail, _line(step.owner, step.due)))
            ]
        case Button(label, url):
            return [f"{label}: {url}"]


def _line(left: str, right: str) -> str:
    return " · ".join(part for part in (left, right) if part)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _hanging(mark: str, lines: Sequence[str]) -> list[str]:
    """Lines set beside a mark: the first one after it, all others below the first."""
    pad = " " * max(len(mark) + 1, 4)
    body = [line for text in lines if text for line in _wrapped(text, pad)]
    return [f"{mark:<{len(pad)}}{body[0].lstrip()}", *body[1:]] if body else [mark]


def source_lines(footer: Footer) -> tuple[str, ...]:
    """Which data, run and policy stand behind a mail, and who sends it."""
    stamp = f"{capital(footer.as_of_text)} · Run {footer.run_name} · {footer.policy} · {footer.lines_text}"
    return (stamp, footer.organization)


def lower_first(text: str) -> str:
    """First letter small, unless the first word is all capitals or holds a figure."""
    first = text.split(" ", 1)[0]
    return text if first.isupper() or any(c.isdigit() for c in first) else text[:1].lower() + text[1:]
