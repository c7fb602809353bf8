"""How much of the quickest encoder's own speed does ingestion keep, and does memory stay flat?

Against other tools, as whole processes: `ingestion_comparison`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, get_args

from pydantic import ValidationError

from evals.benchmarks.data import write_corpus
from evals.benchmarks.table import Result
from evals.benchmarks.turns import by_turns, ratio
from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.errors import ModelError
from ingestion.index.stores import open_store
from ingestion.loaders import find_files, load
from ingestion.loaders.records import LoadProblem
from ingestion.settings import (
    ChunkingSettings,
    EmbeddingSettings,
    IndexSettings,
)
from ingestion.sync.start import sync_source, workbench

CHARACTERS = 2_350_000  # about 2,100 chunks of the default size
# Not less: what a sync takes however small it is would count for more than it does in practice.
QUICK_CHARACTERS = 1_200_000
TURNS = 3
# Texts to find the quickest encoder with: enough for full batches.
TRIED = 96
# Memory is measured with short chunks, which are quick to embed: about 800 and 6,500 of them.
MEMORY_CHARACTERS = 150_000


class Encoder(NamedTuple):
    """A way to run the model."""

    name: str
    embedder: Embedder
    per_second: float


def run(embedder: Embedder, quick: bool = False) -> Result:
    """End to end against embedding alone, by turns; unless quick, memory at 1x and 8x."""
    result = Result("ingestion_speed", "Ingestion against the encoder alone (by turns)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        characters = QUICK_CHARACTERS if quick else CHARACTERS
        texts = _chunks(write_corpus(folder / "chunks", characters), embedder)
        encoders = _encoders(texts[:TRIED], embedder)
        quickest = max(encoders, key=lambda encoder: encoder.per_second)
        turn = iter(range(TURNS))

        def alone() -> float:
            began = time.perf_counter()
            quickest.embedder.embed_passages(texts)
            return time.perf_counter() - began

        def whole() -> float:
            number = next(turn)
            corpus = write_corpus(folder / f"corpus-{number}", characters, f"turn-{number}")
            return _end_to_end(corpus, folder / f"index-{number}", embedder)

        took = by_turns([alone, whole], TURNS)
        one, eight = (0, 0) if quick else _memory(folder)
    rate = len(texts) / median(took[1])
    result.add("throughput end to end", rate, "chunks/s", note=f"{len(texts)} chunks")
    share = ratio(took[0], took[1])
    result.add(
        "end to end, as a share of the quickest encoder alone",
        share.value,
        "x",
        at_least=0.9,
        spread=share.spread,
        note=f"{median(took[1]):.1f} s against {median(took[0]):.1f} s ({quickest.name}), "
        f"the same number of chunks in memory, {TURNS} turns",
    )
    for encoder in encoders:
        result.add(f"encoder alone: {encoder.name}", encoder.per_second, "chunks/s")
    if not quick:
        result.add("peak memory at 8x the corpus, of that at 1x", eight / one, "x", at_most=1.15,
                   note=f"{eight / 2**20:.0f} MiB against {one / 2**20:.0f} MiB")  # fmt: skip
    return result


def _chunks(corpus: Path, embedder: Embedder) -> list[str]:
    chunker = Chunker(ChunkingSettings(), embedder)
    return [
        chunk.indexed_text
        for file in find_files(corpus)
        for item in load(file.path, file.document_id)
        if not isinstance(item, LoadProblem)
        for chunk in chunker.chunk(item)
    ]


def _encoders(texts: list[str], default: Embedder) -> list[Encoder]:
    """Every way to run the default model here, with its rate; the default's first."""
    found = [Encoder("default", default, _rate(default, texts))]
    fields = EmbeddingSettings.model_fields
    for backend in get_args(fields["backend"].annotation):
        for precision in get_args(fields["precision"].annotation):
            if "auto" in (backend, precision):
                continue
            try:
                settings = EmbeddingSettings(backend=backend, precision=precision)
                embedder = load_embedder(settings)
            except (ModelError, ValidationError):
                # This runtime is not installed, or does not know this precision.
                continue
            name = f"{backend} {precision}"
            found.append(Encoder(name, embedder, _rate(embedder, texts)))
    return found


def _rate(embedder: Embedder, texts: list[str]) -> float:
    embedder.embed_passages(texts[:32])  # warm
    began = time.perf_counter()
    embedder.embed_passages(texts)
    return len(texts) / (time.perf_counter() - began)


def _end_to_end(corpus: Path, index: Path, embedder: Embedder) -> float:
    store = open_store(IndexSettings(url=str(index)))
    began = time.perf_counter()
    sync_source("bench", str(corpus), workbench(store, embedder))
    took = time.perf_counter() - began
    store.close()
    return took


def _memory(folder: Path) -> tuple[int, int]:
    """Peak resident bytes of a process that ingests the corpus, and of one that ingests 8 of it."""
    peaks = []
    for times in (1, 8):
        corpus = write_corpus(folder / f"memory-{times}", MEMORY_CHARACTERS * times)
        command = [
            sys.executable,
            "-m",
            "evals.benchmarks.peak_memory",
            str(corpus),
            str(folder / f"m{times}"),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout.split()[-1]))
    return peaks[0], peaks[1]
