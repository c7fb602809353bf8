"""What do a million chunks in LanceDB cost beside a hundred thousand?

`PLUMB_BENCH_CHUNKS` takes other numbers of chunks, for example `100000,300000,1000000` or `10000000`
(42 GB of free disk in the temporary folder; an hour or two, which is an estimate).
"""

from __future__ import annotations

import json
import math
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.made_chunks import real
from evals.benchmarks.scale_steps import INDEX, SOURCE, WARM, compared
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from prompts.errors import SettingsError

VARIABLE = "PLUMB_BENCH_CHUNKS"
CHUNKS, QUICK_CHUNKS = "100000,300000,1000000", "1000000"
FEWEST = 1_000
QUESTIONS = 220
# The table takes 2.1 KB a chunk; building its indices as much again for a while.
BYTES_A_CHUNK = 4_200
# What grows with the number of chunks, and is reckoned for more of them: figure, name, unit.
GROWING = (
    ("write", "write rows", "s"),
    ("index", "build indices (text, vectors, filters)", "s"),
    ("disk", "on disk", "MiB"),
    ("p50", "hybrid search", "ms p50"),
    ("p95", "hybrid search", "ms p95"),
    ("resident", "memory of the process that searches", "MiB"),
    ("took", "add 1% and index it", "s"),
)
RECKONED = (10_000_000, 100_000_000)


def run(embedder: Embedder, quick: bool = False) -> Result:
    """Build, search, extend by 1%, for each number of chunks; what more of them would take.

    Raises:
        SettingsError: the numbers mean nothing, or the disk is too small for them.
    """
    result = Result("scale", "LanceDB at scale (made chunks and vectors, 384 dimensions)")
    sizes = wanted_sizes(os.environ.get(VARIABLE, QUICK_CHUNKS if quick else CHUNKS))
    measured: dict[int, dict[str, float]] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        check_room(max(sizes), shutil.disk_usage(folder).free)
        source = real(embedder, QUESTIONS)
        (folder / SOURCE).write_bytes(pickle.dumps((source, embedder.identity)))
        for size in sizes:
            measured[size] = _measure(result, folder, size)
            # The next size needs the room.
            shutil.rmtree(folder / INDEX)
    _reckon(result, measured)
    return result


def wanted_sizes(given: str) -> list[int]:
    """The numbers of chunks, smallest first.

    Raises:
        SettingsError: one is not a number, or too small for an index.
    """
    try:
        sizes = sorted({int(size) for size in given.split(",")})
    except ValueError as error:
        raise SettingsError(
            f"{VARIABLE}: {given!r} are not numbers of chunks; write for example 20000,50000."
        ) from error
    if sizes[0] < FEWEST:
        raise SettingsError(f"{VARIABLE}: {sizes[0]} chunks are too few; write {FEWEST} or more.")
    return sizes


def check_room(chunks: int, free: int) -> None:
    """See whether the disk has room for so many chunks.

    Raises:
        SettingsError: it has not.
    """
    needed = chunks * BYTES_A_CHUNK
    if needed > free:
        raise SettingsError(
            f"{chunks:,} chunks take up to {needed / 1e9:.0f} GB while their index is built, and "
            f"{free / 1e9:.0f} GB are free; set TMPDIR to a folder on a larger disk, or {VARIABLE} to fewer."
        )


def reckoned(
    small: tuple[int, float], large: tuple[int, float], chunks: int
) -> tuple[float, float]:
    """A figure for more chunks than were measured: on a line, and on a power of the number.

    Args:
        small, large: chunks, and the figure for them.
    """
    (few, low), (many, high) = small, large
    linear = high + (chunks - many) * (high - low) / (many - few)
    exponent = math.log(high / low) / math.log(many / few)
    return linear, high * (chunks / many) ** exponent


def _reckon(result: Result, measured: dict[int, dict[str, float]]) -> None:
    if len(measured) < 2:
        return
    few, many = min(measured), max(measured)
    for chunks in (size for size in RECKONED if size > many):
        for key, what, unit in GROWING:
            low, high = measured[few][key], measured[many][key]
            if low <= 0 or high <= 0:
                continue
            linear, power = reckoned((few, low), (many, high), chunks)
            result.add(
                f"{chunks:,} chunks, not measured: {what}",
                power,
                unit,
                spread=(min(linear, power), max(linear, power)),
                note=f"from {few:,} and {many:,} chunks, by a power of their number; the spread reaches "
                "to a straight line",
            )


def _measure(result: Result, folder: Path, size: int) -> dict[str, float]:
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
    # Of two quiet cores.
    most = 50.0 if size == 1_000_000 else None
    result.add(at + "hybrid search", found["p95"], "ms p95", at_most=most)
    result.add(at + "with a filter that 5% pass", found["filtered_p50"], "ms p50")
    result.add(at + "with a filter that 5% pass", found["filtered_p95"], "ms p95")
    result.add(at + "memory of the process that searches", found["resident"], "MiB")
    scan = f"brute force takes {found['scan_p50']:.0f} ms; worst question {found['worst']:.1f}"
    result.add(
        at + "dense", found["dense"], "recall@10", at_least=0.95, note=f"{compared(size)} questions; {scan}"
    )  # fmt: skip
    note = "against the same fusion of brute force"
    result.add(at + "fused", found["fused"], "recall@10", at_least=0.95, note=note)
    note = f"peak memory {extended['peak']:.0f} MiB"
    result.add(at + "add 1% and index it", extended["took"], "s", note=note)
    return {**built, **found, **extended}


def _step(step: str, folder: Path, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "evals.benchmarks.scale_steps", step, str(folder), str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
