"""A service to be measured, in a process of its own: `… service_process PORT KIND [SETTINGS as JSON]`.

`plumb` is Plumbline with a chat model that answers at once; `redis-get` is the least that any cache
over HTTP does: a FastAPI route with one Redis GET; `pipeline` the least around a search.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from app.answering.chat_model_pool import ChatModels, ChosenModel
from app.answering.extractive.evidence import Embed
from app.api.chat import PASSAGES
from app.cli.serving import PROTOCOL, leave_alone_what_stays
from app.main import create_app
from app.settings.tree import Settings, load_settings
from evals.benchmarks.bare_pipeline import bare_pipeline
from ingestion.embedding.embedder import load_embedder
from ingestion.index.stores import open_store
from ingestion.settings import EmbeddingSettings, IndexSettings

REPLY = "It is as the first passage says [1]."
# A streamed reply is longer, so that a client which does not read stops it on its way.
STREAMED = [f"{word} " for word in REPLY.split() * 50]
CALLS = "/calls"


class InstantModel(BaseChatModel):
    """Answers at once, and counts."""

    calls: list[int] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "instant"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.calls.append(1)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(REPLY))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.calls.append(1)
        for word in STREAMED:
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))


class InstantModels(ChatModels):
    """Gives the model that answers at once, whatever is asked for."""

    def __init__(self, settings: Settings, embed: Embed) -> None:
        super().__init__(settings.chat, settings.extractive, embed, bytes)
        self.instant = InstantModel()

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> ChosenModel:
        chosen = super().get({}, place)
        return ChosenModel("instant", self.instant, {}, chosen.breaker, chosen.redact)


def plumb(settings: Settings) -> FastAPI:
    """The service, with the model taken out of the measure."""
    # As `plumb serve` starts it: without this, full collections were a fifth of a hit's time.
    app = create_app(settings, leave_alone_what_stays)
    started = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with started(app) as state:
            parts = app.state.parts
            parts.answers.models = InstantModels(settings, parts.embedder.embed_queries)
            yield state

    app.router.lifespan_context = lifespan

    @app.get(CALLS)
    def calls() -> int:
        return len(app.state.parts.answers.models.instant.calls)

    return app


def redis_get(url: str, key: str) -> FastAPI:
    """One route that answers with what Redis holds."""
    from redis import Redis

    redis = Redis.from_url(url)
    app = FastAPI()

    @app.post("/v1/chat")
    def read(body: dict[str, Any]) -> Response:
        found: Any = redis.get(key)
        return Response(found, media_type="application/json")

    return app


def pipeline(index: str) -> FastAPI:
    """One route around the bare pipeline: what FastAPI alone costs."""
    answer = bare_pipeline(open_store(IndexSettings(url=index)), load_embedder(EmbeddingSettings()))
    app = FastAPI()

    @app.post("/v1/chat")
    def passages(body: dict[str, Any]) -> Response:
        found = PASSAGES.dump_json(answer(body["question"]))
        return Response(found, media_type="application/json")

    return app


def main(arguments: list[str]) -> None:
    port, kind = int(arguments[0]), arguments[1]
    given = json.loads(arguments[2])
    protocol: dict[str, Any] = {}
    if kind == "redis-get":
        app = redis_get(given["url"], given["key"])
    elif kind == "pipeline":
        app = pipeline(given["index"])
    else:
        app, protocol = plumb(load_settings(given)), PROTOCOL
    uvicorn.run(app, port=port, log_level="warning", **{"access_log": False, **protocol})


if __name__ == "__main__":
    main(sys.argv[1:])
