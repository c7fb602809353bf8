"""The answer cache: reuses answers for callers who may see them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Answer
from app.answering.question import PreparedQuestion
from app.cache.keys import Key, key_of
from app.cache.semantic import SimilarQuestion, SimilarQuestions
from app.cache.serialization import Reading, packed
from app.cache.single_flight import Landed, Lead, SingleFlight
from app.cache.store import CacheStore, Op, Put, StoreStats
from app.cache.vectors import QuestionVectors
from app.fair_shares import next_step
from app.settings.cache import CacheSettings

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
class Making:
    """The right to make an answer that others may be waiting for; ends with `keep` or `give_up`.

    Attributes:
        prepared: the question, with its vector where the lookup has embedded it.
    """

    prepared: PreparedQuestion
    _lead: Lead[Answer]
    _keeping: Callable[[Answer], list[Op]]

    def keep(self, answer: Answer) -> None:
        """Give it to those who wait, and keep it, if it may be kept."""
        try:
            ops = self._keeping(answer)
        except BaseException as error:
            self.give_up(error)
            raise
        self._lead.land(answer, ops)

    def give_up(self, error: BaseException) -> None:
        """Leave it to another."""
        self._lead.fail(error)


class _Look(NamedTuple):
    """What a lookup found beside the answer."""

    vector: NDArray[np.float32]
    to_keep: list[Put]


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
    """Caches answers, and reuses them as long as nothing that shapes them has changed.

    The key holds the manifest, the filters, and the groups whose documents the caller sees: after a
    publication, a rollback or a change of prompt no old answer fits, and no caller gets another's.
    Safe between threads.

    Args:
        settings: see `CacheSettings`.
        store: where answers are kept.
        vectors: embeds questions.
        wait_s: the longest wait for an equal question's answer, where the question that waits
            brings no deadline along.
        release: the release that the process serves; answers are shared within it only.
    """

    def __init__(
        self,
        settings: CacheSettings,
        store: CacheStore,
        vectors: QuestionVectors,
        wait_s: float,
        release: str | None = None,
    ) -> None:
        self._settings = settings
        self._release = release
        self._store = store
        self._vectors = vectors
        self._near = SimilarQuestions(
            store,
            settings.semantic_threshold,
            settings.semantic_questions,
            settings.ttl_s,
            settings.comparison_bytes,
        )
        self._reading = Reading()
        self._flights: SingleFlight[Answer] = SingleFlight(store, self._reading.of, wait_s)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(
        self,
        prepared: PreparedQuestion,
        groups: Groups,
        compute: Callable[[PreparedQuestion], Answer],
    ) -> Served:
        """A kept answer, or else the one that `compute` makes, once for all who ask it now.

        Args:
            compute: gets the question, with its vector where the lookup has embedded it.

        Raises:
            What `compute` raises.
        """
        begun = self.begin(prepared, groups)
        if isinstance(begun, Served):
            return begun
        try:
            answer = compute(begun.prepared)
        except BaseException as error:
            begun.give_up(error)
            raise
        begun.keep(answer)
        return Served(answer, "miss")

    def begin(self, prepared: PreparedQuestion, groups: Groups) -> Served | Making:
        """A kept answer, or one that is being made to an equal question now; else the right to make it.

        Raises:
            PlumbError: as two, one after the other, who were making it.
        """
        key = key_of(prepared, groups, self._release)
        hit, look = self._look(key, prepared)
        if hit is not None:
            return Served(hit.answer, hit.kind, hit.matched_question)
        until = None if prepared.deadline is None else prepared.deadline.at
        joined = self._flights.join(key.flight, key.answer, until)
        if isinstance(joined, Landed):
            self._count("shared")
            return Served(joined.value.model_copy(), "exact")
        if look is not None:
            prepared = replace(prepared, vector=look.vector)
        return Making(prepared, joined, lambda answer: self._keeping(key, prepared, answer, look))

    def lookup(self, prepared: PreparedQuestion, groups: Groups) -> Hit | None:
        """A kept answer to this question, for somebody who sees these groups' documents (None: all)."""
        return self._look(key_of(prepared, groups, self._release), prepared)[0]

    @property
    def waiting(self) -> int:
        """How many wait for an answer that is being made to an equal question."""
        return self._flights.waiting

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
        """Close the store."""
        self._flights.close()
        self._store.close()

    def _look(self, key: Key, prepared: PreparedQuestion) -> tuple[Hit | None, _Look | None]:
        began = time.perf_counter()
        answer = self._get(key.answer)
        if answer is not None:
            self._count("exact")
            return Hit(_served_again(answer, began), "exact"), None
        look = None
        if self._settings.semantic:
            info = prepared.document_set.info
            wanted = self._vectors.wanted(info, prepared.question)
            found = self._near.catch_up(key.questions, info.model.dimension, wanted.gets)
            look = _Look(*self._vectors.of(wanted, found))
            next_step()
            for near in self._near.find(key.questions, look.vector, prepared.question):
                answer = self._get(near.answer_key)
                if answer is not None:
                    if near.answer_key == key.answer:  # kept since the first look
                        self._count("exact")
                        return Hit(_served_again(answer, began), "exact"), look
                    self._count("semantic")
                    return Hit(_served_again(answer, began), "semantic", near.question), look
                self._near.forget(key.questions, near)
        self._count("misses")
        return None, look

    def _keeping(
        self, key: Key, prepared: PreparedQuestion, answer: Answer, look: _Look | None
    ) -> list[Op]:
        """What the store is to do with an answer that was made."""
        ops: list[Op] = [] if look is None else [*look.to_keep]
        if not is_cacheable(prepared, answer):
            self._count("not_stored")
            return ops
        ops.append(Put(key.answer, packed(answer), self._settings.ttl_s))
        if look is not None:
            ops += self._near.adding(
                key.questions, look.vector, SimilarQuestion(prepared.question, key.answer)
            )
        self._count("stored")
        return ops

    def _get(self, key: str) -> Answer | None:
        found = self._store.get(key)
        return None if found is None else self._reading.of(found)

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1


def is_cacheable(prepared: PreparedQuestion, answer: Answer) -> bool:
    """Whether an answer may be cached: no refusal, no unverified quotation, complete, not degraded.

    A degraded answer (by a fallback model, without reranking) has another manifest than the question.
    """
    return (
        not answer.refused
        and not answer.citation_check.quotes_unverified
        and not answer.degraded
        and not answer.cut_off
        and answer.manifest.id == prepared.manifest.id
    )


def _served_again(answer: Answer, began: float) -> Answer:
    took = round((time.perf_counter() - began) * 1000, 3)
    return answer.model_copy(update={"timings_ms": {"cache": took, "total": took}, "usage": None})
