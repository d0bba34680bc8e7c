"""How values are said: money, dates, weeks, counts and changes. Plain functions, no locale of the machine.

Spaces inside a figure are no-break (U+00A0) and the minus sign is U+2212, so that a figure never breaks
over a line and never reads as a hyphen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime

NBSP = "\u00a0"
MINUS = "\u2212"
NOT_SHOWN = "not shown to this audience"
NOT_MEASURED = "not measured"

_LARGE = 20
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rounded(value: float, decimals: int = 0) -> float:
    """Half away from zero, as people round; `round` would make 0.5 and 2.5 even."""
    step = 10.0**decimals
    return math.copysign(math.floor(abs(value) * step + 0.5 + 1e-9), value) / step


def number(value: float | None, decimals: int = 0) -> str:
    """A plain figure with thin grouping: `12 430`, `−3.1`; a dash when there is none."""
    if value is None or math.isnan(value):
        return "–"
    near = rounded(value, decimals)
    text = f"{abs(near):,.{decimals}f}".replace(",", NBSP)
    return f"{MINUS}{text}" if near < 0 else text


def trimmed(value: float | None) -> str:
    """A figure with one decimal only when it is small and needs one: `3.1`, `3`, `48`."""
    if value is None or math.isnan(value):
        return "–"
    return number(value, needed_decimals(value))


def needed_decimals(value: float) -> int:
    """One decimal for a small figure that is not whole, else none."""
    return 0 if abs(value - rounded(value)) < 0.05 or abs(value) >= _LARGE else 1


def money(amount: float | None, currency: str) -> str:
    """`EUR 2.3 M`, `EUR 340 k`, `EUR 95`; a dash when there is no amount."""
    if amount is None or math.isnan(amount):
        return "–"
    size = abs(amount)
    sign = MINUS if amount < 0 and size >= 0.5 else ""
    if size >= 999_500_000:
        text = f"{number(size / 1e9, 1)}{NBSP}bn"
    elif size >= 999_500:
        text = f"{number(size / 1e6, 1 if size < 99_950_000 else 0)}{NBSP}M"
    elif size >= 999.5:
        text = f"{number(size / 1e3, 1 if size < 9_950 else 0)}{NBSP}k"
    else:
        text = number(size)
    return f"{currency}{NBSP}{sign}{text}"


def signed(value: float | None, decimals: int = 0) -> str:
    """`+4`, `−13`, `0`."""
    if value is None or math.isnan(value):
        return "–"
    near = rounded(value, decimals)
    return f"+{number(near, decimals)}" if near > 0 else number(near, decimals)


def percent(share: float | None, decimals: int = 0) -> str:
    return "–" if share is None or math.isnan(share) else f"{number(share * 100, decimals)}{NBSP}%"


def day(value: date | None) -> str:
    """`Tue 24 Nov`."""
    if value is None:
        return "–"
    return f"{_DAYS[value.weekday()]}{NBSP}{value.day}{NBSP}{_MONTHS[value.month - 1]}"


def day_short(value: date | None) -> str:
    """`24 Nov`."""
    return "–" if value is None else f"{value.day}{NBSP}{_MONTHS[value.month - 1]}"


def day_year(value: date | None) -> str:
    """`24 Nov 2026`."""
    return "–" if value is None else f"{value.day}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def day_near(value: date | None, reference: date) -> str:
    """Without the year when it is within nine months of `reference`, else with it."""
    if value is None:
        return "–"
    return day_short(value) if abs((value - reference).days) < 270 else day_year(value)


def days_of_week(monday: date, sunday: date) -> str:
    """`16–22 Nov 2026`, `28 Dec 2026–3 Jan 2027`."""
    if monday.month == sunday.month:
        return f"{monday.day}–{day_year(sunday)}"
    start = day_short(monday) if monday.year == sunday.year else day_year(monday)
    return f"{start}–{day_year(sunday)}"


def moment(value: datetime) -> str:
    """`Mon 23 Nov 2026, 00:00 CET`; the caller has brought it to the zone of the workspace."""
    zone = value.tzname() or ""
    return f"{day(value)}{NBSP}{value.year}, {value:%H:%M}{NBSP}{zone}".rstrip()


def count_word(count: int) -> str:
    """Words to twelve, figures beyond: `no`, `one`, `four`, `13`."""
    return _WORDS[count] if 0 <= count < len(_WORDS) else number(count)


def counted(count: int, one: str, many: str | None = None) -> str:
    """`one account`, `four accounts`, `no account`."""
    return f"{count_word(count)} {one if count in (0, 1) else many or one + 's'}"


def figures(count: int, one: str, many: str | None = None) -> str:
    """`1 account`, `0 accounts`: for tables and notes, where figures are compared."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def capital(text: str) -> str:
    """First letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str], last: str = "and") -> str:
    """`A`, `A and B`, `A, B and C`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def clipped(text: str, keep: int) -> str:
    """Cut at a word after at most `keep` characters."""
    tidy = " ".join(text.split())
    if len(tidy) <= keep:
        return tidy
    head = tidy[: keep - 1]
    at_word = head.rsplit(" ", 1)[0] if " " in head[keep // 2 :] else head
    return at_word.rstrip(" ,.;:·-") + "…"
