"""Embeddings of texts by a document set's own model, as OpenAI's API has them."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from app.errors import InvalidRequest
from app.fair_shares import at_work, next_step
from app.openai_api.models import parse_model
from app.wiring import Parts
from ingestion.chunking.token_counter import TokenCounter
from ingestion.embedding.embedder import Embedder

# Between so many texts a caller goes first who used the processor less.
STEP = 8
TOKENS = (
    "input: numbers are tokens of a model that is not this one; send text (LangChain: "
    "OpenAIEmbeddings(check_embedding_ctx_length=False))."
)


class EmbeddingRequest(BaseModel):
    """Texts to embed. Fields that are not named here are accepted and left aside.

    In OpenAI's API null means that a field is left out; so it does here.
    """

    model_config = ConfigDict(extra="allow")

    model: str = Field(
        description="`plumb/SET`: the model that the set is indexed with.", examples=["plumb/demo"]
    )
    input: str | list[Any] = Field(
        description="A text, or a list of texts.", examples=[["opening hours", "closing time"]]
    )
    encoding_format: Literal["float", "base64"] | None = Field(
        default=None, description="How vectors are written. Default: `float`."
    )
    dimensions: int | None = Field(
        default=None, description="The model's own number; it gives no other."
    )
    input_type: Literal["query", "passage"] | None = Field(
        default=None,
        description="What the texts are, for models that put something else before questions than "
        "before passages. Default: `passage`.",
    )


class Embedding(BaseModel):
    """One text's vector, of unit length.

    Attributes:
        embedding: its numbers; or, as base64, these as little-endian float32.
    """

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens of the texts, as the set's model counts them."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    """Vectors, in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


@at_work()
def embed(request: EmbeddingRequest, parts: Parts) -> Embeddings:
    """The vectors of the texts, by the model of the set's version that answers come from.

    Raises:
        InvalidRequest: there are too many texts, or one is empty or longer than the model reads.
        UnknownModel, UnknownDocumentSet: no such set.
        ModelMismatch, IndexUnavailable: its model cannot be had.
        TooBusy: see `at_work`.
    """
    texts = _texts(request, parts.settings.limits.embeddings_per_request)
    document_set, prompt = parse_model(request.model)
    if prompt is not None:
        raise InvalidRequest("model: texts are embedded without a prompt; write plumb/SET.")
    embedder = parts.sets.embedder_of(parts.sets.get(document_set).info)
    dimension = embedder.identity.dimension
    if request.dimensions not in (None, dimension):
        raise InvalidRequest(f"dimensions: this model has {dimension}; leave it out.")
    is_query = request.input_type == "query"
    tokens = _tokens(texts, embedder, is_query)
    vectors = np.empty((len(texts), dimension), dtype=np.float32)
    for first in range(0, len(texts), STEP):
        next_step()
        piece = texts[first : first + STEP]
        made = embedder.embed_queries(piece) if is_query else embedder.embed_passages(piece)
        vectors[first : first + STEP] = made
    as_text = request.encoding_format == "base64"
    return Embeddings(
        data=[
            Embedding(index=index, embedding=_base64(vector) if as_text else _numbers(vector))
            for index, vector in enumerate(vectors)
        ],
        model=request.model,
        usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    )


def _texts(request: EmbeddingRequest, most: int) -> list[str]:
    given = [request.input] if isinstance(request.input, str) else request.input
    if not given:
        raise InvalidRequest("input: is empty; send a text, or a list of texts.")
    if any(isinstance(one, int | list) for one in given):
        raise InvalidRequest(TOKENS)
    if len(given) > most:
        raise InvalidRequest(
            f"input: {len(given)} texts; send at most {most} at a time (LangChain: "
            f"OpenAIEmbeddings(chunk_size={most})), or raise PLUMB_LIMITS_EMBEDDINGS_PER_REQUEST."
        )
    for index, text in enumerate(given):
        if not isinstance(text, str) or not text.strip():
            raise InvalidRequest(f"input.{index}: must be a text that is not empty.")
    return given


def _tokens(texts: list[str], embedder: Embedder, is_query: bool) -> int:
    """How many tokens the texts have.

    Raises:
        InvalidRequest: the model would cut one.
    """
    counter = TokenCounter(embedder.tokenizer)
    identity = embedder.identity
    prefix = identity.query_prefix if is_query else identity.passage_prefix
    most = identity.max_tokens - embedder.special_tokens - counter.count(prefix)
    counts = counter.count_all(texts)
    for index, count in enumerate(counts):
        if count > most:
            raise InvalidRequest(
                f"input.{index}: {count} tokens, and this model reads {most}; send shorter texts."
            )
    return sum(counts)


def _numbers(vector: NDArray[np.float32]) -> list[float]:
    """The numbers with nine digits, which is all that a float32 has."""
    return [float(f"{number:.9g}") for number in vector.tolist()]


def _base64(vector: NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
