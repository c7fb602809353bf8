"""The answer cache: reuses answers for callers who may see them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Answer
from app.answering.question import PreparedQuestion
from app.cache.keys import Key, Keys
from app.cache.semantic import SimilarQuestion, SimilarQuestions
from app.cache.serialization import Reading, packed
from app.cache.single_flight import Beside, Landed, Lead, SingleFlight
from app.cache.store import CacheStore, Op, Put, StoreStats
from app.cache.vectors import QuestionVectors
from app.cache.write_behind import WriteBehind
from app.fair_shares import next_step
from app.settings.cache import CacheSettings

Kind = Literal["exact", "semantic", "miss"]
Groups = Iterable[str] | None


class Served(NamedTuple):
    """An answer, and where it came from.

    Attributes:
        answer: the answer; one that was kept has this lookup's time and no tokens used.
        kind: `exact`: it was given to the same question, also where this one waited for it;
            `semantic`: to one that asks the same in other words; `miss`: it was computed here.
        matched_question: the question that it was given to, where that is another.
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
    _lead: Lead[Served]
    _keeping: Callable[[Answer], Callable[[], list[Op]]]

    def keep(self, answer: Answer) -> None:
        """Give it to those who wait, and have it kept soon, if it may be kept."""
        try:
            keep = self._keeping(answer)
        except BaseException as error:
            self.give_up(error)
            raise
        self._lead.land(Served(answer, "miss"), keep)

    def give_up(self, error: BaseException) -> None:
        """Leave it to another."""
        self._lead.fail(error)


class _Look(NamedTuple):
    """What a lookup found beside the answer."""

    vector: NDArray[np.float32]
    to_keep: list[Put]


class _OtherWords:
    """A look for a question that asks the same in other words.

    Attributes:
        ops: what to ask the store for.
        look: what was found beside an answer, when that has been read.
        hit: the answer, if there is one.
    """

    def __init__(self, cache: AnswerCache, key: Key, prepared: PreparedQuestion) -> None:
        info = prepared.document_set.info
        self._cache, self._key, self._question = cache, key, prepared.question
        self._wanted = cache._vectors.wanted(info, prepared.question)
        self._dimension = info.model.dimension
        self._since = cache._near.since(key.questions, self._dimension)
        self.ops: list[Op] = [self._since, *self._wanted.gets]
        self.look: _Look | None = None
        self.hit: Served | None = None

    def read(self, found: Sequence[Any]) -> Served | None:
        """The answer, from what the store gave for `ops`; None: nobody asked the same."""
        began = time.perf_counter()
        cache, scope = self._cache, self._key.questions
        since, *vectors = found
        cache._near.catch_up(self._since, self._dimension, since)
        self.look = _Look(*cache._vectors.of(self._wanted, vectors))
        next_step()
        for near in cache._near.find(scope, self.look.vector, self._question):
            answer = cache._get(near.answer_key)
            if answer is None:
                cache._near.forget(scope, near)
            elif near.answer_key == self._key.answer:  # kept since the first look
                self.hit = Served(_served_again(answer, began), "exact")
                break
            else:
                self.hit = Served(_served_again(answer, began), "semantic", near.question)
                break
        return self.hit


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
        self._keys = Keys(release)
        self._store = store
        self._vectors = vectors
        self._near = SimilarQuestions(
            settings.semantic_threshold,
            settings.semantic_questions,
            settings.ttl_s,
            settings.comparison_bytes,
        )
        self._reading = Reading()
        self._behind = WriteBehind()
        self._flights: SingleFlight[Served] = SingleFlight(store, self._read, wait_s, self._behind)
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
        key = self._keys.of(prepared, groups)
        if (hit := self._exact(key)) is not None:
            return hit
        other = _OtherWords(self, key, prepared) if self._settings.semantic else None
        joined = self._flights.join(
            key.flight,
            key.answer,
            None if prepared.deadline is None else prepared.deadline.at,
            None if other is None else Beside(other.ops, other.read),
            key.questions,
        )
        if other is not None and other.hit is not None:
            self._count(other.hit.kind)
            return other.hit
        self._count("misses")
        if isinstance(joined, Landed):
            self._count("shared")
            answer, kind, matched = joined.value
            return Served(answer.model_copy(), "exact" if kind == "miss" else kind, matched)
        look = None if other is None else other.look
        if look is not None:
            prepared = replace(prepared, vector=look.vector)
        return Making(prepared, joined, lambda answer: self._keeping(key, prepared, answer, look))

    def lookup(self, prepared: PreparedQuestion, groups: Groups) -> Served | None:
        """A kept answer to this question, for somebody who sees these groups' documents (None: all)."""
        key = self._keys.of(prepared, groups)
        hit = self._exact(key)
        if hit is None and self._settings.semantic:
            other = _OtherWords(self, key, prepared)
            hit = other.read(self._store.do(*other.ops))
            if hit is not None:
                self._count(hit.kind)
        if hit is None:
            self._count("misses")
        return hit

    @property
    def waiting(self) -> int:
        """How many wait for an answer that is being made to an equal question."""
        return self._flights.waiting

    def clear(self, document_set: str | None = None) -> int:
        """Drop the answers of a document set, or of all; how many.

        Raises:
            CacheUnavailable: it cannot be done.
        """
        self._behind.wait()
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
        """Keep what is still to be kept, and close the store."""
        self._behind.close()
        self._flights.close()
        self._store.close()

    def _exact(self, key: Key) -> Served | None:
        """The answer to this very question."""
        # What this process was given before is found, however soon somebody asks.
        self._behind.wait(key.questions)
        began = time.perf_counter()
        answer = self._get(key.answer)
        if answer is None:
            return None
        self._count("exact")
        return Served(_served_again(answer, began), "exact")

    def _keeping(
        self, key: Key, prepared: PreparedQuestion, answer: Answer, look: _Look | None
    ) -> Callable[[], list[Op]]:
        """What gives what the store is to do with an answer that was made."""
        is_kept = is_cacheable(prepared, answer)
        self._count("stored" if is_kept else "not_stored")

        def ops() -> list[Op]:
            found: list[Op] = [] if look is None else [*look.to_keep]
            if not is_kept:
                return found
            found.append(Put(key.answer, packed(answer), self._settings.ttl_s))
            if look is not None:
                near = SimilarQuestion(prepared.question, key.answer)
                found += self._near.adding(key.questions, look.vector, near)
            return found

        return ops

    def _get(self, key: str) -> Answer | None:
        found = self._store.get(key)
        return None if found is None else self._reading.of(found)

    def _read(self, kept: bytes) -> Served | None:
        """What somebody kept in the meantime."""
        answer = self._reading.of(kept)
        return None if answer is None else Served(answer, "exact")

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
