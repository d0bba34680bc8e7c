"""The languages of documents: catalogues of sentences, plural forms, numbers, dates and money by locale.

A message is written in English where it is used; `reporting/locale/<language>/LC_MESSAGES/cem.po` translates it.
Catalogues are read as people edit them: nothing is compiled beforehand. English is said by `reporting.formats`,
so that its documents do not depend on the version of Babel's locale tables.
"""

from __future__ import annotations

import gettext
import io
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_currency, format_currency, format_decimal

from reporting import formats

LOCALE = Path(__file__).resolve().parent / "locale"
ENGLISH = "en"
_FIRST_STRONG_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_DECIMALS = re.compile(r"\.0+")

ZONE_WORDS = ("Very Loyal", "Somewhat Loyal", "Neutral", "Critical", "Insufficient evidence", "Left")
AXIS_WORDS = ("Loyalty", "Retention", "loyalty", "retention")


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: what it says and how it writes figures."""

    code: str
    catalogue: gettext.NullTranslations

    @property
    def is_english(self) -> bool:
        return self.code == ENGLISH

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML wants it."""
        return str(Locale.parse(self.code).text_direction)

    def say(self, message: str, **values: object) -> str:
        """The message in this language with its values set in."""
        told = self.catalogue.gettext(message) if message else ""
        return told.format(**self._set_apart(values)) if values else told

    def count(self, one: str, many: str, count: int, **values: object) -> str:
        """The plural form that `count` asks for; `{count}` in it is a word in English, else a figure."""
        said = formats.count_word(count) if self.is_english else self.number(count)
        return self.catalogue.ngettext(one, many, count).format(**self._set_apart({"count": said, **values}))

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
        return str(format_decimal(near, format=pattern, locale=self.code)).replace("-", formats.MINUS)

    def signed(self, value: float) -> str:
        near = formats.rounded(value)
        return f"+{self.number(near)}" if near > 0 else self.number(near)

    def money(self, amount: float | None, currency: str) -> str:
        """A rounded amount: `EUR 340 k`; `340.000 €` in Italian."""
        if self.is_english or amount is None:
            return formats.money(amount, currency)
        if abs(amount) >= 1e6:
            return str(format_compact_currency(amount, currency, locale=self.code, fraction_digits=1))
        whole = _DECIMALS.sub("", Locale.parse(self.code).currency_formats["standard"].pattern)
        return str(format_currency(amount, currency, format=whole, locale=self.code, currency_digits=False))

    def day(self, value: date) -> str:
        """A weekday with its date, without the year."""
        return formats.day(value) if self.is_english else str(format_date(value, "EEE d MMM", locale=self.code))


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, English first."""
    return (ENGLISH, *sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir()))


@cache
def tongue(code: str) -> Tongue:
    """The language by its code; `it-IT` is `it`, and one without a catalogue is English."""
    short = code.replace("_", "-").partition("-")[0].lower()
    path = LOCALE / short / "LC_MESSAGES" / "cem.po"
    if short == ENGLISH or not short.isalpha() or not path.is_file():
        return Tongue(ENGLISH, gettext.NullTranslations())
    with path.open("rb") as file:
        written = read_po(file, locale=short)
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return Tongue(short, gettext.GNUTranslations(compiled))
