"""Build, search and extend one large index, each in a process of its own; prints what was measured.

`python -m evals.benchmarks.scale_steps build|search|extend FOLDER CHUNKS`. Memory is that of the
process, so what makes the chunks is counted too: they are made in batches and not kept.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lancedb
import numpy as np

from evals.benchmarks.made_chunks import Real, make
from ingestion.embedding.embedder import ModelIdentity
from ingestion.embedding.encoder import Vectors
from ingestion.index import bm25, hybrid
from ingestion.index.filters import parse_filter
from ingestion.index.fusion import fuse
from ingestion.index.protocol import Candidates, DocumentSet, Hit, IndexStore, SetInfo, SetWriter
from ingestion.index.stores import open_store
from ingestion.languages.analysis import REVISION
from ingestion.settings import ChunkingSettings, IndexSettings

BATCH = 10_000
TOLD_EVERY = 1_000_000
WARM = 20
DEPTH, LIMIT = 100, 10
# Brute force takes a second a question at a million; it is asked this many, of more chunks fewer.
COMPARED, FEWEST_COMPARED = 60, 20
INFO, SOURCE, INDEX = "info-{}.json", "real.pickle", "index"


def main(step: str, folder: str, chunks: str) -> None:
    """Do one step and print its figures as JSON."""
    store = open_store(IndexSettings(url=str(Path(folder) / INDEX)))
    source, model = pickle.loads((Path(folder) / SOURCE).read_bytes())
    steps = {"build": _build, "search": _search, "extend": _extend}
    figures = steps[step](store, Path(folder), source, model, int(chunks))
    figures["peak"] = _memory("VmHWM")
    sys.stdout.write(json.dumps(figures) + "\n")


def _build(
    store: IndexStore, folder: Path, source: Real, model: ModelIdentity, chunks: int
) -> dict[str, float]:
    writer = store.stage(f"scale-{chunks}", 1, model, None)
    wrote = _write(writer, source, 0, chunks)
    info, indexed = _finish(writer, model, 1, f"scale-{chunks}")
    (folder / INFO.format(chunks)).write_text(info.model_dump_json(), "utf-8")
    size = sum(file.stat().st_size for file in _table(folder, info).rglob("*") if file.is_file())
    return {"write": wrote, "index": indexed, "disk": size / 2**20}


def _extend(
    store: IndexStore, folder: Path, source: Real, model: ModelIdentity, chunks: int
) -> dict[str, float]:
    began = time.perf_counter()
    writer = store.stage(f"scale-{chunks}", 2, model, _info(folder, chunks))
    staged = time.perf_counter() - began
    wrote = _write(writer, source, chunks, chunks // 100)
    info, indexed = _finish(writer, model, 2, f"scale-{chunks}")
    if info.chunks != chunks + chunks // 100:
        raise ValueError(f"{info.chunks} chunks after adding 1% to {chunks}")
    return {"took": staged + wrote + indexed}


def _search(
    store: IndexStore, folder: Path, source: Real, model: ModelIdentity, chunks: int
) -> dict[str, float]:
    opened = store.open(_info(folder, chunks))
    asked = list(zip(source.questions, source.asked, strict=True))

    def ask(question: str, vector: Vectors, where: dict[str, Any] | None = None) -> float:
        began = time.perf_counter()
        filters = parse_filter(where)
        hybrid.search(opened, vector, question, limit=LIMIT, depth=DEPTH, where=filters)
        return (time.perf_counter() - began) * 1000

    first = ask(*asked[0])
    for question, vector in asked[1:WARM]:
        ask(question, vector)
    took = [ask(question, vector) for question, vector in asked[WARM:]]
    figures = {"first": first, "p50": _share(took, 50), "p95": _share(took, 95)}
    took = [ask(question, vector, {"department": 3}) for question, vector in asked[WARM:]]
    figures |= {"filtered_p50": _share(took, 50), "filtered_p95": _share(took, 95)}
    figures["resident"] = _memory("VmRSS")
    return figures | _recall(opened, folder, asked[: compared(chunks)])


def compared(chunks: int) -> int:
    """Of how many questions the answers are compared with those of brute force."""
    return COMPARED if chunks <= 2_000_000 else FEWEST_COMPARED


def _recall(
    opened: DocumentSet, folder: Path, asked: list[tuple[str, Vectors]]
) -> dict[str, float]:
    """Share of the ten best that are also the ten best where all vectors are compared."""
    name, _, version = opened.info.place.partition("@")
    table = lancedb.connect(str(folder / INDEX)).open_table(name)
    table.checkout(int(version))
    dense, fused, took = [], [], []
    for question, vector in asked:
        found = opened.candidates(vector, question, DEPTH)
        began = time.perf_counter()
        nearest = _brute_force(table, vector)
        took.append((time.perf_counter() - began) * 1000)
        lexical = {hit.key: found.similarities[hit.key] for hit in found.lexical}
        exact = found._replace(dense=nearest, similarities=lexical | dict(nearest))
        best = [{hit.key for hit in hits[:LIMIT]} for hits in (found.dense, nearest)]
        dense.append(len(best[0] & best[1]) / LIMIT)
        best = [_fused(question, candidates) for candidates in (found, exact)]
        fused.append(len(best[0] & best[1]) / LIMIT)
    return {
        "dense": float(np.mean(dense)),
        "worst": min(dense),
        "fused": float(np.mean(fused)),
        "scan_p50": _share(took, 50),
    }


def _brute_force(table: Any, vector: Vectors) -> list[Hit]:
    query = table.search(vector, vector_column_name="vector").distance_type("cosine")
    found = query.bypass_vector_index().limit(DEPTH).select(["_distance"]).with_row_id(True)
    rows = found.to_arrow()
    keys, distances = rows["_rowid"].to_pylist(), rows["_distance"].to_pylist()
    return [Hit(key, 1 - distance) for key, distance in zip(keys, distances, strict=True)]


def _fused(question: str, candidates: Candidates) -> set[int | str]:
    coverage = bm25.coverage(question, candidates.best_match)
    return {found.key for found in fuse(candidates, coverage)[:LIMIT]}


def _write(writer: SetWriter, source: Real, first: int, count: int) -> float:
    """Seconds spent writing; making the chunks is not counted."""
    took = 0.0
    for start in range(first, first + count, BATCH):
        chunks, vectors = make(source, start, min(BATCH, first + count - start))
        began = time.perf_counter()
        writer.write(chunks, vectors)
        took += time.perf_counter() - began
        if (start - first) % TOLD_EVERY == 0 and start > first:
            sys.stderr.write(f"  {start - first:,} of {count:,} chunks written\n")
    return took


def _finish(
    writer: SetWriter, model: ModelIdentity, number: int, name: str
) -> tuple[SetInfo, float]:
    """The version, and seconds spent on its indices."""
    began = time.perf_counter()
    built = writer.finish()
    took = time.perf_counter() - began
    info = SetInfo(
        name=name,
        number=number,
        digest="0" * 32,
        model=model,
        chunking=ChunkingSettings(),
        documents=built.documents,
        chunks=len(built.chunk_ids),
        average_length=built.average_length,
        analysis=REVISION,
        languages=built.languages,
        committed_at=datetime.now(UTC),
        place=built.place,
    )
    return info, took


def _info(folder: Path, chunks: int) -> SetInfo:
    return SetInfo.model_validate_json((folder / INFO.format(chunks)).read_text("utf-8"))


def _table(folder: Path, info: SetInfo) -> Path:
    return folder / INDEX / f"{info.place.partition('@')[0]}.lance"


def _share(values: list[float], percent: int) -> float:
    return float(np.percentile(values, percent))


def _memory(kind: str) -> float:
    """VmRSS (now) or VmHWM (at most), MiB; 0 where the system does not tell.

    Not `getrusage`: what that calls a process' peak may be its parent's.
    """
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
