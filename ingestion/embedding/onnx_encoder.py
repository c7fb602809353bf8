"""A plain transformer's ONNX graph, run by OpenVINO: a start takes tenths of a second.

Importing sentence-transformers (and with it torch) takes several seconds of every start. For a
model that is a transformer, one pooling and nothing else, the graph and the tokenizer say all
that is needed. What may run so is decided, and compared with sentence-transformers' own vectors,
where the graph is exported (`ingestion/embedding/onnx_export.py`).
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from tokenizers import Encoding, Tokenizer

from ingestion.embedding.arithmetic import COMPARED, LEAST_COSINE
from ingestion.embedding.encoder import Vectors

# OpenVINO's converter, which nothing here needs, forks a process that tells Google Analytics of each
# import. Without it OpenVINO is the same, and is imported in less time.
sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
import openvino  # noqa: E402

GRAPH = Path("onnx", "model.onnx")
TOKENIZER = "tokenizer.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
HINTS = {"float32": "f32", "bfloat16": "bf16"}
# Texts are filled up to a multiple of this: OpenVINO takes 10 to 15 ms to prepare for a new length.
LENGTH_STEP = 8
# More streams than this make single questions slow on large machines.
MOST_STREAMS = 4
Given: TypeAlias = dict[str, NDArray[np.int64]]

# OpenVINO's binding fills tables on a process's first computation. Two threads that do so at the same
# time wait for each other for ever: one holds the table, the other Python's lock. So each encoder
# computes once before anyone has it, one encoder at a time.
_FIRST_COMPUTATION = threading.Lock()


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
        precision: arithmetic of what need not be exact, float32 or bfloat16; vectors are float32 in
            any case.
        threads: how many threads may compute.

    Raises:
        ValueError: the graph is damaged, or wants what a plain model does not give.
    """

    def __init__(
        self, folder: Path, plain: PlainModel, precision: str = "float32", threads: int = 1
    ) -> None:
        self._plain = plain
        self._graph = folder / GRAPH
        self._precision = precision
        self._threads = threads
        self._compiling = threading.Lock()
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(plain.max_tokens)
        self._tokenizer.enable_padding(
            pad_id=plain.pad_id, pad_token=plain.pad_token, pad_to_multiple_of=LENGTH_STEP
        )
        with _FIRST_COMPUTATION:
            self._exact = CompiledGraph(self._graph, "float32", threads)
            unknown = self._exact.inputs - set(INPUTS)
            if unknown:
                raise ValueError(f"the graph wants {', '.join(sorted(unknown))} too")
            self._encode(self._exact, ["a"], 1)
        # Compiled when many passages are first embedded: a service embeds questions only.
        self._inexact = self._exact if precision == "float32" else None

    @property
    def tokenizer(self) -> Tokenizer:
        """A copy of the tokenizer that neither cuts nor pads, for counting."""
        copy = Tokenizer.from_str(self._tokenizer.to_str())
        copy.no_truncation()
        copy.no_padding()
        return copy

    def encode(self, texts: list[str], batch_size: int, exact: bool = True) -> Vectors:
        """See `TextEncoder`. Batches hold texts of like length, so that little is filled up."""
        return self._encode(self._exact if exact else self._compiled(), texts, batch_size)

    def _encode(self, graph: CompiledGraph, texts: list[str], batch_size: int) -> Vectors:
        vectors = np.empty((len(texts), self._plain.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        # Each stream gets a share of a small batch.
        size = min(batch_size, -(-len(texts) // graph.streams))
        batches = [by_length[first : first + size] for first in range(0, len(texts), size)]
        encoded = (
            self._given(self._tokenizer.encode_batch_fast([texts[row] for row in rows]), graph)
            for rows in batches
        )
        for rows, (given, states) in zip(batches, graph.run(encoded), strict=True):
            vectors[rows] = _unit(self._pooled(states, given["attention_mask"]))
        return vectors

    def _compiled(self) -> CompiledGraph:
        """The graph for what need not be exact."""
        with self._compiling:
            if self._inexact is None:
                self._inexact = self._compile_inexact()
            return self._inexact

    def _compile_inexact(self) -> CompiledGraph:
        try:
            graph = CompiledGraph(self._graph, self._precision, self._threads)
            ours = self._encode(graph, COMPARED, len(COMPARED))
        except (ValueError, RuntimeError) as error:
            # A virtual machine, or the environment of oneDNN, may hide what the processor has.
            why = f"OpenVINO cannot do it ({str(error).split(chr(10))[0][:200]})"
        else:
            cosine = float((ours * self._encode(self._exact, COMPARED, len(COMPARED))).sum(1).min())
            if cosine >= LEAST_COSINE:
                return graph
            why = f"cosines to float32 come down to {cosine:.4f}"
        logging.getLogger(__name__).warning(
            "%s: passages are embedded in float32, not in %s: %s",
            self._graph.parents[1],
            self._precision,
            why,
        )
        return self._exact

    def _given(self, encoded: list[Encoding], graph: CompiledGraph) -> Given:
        given = {
            "attention_mask": np.array([text.attention_mask for text in encoded], dtype=np.int64),
            "input_ids": np.array([text.ids for text in encoded], dtype=np.int64),
        }
        if "token_type_ids" in graph.inputs:
            given["token_type_ids"] = np.array([text.type_ids for text in encoded], dtype=np.int64)
        return given

    def _pooled(self, states: NDArray[np.float32], attention: NDArray[np.int64]) -> Vectors:
        if self._plain.pooling == "cls":
            return states[:, 0]
        weights = attention[:, :, None].astype(np.float32)
        mean: Vectors = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return mean


class CompiledGraph:
    """A graph that OpenVINO has compiled for this processor. Safe to share between threads.

    Attributes:
        inputs: names of the graph's inputs.
        streams: batches that are computed at a time, each by its share of the threads. Two streams of
            one thread took two thirds of the processor time of one stream of two threads, which wait
            for each other.

    Raises:
        ValueError: the graph is damaged, or cannot be computed in this precision here.
    """

    def __init__(self, graph: Path, precision: str, threads: int) -> None:
        self.streams = min(threads, MOST_STREAMS)
        options = {
            # Without it OpenVINO takes bfloat16 wherever the processor has it.
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "NUM_STREAMS": self.streams,
            "INFERENCE_NUM_THREADS": threads,
            # Threads of several processes would else be bound to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            self._compiled: Any = openvino.Core().compile_model(str(graph), "CPU", options)
        except RuntimeError as error:
            raise ValueError(f"{error}; delete {graph.parents[1]}, it is rebuilt") from error
        self.inputs = {name for given in self._compiled.inputs for name in given.names}
        # A request holds the memory of one computation: threads do not share one at a time.
        self._free: list[Any] = []

    def run(self, batches: Iterable[Given]) -> Iterator[tuple[Given, NDArray[np.float32]]]:
        """Each batch with the graph's first output, shape `(texts, tokens, dimension)`.

        The output is overwritten once the next one is asked for.
        """
        running: deque[tuple[Given, Any]] = deque()
        try:
            for given in batches:
                if len(running) == self.streams:
                    yield from self._ended(running)
                request = self._request()
                running.append((given, request))
                request.start_async({name: given[name] for name in self.inputs}, share_inputs=True)
            while running:
                yield from self._ended(running)
        finally:
            for _, request in running:  # after an error: `given` must outlive what reads it
                request.wait()

    def _ended(
        self, running: deque[tuple[Given, Any]]
    ) -> Iterator[tuple[Given, NDArray[np.float32]]]:
        given, request = running.popleft()
        request.wait()
        yield given, request.get_output_tensor(0).data
        if len(self._free) < self.streams:
            self._free.append(request)

    def _request(self) -> Any:
        try:
            return self._free.pop()
        except IndexError:
            return self._compiled.create_infer_request()


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return unit
