"""What Ragas needs before it is used: no telemetry, no event loop, a known version and known prompts."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Coroutine
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from evals.errors import JudgeError


def disable_ragas_telemetry() -> None:
    """Forbid Ragas its telemetry; call it before `ragas` is imported.

    Where it has been imported already, what it remembers of the variable is forgotten.
    """
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    analytics = sys.modules.get("ragas._analytics")
    if analytics is not None:
        analytics.do_not_track.cache_clear()


T = TypeVar("T")


def run_coroutine(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait.

    An event loop for each of thousands of formulas would cost more than the formulas.

    Raises:
        RuntimeError: it waits for something after all.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError(f"{coroutine!r} waits for an event loop")


# Where judged metrics' prompts are defined, with examples and schemas, and how they are put together.
PROMPT_FILES = (
    "metrics/collections/answer_relevancy/util.py",
    "metrics/collections/context_precision/util.py",
    "metrics/collections/context_recall/util.py",
    "metrics/collections/factual_correctness/util.py",
    "metrics/collections/faithfulness/util.py",
    "metrics/collections/noise_sensitivity/util.py",
    "prompt/metrics/base_prompt.py",
)


def ragas_version() -> str:
    """The installed version."""
    return version("ragas")


def ragas_folder() -> Path:
    """Where it is installed.

    Raises:
        JudgeError: it is not.
    """
    spec = find_spec("ragas")
    if spec is None or spec.origin is None:
        raise JudgeError("Ragas is not installed: install plumbline[eval].")
    return Path(spec.origin).parent


def prompts_hash(folder: Path, own_words: str) -> str:
    """SHA-256 (hex) of the files that define the prompts, and of our own words to the judge.

    Args:
        folder: see `ragas_folder`.
        own_words: what is said to the judge beside Ragas's prompts.
    """
    digest = hashlib.sha256(own_words.encode())
    for name in PROMPT_FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
