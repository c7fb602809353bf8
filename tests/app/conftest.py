"""A small, real document set, and the parts around it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.chat_model_pool import ChatModels
from app.answering.retrieval import Retriever
from app.answering.service import AnswerService
from app.cache.answers import AnswerCache
from app.cache.factory import answer_cache, question_vectors
from app.cache.factory import open_store as open_cache_store
from app.cache.memory_store import MemoryStore
from app.cache.redis_store import RedisStore
from app.cache.store import CacheStore
from app.document_sets.embedders import only_model
from app.document_sets.open_sets import OpenSets
from app.main import create_app
from app.settings.tree import Settings, load_settings
from app.wiring import Parts
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from prompts.registry import PromptRegistry, shipped_prompts
from tests.app.patience import PATIENT
from tests.indexing import workbench_here

DOCUMENTS = {
    "warranty.md": """---
title: Warranty terms
date: 2026-03-01
team: sales
---
# Warranty terms

## Length

The warranty on a refrigeration unit lasts 24 months from delivery. It ends early if the seal on
the compressor is broken by anyone but an authorised workshop.

## Claims

A claim is sent to the service desk within 14 days of the failure. The service desk answers within
two working days.
""",
    "hours.html": """<html><head><title>Hours</title><meta name="date" content="2025-01-01"></head>
<body><nav>Home | Depots | Contact</nav><main><h1>Depot opening hours</h1>
<p>The Kestrel depot opens at 05:30 and closes at 22:00 on weekdays.</p>
<p>The Merlin depot is open around the clock.</p></main></body></html>""",
    "codes.csv": "code,meaning,action\nE-214,Door open too long,Close the door\nE-241,Sensor lost,Replace the sensor\n",
}


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of three small documents, which the test may change; `make_parts` indexes it."""
    return _write_documents(tmp_path)


@pytest.fixture(scope="session")
def indexed_depot(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LanceDB index of the documents in the set `depot`, built once; tests get copies of it."""
    folder = tmp_path_factory.mktemp("indexed-depot")
    store = open_store(IndexSettings(url=str(folder / "index")))
    sync_source("depot", str(_write_documents(folder)), workbench_here(store, embedder))
    store.close()
    return folder / "index"


@pytest.fixture
def make_parts(
    request: pytest.FixtureRequest, embedder: Embedder, tmp_path: Path
) -> Iterator[Callable[..., Parts]]:
    """Parts with settings over the defaults, and the documents in the set `depot`.

    Syncing takes half a second of processor time, so a test that leaves the documents alone gets a
    copy of an index of them.
    """
    made: list[Parts] = []
    own_documents = "documents" in request.fixturenames

    def make(**overrides: Any) -> Parts:
        named = {name.replace("__", "."): value for name, value in overrides.items()}
        settings = load_settings({"index.url": str(tmp_path / "index"), **PATIENT, **named})
        is_folder = ":" not in settings.index.url
        if is_folder and not own_documents and not Path(settings.index.url).exists():
            shutil.copytree(request.getfixturevalue("indexed_depot"), settings.index.url)
        store = open_store(settings.index)
        catalogue = Catalogue(store)
        if not catalogue.names():
            documents: Path = request.getfixturevalue("documents")
            sync_source("depot", str(documents), workbench_here(store, embedder))
        embedders = only_model(embedder)
        sets = OpenSets(catalogue, embedders, refresh_s=0)
        prompts = PromptRegistry(
            settings.prompt.folder or shipped_prompts(), settings.prompt.aliases
        )
        retriever = Retriever(embedders, settings.retrieval.depth)
        answers = AnswerService(
            settings,
            ChatModels(
                settings.chat, settings.extractive, embedder.embed_queries, sets.manifest_key
            ),
            sets,
            prompts,
            retriever,
        )
        made.append(Parts(settings, catalogue, embedder, sets, prompts, answers))
        return made[-1]

    yield make
    for parts in made:
        parts.catalogue.store.close()


@pytest.fixture(scope="module")
def shared_settings(indexed_depot: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a service on the set `depot`, for those tests of a file that change nothing."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(indexed_depot, folder / "index")
    return load_settings(
        {
            "index.url": str(folder / "index"),
            "store.url": f"sqlite:///{folder / 'store.db'}",
            "jobs.folder": str(folder / "jobs"),
            "sync.uploads": str(folder / "uploads"),
            "limits.per_minute": 0,
            "limits.changes_per_minute": 0,
        }
    )


@pytest.fixture(scope="module")
def shared_service(shared_settings: Settings) -> Iterator[TestClient]:
    """A client of such a service."""
    with TestClient(
        create_app(shared_settings),
        base_url="http://localhost",
        raise_server_exceptions=False,
        follow_redirects=False,
    ) as client:
        yield client


def _write_documents(parent: Path) -> Path:
    folder = parent / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(params=["memory", "redis"])
def cache_store(request: pytest.FixtureRequest) -> Iterator[CacheStore]:
    """Each store in turn."""
    made: CacheStore
    if request.param == "redis":
        made = RedisStore(request.getfixturevalue("redis_url"), timeout_s=5, aside_s=5)
    else:
        made = MemoryStore(entries=1000, bytes=1_000_000)
    yield made
    made.close()


@pytest.fixture
def make_cache() -> Iterator[Callable[[Parts], AnswerCache]]:
    """The cache that the parts' settings ask for."""
    made: list[AnswerCache] = []

    def make(parts: Parts) -> AnswerCache:
        store = open_cache_store(parts.settings)
        vectors = question_vectors(parts.settings, only_model(parts.embedder), store)
        made.append(answer_cache(parts.settings, store, vectors))
        return made[-1]

    yield make
    for cache in made:
        cache.close()
