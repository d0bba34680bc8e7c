"""Free text loses what identifies a person before anything stores it: typed placeholders stand in its place.

Masked: mail addresses, web and IP addresses, card numbers (Luhn and issuers, ISO/IEC 7812-1), IBANs (mod 97, ISO
13616), phone numbers (libphonenumber), serial numbers that are called so, full names of known people, single names of
the customer's own contacts and of our people where they are written like names, what follows a title (Mr, sig.ra,
السيد) or `my name is`, and the names of other customers (`extract.other_customers`). Another name that nobody told us
of is not found; docs/methods/voice.md says how often.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from ipaddress import ip_address

import numpy as np
import phonenumbers
import pyarrow as pa

from contracts.frames import Column, Kind
from contracts.tables import TABLES
from contracts.words import FieldGroup
from extract.other_customers import PLACEHOLDER, CustomerNames

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"\b(?:https?|ftp)://[^\s<>\"']+|\bwww\.[^\s<>\"']+", re.IGNORECASE)
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)")
# Written in one piece, in fours, or as American Express and Diners group theirs.
_CARD = re.compile(
    r"(?<![\dA-Za-z+])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}[ -]\d{6}[ -]\d{4,5})(?!\d)"
)
_CARD_PREFIX = re.compile(r"4|5[0-8]|2[2-7]|3[04-9]|6")
_INTERNATIONAL = re.compile(r"(?<![\d+])00(?=[1-9])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FOUR_PARTS = re.compile(r"\d\.\d{1,3}\.\d")
# No national number is shorter, and the reader of numbers is slow.
_SIX_DIGITS = re.compile(r"(?:\d[\s().\-/]{0,2}){6}")
_LONG_NUMBER = re.compile(r"\d(?:[ A-Z-]?[\dA-Z]){11}")
_ARABIC_INDIC = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_LEAST_NAME = 3
_MOST_NAMES = 8
# `and`, `to`, `by`, `so`, `like` are written together with a name in Arabic.
_JOINED = re.compile("^[وفبلك](?=[\u0620-\u064a]{3})")
_SERIAL = re.compile(
    r"(?:\b(?:serial(?: number| no\.?)?|s/n|numero di serie|n\. di serie|matricola|seriale)|الرقم التسلسلي|رقم تسلسلي)"
    r"[\s:#=°.]{0,3}((?=[\w-]*\d)[A-Za-z0-9][A-Za-z0-9-]{4,})",
    re.IGNORECASE,
)
_SERIAL_SIGNS = ("seri", "s/n", "matricola", "رقم")
# Letters of Latin alphabets: a name begins with a capital there. Arabic has none, so one word after a title is taken.
_PROPER = r"[A-ZÀ-ÖØ-Þ][^\W\d_]+(?:['’-][^\W\d_]+)*"
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|[Ss]ig(?:\.ra|nora?)?|[Dd]ott|[Dd]ott\.ssa|[Ii]ng|[Aa]vv)\.?\s+"
    rf"({_PROPER}(?:\s+{_PROPER})?)"
    rf"|\b(?:I am|I'm|[Tt]his is|Sono|sono|[Pp]arla)\s+({_PROPER}\s+{_PROPER})"
    rf"|(?:\b[Mm]y name is|\b[Mm]i chiamo|\b[Ii]l mio nome è)\s+({_PROPER}(?:\s+{_PROPER}){{0,2}})"
    r"|(?:السيد|السيدة|الأستاذ|الأستاذة|الدكتور|الدكتورة|اسمي)\s+([\u0620-\u064a]{3,})"
)


@dataclass
class Names:
    """Names of known people: our own, and of each customer's contacts."""

    full: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    first_words: set[str] = field(default_factory=set)
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
            self.first_words.add(order[0])
        return [word for word in words if len(word) >= _LEAST_NAME and len(words) > 1]


