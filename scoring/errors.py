"""Errors of scoring: a rule that passes its model but cannot be measured."""

from __future__ import annotations

from collections.abc import Iterable


class RuleRefused(ValueError):
    """A rule asks for something its table cannot give; the message names rule, key and what is allowed."""

    @classmethod
    def of(cls, rule_id: str, key: str, problem: str, allowed: Iterable[str] = ()) -> RuleRefused:
        listed = ", ".join(sorted(allowed))
        return cls(f"rule '{rule_id}', {key}: {problem}" + (f"; allowed: {listed}" if listed else ""))
