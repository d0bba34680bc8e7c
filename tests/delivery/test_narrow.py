"""What could stand in a few files at all: never less than the scan would find there."""

from __future__ import annotations

import pandas as pd
import pytest

from delivery.leakscan import could_stand, runs_in

LONG = "marco.lippi.1@lamenza-petro-services-s-p-a-328.example"
TEXT = f"""Acme Logistics wrote. Ask {LONG} or O'Neill & Søn A/S; \u0627\u0644\u0646\u0648\u0631 \u0644\u0644\u062a\u062c\u0627\u0631\u0629 agrees.
Ticket 4711-22, glued acmeholding, \u682a\u5f0f\u4f1a\u793e, M\u00dcLLER GMBH."""


@pytest.mark.parametrize(
    "identifier",
    [
        "Acme Logistics",
        LONG,
        "O'Neill & S\u00f8n A/S",
        "\u0627\u0644\u0646\u0648\u0631 \u0644\u0644\u062a\u062c\u0627\u0631\u0629",
        "4711-22",
        "Acme-Holding",
        "M\u00fcller GmbH",
        "\u682a\u5f0f\u4f1a\u793e",
        "one two three four five six seven eight nine ten",
    ],
)
def test_what_stands_there_could(identifier: str) -> None:
    text = f"{TEXT} one two three four five six seven eight nine ten"
    runs = runs_in([(text.encode(), "mail.txt")])
    assert could_stand(pd.Series([identifier]), runs).all()


@pytest.mark.parametrize(
    "identifier",
    [
        "Acme Lagistics",
        f"x{LONG}",
        "\u0634\u0631\u0643\u0629 \u0627\u0644\u0646\u0648\u0631",
        "Gr\u00fcn AG",
        "4711-23",
    ],
)
def test_what_does_not_stand_there_is_not_looked_for(identifier: str) -> None:
    runs = runs_in([(TEXT.encode(), "mail.txt")])
    assert not could_stand(pd.Series([identifier, None]), runs).any()
