"""Names for content: what has one fingerprint need not be done again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# All that makes an answer of a question and an index version, beside settings and prompts.
ANSWERING = ("app/answering", "app/manifest.py", "ingestion/index", "ingestion/embedding.py")
# All that makes scores of an answer.
SCORING = ("evals/metrics", "evals/judging")
LIBRARIES = ("ragas", "rapidfuzz", "rouge-score", "sacrebleu")


def fingerprint(*parts: Any) -> str:
    """SHA-256 (hex) of values that JSON can hold; the order of a mapping's keys does not count."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def code_version(places: Sequence[str]) -> str:
    """SHA-256 (hex) of the source below some places, so that changed code is run again."""
    digest = hashlib.sha256()
    for place in places:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def scoring_version() -> str:
    """Fingerprint of the code of metrics and of the libraries that it calls."""
    return fingerprint(code_version(SCORING), {name: _version(name) for name in LIBRARIES})


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
