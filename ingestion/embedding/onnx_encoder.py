"""A plain transformer's ONNX graph, run by onnxruntime itself: a start takes tenths of a second.

Importing sentence-transformers (and with it torch) takes several seconds of every start. For a
model that is a transformer, one pooling and nothing else, the graph and the tokenizer say all
that is needed. What may run so is decided, and compared with sentence-transformers' own vectors,
where the graph is exported (`ingestion/embedding/onnx_export.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
from pydantic import BaseModel, ConfigDict
from tokenizers import Encoding, Tokenizer

from ingestion.embedding.encoder import Vectors

GRAPH = Path("onnx", "model.onnx")
TOKENIZER = "tokenizer.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class PlainModel(BaseModel):
    """How a graph's output becomes a vector.

    Attributes:
        dimension: length of a vector.
        max_tokens: tokens the model reads, special tokens included; the rest is cut.
        pooling: the mean over a text's tokens, or the first token's.
        pad_id: the id of the token that fills up a batch's shorter texts.
        pad_token: that token.
    """

    model_config = ConfigDict(frozen=True)

    dimension: int
    max_tokens: int
    pooling: Literal["mean", "cls"]
    pad_id: int
    pad_token: str


class OnnxEncoder:
    """A graph and its tokenizer.

    Both are reentrant and leave Python while they work, so threads need not take turns.

    Args:
        folder: holds `onnx/model.onnx` and `tokenizer.json`.
        plain: how the graph is to be used.

    Raises:
        ValueError: the graph is damaged, or wants what a plain model does not give.
    """

    def __init__(self, folder: Path, plain: PlainModel) -> None:
        self._plain = plain
        self._session = _session(folder / GRAPH)
        self._inputs = {given.name for given in self._session.get_inputs()}
        unknown = self._inputs - set(INPUTS)
        if unknown:
            raise ValueError(f"the graph wants {', '.join(sorted(unknown))} too")
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(plain.max_tokens)
        self._tokenizer.enable_padding(pad_id=plain.pad_id, pad_token=plain.pad_token)

    @property
    def tokenizer(self) -> Tokenizer:
        """A copy of the tokenizer that neither cuts nor pads, for counting."""
        copy = Tokenizer.from_str(self._tokenizer.to_str())
        copy.no_truncation()
        copy.no_padding()
        return copy

    def encode(self, texts: list[str], batch_size: int, exact: bool = True) -> Vectors:
        """See `TextEncoder`; exact always. Batches hold texts of like length, so that little is filled up."""
        if len(texts) == 1:
            return self._forward(self._tokenizer.encode_batch_fast(texts))
        vectors = np.empty((len(texts), self._plain.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        for first in range(0, len(texts), batch_size):
            rows = by_length[first : first + batch_size]
            vectors[rows] = self._forward(
                self._tokenizer.encode_batch_fast([texts[row] for row in rows])
            )
        return vectors

    def _forward(self, encoded: list[Encoding]) -> Vectors:
        given = {
            "input_ids": np.array([text.ids for text in encoded], dtype=np.int64),
            "attention_mask": np.array([text.attention_mask for text in encoded], dtype=np.int64),
            "token_type_ids": np.array([text.type_ids for text in encoded], dtype=np.int64),
        }
        states = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        if self._plain.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = given["attention_mask"][:, :, None].astype(np.float32)
            pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
        unit: Vectors = pooled / np.maximum(lengths, np.float32(1e-12))
        return unit


def _session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Threads that wait for work would else spin: a service at 20 questions a second then used twice
    # the processor time, to the loss of all else on the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no other base
        raise ValueError(f"{error}; delete {graph.parents[1]}, it is rebuilt") from error
