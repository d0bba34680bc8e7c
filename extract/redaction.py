"""Free text loses what identifies a person before anything stores it: typed placeholders stand in its place.

Masked: mail addresses, web and IP addresses, card numbers (Luhn, ISO/IEC 7812-1), IBANs (mod 97, ISO 13616),
phone numbers (libphonenumber), full names of known people, and single names of the customer's own contacts and of
our people where they are written like names. A name nobody told us of is not found; say so to whoever reads.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

import phonenumbers
import pyarrow as pa

from contracts.frames import Column, Kind
from contracts.tables import TABLES
from contracts.words import FieldGroup
from extract.arrow import pc

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"\b(?:https?|ftp)://[^\s<>\"']+|\bwww\.[^\s<>\"']+", re.IGNORECASE)
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)")
_CARD = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){11,18}(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CANDIDATE = r"[@0-9]|://|www\.|[0-9a-fA-F]:[0-9a-fA-F:]"
_ARABIC_INDIC = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_LEAST_NAME = 3


@dataclass
class Names:
    """Names of known people: our own, and of each customer's contacts."""

    full: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    of_customer: dict[str, set[str]] = field(default_factory=dict)

    def add_people(self, names: Iterable[str | None]) -> None:
        for name in names:
            self.own.update(self._learned(name))

    def add_contacts(self, pairs: Iterable[tuple[str | None, str | None]]) -> None:
        """Learns (customer_id, name) pairs."""
        for customer, name in pairs:
            self.of_customer.setdefault(customer or "", set()).update(self._learned(name))

    def _learned(self, name: str | None) -> list[str]:
        """Remembers a full name in either order; its words count alone only where a customer or we know them."""
        words = _WORD.findall(name or "")
        folded = tuple(word.casefold() for word in words)
        for order in {folded, folded[::-1]} if len(folded) > 1 else ():
            self.full.setdefault(order[0], set()).add(order)
        return [word for word in words if len(word) >= _LEAST_NAME and len(words) > 1]


@dataclass
class Redactor:
    """Masks and counts. `region` reads national phone numbers (ISO 3166 code; None: international ones only)."""

    names: Names
    region: str | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def mask(self, texts: pa.ChunkedArray, customers: pa.ChunkedArray | None) -> pa.ChunkedArray:
        """The column with placeholders; untouched cells stay as they are."""
        values = texts.to_pylist()
        ids = customers.to_pylist() if customers is not None else [None] * len(values)
        risky = pc.fill_null(pc.match_substring_regex(texts, _CANDIDATE + "|[٠-٩]"), False).to_pylist()
        changed = False
        for place, value in enumerate(values):
            if value is None:
                continue
            masked = self._patterns(value) if risky[place] else value
            masked = self._names(masked, ids[place])
            if masked != value:
                values[place], changed = masked, True
        return pa.chunked_array([pa.array(values, pa.string())]) if changed else texts

    def _patterns(self, text: str) -> str:
        text = self._each(_EMAIL, text, "[EMAIL]", lambda found: True)
        text = self._each(_URL, text, "[URL]", lambda found: True)
        text = self._each(_IBAN, text, "[IBAN]", _is_iban)
        text = self._each(_CARD, text, "[CARD]", _is_card)
        text = self._each(_IP, text, "[IP]", _is_ip)
        return self._phones(text)

    def _each(self, pattern: re.Pattern[str], text: str, placeholder: str, accepts: object) -> str:
        assert callable(accepts)

        def replaced(match: re.Match[str]) -> str:
            if not accepts(match[0]):
                return match[0]
            self.counts[placeholder] += 1
            return placeholder

        return pattern.sub(replaced, text)

    def _phones(self, text: str) -> str:
        digits = text.translate(_ARABIC_INDIC)
        if sum(letter.isdigit() for letter in digits) < 7:
            return text
        found = [m for m in phonenumbers.PhoneNumberMatcher(digits, self.region) if m.raw_string.strip()]
        for match in reversed(found):
            self.counts["[PHONE]"] += 1
            text = text[: match.start] + "[PHONE]" + text[match.end :]
        return text

    def _names(self, text: str, customer: str | None) -> str:
        words = list(_WORD.finditer(text))
        folded = [word[0].casefold() for word in words]
        known = self.names.of_customer.get(customer or "", set())
        spans: list[tuple[int, int]] = []
        place = 0
        while place < len(words):
            length = self._full_name_at(folded, place)
            word = words[place][0]
            if (
                not length
                and (word in self.names.own or word in known)
                and not _begins_sentence(text, words[place].start())
            ):
                length = 1
            if length:
                spans.append((words[place].start(), words[place + length - 1].end()))
            place += max(length, 1)
        for start, end in reversed(spans):
            text = f"{text[:start]}[NAME]{text[end:]}"
        self.counts["[NAME]"] += len(spans)
        return text

    def _full_name_at(self, folded: list[str], place: int) -> int:
        names = self.names.full.get(folded[place], ())
        return max((len(name) for name in names if tuple(folded[place : place + len(name)]) == name), default=0)


def free_text_columns(table: str) -> list[Column]:
    """The columns people write sentences into: what customers say, and what our teams say about them."""
    groups = {FieldGroup.VERBATIMS, FieldGroup.TEAM_COMMENTS}
    return [c for c in TABLES[table].columns if c.kind is Kind.TEXT and c.group in groups and c.name != "competitor"]


def redact(table: str, rows: pa.Table, redactor: Redactor) -> pa.Table:
    """The rows with every free-text column masked."""
    customers = rows["customer_id"] if "customer_id" in rows.column_names else None
    for column in free_text_columns(table):
        place = rows.schema.get_field_index(column.name)
        if rows[column.name].null_count < rows.num_rows:
            rows = rows.set_column(place, rows.schema.field(place), redactor.mask(rows[column.name], customers))
    return rows


def told(counts: Mapping[str, int]) -> str:
    """The counts as one phrase: `2 [EMAIL], 1 [NAME]`."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()) if count)


def _begins_sentence(text: str, start: int) -> bool:
    """Whether a word stands where any word has a capital letter, so that capital proves no name."""
    before = text[:start].rstrip()
    return not before or before[-1] in '.!?:;\n\u061f\u2026"“«'


def _is_card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _is_ip(text: str) -> bool:
    try:
        return ip_address(text).version == 4 or text.count(":") > 1
    except ValueError:
        return False
