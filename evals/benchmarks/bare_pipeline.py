"""Embed, search, and fill the prompt, as a program of its own would: what the service wraps."""

from __future__ import annotations

from collections.abc import Callable

from app.answering.answer import Passage
from app.answering.rendering import render
from app.answering.retrieval import Retriever
from app.document_sets.embedders import only_model
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.versions.catalogue import Catalogue
from prompts.registry import PromptRegistry, shipped_prompts

SET = "handbook"


def bare_pipeline(store: IndexStore, embedder: Embedder) -> Callable[[str], list[Passage]]:
    """A function that does so with one question, and returns the passages."""
    opened = Catalogue(store).open(SET)
    retriever = Retriever(only_model(embedder), 100)
    prompt = PromptRegistry(shipped_prompts()).get("answer")

    def answer(question: str) -> list[Passage]:
        found = retriever.retrieve(question, opened, prompt.retrieval.passages)
        render(prompt, question, found.passages)
        return found.passages

    return answer
