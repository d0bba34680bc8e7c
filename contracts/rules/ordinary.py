"""Customer names that are ordinary words: reviewed by a person, so that the leak scan does not stop at `target`."""

from __future__ import annotations

from contracts.rules.rule import Rule


class OrdinaryWord(Rule):
    """A customer's name (Target, Orange, Shell) that is also a word of the language; `why` is for the reviewer."""

    word: str
    why: str = ""
