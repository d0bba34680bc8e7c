"""What the business decided, as frozen models. `config/` parses TOML into them; no number lives in code.

Every model forbids unknown keys, so that a misspelt key is an error with its place, not silence.
"""

from __future__ import annotations

from contracts.rules.audiences import AttributeScope, Audiences, Calendar, MailPart, NamedAudience
from contracts.rules.base import Positive, Rule, Score, Share
from contracts.rules.money import Money
from contracts.rules.placement import Corners, Lines, OutcomeRules, Thresholds
from contracts.rules.policy import Policy
from contracts.rules.response import AlertRules, CaseTemplate, ClosureGoal, EventRule, Playbook, PlaybookStep
from contracts.rules.retention import LeakLimits, ProbabilityLine, RetentionRules
from contracts.rules.signals import Aggregate, Filter, SignalRule
from contracts.rules.voice import LexiconEntry, SentimentRules, TaxonomyEntry, ThemeRules, VoiceRules

__all__ = [
    "Aggregate",
    "AlertRules",
    "AttributeScope",
    "Audiences",
    "Calendar",
    "CaseTemplate",
    "ClosureGoal",
    "Corners",
    "EventRule",
    "Filter",
    "LeakLimits",
    "LexiconEntry",
    "Lines",
    "MailPart",
    "Money",
    "NamedAudience",
    "OutcomeRules",
    "Playbook",
    "PlaybookStep",
    "Policy",
    "Positive",
    "ProbabilityLine",
    "RetentionRules",
    "Rule",
    "Score",
    "SentimentRules",
    "Share",
    "SignalRule",
    "TaxonomyEntry",
    "ThemeRules",
    "Thresholds",
    "VoiceRules",
]
