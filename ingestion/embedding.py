"""Text to vectors, through sentence-transformers, with a verifiable model identity."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ingestion.errors import ModelError
from ingestion.settings import EmbeddingSettings
from ingestion.weights import ModelFiles, onnx_export, resolve_backend, resolve_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
# Batches handed to the model at a time; between them progress is told and questions get a turn.
BATCHES_PER_CALL = 4


class ModelIdentity(BaseModel):
    """What must be equal for two vectors to be comparable; stored with every index.

    Attributes:
        name: the model's name as set.
        content_hash: SHA-256 (hex) of its weights.
        dimension: length of a vector.
        normalized: whether vectors have unit length (then dot product = cosine).
        query_prefix: text put before every question.
        passage_prefix: text put before every passage.
        max_tokens: tokens the model reads, special tokens included; the rest is cut.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    content_hash: str
    dimension: int
    normalized: bool
    query_prefix: str
    passage_prefix: str
    max_tokens: int

    def differences(self, other: ModelIdentity) -> list[str]:
        """Human-readable differences that make vectors incomparable (names alone do not)."""
        fields = ("content_hash", "dimension", "normalized", "query_prefix", "passage_prefix")
        return [
            f"{name}: {getattr(self, name)!r} there, {getattr(other, name)!r} here"
            for name in fields
            if getattr(self, name) != getattr(other, name)
        ]


class Embedder:
    """A loaded embedding model. Safe to share between threads.

    Vectors are float32, of unit length, shape `(len(texts), identity.dimension)`.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        tokenizer: Tokenizer,
        identity: ModelIdentity,
        batch_size: int,
        precision: str = "float32",
    ) -> None:
        self._model = model
        self._batch_size = batch_size
        self._precision = precision
        # A fast tokenizer is not reentrant (padding is set on it), so calls take turns;
        # each forward pass already uses every core.
        self._turn = threading.Lock()
        self.tokenizer = tokenizer
        self.identity = identity

    @property
    def special_tokens(self) -> int:
        """Tokens the model adds around one text ([CLS] and [SEP] for BERT)."""
        return int(self.tokenizer.num_special_tokens_to_add(is_pair=False))

    def embed_passages(
        self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        """Embed texts to be searched; rows come in the order of `texts`.

        Args:
            texts: any number of them; batches are made of texts of like length.
            on_batch: told after every few batches how many texts these held.
        """
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]), reverse=True)
        step = self._batch_size * BATCHES_PER_CALL
        for first in range(0, len(by_length), step):
            rows = by_length[first : first + step]
            batch = [self.identity.passage_prefix + texts[row] for row in rows]
            vectors[rows] = self._encode(batch, self._precision)
            on_batch(len(rows))
        return vectors

    def embed_queries(self, questions: Sequence[str]) -> Vectors:
        """Embed questions."""
        return self._encode([self.identity.query_prefix + question for question in questions])

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """Embed one question; shape `(dimension,)`."""
        vector: NDArray[np.float32] = self.embed_queries([question])[0]
        return vector

    def _encode(self, texts: list[str], precision: str = "float32") -> Vectors:
        if not texts:
            return np.empty((0, self.identity.dimension), dtype=np.float32)
        with self._turn, _arithmetic(precision, str(self._model.device)):
            vectors = self._model.encode(
                texts,
                batch_size=self._batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)


@contextmanager
def _arithmetic(precision: str, device: str) -> Iterator[None]:
    """Matrix products in bfloat16 where that is set; sums and what is returned stay float32."""
    if precision == "float32":
        yield
        return
    import torch

    with torch.autocast(device.partition(":")[0], dtype=torch.bfloat16):
        yield


def load_embedder(settings: EmbeddingSettings) -> Embedder:
    """Load the model that the settings name.

    Raises:
        ModelError: it cannot be found or loaded, or its weights are not the pinned ones.
    """
    files = resolve_model(settings)
    backend = resolve_backend(settings)
    model = _load(files, backend, settings)
    tokenizer = _own_tokenizer(model, settings.model)
    dimension = model.get_embedding_dimension()
    max_tokens = model.max_seq_length
    if not dimension:
        raise ModelError(
            f"{settings.model}: the model states no vector size; name a sentence-transformers model."
        )
    identity = ModelIdentity(
        name=settings.model,
        content_hash=files.content_hash,
        dimension=int(dimension),
        normalized=True,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
        max_tokens=int(max_tokens or 512),
    )
    return Embedder(model, tokenizer, identity, settings.batch_size, settings.precision)


def _load(files: ModelFiles, backend: str, settings: EmbeddingSettings) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    folder = onnx_export(files, settings) if backend == "onnx" else files.folder
    options: dict[str, Any] = {}
    if backend == "onnx":
        options["model_kwargs"] = {
            "provider": "CPUExecutionProvider",
            "file_name": "onnx/model.onnx",
        }
    try:
        model: SentenceTransformer = SentenceTransformer(
            str(folder),
            backend=backend,
            device=settings.device,
            trust_remote_code=settings.trust_remote_code,
            local_files_only=True,
            **options,
        )
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise ModelError(
            f"{settings.model}: cannot be loaded with the {backend} backend: {error}"
        ) from error
    return model


def _own_tokenizer(model: SentenceTransformer, name: str) -> Tokenizer:
    """A copy of the model's tokenizer that neither cuts nor pads, for counting."""
    from tokenizers import Tokenizer

    theirs = model.tokenizer
    fast = theirs if isinstance(theirs, Tokenizer) else getattr(theirs, "backend_tokenizer", None)
    if fast is None:
        raise ModelError(
            f"{name}: has no fast tokenizer, so chunks cannot be measured; name another model."
        )
    copy = Tokenizer.from_str(fast.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy
