"""`plumb cache stats` and `clear`: the answers that a deployment keeps in Redis."""

from __future__ import annotations

import json as encoder
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from app.cache.redis_store import RedisStore

# An operator would rather wait than get no answer.
TIMEOUT_S = 5.0
SetName = Annotated[
    str | None, typer.Option("--set", help="One document set's only. Default: those of all.")
]


def stats(
    context: typer.Context, set_name: SetName = None, setting: Setting = None, json: Json = False
) -> None:
    """Count the answers and question vectors in Redis, by document set.

    Hits and misses are counted by each serving process: see /metrics.
    """
    store = _store(settings_from(context, setting))
    answers = Counter(key.split(":")[1] for key in store.keys("answer:"))
    vectors = sum(1 for _ in store.keys("vector:"))
    store.close()
    if set_name is not None:
        answers = Counter({set_name: answers[set_name]})
    if json:
        typer.echo(encoder.dumps({"answers": dict(sorted(answers.items())), "vectors": vectors}))
        return
    for name, count in sorted(answers.items()):
        typer.echo(f"{name}: {count} answers")
    typer.echo(f"{sum(answers.values())} answers, {vectors} question vectors")


def clear(context: typer.Context, set_name: SetName = None, setting: Setting = None) -> None:
    """Delete cached answers. The next question is answered again."""
    store = _store(settings_from(context, setting))
    of = f"{set_name}:" if set_name else ""
    store.clear(f"near:{of}")
    dropped = store.clear(f"answer:{of}")
    store.close()
    typer.echo(f"dropped {dropped} answers" + (f" of {set_name}" if set_name else ""))


def _store(settings: Any) -> RedisStore:
    from app.cache.redis_store import RedisStore
    from app.errors import InvalidRequest

    if settings.redis.url is None:
        raise InvalidRequest(
            "redis.url is not set, so each serving process keeps its own answers, and forgets them "
            "when it ends; set PLUMB_REDIS_URL to share them."
        )
    return RedisStore(settings.redis.url.get_secret_value(), TIMEOUT_S, 0.0)
