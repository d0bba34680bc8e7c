"""Reads config/*.toml, what the business decided, into one frozen Policy."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from config.entries import read_entries
from config.errors import ConfigRefused
from config.settings import read_toml
from contracts.rules import (
    AlertRules,
    Audiences,
    CaseRules,
    CaseTemplate,
    EffectRules,
    GovernanceRules,
    LexiconEntry,
    LifetimeValueRules,
    LinkageRules,
    Money,
    OrdinaryWord,
    Playbook,
    Policy,
    ProgrammeRules,
    RetentionRules,
    Rule,
    SegmentRules,
    SensitivityRules,
    SignalRule,
    SurveyRules,
    Targets,
    TaxonomyEntry,
    Thresholds,
    VoiceRules,
)

# file, the key inside it that holds a list (None: the file is the model), the field of Policy, its type; the file of
# a field that has a default in Policy may be missing
_PARTS: tuple[tuple[str, str | None, str, Any], ...] = (
    ("signals.toml", "signal", "signals", list[SignalRule]),
    ("thresholds.toml", None, "thresholds", Thresholds),
    ("surveys.toml", None, "surveys", SurveyRules),
    ("retention.toml", None, "retention", RetentionRules),
    ("money.toml", None, "money", Money),
    ("audiences.toml", None, "audiences", Audiences),
    ("alerts.toml", None, "alerts", AlertRules),
    ("case_templates.toml", "case_template", "case_templates", list[CaseTemplate]),
    ("cases.toml", None, "casework", CaseRules),
    ("playbooks.toml", "playbook", "playbooks", list[Playbook]),
    ("voice.toml", None, "voice", VoiceRules),
    ("lifetime_value.toml", None, "lifetime_value", LifetimeValueRules),
    ("targets.toml", None, "targets", Targets),
    ("linkage.toml", None, "linkage", LinkageRules),
    ("segments.toml", None, "segments", SegmentRules),
    ("sensitivity.toml", None, "sensitivity", SensitivityRules),
    ("effect.toml", None, "effect", EffectRules),
    ("governance.toml", None, "governance", GovernanceRules),
    ("programme.toml", None, "programme", ProgrammeRules),
)

# tables that experts edit as spreadsheets: file, the field of Policy, the model of a row; any of them may be missing
_TABLES: tuple[tuple[str, str, type[Rule]], ...] = (
    ("taxonomy.csv", "taxonomy", TaxonomyEntry),
    ("lexicon.csv", "lexicon", LexiconEntry),
    ("ordinary_words.csv", "ordinary_words", OrdinaryWord),
)

POLICY_FILES = (*(name for name, *_ in _PARTS), *(name for name, *_ in _TABLES))
"""What makes a policy: these files are kept together when one is adopted."""


def read_draft(folder: Path) -> Policy:
    """The draft policy in a workspace's config folder.

    Raises: ConfigRefused naming the file, the key and what is allowed; all faults of one file at once.
    """
    parts: dict[str, Any] = {}
    for name, key, field, kind in _PARTS:
        path = folder / name
        if not path.exists() and not Policy.model_fields[field].is_required():
            continue
        body: Any = read_toml(path)
        if key is not None:
            foreign = sorted(set(body) - {key})
            if foreign:
                raise ConfigRefused(path, [f"{', '.join(foreign)}: not known here; this file holds [[{key}]] entries"])
            body = body.get(key, [])
        try:
            parts[field] = TypeAdapter(kind).validate_python(body)
        except ValidationError as exc:
            entries = body if isinstance(body, list) else ()
            raise ConfigRefused.from_validation(path, exc, entries=entries) from exc
    parts |= {field: read_entries(folder / name, model) for name, field, model in _TABLES if (folder / name).exists()}
    try:
        return Policy(**parts)
    except ValidationError as exc:
        raise ConfigRefused.from_validation(folder, exc) from exc


@lru_cache(maxsize=4)
def read_version(folder: Path) -> Policy:
    """The rules of an adopted version, whose folder never changes."""
    return read_draft(folder)
