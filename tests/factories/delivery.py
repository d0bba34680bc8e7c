"""Made-up people, customers, messages and parcels for the tests of delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from contracts.book import Book, WeekFacts
from contracts.exchange import Artifact, Attachment, Message, Parcel, Picture
from contracts.ids import sha256
from contracts.rules import AttributeScope, Audiences, Calendar, NamedAudience
from contracts.scope import Audience
from contracts.tables import ASSIGNMENTS, PEOPLE
from contracts.words import ArtifactKind, BusinessUnit, FieldGroup, Level, MessageKind

AS_OF = datetime(2026, 11, 22, 23, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def people(*rows: tuple[str, str, str | None, str | None], **extra: dict[str, Any]) -> pd.DataFrame:
    """(person_id, level, business_unit, manager_id) as a people frame; `P1={"left_on": ...}` sets more."""
    full = [
        {
            "person_id": person_id,
            "name": f"Ada {person_id}",
            "email": f"{person_id.lower()}@borealis.example",
            "level": level,
            "business_unit": unit,
            "manager_id": manager_id,
            **extra.get(person_id, {}),
        }
        for person_id, level, unit, manager_id in rows
    ]
    return pd.DataFrame(full, columns=[c.name for c in PEOPLE.columns]).astype(
        {"left_on": "datetime64[us]", "absent_from_on": "datetime64[us]", "absent_to_on": "datetime64[us]"}
    )


def assignments(*pairs: tuple[str, str]) -> pd.DataFrame:
    rows = [{"customer_id": customer_id, "person_id": person_id, "role": "owner"} for customer_id, person_id in pairs]
    return pd.DataFrame(rows, columns=[c.name for c in ASSIGNMENTS.columns])


def customers(*ids: str, **attributes: list[str | None]) -> pd.DataFrame:
    columns = ("tier", "region", "country", "industry", "product_line", "support_queue")
    return pd.DataFrame(
        {
            "customer_id": list(ids),
            "name": [f"Company {i}" for i in ids],
            **{column: attributes.get(column, [None] * len(ids)) for column in columns},
        }
    )


def rules(*scope: AttributeScope, named: tuple[NamedAudience, ...] = (), **extra: Any) -> Audiences:
    return Audiences(
        fields={level: [FieldGroup.MONEY] for level in Level},
        mail={level: ["link"] for level in Level},
        scope=list(scope),
        audience=list(named),
        calendars={"default": Calendar(time_zone="Europe/Rome"), "cairo": Calendar(time_zone="Africa/Cairo")},
        **extra,
    )


def audience(*customer_ids: str, fields: tuple[FieldGroup, ...] = (FieldGroup.CONTACTS,)) -> Audience:
    return Audience(
        level=Level.MANAGER,
        unit=BusinessUnit.SALES,
        root="P-1",
        title="Team view · A. Karim",
        readers=("P-1",),
        customer_ids=frozenset(customer_ids),
        fields=frozenset(fields),
        rule="customers of the team",
    )


def message(**changes: Any) -> Message:
    made = Message(
        kind=MessageKind.PACK,
        subject_key="2026-W47|manager-sales-abc",
        person_id="P-1",
        to_name="Amina Karim",
        to_address="amina.karim@borealis.example",
        subject="Your customers in week 47",
        text="Two accounts entered Critical.\n\nOpen the workbook for the rest.\n",
        html='<p>Two accounts entered <b>Critical</b>.</p><img src="cid:zones" alt="zones">',
        attachments=(Attachment("action-plan.xlsx", "application/vnd.ms-excel", b"PK\x03\x04 workbook"),),
        pictures=(Picture("zones", PIXEL, "Customers by zone"),),
    )
    return replace(made, **changes)


def parcel(number: int = 1, *, recipient: str = "amina.karim@borealis.example", body: str = "hello") -> Parcel:
    eml = (
        f"From: loyalty@borealis.example\r\nTo: {recipient}\r\nSubject: Week 47\r\n"
        f"Message-ID: <m{number:04d}@borealis.example>\r\n\r\n{body}\r\n"
    ).encode("ascii")
    return Parcel(
        outbox_id=number,
        key=f"pack|{number}",
        message_id=f"<m{number:04d}@borealis.example>",
        sender="bounce@borealis.example",
        recipient=recipient,
        eml=eml,
        attempts=0,
    )


def artifact(audience_id: str, path: str, content: bytes | str, customer_id: str | None = None) -> Artifact:
    body = content.encode() if isinstance(content, str) else content
    return Artifact(audience_id, path, ArtifactKind.PAGE, body, customer_id)


def manifest_fields(**changes: Any) -> Any:
    fields: dict[str, Any] = {
        "week": "2026-W47",
        "revision": 0,
        "run_name": "test",
        "as_of": AS_OF.isoformat(),
        "inputs_digest": sha256(b"inputs"),
        "policy_digest": sha256(b"policy"),
        "code_version": "0.1.0",
        "audiences": {},
    }
    return {**fields, **changes}


def book(**frames: pd.DataFrame) -> Book:
    facts = WeekFacts(
        week="2026-W47",
        as_of=AS_OF,
        time_zone="Europe/Rome",
        organization="Borealis Storage",
        currency="EUR",
        run_name="test",
        policy_label="v1",
        previous_week=None,
        is_baseline=True,
        is_reconstructed=False,
        dead_band=2.0,
        loyalty_line=45.0,
        retention_line=60.0,
    )
    return Book(facts, frames)
