"""Which language a text is in: a naive Bayes over byte n-grams (py3langid), its model inside the package.

Source: Lui, Baldwin, langid.py (ACL 2012); Barbaresi's fork py3langid, model of plain arrays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from contracts.rules import VoiceRules

UNKNOWN = "unknown"
_PLACEHOLDER = re.compile(r"\[[A-Z]+\]")


def languages_of(texts: Sequence[str], rules: VoiceRules) -> list[str]:
    """The language of each text, or `unknown`: shorter than `shortest_text` letters, or not clearly any of those named.

    Equal texts are looked at once.
    """
    known: dict[str, str] = {}
    for text in texts:
        if text not in known:
            known[text] = language_of(text, rules)
    return [known[text] for text in texts]


def language_of(text: str, rules: VoiceRules) -> str:
    plain = " ".join(_PLACEHOLDER.sub(" ", text).split())
    if len(plain) < rules.shortest_text or sum(letter.isalpha() for letter in plain) * 2 < rules.shortest_text:
        return UNKNOWN
    language, confidence = _identifier(rules.languages).classify(plain[: rules.longest_text])
    return str(language) if confidence >= rules.least_confidence else UNKNOWN


@lru_cache(maxsize=4)
def _identifier(languages: tuple[str, ...]) -> Any:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier
