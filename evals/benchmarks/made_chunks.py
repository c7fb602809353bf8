"""Chunks and vectors in any number, made from a few thousand real ones.

A made vector is a real one moved along two differences between real neighbours, so that it lies where
texts do and not just anywhere on the sphere; 15,000 made vectors beside 15,000 real ones (short chunks
of the public sets, all-MiniLM-L6-v2), medians:

                                           real     made
    question to its nearest                0.65     0.56
    question to its tenth                  0.42     0.38
    vector to its nearest                  0.87     0.79
    intrinsic dimension at vectors         9.8      15.1
    at questions                           18.7     23.4
    of the ten nearest, in the nearest 5%
    of 121 clusters                        0.91     0.90

A little harder to search than the real ones, on purpose.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.benchmarks.data import corpus, questions, read_jsonl
from ingestion.documents.document import Chunk
from ingestion.embedding.embedder import Embedder
from ingestion.embedding.encoder import Vectors

SETS = ("covidqa", "xquad", "cranfield")
PASSAGES = 3_000
LENGTH = 300
NEIGHBOURS = 20
CHUNKS_PER_DOCUMENT = 8
# Words seen once and again: names, numbers, codes; without them a vocabulary stops growing.
RARE_WORDS = 500_000


class Real(NamedTuple):
    """What is made from.

    Attributes:
        texts: passages.
        vectors: theirs.
        neighbours: row numbers of each vector's nearest, shape `(len(texts), NEIGHBOURS)`.
        questions: real questions, none of which was ever a passage.
        asked: their vectors.
    """

    texts: list[str]
    vectors: Vectors
    neighbours: NDArray[np.int64]
    questions: list[str]
    asked: Vectors


def real(embedder: Embedder, asked: int) -> Real:
    """Embed passages and `asked` questions of the public sets.

    Raises:
        SettingsError: the sets are not there.
    """
    chance = random.Random(11)
    texts = [text for name in SETS for text in _passages(name)]
    texts = chance.sample(texts, min(PASSAGES, len(texts)))
    words = [question.text for name in SETS for question in questions(name)]
    words = chance.sample(words, asked)
    vectors = embedder.embed_passages(texts)
    near: NDArray[np.int64] = np.argsort(-(vectors @ vectors.T), axis=1)[:, 1 : NEIGHBOURS + 1]
    return Real(texts, vectors, near, words, embedder.embed_queries(words))


def make(source: Real, first: int, count: int) -> tuple[list[Chunk], Vectors]:
    """Chunks `first` to `first + count`, always the same ones, and their vectors."""
    chance = np.random.default_rng(first)
    return _chunks(source.texts, first, count), _vectors(source, count, chance)


def _vectors(source: Real, count: int, chance: np.random.Generator) -> Vectors:
    real, near = source.vectors, source.neighbours
    made = real[chance.integers(len(real), size=count)]
    for _ in range(2):
        start = chance.integers(len(real), size=count)
        end = near[start, chance.integers(near.shape[1], size=count)]
        far = chance.uniform(0.3, 0.7, size=(count, 1)).astype(np.float32)
        made = made + far * (real[end] - real[start])
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def _chunks(texts: list[str], first: int, count: int) -> list[Chunk]:
    chance = random.Random(first)
    chunks = []
    for number in range(first, first + count):
        document, ordinal = divmod(number, CHUNKS_PER_DOCUMENT)
        head, tail = chance.choice(texts).split(), chance.choice(texts).split()
        words = head[: len(head) // 2] + tail[len(tail) // 2 :]
        for _ in range(2):
            rare = int(chance.paretovariate(0.6)) % RARE_WORDS
            words[chance.randrange(len(words))] = f"term{rare}"
        text = " ".join(words)
        chunks.append(
            Chunk(
                document_id=f"reports/report-{document:07d}.txt",
                title=f"Report {document}",
                heading_path=(),
                page=None,
                start=ordinal * LENGTH,
                end=ordinal * LENGTH + len(text),
                text=text,
                context=f"Report {document}",
                ordinal=ordinal,
                metadata={"department": document % 20, "author": f"author {document % 5000}"},
            )
        )
    return chunks


def _passages(name: str) -> list[str]:
    file, _ = corpus(name)
    return [
        part
        for row in read_jsonl(file)
        for part in re.findall(rf"\S[\s\S]{{80,{LENGTH}}}(?=\s)", row["text"])
    ]
