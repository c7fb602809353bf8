"""What metrics see, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.answering.answer import Answer, Citation, CitationCheck, Passage, StageScores
from app.manifest import Manifest, RetrievalManifest
from evals.datasets.case import Case, Gold
from evals.metrics.metric import EvalContext

MANIFEST = Manifest(
    document_set="depot", index_version="1-abc", embedding_model="m", embedding_hash="e" * 64,
    prompt="answer@v1", prompt_hash="p" * 64, chat_model="extractive", chat_parameters={},
    retrieval=RetrievalManifest(fusion="rrf", passages=6, depth=100),
)  # fmt: skip
LENGTH = "The warranty on a refrigeration unit lasts 24 months from delivery."
SEAL = "It ends early if the seal on the compressor is broken."
CLAIM = "A claim is sent to the service desk within 14 days of the failure."


def passage(chunk: str, text: str, document: str = "warranty.md", start: int = 0) -> Passage:
    """A passage of a document titled Warranty terms."""
    return Passage(
        chunk_id=chunk, document=document, title="Warranty terms", heading_path=[], page=None,
        start=start, end=start + len(text), text=text, context="Warranty terms", score=0.5,
        scores=StageScores(fused=0.5), metadata={}, source=f"/docs/{document}",
    )  # fmt: skip


def citation(found: Passage, words: str | None = None, marker: int = 1) -> Citation:
    """A citation of a passage's words, or of all of it."""
    start = found.text.index(words) if words else 0
    text = words or found.text
    return Citation(
        marker=marker, document=found.document, title=found.title, source=found.source,
        heading_path=[], page=None, start=found.start + start, end=found.start + start + len(text),
        text=text, quoted=words is not None, chunk_id=found.chunk_id,
    )  # fmt: skip


def answer(text: str, **fields: Any) -> Answer:
    """An answer without passages and citations, unless they are given."""
    given: dict[str, Any] = {
        "answer": text, "refused": False, "citations": [], "passages": [],
        "citation_check": CitationCheck(), "manifest": MANIFEST, "prompt_version": "answer@v1",
        "index_version": "1-abc", "model": "extractive", "timings_ms": {"total": 12.5}, **fields,
    }  # fmt: skip
    return Answer(**given)


def refusal(**fields: Any) -> Answer:
    """A refusal."""
    return answer("The documents do not answer this question.", refused=True, **fields)


def case(**fields: Any) -> Case:
    """A question about the warranty's length, with its label."""
    given = {
        "id": "c1",
        "question": "How long does the warranty last?",
        "answer": "24 months",
        "gold": (Gold(document="warranty.md", quote=LENGTH),),
        **fields,
    }
    return Case(**given)


def unanswerable(**fields: Any) -> Case:
    """A question that the documents do not answer."""
    return Case(id="u1", question="Who founded the company?", answerable=False, **fields)


def seen(
    of: Case, said: Answer, relevant: list[list[str]] | None = None, **fields: Any
) -> EvalContext:
    """What metrics see; texts are embedded as counts of three letters."""
    return EvalContext(
        case=of, answer=said, relevant_chunks=relevant or [], embed=letters, **fields
    )


def letters(texts: list[str]) -> NDArray[np.float32]:
    """Unit vectors of how often a, b and c are in each text."""
    counts = np.array([[text.count(letter) for letter in "abc"] for text in texts], np.float32)
    return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)
