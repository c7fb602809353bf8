"""Which prompts of Ragas the judge is given, told without importing Ragas, which takes seconds."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from evals.errors import JudgeError

# Where judged metrics' prompts are defined, with examples and schemas, and how they are put together.
DEFINED = (
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
    for name in DEFINED:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
