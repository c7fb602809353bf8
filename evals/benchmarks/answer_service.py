"""The service that answers questions from an index, for benchmarks that need no other part of `app`."""

from __future__ import annotations

from app.answering.chat_model_pool import ChatModels
from app.answering.retrieval import Retriever
from app.answering.service import AnswerService
from app.document_sets.embedders import only_model
from app.document_sets.open_sets import OpenSets
from app.settings.tree import Settings
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.versions.catalogue import Catalogue
from prompts.registry import PromptRegistry, shipped_prompts


def answer_service(settings: Settings, store: IndexStore, embedder: Embedder) -> AnswerService:
    """A service with one embedding model and the shipped prompts, without caches.

    Args:
        settings: for the chat model and retrieval; the index is `store`.
    """
    embedders = only_model(embedder)
    sets = OpenSets(Catalogue(store), embedders)
    return AnswerService(
        settings,
        ChatModels(settings.chat, settings.extractive, embedder.embed_queries, sets.manifest_key),
        sets,
        PromptRegistry(shipped_prompts()),
        Retriever(embedders, settings.retrieval.depth),
    )
