"""What two questions must have in common to share an answer, as a hash."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from app.answering.question import PreparedQuestion
from ingestion.index.filters import AnyOf, Filter, facet

# Compatibility forms that look different and mean the same. Not superscripts, fractions, circled
# numbers: NFKC makes 10⁵ into 105 and 5½ into 51⁄2.
_SAME_MEANING = ("<wide>", "<narrow>", "<noBreak>", "<compat>", "<font>", "<square>", "<small>")
# Of questions without a filter, so many of whose keys are remembered.
MOST_REMEMBERED = 1000
_WORD = re.compile(r"[^\W\d_]+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


class Key(NamedTuple):
    """The keys in the store of what belongs to a question.

    Attributes:
        answer: its answer.
        questions: the recent questions of its scope, which differ from it in nothing else.
        flight: the right to answer it.
    """

    answer: str
    questions: str
    flight: str


class Keys:
    """Gives questions their keys, and remembers the last ones. Safe to share between threads.

    Args:
        release: the release that the process serves. Two releases of one manifest may run
            different code: were answers shared, a canary would show what production made.
    """

    def __init__(self, release: str | None = None) -> None:
        self._release = release
        self._remembered = lru_cache(MOST_REMEMBERED)(self._key)

    def of(self, prepared: PreparedQuestion, groups: Iterable[str] | None) -> Key:
        """The key of a question for somebody who sees these groups' documents (None: all)."""
        manifest = prepared.manifest
        visible = None if groups is None else frozenset(groups)
        # Not with a filter: 1 and True are equal, and do not filter alike.
        key = self._key if prepared.where else self._remembered
        return key(
            manifest.document_set, manifest.id, prepared.question, visible, prepared.where or ()
        )

    def _key(
        self,
        name: str,
        manifest_id: str,
        question: str,
        groups: frozenset[str] | None,
        where: Filter,
    ) -> Key:
        visible = "all" if groups is None else sorted(groups)
        parts = [manifest_id, canonical_filter(where), visible]
        scope = _hash(parts if self._release is None else [*parts, self._release])
        exact = _hash([scope, normalised(question)])
        return Key(f"answer:{name}:{exact}", f"near:{name}:{scope}", f"flight:{exact}")


def normalised(question: str) -> str:
    """The question without what cannot change its meaning: width, spacing, case, end marks.

    Words all in capitals keep them in a sentence that is not: WHO is not who, and MW is not mw.
    """
    text = question
    if not text.isascii():
        text = "".join(_plain(character) for character in question.translate(_QUOTES))
    text = " ".join(unicodedata.normalize("NFC", text).split())
    text = text.lower() if text.isupper() else _WORD.sub(_cased, text)
    text = re.sub(r"(?<=[^\d\s])\s*!+$", "", text.lstrip("¿¡ "))
    text = re.sub(r"[\s?.…]+$", "", text)
    if len(text) > 2 and text[0] == text[-1] == '"' and text.count('"') == 2:
        text = re.sub(r"[\s?.…]+$", "", text[1:-1])
    return text


def canonical_filter(where: Filter) -> list[Any]:
    """A filter in one order of fields and values; what filters alike is written alike."""
    conditions: list[Any] = []
    for condition in where:
        if isinstance(condition, AnyOf):
            values = sorted({facet(condition.field, value) for value in condition.values})
            conditions.append(["any", condition.field, values])
        else:
            bounds = sorted([bound, repr(limit)] for bound, limit in condition.bounds)
            conditions.append(["between", condition.field, bounds])
    return sorted(conditions, key=json.dumps)


def _plain(character: str) -> str:
    tag = unicodedata.decomposition(character).partition(" ")[0]
    return unicodedata.normalize("NFKC", character) if tag in _SAME_MEANING else character


def _cased(match: re.Match[str]) -> str:
    """Lower case for `Word` and `word`; `WHO`, `mW` and `iOS` stay."""
    word = match[0]
    return word.lower() if len(word) == 1 or word[1:].islower() else word


def _hash(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
