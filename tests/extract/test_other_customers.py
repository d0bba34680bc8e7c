"""Names of other customers in free text: masked where they are names, left where they are words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from extract.other_customers import CustomerNames

NAMES = {"C1": "Hansen Maritime", "C2": "Ordway & Sons Ltd", "C3": "Target", "C4": "Orange", "C5": "Vexia", "C6": "Vexia Italy S.p.A."}  # fmt: skip


def masked(text: str, customer: str = "C1") -> str:
    names = CustomerNames(frozenset({"target", "orange"}))
    names.add(NAMES.items())
    column, _ = names.mask(pa.chunked_array([[text]]), pa.chunked_array([[customer]]))
    return str(column[0].as_py())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Same outage as at Ordway & Sons last week", "Same outage as at [CUSTOMER] last week"),
        ("same outage as ordway and sons", "same outage as ordway and sons"),
        ("ORDWAY & SONS LTD. had it too", "[CUSTOMER]. had it too"),
        ("Like Vexia, we wait", "Like [CUSTOMER], we wait"),
        ("Vexia called us", "[CUSTOMER] called us"),
        ("we heard that Target left you", "we heard that [CUSTOMER] left you"),
        ("Target told us the same", "[CUSTOMER] told us the same"),
        ("Target's cluster is down too", "[CUSTOMER]'s cluster is down too"),
        ("You work for Orange and for us", "You work for [CUSTOMER] and for us"),
    ],
)
def test_another_customer_is_not_named(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The target was missed by 3 points",
        "Target is 95 %",
        "the orange light blinks",
        "Orange light on the array.",
        "ALL LIGHTS ORANGE AND NO TARGET IN SIGHT",
        "Hansen Maritime has no complaint; Hansen-Maritime waits",
        "vexia",
    ],
)
def test_words_and_own_names_stay(text: str) -> None:
    assert masked(text) == text


def test_a_part_of_the_own_name_is_the_own_name() -> None:
    assert masked("Vexia waits for a part", "C6") == "Vexia waits for a part"
    assert masked("Vexia Italy waits for a part", "C5") == "[CUSTOMER] waits for a part"
