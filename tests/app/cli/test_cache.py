"""`plumb cache` against a real Redis."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.errors import CacheUnavailable, InvalidRequest
from plumb import app


def plumb(*arguments: str):
    """Run `plumb` in this process."""
    return CliRunner().invoke(app, arguments)


def test_answers_are_counted_and_cleared(
    make_parts, make_cache, redis_url, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = make_parts(redis__url=redis_url)
    cache = make_cache(parts)
    prepared = parts.answers.prepare("How long does the warranty last?")
    cache.answer(prepared, None, parts.answers.answer)
    monkeypatch.setenv("PLUMB_REDIS_URL", redis_url)
    output = json.loads(plumb("cache", "stats", "--json").stdout)
    assert output == {"answers": {"depot": 1}, "vectors": 1}
    assert "depot: 1 answers" in plumb("cache", "stats").stdout
    assert "dropped 0 answers of other" in plumb("cache", "clear", "--set", "other").stdout
    assert cache.lookup(prepared, None) is not None
    assert "dropped 1 answers" in plumb("cache", "clear").stdout
    assert cache.lookup(prepared, None) is None


def test_without_redis_there_is_nothing_to_look_at() -> None:
    assert isinstance(plumb("cache", "stats").exception, InvalidRequest)


def test_a_redis_that_is_gone_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMB_REDIS_URL", "redis://127.0.0.1:1/0")
    assert isinstance(plumb("cache", "clear").exception, CacheUnavailable)