@dataclass
class Redactor:
    """Masks and counts. `region` reads national phone numbers (ISO 3166 code; None: international ones only)."""

    names: Names
    region: str | None = None
    customers: CustomerNames | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def mask(self, texts: pa.ChunkedArray, customers: pa.ChunkedArray | None) -> pa.ChunkedArray:
        """The column with placeholders. Equal texts are looked at once, but for names that one customer knows."""
        encoded = pa.chunked_array(texts, pa.string()).combine_chunks().dictionary_encode()
        places = encoded.indices.to_numpy(zero_copy_only=False)
        rows_of = np.bincount(places[~np.isnan(places)].astype("int64"), minlength=len(encoded.dictionary))
        masked: list[str] = []
        words: list[set[str]] = []
        is_changed = False
        once: Counter[str] = Counter()
        for text, count in zip(encoded.dictionary.to_pylist(), rows_of.tolist(), strict=True):
            plain = self._patterns(text, once)
            found = set(_WORD.findall(plain))
            plain = _inside(_TITLED, self._names(plain, found, frozenset(), once), "[NAME]", once)
            if once:
                is_changed = True
                self.counts.update({kind: number * count for kind, number in once.items()})
                once.clear()
            masked.append(plain)
            words.append(found)
        column = pa.array(masked, pa.string()).take(encoded.indices) if is_changed else encoded.cast(pa.string())
        own = self._with_own_names(masked, words, encoded.indices, customers)
        if not own:
            return pa.chunked_array([column]) if is_changed else texts
        values = column.to_pylist()
        for row, text in own.items():
            values[row] = text
        return pa.chunked_array([pa.array(values, pa.string())])

    def _with_own_names(
        self, masked: list[str], words: list[set[str]], indices: pa.Array, customers: pa.ChunkedArray | None
    ) -> dict[int, str]:
        """Rows in which a contact of that very customer is named by one name alone, masked."""
        if customers is None or not self.names.of_customer:
            return {}
        changed: dict[int, str] = {}
        for row, (place, customer) in enumerate(zip(indices.to_pylist(), customers.to_pylist(), strict=True)):
            known = self.names.of_customer.get(customer)
            if place is None or not known or known.isdisjoint(words[place]):
                continue
            text = self._names(masked[place], words[place], known, self.counts)
            if text != masked[place]:
                changed[row] = text
        return changed

    def _patterns(self, text: str, counts: Counter[str]) -> str:
        if "@" in text:
            text = _each(_EMAIL, text, "[EMAIL]", counts)
        small = text.casefold()
        if "://" in text or "www." in small:
            text = _each(_URL, text, "[URL]", counts)
        if any(sign in small for sign in _SERIAL_SIGNS):
            text = _inside(_SERIAL, text, "[SERIAL]", counts)
        has_long = bool(_LONG_NUMBER.search(text))
        if has_long:
            text = _each(_IBAN, text, "[IBAN]", counts, _is_iban)
        # One phone number in ten passes the check of cards too, so its prefix decides first.
        text = self._phones(text, counts, prefixes=("+", "\uff0b", "0", "(+", "(0"))
        if has_long:
            text = _each(_CARD, text, "[CARD]", counts, _is_card)
        if "::" in text or text.count(":") > 6 or _FOUR_PARTS.search(text):
            text = _each(_IP, text, "[IP]", counts, _is_ip)
        return self._phones(text, counts) if self.region is not None and _SIX_DIGITS.search(text) else text

    def _phones(self, text: str, counts: Counter[str], prefixes: tuple[str, ...] = ("",)) -> str:
        """Masks phone numbers that begin with one of the prefixes; with no region, only international ones are read."""
        digits = text.translate(_ARABIC_INDIC)
        if self.region is None:
            # The reader knows 00 only of a region; a plus in its place keeps every character where it was.
            digits = _INTERNATIONAL.sub(" +", digits)
            if "+" not in digits and "\uff0b" not in digits:
                return text
        for match in reversed(list(phonenumbers.PhoneNumberMatcher(digits, self.region))):
            if match.raw_string.startswith(prefixes):
                start = match.start - (text[match.start] == "0" and digits[match.start] == "+")
                counts["[PHONE]"] += 1
                text = text[:start] + "[PHONE]" + text[match.end :]
        return text

    def _names(self, text: str, present: set[str], known: AbstractSet[str], counts: Counter[str]) -> str:
        """Masks full names, and single ones of our people or in `known`; `present` are the words of the text."""
        has_single = not self.names.own.isdisjoint(present) or not present.isdisjoint(known)
        begins = self.names.first_words
        if not has_single and begins.isdisjoint(map(str.casefold, present)):
            joined = [word for word in present if _JOINED.match(word)]
            if begins.isdisjoint(form for word in joined for form in _forms(word)):
                return text
        words = list(_WORD.finditer(text))
        folded = [word[0].casefold() for word in words]
        spans: list[tuple[int, int]] = []
        place = 0
        while place < len(words):
            length = self._full_name_at(folded, place)
            word = words[place][0]
            is_single = word in self.names.own or word in known
            if not length and is_single and not _begins_sentence(text, words[place].start()):
                length = 1
            if length:
                spans.append((words[place].start(), words[place + length - 1].end()))
            place += max(length, 1)
        for start, end in reversed(spans):
            text = f"{text[:start]}[NAME]{text[end:]}"
        if spans:
            counts["[NAME]"] += len(spans)
        return text

    def _full_name_at(self, folded: list[str], place: int) -> int:
        written = folded[place : place + _MOST_NAMES]
        return max(
            (
                len(name)
                for first in _forms(written[0])
                for name in self.names.full.get(first, ())
                if (first, *written[1 : len(name)]) == name
            ),
            default=0,
        )


