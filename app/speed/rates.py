"""How many documents a second this machine ingests, and how long a search takes, with the user's settings."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import BaseModel

from app.answering.reranking import Reranker
from app.answering.retrieval import Retriever
from app.document_sets.embedders import only_model
from app.settings.tree import Settings
from app.speed.busy import Usage, Watch
from app.speed.machine import Machine, describe_machine, runtime_in_words
from app.speed.made_text import made_document, made_question, write_documents
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import Bench, bench_of, sync_source
from ingestion.versions.catalogue import Catalogue
from prompts.errors import PlumbError

# Seconds that ingestion and searches may take, of a minute that also loads the model.
QUICK_S = (20.0, 6.0)
THOROUGH_S = (150.0, 30.0)
FIRST_SHARE = 0.2
PASSAGES = 10
FEWEST_DOCUMENTS, MOST_CHARACTERS = 2, 40_000_000
FEWEST_QUESTIONS, MOST_QUESTIONS, WARM_QUESTIONS = 20, 2_000, 5
PROBE_S = 1.0
SIZES = (1_000, 10_000, 100_000, 1_000_000)


class Ingestion(BaseModel):
    """Rates of ingestion: read, cut, embed, write, index, publish.

    Attributes:
        documents, chunks, characters: what was ingested, both runs together.
        seconds: how long that took, both runs together.
        start_s: what a run costs whatever its size: parsers, index, publication.
        documents_per_second, chunks_per_second, characters_per_second: beyond that start.
    """

    documents: int
    chunks: int
    characters: int
    seconds: float
    start_s: float
    documents_per_second: float
    chunks_per_second: float
    characters_per_second: float


class Queries(BaseModel):
    """Searches one after the other: question to passages, nothing cached.

    Attributes:
        questions: how many were asked.
        chunks: how many chunks were searched.
        per_second: by one caller.
        p50_ms, p95_ms: how long one takes.
    """

    questions: int
    chunks: int
    per_second: float
    p50_ms: float
    p95_ms: float


class Expected(BaseModel):
    """How long the first ingestion of so many documents takes, the start of the process included."""

    documents: int
    seconds: float


class Speed(BaseModel):
    """What `plumb bench` found.

    Attributes:
        machine: where it was measured.
        model: the embedding model.
        runtime: what runs it.
        load_s: seconds to load it.
        document_characters: the size of a document.
        ingestion, queries: the rates.
        expected: for some numbers of documents of that size.
        usage: what else used the machine.
        busy: why the figures may be too bad; empty on a quiet machine.
    """

    machine: Machine
    model: str
    runtime: str
    load_s: float
    document_characters: int
    ingestion: Ingestion
    queries: Queries
    expected: list[Expected]
    usage: Usage
    busy: list[str]


def measure(
    settings: Settings,
    documents: Sequence[int] = SIZES,
    document_characters: int = 5_000,
    budget_s: tuple[float, float] = QUICK_S,
    on_stage: Callable[[str], None] = lambda _: None,
) -> Speed:
    """Ingest made documents into LanceDB in a temporary folder, and search them.

    Args:
        documents: the numbers of documents to reckon the time for.
        document_characters: the size of a document.
        budget_s: about how many seconds ingestion and searches may take.
        on_stage: called with the name of each stage as it begins.

    Raises:
        PlumbError: the model cannot be loaded, or the documents cannot be ingested.
    """
    watch = Watch()
    on_stage("Loading the model")
    began = time.perf_counter()
    embedder = load_embedder(settings.embedding)
    load_s = time.perf_counter() - began
    # Different each time, so that nothing that was embedded before can be used again.
    chance = random.Random(secrets.randbits(64))  # noqa: S311 (made text, no secret)
    with TemporaryDirectory(prefix="plumb-bench-") as name:
        folder = Path(name)
        store = open_store(IndexSettings(url=str(folder / "index")))
        try:
            bench = bench_of(settings, store, lambda _: embedder)
            count = _affordable(embedder, document_characters, budget_s[0], chance)
            on_stage(f"Ingesting {count:,} documents")
            ingestion = _ingest(folder, bench, count, document_characters, chance)
            on_stage("Searching")
            queries = _ask(settings, Catalogue(store), embedder, budget_s[1], chance)
        finally:
            store.close()
    usage = watch.usage()
    return Speed(
        machine=describe_machine(),
        model=settings.embedding.model,
        runtime=runtime_in_words(settings.embedding),
        load_s=load_s,
        document_characters=document_characters,
        ingestion=ingestion,
        queries=queries,
        expected=[
            Expected(documents=number, seconds=expected_seconds(ingestion, load_s, number))
            for number in documents
        ],
        usage=usage,
        busy=usage.reasons(),
    )


def expected_seconds(ingestion: Ingestion, load_s: float, documents: int) -> float:
    """Seconds for so many documents: load the model, start, and the rest by the measured rate."""
    return load_s + ingestion.start_s + documents / ingestion.documents_per_second


def rates(first: tuple[int, int, int, float], second: tuple[int, int, int, float]) -> Ingestion:
    """What a small and a larger run tell: what any run costs, and what each document adds.

    Args:
        first, second: documents, chunks, characters and seconds of each.
    """
    documents, chunks, characters, seconds = (a + b for a, b in zip(first, second, strict=True))
    more, longer = second[0] - first[0], second[3] - first[3]
    each = seconds / documents
    # Where something else slowed the small run down, the difference says nothing.
    if more > 0 and longer > 0:
        each = min(each, longer / more)
    start = max(0.0, (seconds - each * documents) / 2)
    return Ingestion(
        documents=documents,
        chunks=chunks,
        characters=characters,
        seconds=seconds,
        start_s=start,
        documents_per_second=1 / each,
        chunks_per_second=chunks / documents / each,
        characters_per_second=characters / documents / each,
    )


def _affordable(embedder: Embedder, characters: int, budget_s: float, chance: random.Random) -> int:
    """How many documents can be ingested in the time, by the embedder's rate on texts like theirs."""
    # About what a chunk of the default size holds.
    texts = [made_document(chance, 0, 1_000) for _ in range(4)]
    embedder.embed_passages(texts[:1])
    while True:
        began = time.perf_counter()
        embedder.embed_passages(texts)
        took = time.perf_counter() - began
        if took > PROBE_S / 2 or len(texts) > 4_096:
            break
        more = min(4.0, max(1.5, PROBE_S / max(took, 1e-3)))
        texts = [made_document(chance, 0, 1_000) for _ in range(int(len(texts) * more))]
    afforded = min(MOST_CHARACTERS, 1_000 * len(texts) / took * budget_s)
    return max(FEWEST_DOCUMENTS, int(afforded / characters))


