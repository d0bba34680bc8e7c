"""The crosswalk from each system's key to ours, as a person would have approved it."""

from __future__ import annotations

import csv
from pathlib import Path

from config.sources import CROSSWALK_COLUMNS
from extract.demo.company import DemoCompany

_SYSTEMS = (("helpdesk", "ticket_org"), ("survey", "domain"), ("erp", "erp_account"))
_STEWARD = "data.steward@borealis.example"


def write_crosswalk(company: DemoCompany, path: Path) -> int:
    """One row per system and customer. The planted unknown keys are left out: they wait for an expert.

    Returns: the number of pairs.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    customers = company.customers
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(CROSSWALK_COLUMNS)
        for system, column in _SYSTEMS:
            for key, customer_id in zip(customers[column].tolist(), customers.customer_id.tolist(), strict=True):
                lines.writerow((system, key, customer_id, _STEWARD, "", "", ""))
    return len(customers) * len(_SYSTEMS)
