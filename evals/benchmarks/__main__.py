"""`python -m evals.benchmarks [NAME …]`: run benchmarks, print their tables, keep them as JSON."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from rich.console import Console

from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.settings import EmbeddingSettings
from prompts.errors import PlumbError

NAMES = (
    "startup",
    "query_latency",
    "concurrent_search",
    "ingestion_speed",
    "retrieval_quality",
    "answer_quality",
    "semantic_cache",
    "cache_speed",
    "resync",
    "publishing",
    "kills",
    "scale",
    "engines",
    "service_speed",
    "hostile",
    "eval_runner",
    "bootstrap_coverage",
    "ranking_metrics",
    "load_faults",
    "canary",
    "hostile_values",
    "leaks",
    "source_views",
    "documents",
)


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 1 if a figure misses its goal."""
    os.environ.setdefault("LANCE_LOG", "error")
    console = Console(width=max(Console().width, 140))
    if unknown := sorted(set(names) - set(NAMES)):
        console.print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}")
        return 2
    embedder: Embedder | None = None
    missed = 0
    for name in names or NAMES:
        try:
            run = importlib.import_module(f"evals.benchmarks.{name}").run
        except ModuleNotFoundError as error:
            console.print(f"{name}: left out: {_missing(error)}", markup=False)
            continue
        # Not before a benchmark can run: an export of the model takes ten seconds.
        embedder = embedder or load_embedder(EmbeddingSettings())
        try:
            result = run(embedder)
        except PlumbError as error:
            console.print(f"{name}: left out: {error}")
            continue
        except ModuleNotFoundError as error:
            console.print(f"{name}: left out: {_missing(error)}", markup=False)
            continue
        result.show(console)
        result.save()
        missed += sum(row.met is False for row in result.rows)
    return 1 if missed else 0


def _missing(error: ModuleNotFoundError) -> str:
    package = (error.name or "").partition(".")[0]
    if not package or (Path(__file__).parents[2] / package).exists():
        raise error  # a fault of ours
    install = "pip install -c constraints.txt -e '.[dev]'"
    return f"the Python package {package} is missing; install what benchmarks need: {install}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
