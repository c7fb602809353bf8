"""Models whose files are read once for all that a process makes of them: 0.6 seconds and 170 MB each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from ingestion.embedding.encoder import Vectors
from ingestion.embedding.onnx_encoder import OnnxEncoder, PlainModel

# The default model and one that a test makes; its graph on each arithmetic is 250 MB.
MOST_MODELS_KEPT = 2
# By each model, with their vectors of 1.5 KB.
MOST_TEXTS_KEPT = 5000


class SharedEncoder(OnnxEncoder):
    """A graph whose tokenizer is copied once, and which embeds a text once.

    Tests ask the same few questions of the same few documents thousands of times.
    """

    def __init__(self, folder: Path, plain: PlainModel, *how: Any) -> None:
        super().__init__(folder, plain, *how)
        self._kept: dict[tuple[bool, str], Vectors] = {}

    @cached_property
    def tokenizer(self) -> Tokenizer:  # type: ignore[override]
        return OnnxEncoder.tokenizer.fget(self)  # type: ignore[attr-defined]

    def forget(self) -> None:
        """Embed again what was embedded before."""
        self._kept = {}

    def encode(self, texts: list[str], batch_size: int, exact: bool = True) -> Vectors:
        if len(self._kept) > MOST_TEXTS_KEPT:
            self.forget()
        kept = self._kept
        if new := [text for text in dict.fromkeys(texts) if (exact, text) not in kept]:
            made = super().encode(new, batch_size, exact)
            kept.update(((exact, text), row) for text, row in zip(new, made, strict=True))
        return np.stack([kept[exact, text] for text in texts])


def kept_by_files(
    make: Callable[..., Any], read: Callable[..., Iterable[Path]], most: int | None = None
) -> Callable[..., Any]:
    """`make`, called again only for other arguments, or where a file that it reads has changed.

    Args:
        most: how many of what was made are kept, those used last; default: all.
    """
    made: dict[tuple[Any, ...], Any] = {}
    lock = Lock()  # services of a test have threads

    def kept(*arguments: Any) -> Any:
        files = [file for file in sorted(read(*arguments)) if file.is_file()]
        stats = [(file.resolve(), file.stat()) for file in files]
        key = (*arguments, *((file, one.st_mtime_ns, one.st_size) for file, one in stats))
        with lock:
            one = made.pop(key) if key in made else make(*arguments)
            made[key] = one
            if most is not None and len(made) > most:
                del made[next(iter(made))]
        return one

    return kept
