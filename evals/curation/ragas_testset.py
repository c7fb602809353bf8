"""Have a chat model make questions from documents, by Ragas's test-set generator."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from evals.curation.candidate import SyntheticQuestion
from evals.curation.duplicates import Embed
from evals.datasets.case import Gold
from evals.errors import JudgeError
from evals.metrics.ragas import disable_ragas_telemetry
from ingestion.documents.document import Chunk
from ingestion.languages import sentences

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


# How many chunks are read for each question wanted; the model is called four times for each of them.
CHUNKS_PER_QUESTION = 2
CALLS_PER_CHUNK = 4
# What is shorter than this has too little in it to be asked about.
FEWEST_LETTERS = 200
HOP = re.compile(r"^<\d+-hop>\s*")
LONGEST_QUOTE = 300


def chosen_chunks(chunks: Sequence[Chunk], questions: int, seed: int) -> list[Chunk]:
    """The chunks that a number of questions is made from: a random few of those long enough."""
    long_enough = [chunk for chunk in chunks if len(chunk.text) >= FEWEST_LETTERS]
    chance = random.Random(seed)  # noqa: S311 - not used for security
    most = max(2, questions * CHUNKS_PER_QUESTION)
    return chance.sample(long_enough, min(most, len(long_enough)))


def calls_expected(chunks: int, questions: int) -> int:
    """About how often the model is called."""
    return chunks * CALLS_PER_CHUNK + questions * 2 + 3


def questions_by_model(
    model: BaseChatModel,
    embed: Embed,
    chunks: Sequence[Chunk],
    questions: int,
    *,
    workers: int,
    timeout_s: float,
    seed: int,
) -> Iterator[SyntheticQuestion]:
    """Questions that the model wrote; how many there are in the end is the model's affair.

    Ragas's `generate_with_chunks`: it has the model sum up each chunk and name its themes and
    entities, links chunks that share some, and asks for questions on one chunk or on two that are
    linked. Ragas's telemetry is disabled.

    Args:
        model: writes.
        embed: texts to unit vectors.
        chunks: what it reads.
        questions: how many are wanted.
        workers: calls at a time.
        timeout_s: limit on one call, seconds.
        seed: of what Ragas chooses; the model's own chance is not bound by it.

    Raises:
        JudgeError: the model does not answer, or not in a form that can be used.
    """
    disable_ragas_telemetry()
    import warnings

    from langchain_core.documents import Document
    from ragas.run_config import RunConfig

    with warnings.catch_warnings():
        # Ragas calls its own wrappers old, and has no newer ones for LangChain's models.
        warnings.simplefilter("ignore", DeprecationWarning)
        from ragas.testset import TestsetGenerator

        generator = TestsetGenerator.from_langchain(model, _embeddings(embed))
        config = RunConfig(timeout=int(timeout_s), max_retries=2, max_workers=workers, seed=seed)
        documents = [Document(page_content=chunk.text) for chunk in chunks]
        try:
            testset = generator.generate_with_chunks(
                documents,
                testset_size=questions,
                transforms=_transforms(generator),
                run_config=config,
            )
        except Exception as error:  # each provider's client raises its own, and Ragas its own
            text = " ".join(str(error).split())[:300] or type(error).__name__
            raise JudgeError(
                f"the chat model made no questions: {type(error).__name__}: {text.rstrip('.')}. See to "
                "judge.model or chat.model and its key, or make questions without a model: --by rules."
            ) from error
    by_text = {chunk.text: chunk for chunk in chunks}
    for sample in cast("Any", testset).samples:
        yield from _questions_of(sample, by_text)


def _questions_of(sample: Any, by_text: dict[str, Chunk]) -> Iterator[SyntheticQuestion]:
    written = sample.eval_sample
    question = " ".join((written.user_input or "").split())
    answer = " ".join((written.reference or "").split())
    read = [by_text.get(HOP.sub("", text)) for text in written.reference_contexts or []]
    if not question or not read or None in read:
        return
    labels = [
        Gold(document=chunk.document_id, quote=closest(chunk.text, answer))
        for chunk in read
        if chunk is not None
    ]
    yield SyntheticQuestion(
        question=question,
        answer=answer,
        gold=tuple(dict.fromkeys(labels)),
        generator=sample.synthesizer_name.removesuffix("_query_synthesizer").replace("_", "-"),
        notes=(
            "a model wrote question and answer: see that the words of `gold` say it; they are the "
            "sentence of the passage that is most like the answer",
        ),
    )


def closest(passage: str, answer: str) -> str:
    """The sentence, or the row of a table, that shares most with an answer."""
    from rapidfuzz import fuzz

    pieces = [passage[start:end] for start, end in sentences.split(passage)]
    pieces = [piece for piece in pieces if not set(piece) <= set("|-: \n")] or [passage]
    best = max(pieces, key=lambda piece: fuzz.token_set_ratio(piece.lower(), answer.lower()))
    return best if len(best) <= LONGEST_QUOTE else best[:LONGEST_QUOTE].rsplit(None, 1)[0]


def _transforms(generator: Any) -> list[Any]:
    """Ragas's transforms for chunks, without the tokenizer that it would download.

    It only cuts passages of more than 32,000 tokens, which no chunk has; so letters do.
    """
    from ragas.testset.transforms import default_transforms_for_prechunked
    from ragas.tokenizers import BaseTokenizer

    class Letters(BaseTokenizer):
        def encode(self, text: str) -> list[int]:
            return [ord(letter) for letter in text]

        def decode(self, tokens: list[int]) -> str:
            return "".join(map(chr, tokens))

    transforms = cast(
        "list[Any]", default_transforms_for_prechunked(generator.llm, generator.embedding_model)
    )
    for step in transforms:
        for one in getattr(step, "transformations", [step]):
            if hasattr(one, "tokenizer"):
                one.tokenizer = Letters()
    return transforms


def _embeddings(embed: Embed) -> Any:
    from langchain_core.embeddings import Embeddings

    class OwnEmbeddings(Embeddings):
        """The document set's own model, as LangChain has it."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = embed(texts).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return OwnEmbeddings()
