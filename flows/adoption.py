"""A tried model becomes the retention axis, or ceases to be: a change of policy, with author, reason and first week."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from config.policy import POLICY_FILES
from contracts.rules import Policy, RetentionRules
from contracts.rules.retention import Attribute
from contracts.weeks import Week
from contracts.words import ExitCode
from flows.errors import ModelLost, PolicyRefused
from flows.policy.versions import bring_draft_along, effective_week, four_eyes, newest, put_in_force, version_folder
from flows.run import Outcome, Run
from flows.week.models import kept_model
from scoring.predict.axis import features_of, start_of, stay_label, stay_line
from scoring.predict.model import Model

FILE = "retention.toml"


def list_models(run: Run) -> Outcome:
    """Every tried model, the newest first: its test, whether it may be adopted, and what it is now."""
    _, rules, _ = newest(run)
    folder = run.workspace.var / "models"
    kept: list[Model] = []
    lines: list[str] = []
    for path in sorted(folder.glob("*.json")) if folder.exists() else []:
        try:
            kept.append(kept_model(run.workspace.root, path.stem))
        except ModelLost as exc:
            lines.append(str(exc))
    kept.sort(key=lambda model: (model.trained_on, model.version), reverse=True)
    lines[:0] = [_line(run, model, rules.retention) for model in kept]
    if rules.retention.kind == "index":
        axis = "the experts' risk index"
    else:
        axis = f"model {rules.retention.model} from {rules.retention.effective_from} on"
    return Outcome(ExitCode.DONE, f"{len(kept)} models; the retention axis is {axis}", tuple(lines))


def show_model(run: Run, version: str) -> Outcome:
    """What one model is, what its test found, and where its line would stand."""
    model = kept_model(run.workspace.root, version)
    _, rules, _ = newest(run)
    metrics = dict(model.metrics)
    learned = f"{model.rows:,} rows, {model.events:,} left (base rate {model.base_rate:.1%})"
    lines = [
        _line(run, model, rules.retention),
        f"trained on snapshots of {', '.join(model.trained_on)}: {learned}; digest of the rows {model.training_digest}",
        f"foretells {model.horizon_days} days after a gap of {model.gap_days}; calibration {model.calibration.kind}",
        f"a customer at every mean stands at {start_of(model):.1f} of 100",
    ]
    if rules.retention.line.capacity is None:
        line = stay_line(model, None, rules.retention.line)
        lines.append(
            f"its line would stand at {line:.1f}, {rules.retention.line.times_base_rate:g} times the base rate"
        )
    else:
        lines.append(f"its line would leave room for {rules.retention.line.capacity:,} accounts")
    lines += [f"{name.replace('_', ' ')}: {value:.4g}" for name, value in metrics.items() if name != "passed_gate"]
    for coding, coefficient in zip(model.codings, model.coefficients, strict=True):
        what = f"{coding.feature} unknown" if coding.is_gap else coding.feature
        lines.append(f"{what}: {coefficient:+.3f} log-odds of leaving per training deviation")
    return Outcome(ExitCode.DONE, f"Model {version}: {stay_label(model.horizon_days)}", tuple(lines))


def adopt_model(
    run: Run, version: str, *, why: str, who: str, approver: str | None = None, week: Week | None = None
) -> Outcome:
    """Make a model the retention axis from the start of `week`; until then it runs in shadow, from the next week on.

    Args:
        version: of a model whose gate passed.
        week: default: the first one after the shadow weeks of retention.toml.

    Raises: ModelLost for an unknown version; PolicyRefused when its gate did not pass, its features are not measured,
        its line is no probability, there are too few shadow weeks, or a second person is needed.
    """
    model = kept_model(run.workspace.root, version)
    last, rules, before = newest(run)
    four_eyes(rules, author=who, approver=approver)
    _may_be_axis(model, rules)
    first = effective_week(run, None)
    chosen = week or first.shift(rules.retention.shadow_weeks)
    if rules.retention.kind == "model" and rules.retention.model == version:
        return Outcome(ExitCode.DONE, f"Model {version} is adopted already, by policy v{last.sequence}")
    stays = rules.retention.version_in_force(first.monday)
    wanted: dict[str, str | date | None] = {
        "kind": "model",
        "model": version,
        "replaces": stays,
        "approver": approver or who,
        "shadow_from": first.monday,
        "effective_from": chosen.monday,
    }
    try:
        RetentionRules.model_validate(rules.retention.model_dump() | wanted)
    except ValidationError as exc:
        found = exc.errors()[0]["msg"].removeprefix("Value error, ")
        raise PolicyRefused(f"{FILE}: {found}. Give a later --week, or fewer shadow_weeks in {FILE}") from exc
    sequence, notes = _put(
        run, before, wanted, author=who, why=f"model {version}: {why}", week=first, approver=approver
    )
    return Outcome(
        ExitCode.DONE,
        f"Policy v{sequence} makes model {version} the retention axis from {chosen} on",
        (
            f"author: {who}, approver: {approver or who}",
            f"reason: {why}",
            *_in_shadow(first, chosen),
            f"in {chosen} customers that it moves are listed; nobody is alerted, no case opens",
            *notes,
        ),
        {"sequence": sequence},
    )


def retire_model(run: Run, *, why: str, who: str, approver: str | None = None, week: Week | None = None) -> Outcome:
    """Make the experts' index the retention axis again, from the start of `week` (default: the next to be closed).

    Raises: PolicyRefused without an adopted model, for a published week, or without a second person.
    """
    _, rules, before = newest(run)
    four_eyes(rules, author=who, approver=approver)
    if rules.retention.kind == "index":
        raise PolicyRefused("no model is adopted; the retention axis is the experts' risk index already")
    first = effective_week(run, week)
    wanted: dict[str, str | date | None] = {
        "kind": "index",
        **dict.fromkeys(("model", "replaces", "approver", "shadow_from", "effective_from")),
    }
    said = f"model {rules.retention.model} retired: {why}"
    sequence, notes = _put(run, before, wanted, author=who, why=said, week=first, approver=approver)
    return Outcome(
        ExitCode.DONE,
        f"Policy v{sequence} makes the experts' risk index the retention axis again, from {first} on",
        (
            f"author: {who}, approver: {approver or who}",
            f"reason: {why}",
            "customers that this moves are listed; nobody is alerted, no case opens",
            *notes,
        ),
        {"sequence": sequence},
    )


def _in_shadow(first: Week, chosen: Week) -> tuple[str, ...]:
    if chosen <= first:
        return ()
    return (f"in shadow from {first}: `cem run` lists for the experts where it would put accounts",)


def _may_be_axis(model: Model, rules: Policy) -> None:
    if not model.passed_gate:
        raise PolicyRefused(
            f"model {model.version} may not be adopted: on later customers it was not better than the base rate and "
            "the scorecard. `cem model list` says which may"
        )
    features = features_of(model)
    lacking = sorted({*features.numbers} - {rule.id for rule in rules.signals})
    lacking += sorted({*features.words} - set(get_args(Attribute)))
    if lacking:
        raise PolicyRefused(
            f"model {model.version} reads {', '.join(lacking)}, which the rules in force do not measure; "
            "add the signals to signals.toml or adopt a model without them"
        )
    line = rules.retention.line
    if line.times_base_rate is not None and line.times_base_rate * model.base_rate >= 1:
        raise PolicyRefused(
            f"{FILE}, line.times_base_rate: {line.times_base_rate:g} times the base rate of {model.base_rate:.0%} is "
            "no probability, so no customer could be below the line; give a smaller number, or capacity"
        )


def _put(
    run: Run,
    before: Path,
    wanted: dict[str, str | date | None],
    *,
    author: str,
    why: str,
    week: Week,
    approver: str | None,
) -> tuple[int, list[str]]:
    """The newest rules with other keys in retention.toml as the next version; the draft gets the same change."""
    with tempfile.TemporaryDirectory(prefix="adopt-", dir=run.workspace.var) as made:
        staged = Path(made)
        for name in POLICY_FILES:
            if (before / name).exists():
                shutil.copyfile(before / name, staged / name)
        file = staged / FILE
        file.write_text(with_keys(file.read_text() if file.exists() else "", wanted))
        sequence = put_in_force(run, staged, author=author, why=why, week=week, approver=approver)
    digest = newest(run)[0].digest
    return sequence, bring_draft_along(run, before, version_folder(run, sequence, digest))


def with_keys(text: str, keys: dict[str, str | date | None]) -> str:
    """TOML with these keys before its first table; None takes a key out. Comments and all other lines stay."""
    lines = text.splitlines()
    first_table = next((place for place, line in enumerate(lines) if line.startswith("[")), len(lines))
    head, tables = lines[:first_table], lines[first_table:]
    for name, value in keys.items():
        written = [] if value is None else [f"{name} = {json.dumps(value) if isinstance(value, str) else value}"]
        # a key that stands as a comment, as in the file that came with the workspace, is written in its place
        stands = [place for place, line in enumerate(head) if re.match(rf"(#\s*)?{name}\s*=", line)]
        place = stands[0] if stands else 0
        head[place : place + len(stands[:1])] = written
    return "\n".join((*head, *tables)) + "\n"


def _line(run: Run, model: Model, retention: RetentionRules) -> str:
    metrics = dict(model.metrics)
    tested = (
        f"AUC {metrics['auc']:.2f} ({metrics['auc_low']:.2f} to {metrics['auc_high']:.2f})" if metrics else "untested"
    )
    state = "may be adopted" if model.passed_gate else "did not pass: may not be adopted"
    today = run.clock().astimezone(run.settings.zone).date()
    if retention.kind == "model" and model.version == retention.model:
        state = "the axis" if retention.version_in_force(today) == model.version else "in shadow"
        state = f"adopted, {state}, from {retention.effective_from}"
    elif retention.kind == "model" and model.version == retention.version_in_force(today):
        state = f"the axis until {retention.effective_from}"
    return f"{model.version}  {model.trained_on[-1]}  {tested}  {state}"
