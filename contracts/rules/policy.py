"""One version of everything the business decided."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from contracts.ids import canonical_json, sha256
from contracts.rules.audiences import Audiences
from contracts.rules.cases import CaseRules, CaseTemplate
from contracts.rules.effect import EffectRules
from contracts.rules.governance import GovernanceRules
from contracts.rules.lifetime_value import LifetimeValueRules
from contracts.rules.linkage import LinkageRules
from contracts.rules.money import Money
from contracts.rules.ordinary import OrdinaryWord
from contracts.rules.placement import OutcomeRules, Thresholds
from contracts.rules.playbooks import Playbook
from contracts.rules.programme import ProgrammeRules
from contracts.rules.response import AlertRules
from contracts.rules.retention import ProbabilityLine, RetentionRules
from contracts.rules.rule import Rule
from contracts.rules.segments import SegmentRules
from contracts.rules.sensitivity import SensitivityRules
from contracts.rules.signals import SignalRule
from contracts.rules.suppression import SuppressionRules
from contracts.rules.surveys import SurveyRules
from contracts.rules.targets import Targets
from contracts.rules.voice import LexiconEntry, TaxonomyEntry, VoiceRules
from contracts.words import Axis


class Policy(Rule):
    """One version of everything the business decided. Immutable; its digest names it."""

    signals: list[SignalRule]
    thresholds: Thresholds
    money: Money
    audiences: Audiences
    alerts: AlertRules
    case_templates: list[CaseTemplate]
    playbooks: list[Playbook]
    voice: VoiceRules = VoiceRules()
    taxonomy: list[TaxonomyEntry] = []
    lexicon: list[LexiconEntry] = []
    ordinary_words: list[OrdinaryWord] = []
    retention: RetentionRules = RetentionRules()
    casework: CaseRules = CaseRules()
    lifetime_value: LifetimeValueRules = LifetimeValueRules()
    targets: Targets = Targets()
    linkage: LinkageRules = LinkageRules()
    segments: SegmentRules = SegmentRules()
    sensitivity: SensitivityRules = SensitivityRules()
    surveys: SurveyRules = SurveyRules()
    effect: EffectRules = EffectRules()
    governance: GovernanceRules = GovernanceRules()
    programme: ProgrammeRules = ProgrammeRules()
    sequence: int = 0

    @property
    def digest(self) -> str:
        body = self.model_dump(mode="json", exclude={"sequence"})
        # a section that nobody wrote leaves the digest of policies without it as it was
        for name, field in type(self).model_fields.items():
            if name in body and not field.is_required() and getattr(self, name) == field.get_default():
                del body[name]
        if self.thresholds.outcome == OutcomeRules():
            del body["thresholds"]["outcome"]
        if self.audiences.colleague_figures:
            del body["audiences"]["colleague_figures"]
        if self.alerts.suppression == SuppressionRules():
            del body["alerts"]["suppression"]
        if self.thresholds.retention_dead_band is None:
            del body["thresholds"]["retention_dead_band"]
        if "retention" in body:
            if self.retention.replaces is None:
                del body["retention"]["replaces"]
            if self.retention.line.band_share == ProbabilityLine().band_share:
                del body["retention"]["line"]["band_share"]
        return sha256(canonical_json(body))

    @property
    def label(self) -> str:
        return f"v{self.sequence}" if self.sequence else f"draft {self.digest[:8]}"

    def signal(self, signal_id: str) -> SignalRule:
        return next(rule for rule in self.signals if rule.id == signal_id)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [rule.id for rule in self.signals]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"signals: id used twice: {', '.join(twice)}")
        for axis in Axis:
            if not any(rule.axis is axis and rule.weight > 0 for rule in self.signals):
                raise ValueError(f"signals: no signal with weight on the {axis} axis")
        playbooks = {playbook.id for playbook in self.playbooks}
        for template in self.case_templates:
            if template.playbook and template.playbook not in playbooks:
                known = ", ".join(sorted(playbooks))
                raise ValueError(
                    f"case template '{template.id}': playbook must be one of {known}; got '{template.playbook}'"
                )
        self._case_names_agree()
        for playbook in self.playbooks:
            unknown = sorted(set(playbook.signals) - set(ids))
            if unknown:
                raise ValueError(f"playbook '{playbook.id}': unknown signals {', '.join(unknown)}")
        return self

    def _case_names_agree(self) -> None:
        templates = {template.id for template in self.case_templates}
        for alert in self.alerts.template:
            if alert.opens and alert.opens not in templates:
                known = ", ".join(sorted(templates))
                raise ValueError(f"alert '{alert.id}': opens must be one of {known}; got '{alert.opens}'")
        rules = {rule.id for rule in self.alerts.watched}
        for template in self.case_templates:
            foreign = sorted(set(template.on_rule) - rules)
            if foreign:
                raise ValueError(
                    f"case template '{template.id}': on_rule names no [[event]]: {', '.join(foreign)}; "
                    f"there are {', '.join(sorted(rules))}"
                )
            if template.calendar not in self.audiences.calendars:
                known = ", ".join(sorted(self.audiences.calendars))
                raise ValueError(
                    f"case template '{template.id}': calendar must be one of {known}; got '{template.calendar}'"
                )

    @model_validator(mode="after")
    def _features_are_signals(self) -> Self:
        ids = {rule.id for rule in self.signals}
        unknown = sorted(set(self.retention.features) - ids)
        if unknown:
            raise ValueError(
                f"retention.toml, features: no signal of signals.toml is called {', '.join(unknown)}; "
                f"there are {', '.join(sorted(ids))}"
            )
        return self

    @model_validator(mode="after")
    def _values_name_signals(self) -> Self:
        ids = {rule.id for rule in self.signals}
        for link in self.lifetime_value.link:
            unknown = sorted({link.signal, *link.through} - ids)
            if unknown:
                raise ValueError(f"lifetime_value.link '{link.signal}': unknown signals {', '.join(unknown)}")
        unknown = sorted({target.signal for target in self.targets.kpi} - ids)
        if unknown:
            raise ValueError(f"targets.kpi: unknown signals {', '.join(unknown)}")
        told = {rule.metric.removeprefix("signal:") for rule in self.segments.rule if rule.metric.startswith("signal:")}
        unknown = sorted({*self.segments.signals, *told} - set(ids))
        if unknown:
            raise ValueError(f"segments: unknown signals {', '.join(unknown)}")
        return self
