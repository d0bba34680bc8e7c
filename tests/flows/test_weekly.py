"""The weekly run on real files: published once, told once, the same bytes whoever makes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from contracts.exchange import Manifest
from contracts.ids import sha256
from contracts.words import ArtifactKind, BusinessUnit, ExitCode, Level, MessageKind
from delivery.publish import verify_release
from flows.rebuild import rebuild
from flows.weekly import weekly
from store import outbox, runs
from tests.factories.workspaces import LAST, Story

pytestmark = pytest.mark.xdist_group("told")
ALERTS = [MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT]


def tree_digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sha256("".join(f"{path.relative_to(folder)}{sha256(path.read_bytes())}" for path in files).encode())


def manifest_of(story: Story, week: str) -> Manifest:
    return Manifest.from_json((story.root / "output" / week / "manifest.json").read_bytes())


def mails_of(story: Story) -> list[Path]:
    return sorted((story.root / "var" / "mail").rglob("*.eml"))


def test_every_level_and_unit_has_packs_with_customers(told: Story) -> None:
    manifest = manifest_of(told, str(LAST))
    seen = Counter((a["level"], a["unit"]) for a in manifest.audiences.values() if int(a["customers"]) > 0)
    assert {(level, unit) for level in Level for unit in BusinessUnit} <= set(seen)
    kinds = Counter(file.kind for file in manifest.files)
    assert kinds[ArtifactKind.WORKBOOK] == len(manifest.audiences)
    assert kinds[ArtifactKind.BRIEF] == len(manifest.audiences)
    assert kinds[ArtifactKind.FEED] > 0
    assert verify_release((told.root / "output" / str(LAST)).resolve()) == []


def test_the_same_week_again_publishes_and_sends_nothing(onward: Story) -> None:
    before = tree_digest(onward.root / "output"), len(mails_of(onward))
    with onward.run() as run:
        outcome = weekly(run, LAST)
    assert outcome.code in {ExitCode.DONE, ExitCode.MAIL_PENDING}
    assert "nothing changed" in outcome.headline
    assert (tree_digest(onward.root / "output"), len(mails_of(onward))) == before


def test_changed_exports_of_a_published_week_need_a_reason(onward: Story) -> None:
    latest = max((onward.root / "inbox" / "crm").glob("accounts*"), key=lambda path: path.stat().st_mtime_ns)
    text = latest.read_text(encoding="utf-8-sig")
    latest.write_text(text.replace("gold", "silver", 1).replace("Gold", "Silver", 1), encoding="utf-8")
    with onward.run() as run:
        refused = weekly(run, LAST)
        assert "--revise" in " ".join(refused.lines)
        revised = weekly(run, LAST, revise="tier corrected by Sales")
    assert revised.code in {ExitCode.DONE, ExitCode.DATA_PROBLEMS}
    assert manifest_of(onward, str(LAST)).revision == 1


def test_a_shrunken_export_is_held_and_tells_only_the_operator(onward: Story) -> None:
    with onward.run() as run:
        onward.until(run.as_of(LAST.shift(1)))
        latest = max((onward.root / "inbox" / "crm").glob("accounts*"), key=lambda path: path.name)
        lines = latest.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        latest.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
        with run.store.read() as session:
            before = {row.outbox_id for row in outbox.rows(session)}
        outcome = weekly(run, LAST.shift(1))
        with run.store.read() as session:
            new = [row for row in outbox.rows(session) if row.outbox_id not in before]
    assert outcome.code is ExitCode.HELD
    assert {row.kind for row in new} == {MessageKind.OPERATOR}
    assert not (onward.root / "output" / str(LAST.shift(1))).exists()


def test_alerts_are_those_of_the_planted_stories_and_none_for_steady_accounts(told: Story) -> None:
    truth = told.company.truth
    with told.run() as run, run.store.read() as session:
        rows = outbox.rows(session, kinds=ALERTS)
    alerted = {customer for row in rows for customer in row.customer_ids}
    planted = {story["customer_id"]: story for story in truth["stories"]}
    for customer_id, story in planted.items():
        if story["alert"] is not None:
            kinds = {row.kind.value for row in rows if customer_id in row.customer_ids}
            assert story["alert"] in kinds, story
    assert not alerted & set(truth["steady"])


def test_one_fact_is_told_once_to_each_person(told: Story) -> None:
    with told.run() as run, run.store.read() as session:
        rows = outbox.rows(session)
    keys = Counter((row.kind, row.subject_key, row.person_id, row.revision) for row in rows)
    assert max(keys.values()) == 1
    assert len({row.message_id for row in rows}) == len(rows)


def test_every_mail_has_one_recipient_and_links_that_open(told: Story) -> None:
    seen_links = 0
    for path in mails_of(told):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert len(mail["To"].addresses) == 1
        assert mail["Cc"] is None
        assert mail["Bcc"] is None
        assert mail["Auto-Submitted"] == "auto-generated"
        body = mail.get_body(("html",))
        if body is None:
            continue
        for href in html.fromstring(body.get_content()).xpath("//a/@href"):
            target = urlsplit(href)
            assert target.scheme == "file", href
            assert Path(unquote(target.path)).exists(), href
            seen_links += 1
    assert seen_links > 0


def test_mails_without_a_link_base_carry_everything(told: Story) -> None:
    individual = 0
    for path in mails_of(told):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        names = [part.get_filename() or "" for part in mail.iter_attachments()]
        if "Individual" in str(mail["Subject"]) or any(name.endswith("action-plan.xlsx") for name in names):
            individual += 1
    assert individual > 0


def test_rebuilt_in_another_process_zone_hash_seed_and_worker_count_every_byte_is_the_same(onward: Story) -> None:
    """And after a further week was run: the old week knows nothing of the new one."""
    with onward.run() as run:
        onward.until(run.as_of(LAST.shift(1)))
        assert weekly(run, LAST.shift(1)).code in {ExitCode.DONE, ExitCode.DATA_PROBLEMS, ExitCode.MAIL_PENDING}
    config = onward.root / "config" / "workspace.toml"
    config.write_text(config.read_text().replace("workers = 1", "workers = 2"))
    environment = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4242"}
    command = [
        sys.executable,
        "-m",
        "flows.command.app",
        "rebuild",
        "--week",
        str(LAST),
        "--json",
        "-w",
        str(onward.root),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every byte as published" in json.loads(done.stdout)["headline"]


def test_a_rebuild_says_which_file_differs(onward: Story) -> None:
    with onward.run() as run:
        with run.store.read() as session:
            standing = runs.published(session, LAST)
        assert standing is not None
        assert standing.path is not None
        inputs = onward.root / str(standing.inputs_path)
        body = json.loads(inputs.read_bytes())
        body["organization"] = "Another company"
        inputs.write_text(json.dumps(body))
        outcome = rebuild(run, LAST, into=None)
    assert outcome.code is ExitCode.FAILED
    assert any(line.endswith((".html", ".pdf", ".xlsx")) for line in outcome.lines)


def test_two_runs_of_one_week_at_once_one_works_the_other_says_so(onward: Story) -> None:
    from contracts.words import RunKind
    from flows.lease import leased

    with onward.run() as first, leased(first, RunKind.WEEKLY, str(LAST)):
        command = [sys.executable, "-m", "flows.command.app", "run", "--week", str(LAST), "-w", str(onward.root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == int(ExitCode.ALREADY_RUNNING), done.stdout + done.stderr
    assert "weekly" in done.stderr


@pytest.mark.slow
def test_the_same_week_under_prefect_gives_the_same_bytes(told: Story, tmp_path: Path) -> None:
    from prefect.testing.utilities import prefect_test_harness

    from flows import deployments
    from flows.fan_out import InOrder

    plain = Story(told.root, told.company).copy(tmp_path / "plain")
    for place in (plain, plain.copy(tmp_path / "prefect")):
        with place.run(fan_out=InOrder()) as run:
            place.until(run.as_of(LAST.shift(1)), later=timedelta(hours=9))
    with plain.run() as run:
        weekly(run, LAST.shift(1))
    with prefect_test_harness(server_startup_timeout=120):
        deployments.weekly(workspace=str(tmp_path / "prefect"), week=str(LAST.shift(1)))
    week = str(LAST.shift(1))
    ours = Manifest.from_json((tmp_path / "plain" / "output" / week / "manifest.json").read_bytes())
    theirs = Manifest.from_json((tmp_path / "prefect" / "output" / week / "manifest.json").read_bytes())
    assert {f.path: f.sha256 for f in ours.files} == {f.path: f.sha256 for f in theirs.files}
