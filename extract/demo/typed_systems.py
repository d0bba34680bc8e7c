"""Systems that give typed values: telemetry in Parquet, the survey tool's workbook, the ERP's database."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from extract.demo.book import Block
from extract.demo.stories import Facts
from extract.demo.systems import keys
from extract.demo.timeline import NEVER, only
from extract.demo.written import texts


def telemetry(block: Block, known: Facts) -> pa.Table:
    """Telemetry knows the ERP's account number; typed columns in Parquet."""
    u = known["usage"]
    return pa.table(
        {
            "reading_id": texts(u.usage_id),
            "account_no": texts(keys(block, "erp_account")[u.i.to_numpy()]),
            "day": pa.array(u.used_on.to_numpy().astype("datetime64[us]")).cast(pa.date32()),
            "metric": texts(u.metric),
            "reading": pa.array(u.value.to_numpy(), pa.float64()),
        }
    )


def responses(block: Block, known: Facts) -> pd.DataFrame:
    """Survey tool: known by the contact's mail domain; typed cells of a workbook, times in UTC."""
    s = known["surveys"]
    rows = s.i.to_numpy()
    address = block.contacts.set_index("contact_id").email
    return pd.DataFrame(
        {
            "Response": s.response_id,
            "Domain": keys(block, "domain")[rows],
            "Company": keys(block, "name")[rows],
            "Contact": s.contact_id,
            "E-mail": s.contact_id.map(address),
            "Survey": s.kind,
            "Question": s.question,
            "Touchpoint": s.touchpoint,
            "Sent": s.sent_at,
            "Answered": s.answered_at,
            "Changed": s.changed_at,
            "Score": s.score,
            "Lowest": s.scale_min,
            "Highest": s.scale_max,
            "Comment": s.comment,
            "Language": s.language,
            "Ticket": s.ticket_id,
        }
    )


def erp_rows(block: Block, known: Facts) -> dict[str, pd.DataFrame]:
    """The ERP's three tables, under its own account numbers."""
    numbers, names = keys(block, "erp_account"), keys(block, "name")
    a, i, b = known["agreements"], known["invoices"], known["install_base"]
    contracts = pd.DataFrame(
        {
            "contract_no": a.agreement_id,
            "account_no": numbers[a.i.to_numpy()],
            "account_name": names[a.i.to_numpy()],
            "kind": a.kind,
            "plan": a.plan,
            "seats": a.seats,
            "valid_from": _days(a.start_on),
            "valid_to": _days(a.end_on),
            "terminated_on": _days(a.ended_on),
            "renewal_due": _days(a.renewal_on),
            "notice_on": _days(a.notice_on),
            "annual_value": a.annual_amount,
            "currency": a.currency,
            "billing": a.billing,
        }
    )
    invoices = pd.DataFrame(
        {
            "invoice_no": i.invoice_id,
            "account_no": numbers[i.i.to_numpy()],
            "account_name": names[i.i.to_numpy()],
            "issued": _days(i.issued_on),
            "net_amount": i.amount,
            "margin": i.margin_amount,
            "currency": i.currency,
            "disputed": np.where(i.is_disputed, "yes", "no"),
        }
    )
    installed = pd.DataFrame(
        {
            "serial": b.asset_id,
            "account_no": numbers[b.i.to_numpy()],
            "account_name": names[b.i.to_numpy()],
            "model": b["product"],
            "site": b.site,
            "quantity": b.quantity,
            "installed": _days(b.installed_on),
            "removed": _days(b.removed_on),
            "contract_end": _days(b.contract_end_on),
            "end_of_support": _days(b.end_of_support_on),
        }
    )
    return {"contracts": contracts, "invoices": invoices, "installed_base": installed}


def _days(values: pd.Series) -> np.ndarray:
    raw = values.to_numpy()
    written = np.datetime_as_string(np.where(raw == NEVER, 0, raw).astype("datetime64[us]"), unit="D").astype(object)
    return only(raw != NEVER, written)
