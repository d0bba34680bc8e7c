"""The company as a whole: the same for the same seed, as large as asked, with a truth that agrees with its facts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contracts.weeks import Week
from extract.demo import build_demo, write_truth
from extract.demo.timeline import NEVER

ROOT = Path(__file__).parents[2]
_PRINT_DIGESTS = """
import hashlib, sys
from pathlib import Path
from extract.demo import build_demo, write_exports
company = build_demo(customers=60, people=20, weeks=40)
for path in write_exports(company, Path(sys.argv[1]), as_of=company.line.last.ends_at(company.line.zone)):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def digests(folder: Path, **environment: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", _PRINT_DIGESTS, str(folder)],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout


def test_same_seed_gives_the_same_bytes_in_any_process_time_zone_and_hash_seed(tmp_path):
    one = digests(tmp_path / "a", PYTHONHASHSEED="1", TZ="Europe/Rome")
    two = digests(tmp_path / "b", PYTHONHASHSEED="77", TZ="Asia/Tokyo")
    assert one == two
    assert "erp.sqlite" in one


def test_another_seed_gives_another_company():
    one, two = build_demo(seed=1, customers=60, weeks=30), build_demo(seed=2, customers=60, weeks=30)
    assert list(one.customers.name) != list(two.customers.name)


@pytest.mark.parametrize(("customers", "weeks"), [(50, 30), (200, 104), (5000, 30)])
def test_sizes(customers, weeks):
    company = build_demo(customers=customers, people=20, weeks=weeks)
    facts = company.facts(0)
    assert company.customers.customer_id.is_unique
    assert company.customers.name.is_unique
    for key in ("ticket_org", "domain", "erp_account"):
        assert company.customers[key].is_unique
    assert set(facts["tickets"].customer_id) <= set(company.customers.customer_id)
    per_week = len(facts["tickets"]) / customers / weeks
    assert 0.3 < per_week < 0.8


def test_blocks_share_no_key():
    company = build_demo(customers=10_050, people=13, weeks=30)
    assert len(company.blocks) == 2
    first, second = company.facts(0), company.facts(1)
    for table, key in (
        ("tickets", "ticket_id"),
        ("surveys", "response_id"),
        ("deals", "deal_id"),
        ("contacts", "contact_id"),
    ):
        assert not set(first[table][key]) & set(second[table][key]), table


def test_truth_names_every_story_and_mostly_steady_accounts(tmp_path):
    company = build_demo()
    write_truth(company, tmp_path / "truth.json")
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth == company.truth
    kinds = {story["kind"] for story in truth["stories"]}
    assert kinds == {"sliding", "outage", "silent", "flapping", "deals_dying", "recovering", "notice", "key_detractor"}
    assert len(truth["steady"]) >= 0.6 * len(company.customers)
    actors = {story["customer_id"] for story in truth["stories"]}
    assert not actors & set(truth["steady"])
    assert {churner["customer_id"] for churner in truth["churners"]}.isdisjoint(truth["steady"])
    assert all(Week.parse(story["first_week"]) <= Week.parse(story["week"]) for story in truth["stories"])


def test_churn_follows_the_stated_hazard():
    company = build_demo(seed=5, customers=8000, people=13, weeks=104)
    latent = company.block(0).latent
    free = np.flatnonzero(company.cast.parts <= 1)
    hazard = company.truth["churn"]["weekly_hazard"] * np.exp(
        company.truth["churn"]["log_slope_of_bond"] * latent.bond[free].astype(float)
    )
    hazard[:, :8] = 0
    at_risk = np.cumprod(1 - hazard, axis=1)
    expected = (1 - at_risk[:, -1]).sum()
    observed = (latent.decided[free] != NEVER).sum()
    assert abs(observed - expected) < 4 * np.sqrt(expected)


def test_answers_are_linear_in_the_planted_drivers():
    company = build_demo(seed=3, customers=4000, people=13, weeks=52)
    block, facts = company.block(0), company.facts(0)
    answers = facts["surveys"]
    answers = answers[(answers.kind == "nps") & (answers.answered_at < company.line.end) & answers.score.between(2, 9)]
    rows = answers.i.to_numpy()
    weeks = np.searchsorted(company.line.starts, answers.answered_at.to_numpy(), side="right") - 1
    levels = np.stack([block.latent.driver(d["name"], rows, weeks) for d in company.truth["drivers"]], axis=1)
    design = np.column_stack([np.ones(len(rows)), levels])
    slopes = np.linalg.lstsq(design, answers.score.to_numpy(), rcond=None)[0][1:]
    order = [company.truth["drivers"][k]["name"] for k in np.argsort(-slopes)]
    assert order[:2] == ["resolve_time", "project_delay"]
    assert abs(slopes[[d["name"] for d in company.truth["drivers"]].index("invoice_disputes")]) < 0.1


def test_the_book_is_varied():
    book = build_demo().customers
    assert set(book.tier) == {"gold", "silver", "bronze"}
    assert {"EUR", "USD", "GBP", "AED"} <= set(book.currency)
    assert (book.currency == "TND").sum() == 1
    assert set(book.language) == {"en", "it", "ar"}
    assert book.name.str.len().max() > 120
    assert book.name.str.contains("[\u0600-\u06ff]").any()
    assert book.name.str.contains("[äöüß]").any()
    assert book.parent_id.notna().any()


def test_digest_of_the_default_company_is_the_committed_crosswalk(tmp_path):
    from extract.demo import write_crosswalk

    pairs = write_crosswalk(build_demo(), tmp_path / "crosswalk.csv")
    committed = ROOT / "config" / "crosswalk.csv"
    assert pairs == 600
    assert (
        hashlib.sha256(committed.read_bytes()).digest()
        == hashlib.sha256((tmp_path / "crosswalk.csv").read_bytes()).digest()
    )
