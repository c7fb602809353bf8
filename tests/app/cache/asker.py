"""Ask one question from many threads at once; as a program, in a process of its own."""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from app.answering.answer import Answer
from app.answering.question import PreparedQuestion
from app.cache.answers import AnswerCache
from app.cache.factory import answer_cache, open_store, question_vectors
from app.document_sets.embedders import only_model
from app.settings.tree import load_settings
from app.wiring import Parts, build


def ask_at_once(
    parts: Parts, cache: AnswerCache, question: str, times: int, everybody: int
) -> Counter[str]:
    """Ask from `times` threads; no call is made before `everybody`, here and elsewhere, has begun."""
    url = parts.settings.redis.url
    assert url is not None

    def ask(_: int) -> str:
        prepared = parts.answers.prepare(question)
        with Redis.from_url(url.get_secret_value(), socket_timeout=60) as redis:
            if redis.incr("test:begun") == everybody:
                redis.rpush("test:go", *["go"] * everybody)

            def compute(prepared: PreparedQuestion) -> Answer:
                redis.blpop(["test:go"], timeout=60)
                return parts.answers.answer(prepared)

            return cache.answer(prepared, None, compute).kind

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(ask, range(times)))


def main() -> None:
    """Arguments: settings as JSON, the question, how many threads, how many everywhere."""
    parts = build(load_settings(json.loads(sys.argv[1])))
    store = open_store(parts.settings)
    vectors = question_vectors(parts.settings, only_model(parts.embedder), store)
    cache = answer_cache(parts.settings, store, vectors)
    parts.answers.search(sys.argv[2])
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    kinds = ask_at_once(parts, cache, sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(kinds), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
