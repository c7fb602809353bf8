"""The answer cache that the settings ask for."""

from __future__ import annotations

from app.cache.answers import AnswerCache
from app.cache.memory_store import MemoryStore
from app.cache.store import CacheStore
from app.cache.vectors import QuestionVectors
from app.document_sets.embedders import Embedders
from app.settings.tree import Settings

# Question vectors kept in each process: 1.5 KB each with the default model.
VECTORS, VECTOR_BYTES = 10_000, 32_000_000


def open_store(settings: Settings) -> CacheStore:
    """Redis where it is set, else this process."""
    cache = settings.cache
    if settings.redis.url is None:
        return MemoryStore(cache.entries, cache.bytes)
    from app.cache.redis_store import RedisStore

    return RedisStore(settings.redis.url.get_secret_value(), cache.timeout_ms / 1000, cache.aside_s)


def question_vectors(
    settings: Settings, embedders: Embedders, store: CacheStore
) -> QuestionVectors:
    """Embeds questions for the cache and for retrieval."""
    near = MemoryStore(VECTORS, VECTOR_BYTES)
    return QuestionVectors(embedders, store, near, settings.cache.ttl_s, _release(settings))


def answer_cache(settings: Settings, store: CacheStore, vectors: QuestionVectors) -> AnswerCache:
    """The cache over a store."""
    return AnswerCache(settings.cache, store, vectors, settings.chat.deadline_s, _release(settings))


def _release(settings: Settings) -> str | None:
    return None if settings.release is None else settings.release.id
