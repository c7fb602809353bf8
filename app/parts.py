"""Build every part once and wire them; the command line and the REST service both start here."""

from __future__ import annotations

from dataclasses import dataclass

from app.answering.reranking import Reranker
from app.answering.retrieval import Retriever
from app.answering.service import AnswerService
from app.open_sets import OpenSets
from app.settings import Settings
from ingestion.embedding import Embedder, load_embedder
from ingestion.index.protocol import IndexStore
from ingestion.index.stores import open_store
from prompts.registry import PromptRegistry, shipped_prompts


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running Plumbline."""

    settings: Settings
    store: IndexStore
    embedder: Embedder
    sets: OpenSets
    prompts: PromptRegistry
    answers: AnswerService


def build(settings: Settings) -> Parts:
    """Make the parts as the settings say.

    Raises:
        PlumbError: a part cannot be made; the message says which and why.
    """
    store = open_store(settings.index)
    embedder = load_embedder(settings.embedding)
    retrieval = settings.retrieval
    reranker = (
        Reranker(retrieval.rerank_model, settings.embedding.device, retrieval.rerank_depth)
        if retrieval.rerank_model
        else None
    )
    sets = OpenSets(store)
    prompts = PromptRegistry(settings.prompt.folder or shipped_prompts())
    retriever = Retriever(embedder, retrieval.depth, reranker)
    answers = AnswerService(settings, embedder, sets, prompts, retriever)
    return Parts(settings, store, embedder, sets, prompts, answers)
