"""What the business decided, as frozen models. `config/` parses TOML into them; no number lives in code.

Every model forbids unknown keys, so that a misspelt key is an error with its place, not silence.
"""

from __future__ import annotations

from contracts.rules.alerts import AlertTemplate, CustomerNote
from contracts.rules.audiences import AttributeScope, Audiences, Calendar, MailPart, NamedAudience
from contracts.rules.cases import CaseRules, CaseTemplate, ClosureGoal, FindingTrigger, Partner, TeamSeat
from contracts.rules.counted import CountedRules, DriftRule, SpikeRule
from contracts.rules.effect import EarlyWarning, EffectRules
from contracts.rules.governance import GovernanceRules
from contracts.rules.lifetime_value import Convention, KpiLink, LifetimeValueRules, ValuationMode
from contracts.rules.linkage import DriverRules, Hypothesis, LinkageRules, Measure
from contracts.rules.money import Money
from contracts.rules.ordinary import OrdinaryWord
from contracts.rules.placement import Corners, Lines, OutcomeRules, Thresholds
from contracts.rules.playbooks import Playbook, PlaybookStep
from contracts.rules.policy import Policy
from contracts.rules.programme import PRACTICES, AdoptionRate, Component, ProgrammeRules, SelfRating
from contracts.rules.response import AlertRules, EventRule
from contracts.rules.retention import LeakLimits, ProbabilityLine, RetentionRules
from contracts.rules.rule import Positive, Rule, Score, Share
from contracts.rules.segments import SegmentRule, SegmentRules
from contracts.rules.sensitivity import SensitivityRules
from contracts.rules.signals import Aggregate, Filter, SignalRule
from contracts.rules.suppression import SuppressionRules
from contracts.rules.surveys import SurveyRules
from contracts.rules.targets import KpiTarget, RetentionTargets, Targets
from contracts.rules.voice import LexiconEntry, QualityRecord, SentimentRules, TaxonomyEntry, ThemeRules, VoiceRules

__all__ = [
    "PRACTICES",
    "AdoptionRate",
    "Aggregate",
    "AlertRules",
    "AlertTemplate",
    "AttributeScope",
    "Audiences",
    "Calendar",
    "CaseRules",
    "CaseTemplate",
    "ClosureGoal",
    "Component",
    "Convention",
    "Corners",
    "CountedRules",
    "CustomerNote",
    "DriftRule",
    "DriverRules",
    "EarlyWarning",
    "EffectRules",
    "EventRule",
    "Filter",
    "FindingTrigger",
    "GovernanceRules",
    "Hypothesis",
    "KpiLink",
    "KpiTarget",
    "LeakLimits",
    "LexiconEntry",
    "LifetimeValueRules",
    "Lines",
    "LinkageRules",
    "MailPart",
    "Measure",
    "Money",
    "NamedAudience",
    "OrdinaryWord",
    "OutcomeRules",
    "Partner",
    "Playbook",
    "PlaybookStep",
    "Policy",
    "Positive",
    "ProbabilityLine",
    "ProgrammeRules",
    "QualityRecord",
    "RetentionRules",
    "RetentionTargets",
    "Rule",
    "Score",
    "SegmentRule",
    "SegmentRules",
    "SelfRating",
    "SensitivityRules",
    "SentimentRules",
    "Share",
    "SignalRule",
    "SpikeRule",
    "SuppressionRules",
    "SurveyRules",
    "Targets",
    "TaxonomyEntry",
    "TeamSeat",
    "ThemeRules",
    "Thresholds",
    "ValuationMode",
    "VoiceRules",
]
