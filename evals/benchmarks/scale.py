"""What do a million chunks in LanceDB cost beside a hundred thousand?

`PLUMB_BENCH_CHUNKS` takes other numbers of chunks, for example `20000,50000`.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.made_chunks import real
from evals.benchmarks.scale_steps import COMPARED, SOURCE, WARM
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder

CHUNKS = "100000,1000000"
QUESTIONS = 220


def run(embedder: Embedder) -> Result:
    """Build, search, extend by 1%, for each number of chunks."""
    result = Result("scale", "LanceDB at scale (made chunks and vectors, 384 dimensions)")
    sizes = [int(size) for size in os.environ.get("PLUMB_BENCH_CHUNKS", CHUNKS).split(",")]
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = real(embedder, QUESTIONS)
        (folder / SOURCE).write_bytes(pickle.dumps((source, embedder.identity)))
        for size in sizes:
            _measure(result, folder, size)
    return result


def _measure(result: Result, folder: Path, size: int) -> None:
    built, found, extended = (_step(step, folder, size) for step in ("build", "search", "extend"))
    at = f"{size:,} chunks: "
    peak = f"peak memory {built['peak']:.0f} MiB"
    asked = f"{QUESTIONS - WARM} questions, 100 candidates a side, fetch 10; after opening"
    result.add(at + "write rows", built["write"], "s")
    result.add(at + "build indices (text, vectors, filters)", built["index"], "s", note=peak)
    result.add(at + "on disk", built["disk"], "MiB")
    result.add(
        at + "hybrid search", found["p50"], "ms p50", note=f"{asked}: {found['first']:.0f} ms"
    )
    result.add(at + "hybrid search", found["p95"], "ms p95")
    result.add(at + "with a filter that 5% pass", found["filtered_p50"], "ms p50")
    result.add(at + "with a filter that 5% pass", found["filtered_p95"], "ms p95")
    result.add(at + "memory of the process that searches", found["resident"], "MiB")
    scan = f"brute force takes {found['scan_p50']:.0f} ms; worst question {found['worst']:.1f}"
    result.add(
        at + "dense", found["dense"], "recall@10", at_least=0.95, note=f"{COMPARED} questions; {scan}"
    )  # fmt: skip
    note = "against the same fusion of brute force"
    result.add(at + "fused", found["fused"], "recall@10", at_least=0.95, note=note)
    note = f"peak memory {extended['peak']:.0f} MiB"
    result.add(at + "add 1% and index it", extended["took"], "s", note=note)


def _step(step: str, folder: Path, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "evals.benchmarks.scale_steps", step, str(folder), str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
