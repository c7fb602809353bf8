"""Who is served a kept answer, and who is not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.cache.answers import is_cacheable
from app.cache.redis_store import RedisStore
from app.errors import ChatModelFailed
from app.settings.cache import CacheSettings
from app.wiring import build
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

QUESTION = "How long does the warranty on a refrigeration unit last?"


@pytest.fixture(params=["memory", "redis"])
def make(request, make_parts, make_cache):
    """Parts and their cache, in each store in turn."""

    def made(**overrides):
        if request.param == "redis":
            overrides |= {"redis__url": request.getfixturevalue("redis_url")}
        parts = make_parts(**overrides)
        return parts, make_cache(parts)

    return made


def ask(parts, cache, question=QUESTION, groups=None, **how):
    """Ask through the cache."""
    prepared = parts.answers.prepare(question, **how)
    return cache.answer(prepared, groups, parts.answers.answer)


def test_the_same_question_gets_the_same_answer(make) -> None:
    parts, cache = make()
    first, again = ask(parts, cache), ask(parts, cache, f" {QUESTION.upper()} ")
    assert (first.kind, again.kind) == ("miss", "exact")
    same = {"timings_ms", "usage"}
    assert again.answer.model_dump(exclude=same) == first.answer.model_dump(exclude=same)
    assert set(again.answer.timings_ms) == {"cache", "total"}
    assert again.answer.usage is None
    stats = cache.stats()
    assert (stats.exact, stats.misses, stats.stored) == (1, 1, 1)


def test_a_question_in_other_words_gets_it_too(make) -> None:
    parts, cache = make()
    ask(parts, cache)
    hit = ask(
        parts, cache, "Could you tell me how long the guarantee on a refrigeration unit lasts?"
    )
    assert (hit.kind, hit.matched_question) == ("semantic", QUESTION)
    assert hit.answer.citations
    assert cache.stats().semantic == 1


@pytest.mark.parametrize(
    "question",
    [
        "How long does the warranty on a refrigeration unit not last?",
        "How long did the warranty on a refrigeration unit last?",
        "How long does the warranty on a second refrigeration unit last?",
        "When does the warranty on a refrigeration unit end?",
    ],
)
def test_a_near_question_is_answered_on_its_own(make, question) -> None:
    parts, cache = make()
    ask(parts, cache)
    assert ask(parts, cache, question).kind == "miss"
    assert cache.stats().turned_away >= 1


def test_semantic_can_be_switched_off(make) -> None:
    parts, cache = make(cache__semantic=False)
    ask(parts, cache)
    assert ask(parts, cache, f"Please tell me: {QUESTION}").kind == "miss"
    assert ask(parts, cache).kind == "exact"


def test_the_whole_cache_can_be_switched_off(make) -> None:
    parts, _ = make()
    assert build(parts.settings, cached=True).cache is not None
    off = parts.settings.model_copy(update={"cache": CacheSettings(enabled=False)})
    assert build(off, cached=True).cache is None


def test_after_a_publication_no_old_answer_is_served(make, documents, embedder) -> None:
    parts, cache = make()
    words = f"Please tell me: {QUESTION}"
    first = ask(parts, cache)
    assert "24 months" in first.answer.answer
    page = documents / "warranty.md"
    before = page.read_text("utf-8")
    page.write_text(before.replace("24 months", "36 months"), "utf-8")
    bench = workbench_here(parts.catalogue.store, embedder)
    sync_source("depot", str(documents), bench)
    prepared = parts.answers.prepare(QUESTION)
    assert cache.lookup(prepared, None) is None
    assert cache.lookup(parts.answers.prepare(words), None) is None
    fresh = ask(parts, cache)
    assert fresh.kind == "miss"
    assert "36 months" in fresh.answer.answer
    # A rollback brings the old answers back, for they are of that very version.
    parts.catalogue.rollback("depot", by="test")
    old = ask(parts, cache)
    assert old.kind == "exact"
    assert "24 months" in old.answer.answer
    assert old.answer.index_version == first.answer.index_version


def test_an_answer_is_for_those_who_see_the_same_documents(make) -> None:
    parts, cache = make()
    words = f"Please tell me: {QUESTION}"
    ask(parts, cache, groups=frozenset({"sales", "legal"}))
    for groups in (None, frozenset(), {"sales"}, {"legal"}, {"sales", "legal", "hr"}, {"all"}):
        assert cache.lookup(parts.answers.prepare(QUESTION), groups) is None
        assert cache.lookup(parts.answers.prepare(words), groups) is None
    found = cache.lookup(parts.answers.prepare(words), ["legal", "sales"])
    assert found is not None
    assert found.kind == "semantic"


def test_an_answer_is_of_its_filter_prompt_and_passages(make) -> None:
    parts, cache = make()
    ask(parts, cache)
    for how in ({"filters": {"team": "sales"}}, {"passages": 2}):
        assert cache.lookup(parts.answers.prepare(QUESTION, **how), None) is None
        assert ask(parts, cache, **how).kind == "miss"
        assert ask(parts, cache, **how).kind == "exact"


def test_refusals_are_not_kept(make) -> None:
    parts, cache = make()
    unknown = "What is the airspeed velocity of an unladen swallow?"
    assert ask(parts, cache, unknown).answer.refused
    assert ask(parts, cache, unknown).kind == "miss"
    assert cache.stats().not_stored == 2


def test_an_answer_that_was_not_made_as_asked_is_not_kept(make) -> None:
    parts, cache = make()
    prepared = parts.answers.prepare(QUESTION)
    answer = parts.answers.answer(prepared)
    assert is_cacheable(prepared, answer)
    lesser = answer.manifest.model_copy(update={"chat_model": "fallback"})
    cache.answer(prepared, None, lambda _: answer.model_copy(update={"manifest": lesser}))
    doubtful = answer.citation_check.model_copy(update={"quotes_unverified": ["sure"]})
    cache.answer(prepared, None, lambda _: answer.model_copy(update={"citation_check": doubtful}))
    assert cache.lookup(prepared, None) is None
    assert (cache.stats().not_stored, cache.stats().stored) == (2, 0)


def test_a_failure_is_not_kept(make, openai) -> None:
    parts, cache = make(
        chat__model="openai:some-model", chat__base_url=openai.url, chat__max_retries=0
    )
    openai.status = 500
    for _ in range(2):
        with pytest.raises(ChatModelFailed, match="HTTP 500"):
            ask(parts, cache)
    openai.status, openai.reply = 200, 'It lasts "24 months from delivery" [1].'
    assert ask(parts, cache).kind == "miss"
    assert ask(parts, cache).kind == "exact"


def test_clearing_drops_answers_and_what_is_near_them(make) -> None:
    parts, cache = make()
    words = f"Please tell me: {QUESTION}"
    ask(parts, cache)
    assert ask(parts, cache, words).kind == "semantic"
    assert cache.clear("another") == 0
    assert cache.clear("depot") == 1
    assert ask(parts, cache, words).kind == "miss"
    assert ask(parts, cache).kind == "semantic"


def test_what_another_version_wrote_is_no_answer(make_parts, make_cache, redis_url) -> None:
    from redis import Redis

    parts = make_parts(redis__url=redis_url)
    cache = make_cache(parts)
    ask(parts, cache)
    # The answer is kept after it is given; whoever asks again in this process waits for that.
    assert ask(parts, cache).kind == "exact"
    with Redis.from_url(redis_url) as redis:
        (key,) = redis.keys("plumb:cache:answer:*")
        redis.set(key, b"\x80pickle?", keepttl=True)
    assert ask(parts, cache).kind == "miss"
    assert ask(parts, cache).kind == "exact"


def test_what_one_process_answers_the_others_serve(make_parts, make_cache, redis_url) -> None:
    parts = make_parts(redis__url=redis_url)
    here, there = make_cache(parts), make_cache(parts)
    words = f"Please tell me: {QUESTION}"
    assert there.lookup(parts.answers.prepare(words), None) is None
    ask(parts, here)
    assert ask(parts, there).kind == "exact"
    assert ask(parts, there, words).kind == "semantic"


@pytest.fixture
def visits(monkeypatch):
    """Visits to Redis so far, without those that renew a lead: so many as it takes seconds."""
    made: list[int] = []
    really = RedisStore._try

    def counted(self, call, otherwise):
        if threading.current_thread().name != "renew-leads":
            made.append(1)
        return really(self, call, otherwise)

    monkeypatch.setattr(RedisStore, "_try", counted)
    return made


def test_a_hit_visits_redis_once_and_a_miss_three_times(
    make_parts, make_cache, redis_url, visits
) -> None:
    parts = make_parts(redis__url=redis_url)
    cache = make_cache(parts)
    assert ask(parts, cache).kind == "miss"
    cache.clear("another")
    # To look, to catch up and take the lead, and, when it has been answered, to keep.
    assert len(visits) == 3
    assert ask(parts, cache).kind == "exact"
    assert len(visits) == 4


def test_who_asks_before_an_answer_is_kept_waits_for_it(make_parts, make_cache, redis_url) -> None:
    parts = make_parts(redis__url=redis_url)
    here, there = make_cache(parts), make_cache(parts)
    gate, begun = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert gate.wait(10)

    here._behind.put("another", slow)
    assert begun.wait(10)
    # The answer is there, though it is not kept yet.
    assert ask(parts, here).kind == "miss"
    with ThreadPoolExecutor(3) as pool:
        words = f"Please tell me: {QUESTION}"
        asked = [
            pool.submit(ask, parts, here),
            pool.submit(ask, parts, here, words),
            pool.submit(ask, parts, there),
        ]
        with pytest.raises(TimeoutError):
            asked[0].result(0.1)
        assert not any(one.done() for one in asked)
        gate.set()
        assert [one.result(10).kind for one in asked] == ["exact", "semantic", "exact"]


def test_what_waits_to_be_kept_is_kept_at_the_end(make_parts, make_cache, redis_url) -> None:
    parts = make_parts(redis__url=redis_url)
    here, there = make_cache(parts), make_cache(parts)
    gate = threading.Event()
    here._behind.put("another", lambda: gate.wait(10))
    assert ask(parts, here).kind == "miss"
    gate.set()
    here.close()
    assert there.lookup(parts.answers.prepare(QUESTION), None) is not None


def test_a_caller_who_waits_for_a_question_in_other_words_learns_which(make) -> None:
    parts, cache = make()
    ask(parts, cache)
    words = f"Please tell me: {QUESTION}"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask(parts, cache, words), range(8)))
    assert {(one.kind, one.matched_question) for one in found} == {("semantic", QUESTION)}
