"""The last gate before publishing: no byte that leaves may name a customer outside the audience's scope.

`tokens_of` gathers once what identifies customers of the whole book; `scan` opens one finished file the
way a curious reader could (raw text, hidden parts, metadata, encodings) and reports every token whose
customer the audience may not see.
"""

from __future__ import annotations

from delivery.leakscan.narrow import could_stand, runs_in
from delivery.leakscan.scan import Allowed, Hit, allowed_of, allowing, scan, scan_bytes
from delivery.leakscan.tokens import TokenKind, Tokens, tokens_of

__all__ = [
    "Allowed",
    "Hit",
    "TokenKind",
    "Tokens",
    "allowed_of",
    "allowing",
    "could_stand",
    "runs_in",
    "scan",
    "scan_bytes",
    "tokens_of",
]
