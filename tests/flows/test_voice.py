"""The step that a run calls: one model until the release is raised, kept by digest, and frames under their contracts."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.policy import read_draft
from contracts.frames import check
from contracts.results import RESULTS
from contracts.rules import Policy
from extract.intake import Intake
from flows.errors import ModelLost
from flows.week.voice import listen, model_in_force, read_model, themes_of
from flows.workspace import make_workspace
from tests.factories.extract import ACCOUNTS, GOOD, Desk, lines
from tests.factories.voice import scored_texts, shipped

AS_OF = datetime(2026, 11, 22, 23, tzinfo=UTC)
SURVEYS = """
[[source]]
name = "survey"
location = "answers*.csv"
format = "csv"
[[source.map]]
table = "surveys"
[source.map.columns]
customer_id = "account"
response_id = "answer"
kind = { constant = "csat" }
sent_at = "sent"
answered_at = "sent"
score = "score"
comment = "text"
"""
SCORES = {"negative": "1", "neutral": "3", "positive": "5"}


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Intake]:
    desk = Desk(tmp_path_factory.mktemp("voice"), ACCOUNTS.format(extra="") + SURVEYS)
    accounts = [GOOD.replace("A1,Acme", f"C{number},Firm {number}") for number in range(40)]
    desk.put("accounts.csv", lines(*accounts))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("account", "answer", "sent", "score", "text"))
    for row in scored_texts(500).itertuples():
        rows.writerow((row.customer_id, row.row_key, f"{row.said_at:%Y-%m-%dT%H:%M:%SZ}", SCORES[row.stated], row.text))
    desk.put("answers.csv", out.getvalue())
    return desk.root, desk.take(workers=2)


def released(number: int) -> Policy:
    policy = shipped()
    sentiment = policy.voice.sentiment.model_copy(update={"release": number})
    return policy.model_copy(update={"voice": policy.voice.model_copy(update={"sentiment": sentiment})})


def test_one_model_stays_until_the_release_is_raised(intake):
    root, taken = intake
    chosen = {"as_of": AS_OF, "root": root}
    first = model_in_force(taken.manifest, released(1).voice, previous=None, **chosen)
    assert first is not None
    assert model_in_force(taken.manifest, released(1).voice, previous=first, **chosen) == first
    second = model_in_force(taken.manifest, released(2).voice, previous=first, **chosen)
    assert second not in {None, first}
    assert {path.name for path in (root / "var" / "models").iterdir()} == {
        f"sentiment-{d}.bin" for d in (first, second)
    }


def test_a_week_is_read_under_its_contracts_and_twice_alike(intake):
    root, taken = intake
    policy = released(1)
    model = model_in_force(taken.manifest, policy.voice, as_of=AS_OF, previous=None, root=root)
    one, two = (listen(taken.manifest, policy, as_of=AS_OF, model=model, root=root) for _ in range(2))
    assert set(one) == {"comments", "comment_aspects", "calls", "text_quality", "emerging_terms"}
    for name, frame in one.items():
        check(frame, RESULTS[name])
        assert frame.equals(two[name])
    by = one["comments"]["sentiment_source"].value_counts()
    assert by["model"] > 450  # the rest looks like a language that the model has seen too little of
    themes = themes_of(one, policy, as_of=AS_OF, scopes={"book": None, "two": frozenset({"C1", "C2"})})
    check(themes, RESULTS["themes"])
    assert set(themes.loc[themes["scope"] == "two", "verdict"]) <= {"too_few"}


def test_some_customers_alone(intake):
    root, taken = intake
    alone = listen(taken.manifest, shipped(), as_of=AS_OF, model=None, root=root, only=frozenset({"C1"}))
    assert set(alone["comments"]["customer_id"]) == {"C1"}
    assert "emerging_terms" not in alone
    assert set(alone["comments"]["sentiment_source"]) <= {"lexicon", "none"}


def test_a_lost_model_is_named_and_a_new_week_goes_on(intake):
    root, taken = intake
    with pytest.raises(ModelLost, match="put the file back"):
        read_model(root, "0" * 64)
    fitted = model_in_force(taken.manifest, released(1).voice, as_of=AS_OF, previous="0" * 64, root=root)
    assert fitted is not None
    path = root / "var" / "models" / f"sentiment-{fitted}.bin"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelLost, match="not the model"):
        read_model(root, fitted)
    path.unlink()


def test_a_new_workspace_reads_words_of_people(tmp_path):
    make_workspace(tmp_path / "new", organization="Example", time_zone="Europe/Rome")
    policy = read_draft(tmp_path / "new" / "config")
    assert not policy.voice.is_text_invented
    assert policy.taxonomy == shipped().taxonomy
