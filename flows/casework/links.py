"""Where a reader opens the account page of a case: in the newest pack that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from contracts.rules import Policy
from contracts.scope import Audience
from flows.packs.rendering import link_base
from flows.readers import last_week
from flows.run import Run
from reporting.ground import page_of


@dataclass
class PageLinks:
    """Links by person; a page that no pack holds, or that the person may not see, is not linked."""

    run: Run
    policy: Policy
    audiences: Mapping[str, Audience]

    def of(self, person_id: str, customer_id: str | None) -> str | None:
        audience = self._by_reader.get(person_id)
        if audience is None or customer_id is None or customer_id not in audience.customer_ids:
            return None
        base = link_base(self.policy.audiences, audience, self.run.workspace.output)
        place = f"{self._week}/{audience.audience_id}/{page_of(customer_id)}"
        return f"{base}/{place}" if base and (self.run.workspace.output / place).exists() else None

    @cached_property
    def _by_reader(self) -> dict[str, Audience]:
        return {reader: audience for audience in self.audiences.values() for reader in audience.readers}

    @cached_property
    def _week(self) -> str:
        return last_week(self.run)[0].week