def _ingest(
    folder: Path, bench: Bench, count: int, characters: int, chance: random.Random
) -> Ingestion:
    small = max(1, int(count * FIRST_SHARE))
    first = _sync(folder, "first", bench, small, characters, chance)
    second = _sync(folder, "second", bench, max(small + 1, count - small), characters, chance)
    return rates(first, second)


def _sync(
    folder: Path, name: str, bench: Bench, count: int, characters: int, chance: random.Random
) -> tuple[int, int, int, float]:
    written = write_documents(folder / name, count, characters, chance)
    began = time.perf_counter()
    report = sync_source(name, str(folder / name), bench)
    took = time.perf_counter() - began
    if report.problems:
        raise PlumbError(
            f"{len(report.problems)} made documents could not be ingested with these settings; "
            f"the first: {report.problems[0].reason}"
        )
    return report.documents_in_set, report.chunks_in_set, written, took


def _ask(
    settings: Settings,
    catalogue: Catalogue,
    embedder: Embedder,
    budget_s: float,
    chance: random.Random,
) -> Queries:
    wanted = settings.retrieval
    reranker = (
        Reranker(wanted.rerank_model, settings.embedding.device, wanted.rerank_depth)
        if wanted.rerank_model
        else None
    )
    retriever = Retriever(only_model(embedder), wanted.depth, reranker)
    opened = catalogue.open("second")
    for _ in range(WARM_QUESTIONS):
        retriever.retrieve(made_question(chance), opened, PASSAGES)
    took: list[float] = []
    began = time.perf_counter()
    while len(took) < MOST_QUESTIONS:
        enough = len(took) >= FEWEST_QUESTIONS or time.perf_counter() - began > 2 * budget_s
        if enough and time.perf_counter() - began > budget_s:
            break
        question = made_question(chance)
        asked = time.perf_counter()
        retriever.retrieve(question, opened, PASSAGES)
        took.append((time.perf_counter() - asked) * 1000)
    return Queries(
        questions=len(took),
        chunks=opened.info.chunks,
        per_second=1000 * len(took) / sum(took),
        p50_ms=float(np.percentile(took, 50)),
        p95_ms=float(np.percentile(took, 95)),
    )
