"""Text to vectors, with a verifiable model identity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ingestion.embedding.arithmetic import passage_arithmetic, threads_of
from ingestion.embedding.encoder import (
    SentenceTransformerEncoder,
    TextEncoder,
    Vectors,
    load_weights,
)
from ingestion.embedding.weights import (
    ModelFiles,
    has_torch,
    require_torch,
    resolve_backend,
    resolve_model,
    stated_languages,
)
from ingestion.errors import ModelError
from ingestion.settings import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

# Fewer passages are embedded in float32: a graph in bfloat16 takes longer to compile than it saves.
WORTH_BFLOAT16 = 32
# Batches handed to the model at a time; between them progress is reported and questions get a turn.
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
        languages: codes of the languages that it knows; empty where nothing says which.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    content_hash: str
    dimension: int
    normalized: bool
    query_prefix: str
    passage_prefix: str
    max_tokens: int
    languages: tuple[str, ...] = ()

    @property
    def weights(self) -> ModelIdentity:
        """What of it takes memory: the model without its prefixes."""
        return self.model_copy(update={"query_prefix": "", "passage_prefix": "", "languages": ()})

    def knows(self, language: str | None) -> bool:
        """Whether its vectors say what texts in a language mean, as far as is known."""
        return not self.languages or language is None or language in self.languages

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

    Attributes:
        tokenizer: the model's own; neither cuts nor pads.
        identity: what makes vectors comparable.
        arithmetic: the least exact arithmetic that passages are embedded in: float32 or bfloat16.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        tokenizer: Tokenizer,
        identity: ModelIdentity,
        batch_size: int,
        arithmetic: str = "float32",
    ) -> None:
        self._encoder = encoder
        self._batch_size = batch_size
        self.tokenizer = tokenizer
        self.identity = identity
        self.arithmetic = arithmetic

    def with_prefixes(self, query: str, passage: str) -> Embedder:
        """The same model, loaded once, with other texts before questions and passages."""
        identity = self.identity.model_copy(
            update={"query_prefix": query, "passage_prefix": passage}
        )
        return Embedder(self._encoder, self.tokenizer, identity, self._batch_size, self.arithmetic)

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
            on_batch: called after every few batches with the number of their texts.
        """
        vectors = np.empty((len(texts), self.identity.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]), reverse=True)
        step = self._batch_size * BATCHES_PER_CALL
        exact = len(texts) < WORTH_BFLOAT16
        for first in range(0, len(by_length), step):
            rows = by_length[first : first + step]
            batch = [self.identity.passage_prefix + texts[row] for row in rows]
            vectors[rows] = self._encode(batch, exact)
            on_batch(len(rows))
        return vectors

    def embed_queries(self, questions: Sequence[str]) -> Vectors:
        return self._encode([self.identity.query_prefix + question for question in questions])

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """Embed one question; shape `(dimension,)`."""
        text = self.identity.query_prefix + question
        vector: NDArray[np.float32] = self._encoder.encode([text], self._batch_size, True)[0]
        return vector

    def _encode(self, texts: list[str], exact: bool = True) -> Vectors:
        if not texts:
            return np.empty((0, self.identity.dimension), dtype=np.float32)
        return self._encoder.encode(texts, self._batch_size, exact)


def same_weights(one: EmbeddingSettings, other: EmbeddingSettings) -> bool:
    """Whether two settings load the same model, run the same way, but for prefixes."""
    bare = {"query_prefix": "", "passage_prefix": ""}
    return one.model_copy(update=bare) == other.model_copy(update=bare)


def load_embedder(settings: EmbeddingSettings) -> Embedder:
    """Load the model that the settings name.

    Raises:
        ModelError: it cannot be found or loaded, or its weights are not the pinned ones.
    """
    backend = resolve_backend(settings)
    if backend == "torch":
        wanted = _wants_torch(settings)
        require_torch(settings, f"{wanted} runs on torch", f"unset {wanted.partition('=')[0]}")
    files = resolve_model(settings)
    precision = passage_arithmetic(settings)
    load = _load_openvino if backend == "openvino" else _load_torch
    try:
        loaded = load(files, settings, precision)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise ModelError(
            f"{settings.model}: cannot be loaded with the {backend} backend: {error}"
        ) from error
    identity = ModelIdentity(
        name=settings.model,
        content_hash=files.content_hash,
        dimension=loaded.dimension,
        normalized=True,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
        max_tokens=loaded.max_tokens,
        languages=stated_languages(files.folder, settings),
    )
    return Embedder(loaded.encoder, loaded.tokenizer, identity, settings.batch_size, precision)


def _wants_torch(settings: EmbeddingSettings) -> str:
    """The setting by which a model runs on torch, with its value."""
    if settings.backend == "torch":
        return "embedding.backend=torch"
    return f"embedding.device={settings.device}"


class _Loaded(NamedTuple):
    encoder: TextEncoder
    tokenizer: Tokenizer
    dimension: int
    max_tokens: int


def _load_openvino(files: ModelFiles, settings: EmbeddingSettings, precision: str) -> _Loaded:
    from ingestion.embedding.onnx_encoder import OnnxEncoder
    from ingestion.embedding.onnx_export import plain_export
    from ingestion.embedding.quickest_runtime import QuickestEncoder

    exported = plain_export(files, settings)
    if exported is None:
        return _load_torch(files, settings, precision)
    folder, plain = exported
    graph = OnnxEncoder(folder, plain, precision, threads_of(settings))
    encoder: TextEncoder = graph
    # An export that stands for the weights is all that there is of the model.
    if settings.backend == "auto" and has_torch() and files.folder != folder:
        encoder = QuickestEncoder(
            graph, lambda: _load_torch(files, settings, precision).encoder, folder, settings
        )
    return _Loaded(encoder, graph.tokenizer, plain.dimension, plain.max_tokens)


def _load_torch(files: ModelFiles, settings: EmbeddingSettings, precision: str) -> _Loaded:
    model = load_weights(files.folder, settings)
    dimension = model.get_embedding_dimension()
    if not dimension:
        raise ModelError(
            f"{settings.model}: the model states no vector size; name a sentence-transformers model."
        )
    return _Loaded(
        SentenceTransformerEncoder(model, precision),
        _own_tokenizer(model, settings.model),
        int(dimension),
        int(model.max_seq_length or 512),
    )


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
