"""How much of the embedder's own speed does a whole run of ingestion keep?"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.data import write_corpus
from evals.benchmarks.table import Result
from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder, load_embedder
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
# Memory is measured with short chunks, which are quick to embed: about 800 and 6,500 of them.
MEMORY_CHARACTERS = 150_000
# The plain way is slow; a part of the corpus is enough for its rate.
PLAIN_SHARE = 4


def run(embedder: Embedder) -> Result:
    """End to end against embedding alone, and against the plain way; memory at 1x and 8x."""
    result = Result("ingestion_speed", "Ingestion (ratios of wall time in one run)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        corpus = write_corpus(folder / "corpus", CHARACTERS)
        texts, chunker = [], Chunker(ChunkingSettings(), embedder)
        for file in find_files(corpus):
            for item in load(file.path, file.document_id):
                assert not isinstance(item, LoadProblem)
                texts += [chunk.indexed_text for chunk in chunker.chunk(item)]
        embedder.embed_passages(texts[:64])  # warm
        began = time.perf_counter()
        embedder.embed_passages(texts)
        alone = time.perf_counter() - began
        whole = _end_to_end(corpus, folder / "index", embedder)
        exact = load_embedder(EmbeddingSettings(precision="float32"))
        part = write_corpus(folder / "part", CHARACTERS // PLAIN_SHARE)
        plain, chunks = _plain_way(part, folder / "plain", embedder)
        slower = _end_to_end(part, folder / "exact", exact)
        one, eight = _memory(folder)
    rate = len(texts) / whole
    result.add("throughput end to end", rate, "chunks/s", note=f"{len(texts)} chunks")
    result.add(
        "end to end, as a share of the embedder alone",
        alone / whole,
        "x",
        at_least=0.9,
        note=f"{whole:.1f} s against {alone:.1f} s, same chunks in memory",
    )
    note = f"LangChain's splitter, HuggingFaceEmbeddings, LanceDB: {chunks} chunks in {plain:.1f} s"
    ratio = plain * PLAIN_SHARE / whole
    result.add("faster than the plain way, same text", ratio, "x", at_least=1.6, note=note)
    result.add("the same with precision=float32", plain / slower, "x", note=f"{slower:.1f} s")
    result.add("peak memory at 8x the corpus, of that at 1x", eight / one, "x", at_most=1.15,
               note=f"{eight / 2**20:.0f} MiB against {one / 2**20:.0f} MiB")  # fmt: skip
    return result


def _end_to_end(corpus: Path, index: Path, embedder: Embedder) -> float:
    store = open_store(IndexSettings(url=str(index)))
    began = time.perf_counter()
    sync_source("bench", str(corpus), workbench(store, embedder))
    took = time.perf_counter() - began
    store.close()
    return took


def _plain_way(corpus: Path, index: Path, embedder: Embedder) -> tuple[float, int]:
    """Seconds and chunks of what a tutorial would do, with chunks of the same size in tokens."""
    import lancedb
    from langchain_community.vectorstores import LanceDB
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from ingestion.embedding.weights import resolve_model

    size = Chunker(ChunkingSettings(), embedder).budget
    model = HuggingFaceEmbeddings(model_name=str(resolve_model(EmbeddingSettings()).folder))
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size,
        chunk_overlap=20,
        length_function=lambda text: len(
            embedder.tokenizer.encode(text, add_special_tokens=False).ids
        ),
    )
    files = sorted(corpus.glob("*.txt"))
    began = time.perf_counter()
    documents = [
        Document(file.read_text("utf-8"), metadata={"source": str(file)}) for file in files
    ]
    chunks = splitter.split_documents(documents)
    LanceDB.from_documents(chunks, model, connection=lancedb.connect(str(index)))
    return time.perf_counter() - began, len(chunks)


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
