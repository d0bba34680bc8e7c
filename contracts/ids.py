"""Identities: digests, partition buckets and names that are safe on any file system."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

_BUCKET_ROWS = 25_000


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def key_digest(*parts: object, length: int = 16) -> str:
    """A short stable id for a tuple of parts; parts never run into each other."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()[:length]


def canonical_json(value: Any) -> bytes:
    """The one way to write JSON that is hashed or compared: sorted, compact, UTF-8."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8")


def bucket_of(customer_id: str, buckets: int) -> int:
    """The partition of a customer; `buckets` is a power of two."""
    head = hashlib.blake2b(customer_id.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(head, "big") % buckets


def bucket_count(customers: int, workers: int) -> int:
    """The smallest power of two that gives each worker a bucket and each bucket about 25,000 customers."""
    wanted = max(workers, -(-customers // _BUCKET_ROWS), 1)
    return 1 << (wanted - 1).bit_length()


def safe_name(text: str, *, keep: int = 32) -> str:
    """An opaque file name: readable slug, then a hash of the exact text.

    Ids such as `../../x`, `CON` or 300 bytes of UTF-8 are legal keys and must never be paths.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:keep].strip("-")
    return f"{slug}-{key_digest(text, length=8)}" if slug else key_digest(text, length=12)


def seed_of(*parts: object) -> int:
    """A random seed from words (week, purpose), so that no code holds global random state."""
    return int(key_digest(*parts, length=8), 16)
