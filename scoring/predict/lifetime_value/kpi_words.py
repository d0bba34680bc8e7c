"""How the worth of a KPI is said: what moves, by how much, what it adds, and that it is no proven cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.rules import KpiLink, SignalRule
from scoring.predict.lifetime_value.links import RETENTION

_WORDS_OF_BASIS = {"margin": "lifetime value", "revenue": "discounted revenue"}


@dataclass(frozen=True, slots=True)
class Words:
    """Names and units of the policy's signals, and the workspace's currency."""

    rules: Mapping[str, SignalRule]
    currency: str

    def name(self, signal: str) -> str:
        return "retention" if signal == RETENTION else self.rules[signal].name

    def unit(self, signal: str) -> str:
        return self.rules[signal].unit

    def proven(self, link: KpiLink, value: float, low: float, high: float, *, basis: str, customers: int) -> str:
        way = f", by way of {', '.join(self.name(name) for name in link.through)}" if link.through else ""
        return (
            f"{self._step(link)}: {_WORDS_OF_BASIS[basis]} {self._amount(value)} (95 % interval {self._amount(low)} to "
            f"{self._amount(high)}) over {customers:,} customers{way}; an association, not a proven cause."
        )

    def not_proven(self, link: KpiLink, low: float, high: float, *, is_contrary: bool) -> str:
        if is_contrary:
            return (
                f"{self._step(link)}: not proven to add value; the association runs the other way "
                f"({self._amount(low)} to {self._amount(high)})."
            )
        return f"{self._step(link)}: not proven to add value ({self._amount(low)} to {self._amount(high)})."

    def beyond(self, link: KpiLink, member: str) -> str:
        return f"{self._step(link)}: not proven; {self.name(member)} would go beyond what was observed."

    def too_few(self, link: KpiLink, why: str) -> str:
        return f"{self._step(link)}: not enough observations; {why}."

    def no_chain(self, signal: str) -> str:
        return f"{self.name(signal)}: no link to value is declared in lifetime_value.toml."

    def _step(self, link: KpiLink) -> str:
        unit = self.unit(link.signal)
        if unit == "share":
            size, unit = link.step * 100, "point" if abs(link.step) == 0.01 else "points"
        else:
            size = link.step
        return f"{self.name(link.signal)} {_signed(f'{abs(size):g}', size)} {unit}"

    def _amount(self, value: float) -> str:
        return f"{_signed(f'{abs(value):,.0f}', value)} {self.currency}"


def _signed(size: str, value: float) -> str:
    if size == "0":
        return size
    return f"{'+' if value > 0 else '−'}{size}"
