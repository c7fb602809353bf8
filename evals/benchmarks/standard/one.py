"""Run one part in a process of its own: `python -m evals.benchmarks.standard.one NAME quick|full FILE`.

What it found is written to the file: a result, or why it is left out.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from evals.benchmarks.missing_package import missing_package
from ingestion.embedding.embedder import load_embedder
from ingestion.settings import EmbeddingSettings
from prompts.errors import PlumbError


def main(name: str, size: str, file: str) -> None:
    """Run it, and write what came of it."""
    found: dict[str, object]
    try:
        module = importlib.import_module(f"evals.benchmarks.{name}")
        embedder = load_embedder(EmbeddingSettings())
        result = module.run(embedder, quick=True) if size == "quick" else module.run(embedder)
        found = asdict(result)
    except ModuleNotFoundError as error:
        found = {"left_out": missing_package(error)}
    except PlumbError as error:
        found = {"left_out": str(error)}
    Path(file).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