def _each(
    pattern: re.Pattern[str],
    text: str,
    placeholder: str,
    counts: Counter[str],
    accepts: Callable[[str], bool] | None = None,
) -> str:
    def replaced(match: re.Match[str]) -> str:
        if accepts is not None and not accepts(match[0]):
            return match[0]
        counts[placeholder] += 1
        return placeholder

    return pattern.sub(replaced, text)


def _inside(pattern: re.Pattern[str], text: str, placeholder: str, counts: Counter[str]) -> str:
    """Masks the group that matched and leaves the words before it: they say what stood there."""

    def replaced(match: re.Match[str]) -> str:
        counts[placeholder] += 1
        begin, end = match.span(match.lastindex or 0)
        return match[0][: begin - match.start()] + placeholder + match[0][end - match.start() :]

    return pattern.sub(replaced, text)


def free_text_columns(table: str) -> list[Column]:
    """The columns people write sentences into: what customers say, and what our teams say about them."""
    groups = {FieldGroup.VERBATIMS, FieldGroup.TEAM_COMMENTS}
    return [c for c in TABLES[table].columns if c.kind is Kind.TEXT and c.group in groups and c.name != "competitor"]


def redact(table: str, rows: pa.Table, redactor: Redactor) -> pa.Table:
    """The rows with every free-text column masked."""
    customers = rows["customer_id"] if "customer_id" in rows.column_names else None
    for column in free_text_columns(table):
        place = rows.schema.get_field_index(column.name)
        if rows[column.name].null_count == rows.num_rows:
            continue
        texts = redactor.mask(rows[column.name], customers)
        if redactor.customers is not None and customers is not None:
            texts, others = redactor.customers.mask(texts, customers)
            redactor.counts[PLACEHOLDER] += others
        rows = rows.set_column(place, rows.schema.field(place), texts)
    return rows


def told(counts: Mapping[str, int]) -> str:
    """The counts as one phrase: `2 [EMAIL], 1 [NAME]`."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()) if count)


def _forms(word: str) -> set[str]:
    """The word, and in Arabic the word without what is joined to it: a name may itself begin with such a letter."""
    return {word, _JOINED.sub("", word)}


def _begins_sentence(text: str, start: int) -> bool:
    """Whether a word stands where any word has a capital letter, so that capital proves no name."""
    before = text[:start].rstrip()
    return not before or before[-1] in '.!?:;\n\u061f\u2026"“«'


def _is_card(text: str) -> bool:
    if not _CARD_PREFIX.match(text):
        return False
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
