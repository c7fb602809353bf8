"""Does a text hold a gold answer? Normalised as SQuAD's official evaluation does it."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space (Rajpurkar et al., 2016)."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def holds_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether the normalised text has any of the normalised answers in it, at word boundaries."""
    padded = f" {normalize(text)} "
    return any(f" {normalize(answer)} " in padded for answer in answers if normalize(answer))
