"""Foreign customer keys to customer_id: exact id in the master's namespace, approved crosswalk rows, mail domains.

Similar names are never a match. They make suggestions, which an expert approves by a row in crosswalk.csv.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
from rapidfuzz import fuzz, process

from config.sources import Source
from extract.arrow import pc

SUGGESTION_COLUMNS = ("system", "source_key", "source", "rows", "hint", "customer_id", "customer_name", "score", "rule")
_LEAST_SCORE = 80.0
_DOMAIN_SCORE = 95.0
_MOST_KEYS = 100
_LEGAL_FORMS = re.compile(
    r"\b(inc|incorporated|llc|ltd|limited|plc|corp|corporation|company|co|gmbh|ag|kg|se|sa|sas|sarl|spa|srl|bv|nv|ab|as|oy|pty|group|holding)\b"
)
# A domain that anybody can have an address at says nothing about the customer.
_PUBLIC_DOMAINS = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
    "gmx.de", "gmx.net", "web.de", "libero.it", "aol.com", "proton.me", "protonmail.com", "qq.com", "163.com",
})  # fmt: skip


class Crosswalk:
    """What is known of customer keys in one run. `add_contacts` teaches it mail domains as contacts are admitted."""

    def __init__(self, pairs: pd.DataFrame, *, master_system: str | None, as_of: datetime, zone: ZoneInfo) -> None:
        today = as_of.astimezone(zone).date()
        self.master_system = master_system
        self._customers: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._domains: dict[str, set[str]] = {}
        self._pairs: dict[str, dict[str, str]] = {}
        for row in pairs.itertuples(index=False):
            if _is_valid(row, today):
                self._pairs.setdefault(str(row.system), {})[str(row.source_key)] = str(row.customer_id)

    @property
    def knows_customers(self) -> bool:
        return bool(self._customers)

    def add_customers(self, customers: pa.Table) -> None:
        names = zip(customers["customer_id"].to_pylist(), customers["name"].to_pylist(), strict=True)
        self._names.update({key: name or "" for key, name in names})
        self._customers.update({key: key for key in self._names})
        self._folded.update({key.casefold(): key for key in self._names})

    def add_contacts(self, contacts: pa.Table) -> None:
        for customer, email in zip(contacts["customer_id"].to_pylist(), contacts["email"].to_pylist(), strict=True):
            domain = domain_of(email)
            if domain and customer:
                self._domains.setdefault(domain, set()).add(customer)

    def resolve(self, keys: pa.Array, records: pa.Table, source: Source, *, is_master: bool) -> pa.Array:
        """The customer of each row, null where nobody approved or declared one.

        Args:
            keys: the source's own customer keys.
            records: the same rows' text columns, for the mail domain rule.
            source: whose namespace and rules apply.
            is_master: the rows are the customers themselves.
        """
        if is_master:
            return keys
        known = self._known(source)
        unique = pc.unique(keys.drop_null())
        spelled = [key.casefold() if source.ignore_case else key for key in unique.to_pylist()]
        ids = pa.array([known.get(key) for key in spelled], pa.string())
        resolved = ids.take(pc.index_in(keys, value_set=unique))
        if source.match_by_domain and source.customer_email_column and resolved.null_count:
            emails = records[source.customer_email_column].combine_chunks()
            wanted = pc.if_else(pc.is_null(resolved), emails, pa.scalar(None, pa.string()))
            found = {email: self._by_domain(email) for email in pc.unique(wanted.drop_null()).to_pylist()}
            by_mail = pa.array(list(found.values()), pa.string()).take(
                pc.index_in(wanted, value_set=pa.array(list(found), pa.string()))
            )
            resolved = pc.coalesce(resolved, by_mail)
        return resolved

    def _known(self, source: Source) -> Mapping[str, str]:
        system = source.key_system or self.master_system or ""
        approved = {key: value for key, value in self._pairs.get(system, {}).items() if value in self._customers}
        own: Mapping[str, str] = self._customers if system == (self.master_system or "") else {}
        if source.ignore_case:
            own = self._folded if own else {}
            approved = {key.casefold(): value for key, value in approved.items()}
        return {**own, **approved} if approved else own

    def _by_domain(self, email: str) -> str | None:
        customers = self._domains.get(domain_of(email) or "", set())
        return next(iter(customers)) if len(customers) == 1 else None

    def suggestions(self, unmatched: Iterable[tuple[str, str, str, int, str | None, str | None]]) -> pd.DataFrame:
        """Candidates for unmatched keys, most rows first, at most three each.

        Args:
            unmatched: (system, source_key, source, rows, name hint, mail hint).
        """
        names = {customer: plain_name(name) for customer, name in self._names.items()}
        ordered = sorted(unmatched, key=lambda entry: (-entry[3], entry[0], entry[1]))[:_MOST_KEYS]
        rows = []
        for system, key, source, count, name, email in ordered:
            by_mail = sorted(self._domains.get(domain_of(email) or "", set()))[:3]
            hint = name or key
            similar = process.extract(
                plain_name(hint), names, scorer=fuzz.token_sort_ratio, limit=3, score_cutoff=_LEAST_SCORE
            )
            found = [(email, customer, _DOMAIN_SCORE, "mail domain") for customer in by_mail]
            found += [(hint, customer, round(score, 1), "similar name") for _, score, customer in similar]
            rows += [
                (system, key, source, count, told, customer, self._names[customer], score, rule)
                for told, customer, score, rule in found
            ]
        return pd.DataFrame(rows, columns=list(SUGGESTION_COLUMNS))


def domain_of(email: str | None) -> str | None:
    """The domain of an address, unless anybody can have an address there."""
    domain = (email or "").rpartition("@")[2].strip().casefold()
    return None if not domain or domain in _PUBLIC_DOMAINS else domain


def plain_name(name: str) -> str:
    """A company name without case, accents, punctuation and legal form."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold() or name.casefold()
    return " ".join(_LEGAL_FORMS.sub(" ", re.sub(r"[^\w]+", " ", bare)).split())


def _is_valid(row: object, today: date) -> bool:
    begins, ends = _day(getattr(row, "valid_from", None)), _day(getattr(row, "valid_to", None))
    return (begins is None or begins <= today) and (ends is None or today < ends)


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None
