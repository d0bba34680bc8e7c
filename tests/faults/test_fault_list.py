"""The fault list names tests that exist, and says of every row what is not shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.fault_list import FAULTS, Fault

TESTS = Path(__file__).resolve().parents[1]


def test_the_list_is_whole() -> None:
    assert sorted(FAULTS) == list(range(1, 47))


@pytest.mark.parametrize("number", sorted(FAULTS))
def test_each_fault_is_shown_by_tests_that_exist_or_says_why_not(number: int) -> None:
    fault: Fault = FAULTS[number]
    assert fault.shown_by or fault.lacking
    for place in fault.shown_by:
        file, _, name = place.partition("::")
        written = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {re.escape(name)}", written, re.MULTILINE), place
