"""How customers' words are read: languages, sentiment, aspects, themes. Taxonomy and lexicon are tables of experts."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.rules.rule import Positive, Rule, Share

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
_PATTERN = re.compile(r"^(?:\*|[^\s*]+\*?)(?: (?:\*|[^\s*]+\*?))*$")


class WordPattern(Rule):
    """Words as experts write them: `resol*` is any ending, a star alone is up to three words between two others."""

    language: LanguageCode
    pattern: str

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if not _PATTERN.match(self.pattern) or self.pattern.startswith("* ") or self.pattern.endswith(" *"):
            raise ValueError(
                f"pattern '{self.pattern}': write words with one space between them; a star may end a word, "
                "or stand alone between two words"
            )
        if self.pattern == "*":
            raise ValueError("pattern '*' would find everything; write at least one word")
        return self


class TaxonomyEntry(WordPattern):
    """One way in which people speak of an aspect.

    `negation` says what a negator before the words does: `keep`, the aspect is still spoken of (`no downtime` is about
    reliability); `skip`, it is not (`not about the price`). `tone` is what the words say by themselves, where the
    lexicon has nothing to go by (`explained it * people` under hand-offs is bad); a negator turns it round.
    """

    aspect: Annotated[str, Field(min_length=1)]
    negation: Literal["keep", "skip"] = "keep"
    tone: Annotated[float, Field(ge=-4, le=4)] = 0


class LexiconEntry(WordPattern):
    """One entry of the lexicon.

    kind: `term` carries `weight` (-4 very bad to 4 very good; 0 makes a phrase neutral that holds a charged word);
    `negator` turns round and weakens what follows by the factor `weight`; `booster` multiplies what follows;
    `contrast` (but) begins a clause of its own, whose words count `weight` times in the whole comment;
    `joint` (and) begins a clause of its own.
    """

    kind: Literal["term", "negator", "booster", "contrast", "joint"] = "term"
    weight: Annotated[float, Field(ge=-4, le=4)] = 0


class SentimentRules(Rule):
    """When a model of the company's own scored comments is fitted, and how scores become classes."""

    release: Annotated[int, Field(ge=1)] = 1
    """A new number fits a new model; until then the fitted one stays in force, so that trends are of one model."""
    minimum_comments: Annotated[int, Field(ge=50)] = 300
    minimum_per_class: Annotated[int, Field(ge=5)] = 20
    minimum_per_language: Annotated[int, Field(ge=5)] = 30
    training_limit: Annotated[int, Field(ge=300)] = 6000
    maximum_terms: Annotated[int, Field(ge=500)] = 20000
    penalty: Positive = 2.0
    """C of the L2 logistic regression: larger fits closer."""
    test_share: Annotated[float, Field(gt=0, lt=0.6)] = 0.25
    nps_bands: tuple[int, int] = (6, 9)
    """At most the first is negative, at least the second positive, on 0-10."""
    csat_bands: tuple[int, int] = (2, 4)
    """The same on 1-5."""
    neutral_below: Share = 0.15
    """A score nearer to zero than this is neutral."""


class ThemeRules(Rule):
    """When an aspect has risen or fallen, and which new words are proposed."""

    recent_weeks: Annotated[int, Field(ge=1)] = 4
    baseline_weeks: Annotated[int, Field(ge=4)] = 26
    false_discovery_rate: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    least_change_share: Share = 0.05
    smallest_cell: Annotated[int, Field(ge=5)] = 5
    """Customers behind any figure that is shown; experts may raise it, nobody may lower it."""
    minimum_comments: Annotated[int, Field(ge=10)] = 20
    """In each of the two periods; below it nothing is said about change."""
    proposed_terms: Annotated[int, Field(ge=0)] = 30
    prior_weight: Positive = 500.0
    """Words of pseudo-text in the Dirichlet prior of emerging terms."""


class QualityRecord(Rule):
    """A measurement of how well texts are read, made on texts that no program wrote.

    `digest` names the lexicon and taxonomy that were measured; under others the record says nothing any more.
    """

    kind: Literal["lexicon", "aspects", "language", "redaction"]
    language: LanguageCode
    n: Annotated[int, Field(ge=1)]
    measure: Literal["macro_f1", "f1", "accuracy", "recall"]
    value: Share
    low: Share
    high: Share
    baseline: Share | None = None
    about: str
    digest: str = ""


class VoiceRules(Rule):
    """How customers' words are read."""

    languages: tuple[LanguageCode, ...] = ("en", "it", "ar", "de", "fr", "es", "pt", "nl")
    """What a text may be in; a text that fits none of them well is of unknown language."""
    shortest_text: Annotated[int, Field(ge=1)] = 20
    """Characters; below it the language is unknown."""
    least_confidence: Share = 0.6
    tables: tuple[Literal["surveys", "transcripts", "account_feedback", "tickets"], ...] = (
        "surveys",
        "transcripts",
        "account_feedback",
    )
    """Whose texts are read. `tickets` adds first messages: they tell of faults whatever the customer feels."""
    lookback_weeks: Annotated[int, Field(ge=13)] = 104
    longest_text: Annotated[int, Field(ge=200)] = 4000
    """Characters that are read of one comment."""
    is_text_invented: bool = False
    """True where a program wrote the comments: no quality is claimed from them."""
    sentiment: SentimentRules = SentimentRules()
    themes: ThemeRules = ThemeRules()
    record: list[QualityRecord] = []
