"""Frames per audience: counted among its own customers, compared with the pack that it really got."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from contracts.book import Book
from contracts.scope import scoped
from flows.books import load_book, save_book
from flows.inputs import Inputs
from flows.packs.audience_frames import Frozen, for_accounts, for_audience
from flows.week.last_packs import keep_packs, packs_up_to
from store.history import write_week
from tests.factories.reporting import a_book, an_audience

_CONFIG = Path(__file__).resolve().parents[2] / "config"
_RESULTS = (
    *("customer_facts", "placements", "contributions", "transitions", "previous_placements", "comments"),
    *("previous_contributions", "comment_aspects", "signal_words", "history"),
)


def _inputs(week: str, **changed: object) -> Inputs:
    base = Inputs(
        week=week, revision=0, as_of="2026-11-22T23:00:00+00:00", manifest="m", snapshot_digest="s", policy="config",
        policy_digest="p", policy_sequence=1, previous=("2026-W46", 0), history=(("2026-W45", 0), ("2026-W46", 0)),
        cause="customer", is_baseline=False, is_reconstructed=False, organization="B", time_zone="Europe/Rome",
        currency="EUR", fresh=(), case_event=0, code_version="1", fonts_digest="f",
    )  # fmt: skip
    return dataclasses.replace(base, **changed)  # type: ignore[arg-type]


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Path]:
    """(workspace, book folder): a book of W47, and what W45 placed, where everybody had stood as in W47."""
    (tmp_path / "config").symlink_to(_CONFIG)
    book = a_book(30, hard_names=False)
    folder = tmp_path / "var" / "runs" / "2026-W47-r0" / "book"
    save_book(folder, book.facts, {name: book.frames[name] for name in _RESULTS}, [])
    then = book.frame("placements").assign(week="2026-W45")
    contributions = book.frame("contributions")
    write_week(tmp_path / "var" / "history", "2026-W45", 0, {"placements": then, "contributions": contributions})
    return tmp_path, folder


def _for(kept: tuple[Path, Path], inputs: Inputs) -> tuple[Book, str]:
    root, folder = kept
    whole = load_book(folder)
    reader = an_audience(whole)
    packs = tuple((reader.audience_id, week, revision) for _, week, revision in inputs.packs)
    frozen = Frozen(root, dataclasses.replace(inputs, packs=packs))
    return scoped(for_audience(whole, folder, reader, frozen), reader), reader.audience_id


def test_the_comparison_is_with_the_pack_the_audience_got_even_if_it_missed_one(kept: tuple[Path, Path]) -> None:
    book, audience = _for(kept, _inputs("2026-W47", packs=(("", "2026-W45", 0),)))
    assert (book.facts.previous_week, book.facts.last_pack) == ("2026-W45", "2026-W45")
    assert book.frame("transitions").empty
    assert set(book.frame("previous_placements")["week"]) == {"2026-W45"}
    assert set(book.frame("themes")["scope"]) <= {audience}


def test_who_got_last_weeks_pack_is_compared_with_last_week(kept: tuple[Path, Path]) -> None:
    book, _ = _for(kept, _inputs("2026-W47", packs=(("", "2026-W46", 0),)))
    assert (book.facts.previous_week, book.facts.last_pack) == ("2026-W46", "2026-W46")
    assert len(book.frame("transitions"))


def test_who_never_got_a_pack_has_no_last_pack(kept: tuple[Path, Path]) -> None:
    root, folder = kept
    whole = load_book(folder)
    unmarked = Book(dataclasses.replace(whole.facts, last_pack=None), whole.frames)
    reader = an_audience(whole)
    assert for_audience(unmarked, folder, reader, Frozen(root, _inputs("2026-W47"))).facts.last_pack is None


def test_history_that_was_restated_since_the_pack_is_no_move_of_customers(kept: tuple[Path, Path]) -> None:
    root, folder = kept
    turned = load_book(folder).frame("previous_placements").assign(week="2026-W46")
    empty = load_book(folder).frame("contributions").iloc[:0]
    write_week(root / "var" / "history", "2026-W46", 0, {"placements": turned, "contributions": empty})
    book, _ = _for(kept, _inputs("2026-W47", previous=("2026-W46", 1), packs=(("", "2026-W46", 0),)))
    assert set(book.frame("transitions")["cause"]) == {"restated"}


def test_without_the_earlier_run_no_change_is_split(kept: tuple[Path, Path]) -> None:
    root, folder = kept
    whole = load_book(folder)
    assert "changes" not in for_accounts(whole, {"C-00001"}, Frozen(root, _inputs("2026-W47"))).frames


def test_packs_are_carried_from_week_to_week_until_a_newer_one_is_got(tmp_path: Path) -> None:
    before = _inputs("2026-W46", packs=(("a", "2026-W44", 0), ("b", "2026-W45", 1)))
    assert packs_up_to(tmp_path, None) == ()
    assert packs_up_to(tmp_path, before) == before.packs
    (tmp_path / before.run_name).mkdir()
    keep_packs(tmp_path / before.run_name, ["c", "b"])
    assert packs_up_to(tmp_path, before) == (("a", "2026-W44", 0), ("b", "2026-W46", 0), ("c", "2026-W46", 0))


def test_packs_do_not_decide_whether_a_week_changed() -> None:
    assert _inputs("2026-W47").digest == _inputs("2026-W47", packs=(("a", "2026-W46", 0),)).digest
