"""Send hostile requests to every operation of a service in this process, and count what comes back."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from app.main import create_app
from app.settings.tree import Settings, load_settings
from evals.benchmarks.sweeping.operations import Operation, operations
from evals.benchmarks.sweeping.requests import (
    Request,
    each_field,
    fitting,
    hostile,
    send,
    trouble,
)
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.sync.start import sync_source, workbench

SET = "depot"
# Values that fit where the type alone does not say enough.
KNOWN: Mapping[str, Any] = {
    "q": "When does the depot open?",
    "question": "When does the depot open?",
    "content": "When does the depot open?",
    "role": "user",
    "type": "text",
    "model": f"plumb/{SET}",
    "prompt": "production",
    "index_version": "1",
    "version": "1",
    "after": "",
    "filters": {"media_type": "text/markdown", "year": {"gte": 2024, "lt": 2030}},
    "GET /v1/search filters": '{"year": {"gte": 2024}}',
    "tools": [],
    "input": "When does the depot open?",
    "previous_response_id": None,
    "background": False,
    "conversation": None,
    "POST /v1/responses prompt": None,
    "POST /v1/responses text": {"format": {"type": "text"}},
    "dimensions": None,
    "n": 1,
    "session_id": "s-1",
    "sources": [],
    "embedding": {},
    "chunking": {"max_tokens": 200},
    "document_id": "a.md",
    "document": "hours.md",
    "span": ["0-5"],
    "GET /v1/document-sets/{name}/source text": ["Hours"],
    # A sync is a process of its own; hundreds of them would be what is measured.
    "POST /v1/document-sets/{name}/sync name": "undefined",
    "POST /v1/document-sets document_set": "made-over-rest",
    "PUT /v1/document-sets/{name} document_set": "put-over-rest",
    "PUT /v1/document-sets/{name} name": "put-over-rest",
    "POST /v1/document-sets/{name}/documents name": "put-over-rest",
    "DELETE /v1/document-sets/{name}/documents/{document_id} name": "put-over-rest",
    "force": True,
    "POST /v1/batches/upload questions": b'{"question": "When does the depot open?"}\n',
    "questions": [{"id": "1", "question": "When does the depot open?", "filters": {"year": 2026}}],
}
# Answers are deleted meanwhile; so many requests later there is a new one.
ROUND = 300
# Questions of the known batch: more than are answered before every operation on it was tried.
BATCH_QUESTIONS = 5000


@dataclass(slots=True)
class Swept:
    """What came back.

    Attributes:
        statuses: how often each.
        troubles: operation -> what was wrong with answers to it.
        accepted: operations that answered 2xx at least once.
        operations: all of them.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    troubles: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    accepted: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)

    @property
    def failures(self) -> int:
        """How many responses were none that a hostile request may get."""
        return sum(map(len, self.troubles.values()))


def sweep(
    settings: Settings,
    requests: int,
    seed: int,
    credential: str | None = None,
    *,
    each: bool = True,
) -> Swept:
    """Send each field of each operation the worst values, then so many requests made at random.

    Args:
        settings: of a service with a set `depot`.
        requests: how many at random, evenly over all operations.
        seed: the same one sends the same requests.
        credential: a key to send with each.
        each: whether fields are sent the worst values one by one.
    """
    rng = random.Random(seed)
    return asyncio.run(_sweep(create_app(settings), requests, rng, credential, each))


async def _sweep(
    app: FastAPI, requests: int, rng: random.Random, credential: str | None, each: bool
) -> Swept:
    swept = Swept()
    async with app.router.lifespan_context(app):
        for operation in operations(app.openapi(), await _known(app, credential)):
            worst = each_field(operation, credential) if each else ()
            for request in (fitting(operation, credential), *worst):
                await _try(app, swept, operation, request)
        sent = 0
        while sent < requests:
            described = operations(app.openapi(), await _known(app, credential))
            swept.operations |= {operation.label for operation in described}
            for operation in described:
                await _try(app, swept, operation, fitting(operation, credential))
            for number in range(min(ROUND, requests - sent)):
                operation = described[number % len(described)]
                await _try(app, swept, operation, hostile(operation, rng, credential))
            sent += ROUND
        await _delete_batches(app, credential)
    return swept


async def _known(app: FastAPI, credential: str | None) -> dict[str, Any]:
    """What fits, with the ids of an answer and of an unfinished batch that are there."""
    asked = {"question": KNOWN["question"], "document_set": SET}
    many = [{**asked, "question": f"When does depot {n} open?"} for n in range(BATCH_QUESTIONS)]
    known = {**KNOWN, "document_set": SET, "name": SET}
    for path, body, name in (
        ("/v1/chat", asked, "answer_id"),
        ("/v1/batches", {"questions": many}, "batch_id"),
    ):
        response = await send(app, fitting(Operation("POST", path, {}, {}, body), credential))
        # A caller has one unfinished batch at a time.
        known[name] = json.loads(response.body).get("id", "none")
    asked = {"model": f"plumb/{SET}", "input": KNOWN["question"]}
    made = await send(app, fitting(Operation("POST", "/v1/responses", {}, {}, asked), credential))
    known["response_id"] = json.loads(made.body).get("id", "none")
    return known


async def _delete_batches(app: FastAPI, credential: str | None) -> None:
    """End what else would go on being answered after the sweep."""
    listed = await send(app, fitting(Operation("GET", "/v1/batches", {}, {}), credential))
    for batch in json.loads(listed.body)["batches"]:
        one = Operation("DELETE", "/v1/batches/{batch_id}", {"batch_id": batch["id"]}, {})
        await send(app, fitting(one, credential))


async def _try(app: FastAPI, swept: Swept, operation: Operation, request: Request) -> None:
    response = await send(app, request)
    swept.statuses[response.status] += 1
    if 200 <= response.status < 300:
        swept.accepted.add(operation.label)
    if (wrong := trouble(response)) is not None:
        swept.troubles[operation.label].append(f"{wrong}\n  to {request.shown()}")


def depot_settings(folder: Path, embedder: Embedder, **more: Any) -> Settings:
    """Settings of a service with a small set in a folder of its own."""
    documents = folder / "documents"
    documents.mkdir()
    text = "The depot opens at 05:30.\n\nDeliveries are taken until 14:00 on weekdays.\n"
    head = "---\nyear: 2026\ndate: 2026-04-01\ngroups: [staff]\n---\n"
    (documents / "hours.md").write_text(f"{head}# Hours\n\n{text}", "utf-8")
    (documents / "open.md").write_text(f"---\nyear: 2025\n---\n# Opening\n\n{text}", "utf-8")
    settings = load_settings(
        {
            "index.url": str(folder / "index"),
            "store.url": f"sqlite:///{folder / 'store.db'}",
            "sync.uploads": str(folder / "uploads"),
            "sync.allowed_roots": [str(documents)],
            "loading.workers": 0,
            "limits.per_minute": 0,
            "limits.changes_per_minute": 0,
            "limits.failures_per_minute": 1_000_000,
            "batches.most_unfinished": 1,
            **more,
        }
    )
    store = open_store(settings.index)
    sync_source(SET, str(documents), workbench(store, embedder))
    # Something to publish, and something to go back to.
    (documents / "later.md").write_text("# Later\n\nThe depot closes at 20:00.\n", "utf-8")
    sync_source(SET, str(documents), workbench(store, embedder))
    store.close()
    return settings
