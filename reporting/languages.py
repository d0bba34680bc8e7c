"""The languages of documents: catalogues of sentences, plural forms, numbers, dates and money by locale.

A message is written in English where it is used; `reporting/locale/<language>/LC_MESSAGES/cem.po` translates it.
`words.po` beside it holds what the shipped configuration and its sources say (names of signals, steps of playbooks,
headlines of events): a workspace's own words, which no catalogue holds, stay as they are written.
Catalogues are read as people edit them: nothing is compiled beforehand. English is said by `reporting.formats`,
so that its documents do not depend on the version of Babel's locale tables.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent

from reporting import formats
from reporting.retelling import Patterns, patterns_of

LOCALE = Path(__file__).resolve().parent / "locale"
ENGLISH = "en"
_FIRST_STRONG_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_DECIMALS = re.compile(r"\.0+")
_NEAR_DAYS = 270
_FRACTION = 100  # no language of ours has a form of its own for 100: it takes that of large numbers

ZONE_WORDS = ("Very Loyal", "Somewhat Loyal", "Neutral", "Critical", "Insufficient evidence", "Left")
AXIS_WORDS = ("Loyalty", "Retention", "loyalty", "retention")


def later(message: str) -> str:
    """Marks a message that stands in a table and is said where the table is read."""
    return message


def later_counted(one: str, many: str) -> tuple[str, str]:
    """As `later`, for the two forms that a count chooses from."""
    return one, many


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: what it says and how it writes figures."""

    code: str
    catalogue: gettext.NullTranslations
    patterns: Patterns = field(default_factory=Patterns)

    @property
    def is_english(self) -> bool:
        return self.code == ENGLISH

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML wants it."""
        return _direction(self.code)

    def say(self, message: str, **values: object) -> str:
        """The message in this language with its values set in."""
        told = self.catalogue.gettext(message) if message else ""
        return told.format(**self._set_apart(values)) if values else told

    def count(self, one: str, many: str, count: int, **values: object) -> str:
        """The plural form that `count` asks for; `{count}` in it is a word in English (`no`, `one`), else a figure."""
        if self.is_english:
            form = one if count in (0, 1) else many
            return form.format(**{"count": formats.count_word(count), **values})
        return self.figures(one, many, count, **values)

    def figures(self, one: str, many: str, count: int, **values: object) -> str:
        """As `count`, with a figure in English too: for tables and notes, where figures are compared."""
        said = {"count": self.number(count), **values}
        return self.catalogue.ngettext(one, many, count).format(**self._set_apart(said))

    def measured(self, one: str, many: str, value: float) -> str:
        """A quantity with its unit: `3 days`, `4.1 days`; a fraction takes the form of large numbers."""
        said: dict[str, object] = {"count": self.trimmed(value)}
        exact = formats.needed_decimals(value) == 0
        form = self.catalogue.ngettext(one, many, abs(round(value)) if exact else _FRACTION)
        return form.format(**self._set_apart(said))

    def retell(self, text: str | None) -> str:
        """Words of the configuration, or a sentence filled from one of its patterns, in this language."""
        if self.is_english or not text:
            return text or ""
        found = self.patterns.find(text)
        if found is None:
            return text
        told, values = found
        return told.format(**self._set_apart({name: self._value(value) for name, value in values.items()}))

    def _value(self, value: str) -> str:
        """A part of a retold sentence: a figure or an ISO date as this language writes it, else words."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return self.day_year(date.fromisoformat(value))
        figure = re.fullmatch(r"([-−]?)(\d[\d,]*)(\.\d+)?(\s?%)?", value)
        if figure:
            sign, whole, part, percent = figure.groups()
            number = float(f"{whole.replace(',', '')}{part or ''}") * (-1 if sign else 1)
            decimals = len(part or ".") - 1
            return self.percent(number / 100, decimals) if percent else self.number(number, decimals)
        if self.patterns.find(value):
            return self.retell(value)
        if self.patterns.find(formats.capital(value)):
            told = self.retell(formats.capital(value))
            return told[:1].lower() + told[1:]
        parts = re.split(r", | and ", value)
        return self.listed([self._value(part) for part in parts]) if len(parts) > 1 else value

    def apart(self, text: str) -> str:
        """A name that keeps its own order in a line of this language, where an element cannot say so."""
        return str(self._set_apart({"text": text})["text"])

    def _set_apart(self, values: dict[str, object]) -> dict[str, object]:
        """In a right-to-left sentence a Latin name or a signed figure keeps its own order between isolates."""
        if self.direction == "ltr":
            return values
        return {name: f"{_FIRST_STRONG_ISOLATE}{value}{_END_OF_ISOLATE}" for name, value in values.items()}

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A figure as the language writes it; a dash when there is none."""
        if self.is_english or value is None:
            return formats.number(value, decimals)
        near = formats.rounded(value, decimals)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return self._with_sign(str(format_decimal(near, format=pattern, locale=self.code)))

    def trimmed(self, value: float | None) -> str:
        """A figure with one decimal only when it is small and needs one."""
        if self.is_english or value is None:
            return formats.trimmed(value)
        return self.number(value, formats.needed_decimals(value))

    def signed(self, value: float | None, decimals: int = 0) -> str:
        if self.is_english or value is None:
            return formats.signed(value, decimals)
        near = formats.rounded(value, decimals)
        return self._with_sign(f"+{self.number(near, decimals)}") if near > 0 else self.number(near, decimals)

    def percent(self, share: float | None, decimals: int = 0) -> str:
        if self.is_english or share is None:
            return formats.percent(share, decimals)
        near = formats.rounded(share * 100, decimals) / 100
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + "%"
        return self._with_sign(str(format_percent(near, format=pattern, locale=self.code)))

    def money(self, amount: float | None, currency: str) -> str:
        """A rounded amount: `EUR 340 k`; `340.000 €` in Italian."""
        if self.is_english or amount is None:
            return formats.money(amount, currency)
        if self.direction == "rtl":
            # signs such as `US$` fall apart between right-to-left words; the code does not
            return self.apart(f"{self.number(amount)}{formats.NBSP}{currency}")
        if abs(amount) >= 1e6:
            return str(format_compact_currency(amount, currency, locale=self.code, fraction_digits=1))
        whole = _DECIMALS.sub("", Locale.parse(self.code).currency_formats["standard"].pattern)
        return str(format_currency(amount, currency, format=whole, locale=self.code, currency_digits=False))

    def day(self, value: date | None) -> str:
        """A weekday with its date, without the year."""
        if self.is_english or value is None:
            return formats.day(value)
        return str(format_date(value, "EEE d MMM", locale=self.code))

    def day_short(self, value: date | None) -> str:
        return formats.day_short(value) if self.is_english or value is None else self._dated(value, "d MMM")

    def day_year(self, value: date | None) -> str:
        return formats.day_year(value) if self.is_english or value is None else self._dated(value, "d MMM y")

    def day_near(self, value: date | None, reference: date) -> str:
        """Without the year when it is within nine months of `reference`, else with it."""
        if self.is_english or value is None:
            return formats.day_near(value, reference)
        return self.day_short(value) if abs((value - reference).days) < _NEAR_DAYS else self.day_year(value)

    def days_of_week(self, monday: date, sunday: date) -> str:
        if self.is_english:
            return formats.days_of_week(monday, sunday)
        if monday.month == sunday.month:
            return f"{self.number(monday.day)}–{self.day_year(sunday)}"
        start = self.day_short(monday) if monday.year == sunday.year else self.day_year(monday)
        return f"{start} – {self.day_year(sunday)}"

    def moment(self, value: datetime) -> str:
        """A weekday with date, time and zone; the caller has brought it to the zone of the workspace."""
        if self.is_english:
            return formats.moment(value)
        zone, comma = value.tzname() or "", self.say(", ")
        return f"{self._dated(value.date(), 'EEE d MMM y')}{comma}{value:%H:%M}{formats.NBSP}{zone}".rstrip()

    def _with_sign(self, figure: str) -> str:
        """A real minus; in a right-to-left line a mark keeps the sign before its figure."""
        bare = figure.lstrip("\u200e").replace("-", formats.MINUS)
        is_signed = bare.startswith(("+", formats.MINUS))
        return f"\u200e{bare}" if is_signed and self.direction == "rtl" else bare

    def listed(self, words: Sequence[str]) -> str:
        """`A`, `A and B`, `A, B and C`."""
        if len(words) < 2:
            return "".join(words)
        comma, last = self.say(", "), self.say(" and ")
        return f"{comma.join(words[:-1])}{last}{words[-1]}"

    def _dated(self, value: date, pattern: str) -> str:
        return str(format_date(value, pattern, locale=self.code)).replace(" ", formats.NBSP)


@cache
def _direction(code: str) -> str:
    return str(Locale.parse(code).text_direction)


PLAIN_ENGLISH = Tongue(ENGLISH, gettext.NullTranslations())


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, English first."""
    return (ENGLISH, *sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir()))


@cache
def tongue(code: str) -> Tongue:
    """The language by its code; `it-IT` is `it`, and one without a catalogue is English."""
    short = code.replace("_", "-").partition("-")[0].lower()
    folder = LOCALE / short / "LC_MESSAGES"
    if short == ENGLISH or not short.isalpha() or not (folder / "cem.po").is_file():
        return PLAIN_ENGLISH
    with (folder / "cem.po").open("rb") as file:
        written = read_po(file, locale=short)
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    with (folder / "words.po").open("rb") as file:
        words = read_po(file, locale=short)
    patterns = patterns_of({str(m.id): str(m.string) for m in words if m.id and m.string})
    return Tongue(short, gettext.GNUTranslations(compiled), patterns)
