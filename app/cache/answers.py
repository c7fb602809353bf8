"""The answer cache: an answer that was given may be given again, to whom it may be given."""

from __future__ import annotations

import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import ValidationError

from app.answering.answer import Answer
from app.answering.chain import Asked
from app.cache.flight import SingleFlight
from app.cache.keys import Key, key_of
from app.cache.near import Near, NearQuestions
from app.cache.store import CacheStore, StoreStats
from app.cache.vectors import QuestionVectors
from app.cache_settings import CacheSettings

HitKind = Literal["exact", "semantic"]
Kind = Literal["exact", "semantic", "miss"]
Groups = Iterable[str] | None


class Hit(NamedTuple):
    """A kept answer.

    Attributes:
        answer: as it was given, but with this lookup's time and no tokens used.
        kind: `exact`: the same question; `semantic`: the same in other words.
        matched_question: the question that it was given to, where that is another.
    """

    answer: Answer
    kind: HitKind
    matched_question: str | None = None


class Served(NamedTuple):
    """An answer, and where it came from.

    Attributes:
        answer: the answer.
        kind: as of a hit; `miss`: it was computed here. Who waited for an equal question's answer
            has an `exact` one.
        matched_question: as of a hit.
    """

    answer: Answer
    kind: Kind
    matched_question: str | None = None


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What this process has asked of the cache.

    Attributes:
        exact: lookups that found the same question.
        semantic: lookups that found it in other words.
        misses: lookups that found nothing.
        stored: answers kept.
        not_stored: answers that may not be kept: refusals, and those that were not made as asked.
        shared: answers taken from an equal question that was being answered.
        turned_away: near questions that the comparison word by word turned away.
        store: how the store does.
    """

    exact: int
    semantic: int
    misses: int
    stored: int
    not_stored: int
    shared: int
    turned_away: int
    store: StoreStats


class AnswerCache:
    """Keeps answers, and gives them again where nothing that shapes them has changed.

    The key holds the manifest, the filters, and the groups whose documents the caller sees: after a
    publication, a rollback or a change of prompt no old answer fits, and no caller gets another's.
    Safe between threads.

    Args:
        settings: see `CacheSettings`.
        store: where answers are kept.
        vectors: embeds questions.
        wait_s: the longest wait for an equal question's answer: the chat model's own bound.
    """

    def __init__(
        self, settings: CacheSettings, store: CacheStore, vectors: QuestionVectors, wait_s: float
    ) -> None:
        self._settings = settings
        self._store = store
        self._vectors = vectors
        self._near = NearQuestions(
            store, settings.semantic_threshold, settings.semantic_questions, settings.ttl_s
        )
        self._flights = SingleFlight(store, wait_s)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, asked: Asked, groups: Groups, compute: Callable[[], Answer]) -> Served:
        """A kept answer, or else the one that `compute` makes, once for all who ask it now.

        Raises:
            What `compute` raises.
        """
        if not self._settings.enabled:
            return Served(compute(), "miss")
        key = key_of(asked, groups)
        hit = self._lookup(key, asked)
        if hit is not None:
            return Served(hit.answer, hit.kind, hit.matched_question)

        def made() -> Answer:
            answer = compute()
            self._keep(key, asked, answer)
            return answer

        flown = self._flights.single_flight(key.flight, made, lambda: self._get(key.answer))
        if flown.led:
            return Served(flown.value, "miss")
        self._count("shared")
        return Served(flown.value.model_copy(), "exact")

    def lookup(self, asked: Asked, groups: Groups) -> Hit | None:
        """A kept answer to this question, for somebody who sees these groups' documents (None: all)."""
        if not self._settings.enabled:
            return None
        return self._lookup(key_of(asked, groups), asked)

    def store(self, asked: Asked, groups: Groups, answer: Answer) -> bool:
        """Keep an answer, if it may be kept; whether it was."""
        return self._settings.enabled and self._keep(key_of(asked, groups), asked, answer)

    def clear(self, document_set: str | None = None) -> int:
        """Drop the answers of a document set, or of all; how many.

        Raises:
            CacheUnavailable: it cannot be done.
        """
        of = f"{document_set}:" if document_set else ""
        self._store.clear(f"near:{of}")
        return self._store.clear(f"answer:{of}")

    def stats(self) -> CacheStats:
        """What this process has asked of the cache."""
        with self._lock:
            names = ("exact", "semantic", "misses", "stored", "not_stored", "shared")
            counts = {name: self._counts[name] for name in names}
        return CacheStats(**counts, turned_away=self._near.turned_away, store=self._store.stats())

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _lookup(self, key: Key, asked: Asked) -> Hit | None:
        began = time.perf_counter()
        answer = self._get(key.answer)
        if answer is not None:
            self._count("exact")
            return Hit(_told_again(answer, began), "exact")
        if self._settings.semantic:
            vector = self._vectors.embed(asked.document_set.info, asked.question)
            for near in self._near.find(key.questions, vector, asked.question):
                answer = self._get(near.answer_key)
                if answer is not None:
                    if near.answer_key == key.answer:  # kept since the first look
                        self._count("exact")
                        return Hit(_told_again(answer, began), "exact")
                    self._count("semantic")
                    return Hit(_told_again(answer, began), "semantic", near.question)
                self._near.forget(key.questions, near)
        self._count("misses")
        return None

    def _keep(self, key: Key, asked: Asked, answer: Answer) -> bool:
        if not may_be_kept(asked, answer):
            self._count("not_stored")
            return False
        # Level 1: the default packs 7 % smaller and takes three times as long.
        packed = zlib.compress(answer.model_dump_json().encode(), 1)
        self._store.put(key.answer, packed, self._settings.ttl_s)
        if self._settings.semantic:
            vector = self._vectors.embed(asked.document_set.info, asked.question)
            self._near.add(key.questions, vector, Near(asked.question, key.answer))
        self._count("stored")
        return True

    def _get(self, key: str) -> Answer | None:
        packed = self._store.get(key)
        if packed is None:
            return None
        try:
            return Answer.model_validate_json(zlib.decompress(packed))
        except (zlib.error, ValidationError):
            # Another version of Plumbline wrote it: as good as not there.
            return None

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1


def may_be_kept(asked: Asked, answer: Answer) -> bool:
    """Whether an answer may be given again: no refusal, no doubtful quote, and made as asked.

    An answer that was made in a lesser way than asked (by another model, without reranking) has
    another manifest, and would be served as what it is not.
    """
    return (
        not answer.refused
        and not answer.citation_check.quotes_unverified
        and answer.manifest.id == asked.manifest.id
    )


def _told_again(answer: Answer, began: float) -> Answer:
    took = round((time.perf_counter() - began) * 1000, 3)
    return answer.model_copy(update={"timings_ms": {"cache": took, "total": took}, "usage": None})
